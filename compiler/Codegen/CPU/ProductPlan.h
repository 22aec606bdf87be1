//===- ProductPlan.h - a product in tiles and units -------------*- C++ -*-===//
//
// C[i, j] = sum over k of A[i, k] * B[k, j], where j runs along vector lanes.
// Which of the two kept loops is j, how wide and high a tile is, which rows
// and columns a unit covers: all of it fixed before any code is written.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_CODEGEN_CPU_PRODUCTPLAN_H
#define GMC_CODEGEN_CPU_PRODUCTPLAN_H

#include "compiler/Codegen/CPU/Schedules.h"

namespace gmc::cpu {

/// Loops of a product, in the order of their use here.
enum ProductLoop { LoopI, LoopJ, LoopK };

/// Elements from one step of a loop to the next; where the loop runs along the
/// axis of panels, `width` steps of `stride`, then one of `panelStride`.
struct Step {
  int64_t stride = 0;
  int64_t width = 0;
  int64_t panelStride = 0;
};

/// An operand of a product or of its epilogue, over (i, j, k).
struct TileOperand {
  enum Kind { Memory, Tile, Scalar } kind = Memory;
  unsigned argument = 0;
  int64_t offset = 0;
  Step steps[3];
  mlir::Type type;
  mlir::Value value; ///< of a Scalar

  int64_t laneStride() const { return steps[LoopJ].stride; }
};

/// `count` tiles of `height` rows, one below the other.
struct TileRows {
  int64_t height, count;
};

struct ProductPlan {
  mlir::linalg::LinalgOp multiply, epilogue;
  mlir::Value fill;
  mlir::Type type;
  unsigned dims[3] = {};         ///< of `multiply`, by ProductLoop
  unsigned epilogueDims[2] = {}; ///< of `epilogue`: i, j
  int64_t extents[3] = {};
  TileOperand a, b, c;
  std::vector<TileOperand> inputs, outputs; ///< of the epilogue

  int64_t lanes = 0;          ///< of a vector
  int64_t width = 0;          ///< columns of a tile, a multiple of lanes
  int64_t unitRows = 0;       ///< rows of a unit, about
  int64_t superRows = 0;      ///< rows that all panels see before the next rows
  bool packB = false;         ///< copy a unit's panel of B side by side first
  bool wideRegisters = false; ///< 32 vector registers, not 16
};

/// The plan, or an error on an operation that fits none.
mlir::FailureOr<ProductPlan> planProduct(const Product &product,
                                         int64_t lanesF32);

/// True for two kept loops, one reduced, maps of a product and a body that
/// sums products.
bool isProduct(mlir::linalg::LinalgOp op);

/// Rows of a tile: what is best, and how many fit the registers.
struct TileBounds {
  int64_t best, most;
};
TileBounds tileBounds(int64_t vectors, bool wideRegisters);

/// Cuts `rows` rows into tiles of about `best`, at most `most` rows: of one
/// height where it divides them, else so that none is much lower.
llvm::SmallVector<TileRows> cutInto(int64_t rows, int64_t best, int64_t most);

/// Cuts `rows` rows into tiles: of one height where it divides them, else so
/// that none is much lower than the others (low tiles leave multipliers idle).
llvm::SmallVector<TileRows> cutRows(int64_t rows, int64_t vectors,
                                    bool wideRegisters);

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_PRODUCTPLAN_H
