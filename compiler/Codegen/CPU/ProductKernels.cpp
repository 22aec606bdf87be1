//===- ProductKernels.cpp - schedules of products -------------------------===//
//
// The outer-product scheme: a tile of C stays in registers while k runs; a
// step of k loads a row of B's panel as vectors and broadcasts one element of
// A for each row of the tile. A is only ever read as scalars, so any strides
// of it do. The epilogue is applied to the tile before it is stored.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/ProductPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace gmc::cpu {
namespace {

/// Steps of k in one turn of the loop.
constexpr int64_t unrollK = 1;
/// Operations of an epilogue that still may be written once for each row; a
/// longer one runs as a loop over rows of the tile in memory (L1).
constexpr size_t shortEpilogue = 12;

/// Panels of one width: a number of columns, the last vector maybe masked.
struct PanelSet {
  int64_t first;   ///< column where they begin
  int64_t count;   ///< panels
  int64_t columns; ///< of each
};

class ProductWriter {
public:
  ProductWriter(KernelWriter &writer, ProductPlan plan)
      : writer(writer), builder(writer.builder), plan(std::move(plan)) {}

  LogicalResult write() {
    int64_t columns = plan.extents[LoopJ], whole = columns / plan.width;
    if (plan.packB) {
      packed = scratch(plan.extents[LoopK] * plan.width);
    }
    if (plan.epilogue ? isLong(plan.epilogue) : plan.c.laneStride() != 1) {
      tileScratch = scratch(24 * plan.width);
    }
    writePanels({0, whole, plan.width});
    writePanels({whole * plan.width, columns % plan.width ? 1 : 0,
                 columns % plan.width});
    return success(!failedBody);
  }

private:
  static bool isLong(linalg::LinalgOp op) {
    return op.getBlock()->getOperations().size() > shortEpilogue ||
           llvm::any_of(*op.getBlock(), [](Operation &inner) {
             return isa<math::MathDialect>(inner.getDialect()) &&
                    !isa<math::AbsFOp, math::SqrtOp, math::FmaOp>(inner);
           });
  }

  Value scratch(int64_t elements) {
    return memref::AllocaOp::create(builder, writer.loc,
                                    MemRefType::get({elements}, plan.type),
                                    builder.getI64IntegerAttr(64));
  }

  int64_t vectorsOf(const PanelSet &panels) const {
    return llvm::divideCeil(panels.columns, plan.lanes);
  }

  Lanes part(const PanelSet &panels, int64_t vector) const {
    return {plan.lanes,
            std::min(plan.lanes, panels.columns - vector * plan.lanes)};
  }

  /// All units of some panels of one width.
  void writePanels(const PanelSet &panels) {
    if (panels.count == 0) {
      return;
    }
    SmallVector<TileRows> tiles =
        cutRows(plan.extents[LoopI], vectorsOf(panels), plan.wideRegisters);
    int64_t height = tiles[0].height, main = height * tiles[0].count;
    // A narrower unit is a higher one, so that all weigh the same.
    int64_t share = plan.width / plan.lanes / vectorsOf(panels);
    int64_t unitRows = llvm::alignTo(plan.unitRows * share, height);
    int64_t blocks = std::max<int64_t>(1, (main + unitRows / 2) / unitRows);
    int64_t together = std::clamp<int64_t>(
        (plan.superRows + unitRows / 2) / unitRows, 1, blocks);
    int64_t supers = llvm::divideCeil(blocks, together);
    auto [lo, hi] = writer.takeUnits(supers * panels.count * together);
    loadScalars();
    writer.loop(lo, hi, 1, [&](Value unit) {
      auto [outer, inner] = writer.divide(unit, together);
      auto [super, panel] = writer.divide(outer, panels.count);
      Value block = writer.add(writer.mul(super, together), inner);
      Value j = writer.add(writer.mul(panel, panels.columns), panels.first);
      if (plan.packB) {
        pack(j, panels);
      }
      Value begin = writer.mul(block, unitRows);
      Value isLast = compare(arith::CmpIPredicate::eq, block, blocks - 1);
      Value end = arith::SelectOp::create(
          builder, writer.loc, isLast, writer.constant(main),
          writer.min(writer.add(begin, unitRows), main));
      writer.loop(begin, end, height,
                  [&](Value i) { writeTile(i, j, height, panels); });
      if (tiles.size() > 1) {
        writer.when(isLast, [&] { writeRest(tiles, main, j, panels); });
      }
    });
  }

