//===- ProductPlan.cpp - how a product is cut into tiles and units --------===//
#include "compiler/Codegen/CPU/ProductPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <numeric>

using namespace mlir;

namespace gmc::cpu {

/// True if the maps are those of a product: each input runs along one kept loop
/// and the reduced one, the output along both kept ones.
static bool hasProductMaps(linalg::LinalgOp op) {
  SmallVector<unsigned> kept, reduced;
  op.getParallelDims(kept);
  op.getReductionDims(reduced);
  auto runsAlong = [&](unsigned operand, unsigned first, unsigned second) {
    AffineMap map = op.getIndexingMapsArray()[operand];
    return map.isProjectedPermutation() && map.getNumResults() == 2 &&
           map.isFunctionOfDim(first) && map.isFunctionOfDim(second);
  };
  bool inOrder =
      runsAlong(0, kept[0], reduced[0]) && runsAlong(1, kept[1], reduced[0]);
  bool swapped =
      runsAlong(0, kept[1], reduced[0]) && runsAlong(1, kept[0], reduced[0]);
  return (inOrder || swapped) && runsAlong(2, kept[0], kept[1]);
}

bool sumsProducts(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1) {
    return false;
  }
  Block *body = op.getBlock();
  auto add =
      body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || body->getOperations().size() != 3) {
    return false;
  }
  Value accumulator = body->getArgument(2);
  Value term = add.getLhs() == accumulator ? add.getRhs() : add.getLhs();
  auto multiply = term.getDefiningOp<arith::MulFOp>();
  auto inputs = body->getArguments().take_front(2);
  return multiply && multiply.getLhs() != multiply.getRhs() &&
         llvm::is_contained({add.getLhs(), add.getRhs()}, accumulator) &&
         llvm::is_contained(inputs, multiply.getLhs()) &&
         llvm::is_contained(inputs, multiply.getRhs());
}

bool isProduct(linalg::LinalgOp op) {
  return op.getNumParallelLoops() == 2 && op.getNumReductionLoops() == 1 &&
         sumsProducts(op) && hasProductMaps(op);
}

TileBounds tileBounds(int64_t vectors, bool wideRegisters) {
  // Accumulators, a vector of B for each column and a broadcast of A have to
  // fit 32 (16) registers; eight accumulators at least hide an FMA's latency.
  if (wideRegisters) {
    return vectors == 1 ? TileBounds{16, 24} : TileBounds{8, 13};
  }
  return vectors == 1 ? TileBounds{8, 12} : TileBounds{6, 6};
}

SmallVector<TileRows> cutRows(int64_t rows, int64_t vectors,
                              bool wideRegisters) {
  auto [best, most] = tileBounds(vectors, wideRegisters);
  return cutInto(rows, best, most);
}

SmallVector<TileRows> cutInto(int64_t rows, int64_t best, int64_t most) {
  if (rows <= most) {
    return {{rows, 1}};
  }
  if (rows % best == 0) {
    return {{best, rows / best}};
  }
  for (int64_t height = most; height > best * 3 / 4; --height) {
    if (rows % height == 0) {
      return {{height, rows / height}};
    }
  }
  int64_t count = rows / best, rest = rows % best;
  if (best + rest <= most) {
    // One higher tile at the end.
    SmallVector<TileRows> tiles;
    if (count > 1) {
      tiles.push_back({best, count - 1});
    }
    tiles.push_back({best + rest, 1});
    return tiles;
  }
  if (rest * 2 >= best) {
    return {{best, count}, {rest, 1}};
  }
  // The last full tile and the rest share their rows.
  int64_t high = (best + rest + 1) / 2, low = (best + rest) / 2;
  SmallVector<TileRows> tiles;
  if (count > 1) {
    tiles.push_back({best, count - 1});
  }
  tiles.push_back({high, high == low ? 2 : 1});
  if (high != low) {
    tiles.push_back({low, 1});
  }
  return tiles;
}

namespace {

class Planner {
public:
  Planner(Product product, int64_t lanesF32)
      : product(product), lanesF32(lanesF32) {}

