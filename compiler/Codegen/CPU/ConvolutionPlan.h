//===- ConvolutionPlan.h - what a convolution's schedule knows --*- C++ -*-===//
//
// A convolution is a product whose rows are the places of an image and whose
// terms are taps and channels; the channels of the result run along the lanes.
// Read here from the linalg of its kernel (README.md of Dialect/RT).
//
//===----------------------------------------------------------------------===//
#ifndef GMC_CODEGEN_CPU_CONVOLUTIONPLAN_H
#define GMC_CODEGEN_CPU_CONVOLUTIONPLAN_H

#include "compiler/Codegen/CPU/Schedules.h"

namespace gmc::cpu {

/// An operand over (image, row, column, channel).
struct ImageOperand {
  enum Kind { Memory, Tile, Scalar } kind = Memory;
  unsigned argument = 0;
  int64_t offset = 0;
  int64_t strides[4] = {0, 0, 0, 0};
  mlir::Type type;
  mlir::Value value; ///< of a Scalar

  int64_t laneStride() const { return strides[3]; }
};

struct ConvolutionPlan {
  /// What is computed: y, x or w of the trilinear form.
  enum Role { Forward, Input, Weight } role = Forward;
  mlir::linalg::LinalgOp epilogue; ///< of each element; null: none
  mlir::Type type;
  int64_t images, groups, panels, lanesOfPanel, others;
  /// Heights and widths of x, of y, of w; then how windows go.
  int64_t extents[2], windows[2], taps[2];
  int64_t strides[2], low[2], dilations[2];
  unsigned lhs, rhs;                         ///< arguments that are read
  std::vector<ImageOperand> inputs, outputs; ///< of the epilogue

  int64_t lanes; ///< of a vector
  bool wideRegisters;
  int64_t bytes() const { return type.getIntOrFloatBitWidth() / 8; }
};

/// The plan of a kernel of these statements, or an error.
mlir::FailureOr<ConvolutionPlan>
planConvolution(llvm::ArrayRef<mlir::linalg::LinalgOp> statements,
                int64_t lanesF32);

/// Outputs along one axis that see the same taps: output `first + step q` takes
/// tap `tapFirst + tapStep m` times input `from + stride q + reach m`.
struct AxisClass {
  int64_t count;        ///< of q
  int64_t first, step;  ///< outputs
  int64_t from, stride; ///< inputs
  int64_t taps, tapFirst, tapStep;
  int64_t reach;

  /// The least and the largest input that is touched, from `from` on.
  int64_t least() const {
    return from + (taps > 0 ? std::min<int64_t>(0, reach * (taps - 1)) : 0);
  }
  int64_t largest(int64_t q) const {
    return from + stride * q +
           (taps > 0 ? std::max<int64_t>(0, reach * (taps - 1)) : 0);
  }
};

/// Classes of an axis of which the code stands once: they differ in `first`,
/// `from` and `tapFirst` alone.
using AlikeClasses = llvm::SmallVector<AxisClass, 2>;

/// `classes`, those together that may be.
llvm::SmallVector<AlikeClasses, 2> alikeOf(llvm::ArrayRef<AxisClass> classes);

/// The classes of axis `d`: one of a forward convolution, one for each residue
/// of the stride of a data gradient, so that no zero is ever inserted.
llvm::SmallVector<AxisClass, 2> classesOf(const ConvolutionPlan &plan, int d);

/// Columns of a panel that tiles of one width cover.
struct LaneSet {
  int64_t first, count, columns;
};
/// `columns` columns as whole tiles of `width` and what is left.
llvm::SmallVector<LaneSet> laneSets(int64_t columns, int64_t width);

/// The largest divisor of `images` that is at most `most`, at least 1.
int64_t imagesTogether(int64_t images, int64_t most);

/// Writes the gradient of a convolution's weights.
mlir::LogicalResult writeWeightGradient(KernelWriter &writer,
                                        const ConvolutionPlan &plan);

} // namespace gmc::cpu

#endif // GMC_CODEGEN_CPU_CONVOLUTIONPLAN_H