  Value compare(arith::CmpIPredicate predicate, Value a, int64_t b) {
    return arith::CmpIOp::create(builder, writer.loc, predicate, a,
                                 writer.constant(b));
  }

  /// The tiles below those of the first height.
  void writeRest(ArrayRef<TileRows> tiles, int64_t row, Value j,
                 const PanelSet &panels) {
    for (const TileRows &rows : tiles.drop_front()) {
      writer.loop(writer.constant(row),
                  writer.constant(row + rows.height * rows.count), rows.height,
                  [&](Value i) { writeTile(i, j, rows.height, panels); });
      row += rows.height * rows.count;
    }
  }

  /// Elements from the start to `index` steps of a loop.
  Value along(const Step &step, Value index) {
    if (step.width == 0) {
      return writer.mul(index, step.stride);
    }
    auto [panel, inside] = writer.divide(index, step.width);
    return writer.add(writer.mul(panel, step.panelStride),
                      writer.mul(inside, step.stride));
  }

  /// The place of row i + r and column j, given along(j) + offset.
  Value placeOf(const TileOperand &operand, Value i, int64_t r, Value atJ) {
    const Step &step = operand.steps[LoopI];
    if (step.width == 0) {
      return writer.add(writer.add(atJ, along(step, i)), r * step.stride);
    }
    return writer.add(atJ, along(step, writer.add(i, r)));
  }

  Value startOf(const TileOperand &operand, Value j) {
    return writer.add(along(operand.steps[LoopJ], j), operand.offset);
  }

  static Operand asOperand(const TileOperand &operand) {
    Operand made;
    made.argument = operand.argument;
    made.type = operand.type;
    made.value = operand.value;
    return made;
  }

  VectorType vectorType() const {
    return VectorType::get(plan.lanes, plan.type);
  }

  /// A unit's panel of B as [k][width], side by side.
  void pack(Value j, const PanelSet &panels) {
    Value start = startOf(plan.b, j);
    int64_t stride = plan.b.laneStride();
    writer.loop(
        writer.constant(0), writer.constant(plan.extents[LoopK]), 1,
        [&](Value k) {
          Value from = writer.add(start, along(plan.b.steps[LoopK], k));
          Value to = writer.mul(k, plan.width);
          for (int64_t v = 0; v < vectorsOf(panels); ++v) {
            Value values = load(writer, asOperand(plan.b),
                                writer.add(from, v * plan.lanes * stride),
                                stride, part(panels, v));
            vector::StoreOp::create(builder, writer.loc,
                                    broadcast(writer, values, plan.lanes),
                                    packed, writer.add(to, v * plan.lanes));
          }
        });
  }

  /// Row k of B's panel, `v` vectors from its start.
  Value loadB(Value k, Value start, int64_t v, const PanelSet &panels) {
    if (plan.packB) {
      Value place = writer.add(writer.mul(k, plan.width), v * plan.lanes);
      return vector::LoadOp::create(builder, writer.loc, vectorType(), packed,
                                    place);
    }
    int64_t stride = plan.b.laneStride();
    Value place = writer.add(writer.add(start, along(plan.b.steps[LoopK], k)),
                             v * plan.lanes * stride);
    Lanes lanes = part(panels, v);
    // Storage in panels has all lanes.
    if (plan.b.steps[LoopJ].width != 0) {
      lanes.valid = lanes.count;
    }
    return broadcast(writer,
                     load(writer, asOperand(plan.b), place, stride, lanes),
                     plan.lanes);
  }