  FailureOr<ProductPlan> plan() {
    SmallVector<unsigned> kept, reduced;
    product.multiply.getParallelDims(kept);
    product.multiply.getReductionDims(reduced);
    // Columns are the second kept loop unless rows suit the lanes better.
    std::optional<ProductPlan> best;
    double least = 0;
    for (auto [i, j] : {std::pair(kept[0], kept[1]), {kept[1], kept[0]}}) {
      FailureOr<ProductPlan> candidate = describe(i, j, reduced[0]);
      if (failed(candidate)) {
        return failure();
      }
      double cost = costOf(*candidate);
      if (!best || cost < least) {
        best = *candidate;
        least = cost;
      }
    }
    cut(*best);
    return *best;
  }

private:
  /// Operands over (i, j, k) for one choice of j.
  FailureOr<ProductPlan> describe(unsigned i, unsigned j, unsigned k) {
    ProductPlan plan;
    linalg::LinalgOp op = product.multiply;
    plan.multiply = op;
    plan.epilogue = product.epilogue;
    plan.fill = product.fill;
    plan.dims[LoopI] = i;
    plan.dims[LoopJ] = j;
    plan.dims[LoopK] = k;
    SmallVector<int64_t> extents = op.getStaticLoopRanges();
    for (unsigned loop = 0; loop < 3; ++loop) {
      plan.extents[loop] = extents[plan.dims[loop]];
    }
    // B is the input that j runs along.
    bool swapped = op.getIndexingMapsArray()[0].isFunctionOfDim(j);
    FailureOr<TileOperand> a = operandOf(op, swapped ? 1 : 0, plan.dims, 3);
    FailureOr<TileOperand> b = operandOf(op, swapped ? 0 : 1, plan.dims, 3);
    if (failed(a) || failed(b)) {
      return failure();
    }
    plan.a = *a;
    plan.b = *b;
    if (plan.a.steps[LoopJ].stride != 0 || plan.b.steps[LoopI].stride != 0) {
      return op.emitError("both inputs of a product depend on one kept loop");
    }
    plan.type = plan.a.type;
    if (!plan.epilogue) {
      FailureOr<TileOperand> c = operandOf(op, 2, plan.dims, 3);
      if (failed(c)) {
        return failure();
      }
      plan.c = *c;
      return plan;
    }
    return describeEpilogue(plan);
  }

  FailureOr<ProductPlan> describeEpilogue(ProductPlan plan) {
    linalg::LinalgOp op = plan.epilogue;
    Value tile = plan.multiply.getDpsInitOperand(0)->get();
    AffineMap product = plan.multiply.getIndexingMapsArray()[2];
    bool found = false;
    for (OpOperand *input : op.getDpsInputOperands()) {
      if (input->get() != tile) {
        continue;
      }
      AffineMap map = op.getMatchingIndexingMap(input);
      if (!map.isPermutation()) {
        return op.emitError("does not read the product, element by element");
      }
      for (unsigned axis = 0; axis < 2; ++axis) {
        bool isI = product.getDimPosition(axis) == plan.dims[LoopI];
        unsigned dim = map.getDimPosition(axis);
        if (found && plan.epilogueDims[isI ? 0 : 1] != dim) {
          return op.emitError("reads the product and its transpose");
        }
        plan.epilogueDims[isI ? 0 : 1] = dim;
      }
      found = true;
    }
    if (!found) {
      return op.emitError("does not read the product, element by element");
    }
    for (OpOperand &operand : op->getOpOperands()) {
      if (operand.get() == tile && op.isDpsInput(&operand)) {
        TileOperand made;
        made.kind = TileOperand::Tile;
        made.type = plan.type;
        plan.inputs.push_back(made);
        continue;
      }
      FailureOr<TileOperand> made =
          operandOf(op, operand.getOperandNumber(), plan.epilogueDims, 2);
      if (failed(made)) {
        return failure();
      }
      (op.isDpsInput(&operand) ? plan.inputs : plan.outputs).push_back(*made);
    }
    return plan;
  }

  FailureOr<TileOperand> operandOf(linalg::LinalgOp op, unsigned number,
                                   ArrayRef<unsigned> dims, unsigned loops) {
    TileOperand made;
    Value buffer = op->getOperand(number);
    auto type = dyn_cast<MemRefType>(buffer.getType());
    if (!type) {
      made.kind = TileOperand::Scalar;
      made.value = buffer;
      made.type = buffer.getType();
      return made;
    }
    made.type = type.getElementType();
    FailureOr<View> view = viewOf(buffer);
    if (failed(view)) {
      return failure();
    }
    made.argument = view->argument;
    made.offset = view->panels ? 0 : view->offset;
    AffineMap map = op.getMatchingIndexingMap(&op->getOpOperand(number));
    if (!map.isProjectedPermutation(/*allowZeroInResults=*/!view->panels)) {
      return op.emitError("map of operand ") << number << " is not supported";
    }
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      auto dim = dyn_cast<AffineDimExpr>(map.getResult(axis));
      for (unsigned loop = 0; loop < loops; ++loop) {
        if (dim && dims[loop] == dim.getPosition()) {
          made.steps[loop] = stepOf(*view, axis);
        }
      }
    }
    return made;
  }