  /// One step of k: accumulators += A[i .., k] * B[k, j ..].
  SmallVector<Value> stepK(Value k, ArrayRef<Value> rowsOfA, Value startOfB,
                           ValueRange accumulators, const PanelSet &panels) {
    int64_t vectors = vectorsOf(panels);
    SmallVector<Value> b, next(accumulators);
    for (int64_t v = 0; v < vectors; ++v) {
      b.push_back(loadB(k, startOfB, v, panels));
    }
    Value atK = along(plan.a.steps[LoopK], k);
    for (auto [r, row] : llvm::enumerate(rowsOfA)) {
      Value a = load(writer, asOperand(plan.a), writer.add(row, atK), 0,
                     {plan.lanes, 1});
      a = broadcast(writer, a, plan.lanes);
      for (int64_t v = 0; v < vectors; ++v) {
        Value &sum = next[r * vectors + v];
        sum = vector::FMAOp::create(builder, writer.loc, a, b[v], sum);
      }
    }
    return next;
  }

  void writeTile(Value i, Value j, int64_t height, const PanelSet &panels) {
    SmallVector<Value> rowsOfA;
    Value startOfA = startOf(plan.a, j), startOfB = startOf(plan.b, j);
    for (int64_t r = 0; r < height; ++r) {
      rowsOfA.push_back(placeOf(plan.a, i, r, startOfA));
    }
    SmallVector<Value> sums = firstSums(i, j, height, panels);
    int64_t depth = plan.extents[LoopK], whole = depth / unrollK * unrollK;
    if (whole > 0) {
      sums = writer.loop(writer.constant(0), writer.constant(whole), unrollK,
                         sums, [&](Value k, ValueRange inner) {
                           SmallVector<Value> next(inner);
                           for (int64_t u = 0; u < unrollK; ++u) {
                             next = stepK(writer.add(k, u), rowsOfA, startOfB,
                                          next, panels);
                           }
                           return next;
                         });
    }
    for (int64_t k = whole; k < depth; ++k) {
      sums = stepK(writer.constant(k), rowsOfA, startOfB, sums, panels);
    }
    if (!plan.epilogue && tileScratch) {
      scatterTile(i, j, height, panels, sums);
    } else if (!plan.epilogue) {
      storeTile(plan.c, i, j, height, panels, sums);
    } else if (tileScratch) {
      writeLongEpilogue(i, j, height, panels, sums);
    } else {
      for (int64_t r = 0; r < height; ++r) {
        writeEpilogueRow(
            i, r, j, panels,
            ArrayRef(sums).slice(r * vectorsOf(panels), vectorsOf(panels)));
      }
    }
  }

  SmallVector<Value> firstSums(Value i, Value j, int64_t height,
                               const PanelSet &panels) {
    int64_t vectors = vectorsOf(panels);
    if (plan.fill) {
      return SmallVector<Value>(height * vectors,
                                broadcast(writer, plan.fill, plan.lanes));
    }
    SmallVector<Value> sums;
    Value start = startOf(plan.c, j);
    for (int64_t r = 0; r < height; ++r) {
      Value place = placeOf(plan.c, i, r, start);
      for (int64_t v = 0; v < vectors; ++v) {
        sums.push_back(
            load(writer, asOperand(plan.c),
                 writer.add(place, v * plan.lanes * plan.c.laneStride()),
                 plan.c.laneStride(), part(panels, v)));
      }
    }
    return sums;
  }

  void storeTile(const TileOperand &operand, Value i, Value j, int64_t height,
                 const PanelSet &panels, ArrayRef<Value> sums) {
    Value start = startOf(operand, j);
    int64_t stride = operand.laneStride();
    for (int64_t r = 0; r < height; ++r) {
      Value place = placeOf(operand, i, r, start);
      for (int64_t v = 0; v < vectorsOf(panels); ++v) {
        store(writer, asOperand(operand),
              writer.add(place, v * plan.lanes * stride), stride,
              part(panels, v), sums[r * vectorsOf(panels) + v]);
      }
    }
  }

  void spillTile(ArrayRef<Value> sums) {
    for (auto [at, sum] : llvm::enumerate(sums)) {
      vector::StoreOp::create(builder, writer.loc, sum, tileScratch,
                              writer.constant(at * plan.lanes));
    }
  }

  /// A tile whose columns do not lie side by side in C goes there column by
  /// column from memory: written out for each lane it would be ten times the
  /// code of the product.
  void scatterTile(Value i, Value j, int64_t height, const PanelSet &panels,
                   ArrayRef<Value> sums) {
    spillTile(sums);
    int64_t rowLength = vectorsOf(panels) * plan.lanes;
    writer.loop(writer.constant(0), writer.constant(panels.columns), 1,
                [&](Value column) {
                  Value start = startOf(plan.c, writer.add(j, column));
                  for (int64_t r = 0; r < height; ++r) {
                    Value element = memref::LoadOp::create(
                        builder, writer.loc, tileScratch,
                        writer.add(column, r * rowLength));
                    store(writer, asOperand(plan.c),
                          placeOf(plan.c, i, r, start), 1, {1, 1}, element);
                  }
                });
  }

  /// Scalars of the epilogue that no loop changes.
  void loadScalars() {
    scalars.clear();
    for (const TileOperand &input : plan.inputs) {
      bool constant = input.kind == TileOperand::Memory &&
                      llvm::all_of(input.steps, [](const Step &step) {
                        return step.stride == 0;
                      });
      scalars.push_back(constant ? load(writer, asOperand(input),
                                        writer.constant(input.offset), 0,
                                        {plan.lanes, 1})
                                 : input.value);
    }
  }

  /// The tile through memory, so that no register is held while the epilogue
  /// needs many, and its code stands there once.
  void writeLongEpilogue(Value i, Value j, int64_t height,
                         const PanelSet &panels, ArrayRef<Value> sums) {
    int64_t vectors = vectorsOf(panels);
    spillTile(sums);
    writer.loop(writer.constant(0), writer.constant(height), 1, [&](Value row) {
      SmallVector<Value> own;
      Value place = writer.mul(row, vectors * plan.lanes);
      for (int64_t v = 0; v < vectors; ++v) {
        own.push_back(vector::LoadOp::create(
            builder, writer.loc, vectorType(), tileScratch,
            writer.add(place, v * plan.lanes)));
      }
      writeEpilogueRow(writer.add(i, row), 0, j, panels, own);
    });
  }

  /// The epilogue of row i + r.
  void writeEpilogueRow(Value i, int64_t r, Value j, const PanelSet &panels,
                        ArrayRef<Value> sums) {
    for (int64_t v = 0; v < vectorsOf(panels); ++v) {
      Lanes lanes = part(panels, v);
      auto at = [&](const TileOperand &operand) {
        Value place = placeOf(operand, i, r, startOf(operand, j));
        return writer.add(place, v * plan.lanes * operand.laneStride());
      };
      SmallVector<Value> arguments;
      for (auto [n, input] : llvm::enumerate(plan.inputs)) {
        if (input.kind == TileOperand::Tile) {
          arguments.push_back(sums[v]);
        } else if (scalars[n]) {
          arguments.push_back(scalars[n]);
        } else {
          arguments.push_back(load(writer, asOperand(input), at(input),
                                   input.laneStride(), lanes));
        }
      }
      for (auto [n, output] : llvm::enumerate(plan.outputs)) {
        bool used = !plan.epilogue.getRegionOutputArgs()[n].use_empty();
        arguments.push_back(used ? load(writer, asOperand(output), at(output),
                                        output.laneStride(), lanes)
                                 : Value());
      }
      auto index = [&](unsigned dim) {
        bool isI = dim == plan.epilogueDims[LoopI];
        return isI ? LaneIndex{writer.add(i, r), 0}
                   : LaneIndex{writer.add(j, v * plan.lanes), 1};
      };
      FailureOr<SmallVector<Value>> results =
          cloneBody(writer, plan.epilogue, arguments, index, plan.lanes);
      if (failed(results)) {
        failedBody = true;
        return;
      }
      for (auto [output, result] : llvm::zip(plan.outputs, *results)) {
        store(writer, asOperand(output), at(output), output.laneStride(), lanes,
              result);
      }
    }
  }

  KernelWriter &writer;
  OpBuilder &builder;
  ProductPlan plan;
  Value packed, tileScratch;
  SmallVector<Value> scalars; ///< of the epilogue's inputs, or null
  bool failedBody = false;
};

} // namespace

LogicalResult writeProduct(KernelWriter &writer, const Product &product) {
  FailureOr<ProductPlan> plan = planProduct(product, writer.lanesF32);
  if (failed(plan)) {
    return failure();
  }
  return ProductWriter(writer, std::move(*plan)).write();
}

} // namespace gmc::cpu