  static Step stepOf(const View &view, unsigned axis) {
    if (!view.panels) {
      return {view.strides[axis], 0, 0};
    }
    int64_t width = view.panels->width;
    if (view.panels->axis == static_cast<int64_t>(axis)) {
      return {1, width, view.shape[1 - axis] * width};
    }
    return {width, 0, 0};
  }

  /// What a choice of j costs: lanes that lie apart in memory, and lanes that
  /// do not exist.
  double costOf(const ProductPlan &plan) const {
    int64_t lanes = lanesFor(plan);
    double columns = plan.extents[LoopJ];
    double cost =
        llvm::divideCeil(plan.extents[LoopJ], lanes) * lanes / columns;
    cost += plan.b.laneStride() == 1 ? 0 : 0.5;
    // Stores and the epilogue's loads weigh less than the loop over k.
    double each = 8.0 / std::max<int64_t>(plan.extents[LoopK], 8);
    auto apart = [&](const TileOperand &operand) {
      return operand.kind == TileOperand::Memory && operand.laneStride() > 1;
    };
    cost += plan.epilogue ? 0 : apart(plan.c) ? 2 * each : 0;
    for (const TileOperand &operand : plan.inputs) {
      cost += apart(operand) ? each : 0;
    }
    for (const TileOperand &operand : plan.outputs) {
      cost += apart(operand) ? 2 * each : 0;
    }
    return cost;
  }

  int64_t lanesFor(const ProductPlan &plan) const {
    return plan.type.getIntOrFloatBitWidth() > 32 ? lanesF32 / 2 : lanesF32;
  }

  /// A tile must not reach over the edge of a panel.
  static int64_t widthWithin(const ProductPlan &plan, int64_t width) {
    auto fit = [&](const TileOperand &operand) {
      if (operand.steps[LoopJ].width != 0) {
        width = std::gcd(width, operand.steps[LoopJ].width);
      }
    };
    fit(plan.b);
    fit(plan.c);
    for (const TileOperand &operand : plan.inputs) {
      fit(operand);
    }
    for (const TileOperand &operand : plan.outputs) {
      fit(operand);
    }
    return width;
  }

  void cut(ProductPlan &plan) const {
    plan.lanes = lanesFor(plan);
    plan.wideRegisters = lanesF32 == 16;
    plan.width = widthWithin(plan, 2 * plan.lanes);
    plan.lanes = std::min(plan.lanes, plan.width);
    int64_t rows = plan.extents[LoopI], depth = plan.extents[LoopK];
    int64_t bytes = plan.type.getIntOrFloatBitWidth() / 8;
    int64_t panels = llvm::divideCeil(plan.extents[LoopJ], plan.width);
    // Rows of A that stay in L2 while every panel passes by.
    plan.superRows = rows;
    if (rows * depth * bytes > 640 * 1024) {
      plan.superRows =
          std::clamp<int64_t>(384 * 1024 / (depth * bytes), 64, rows);
    }
    // A panel of B whose rows lie far apart collides in the cache's sets; a
    // copy of it pays from some rows on.
    bool sideBySide = plan.b.laneStride() == 1;
    bool apart = plan.b.steps[LoopJ].width == 0 &&
                 plan.b.steps[LoopK].stride > plan.width;
    // Enough units for an even share of several threads.
    plan.unitRows = plan.superRows;
    int64_t least = !sideBySide ? 96 : !apart ? 32 : rows >= 512 ? 128 : 64;
    while (panels * llvm::divideCeil(rows, plan.unitRows) < 64 &&
           plan.unitRows >= 2 * least) {
      plan.unitRows = llvm::divideCeil(plan.unitRows, 2);
    }
    bool worthIt = !sideBySide || (apart && plan.unitRows >= 64);
    plan.packB = worthIt && depth * plan.width * bytes <= 1024 * 1024;
  }

  Product product;
  int64_t lanesF32;
};

} // namespace

FailureOr<ProductPlan> planProduct(const Product &product, int64_t lanesF32) {
  return Planner(product, lanesF32).plan();
}

} // namespace gmc::cpu
