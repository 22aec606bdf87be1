//===- TransposedKernels.cpp - elementwise work across two layouts --------===//
//
// Where some operands lie side by side along one loop and the others along
// another (a matrix and its transpose), square blocks of lanes x lanes are
// worked on: operands of the other kind are transposed in registers and pass
// through a block of scratch memory, which stays in the first cache.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/Schedules.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace gmc::cpu {
namespace {

class BlockWriter {
public:
  BlockWriter(KernelWriter &writer, Nest nest, unsigned across)
      : writer(writer), nest(std::move(nest)), across(across) {}

  /// The lanes' loop is the last one; both extents are multiples of lanes.
  LogicalResult write() {
    lanes = writer.lanesOf(nest.outputs().front().type);
    along = nest.loops.size() - 1;
    for (Operand &operand : nest.operands) {
      scratch.push_back(isTransposed(operand) ? makeScratch(operand) : Value());
    }
    int64_t blocks = 1;
    for (unsigned d = 0; d < nest.loops.size(); ++d) {
      blocks *= blocksOf(d);
    }
    int64_t together =
        std::max<int64_t>(1, elementsOfUnit(nest.op) / (lanes * lanes));
    auto [lo, hi] = writer.takeUnits(llvm::divideCeil(blocks, together));
    Value end = writer.min(writer.mul(hi, together), blocks);
    writer.loop(writer.mul(lo, together), end, 1,
                [&](Value block) { writeBlock(block); });
    return success(!failedBody);
  }

private:
  int64_t blocksOf(unsigned d) {
    bool blocked = d == across || d == along;
    return nest.loops[d].extent / (blocked ? lanes : 1);
  }

  int64_t strideAlong(const Linear &form) { return form.coefficients[along]; }
  int64_t strideAcross(const Linear &form) { return form.coefficients[across]; }

  bool isTransposed(const Operand &operand) {
    return !operand.value && strideAlong(operand.place) > 1;
  }

  Value makeScratch(const Operand &operand) {
    auto type = MemRefType::get({lanes * lanes}, operand.type);
    return memref::AllocaOp::create(writer.builder, writer.loc, type,
                                    writer.builder.getI64IntegerAttr(64));
  }

  void writeBlock(Value block) {
    SmallVector<Value> indices(nest.loops.size());
    for (unsigned d = nest.loops.size(); d-- > 0;) {
      std::tie(block, indices[d]) = writer.divide(block, blocksOf(d));
      if (d == across || d == along) {
        indices[d] = writer.mul(indices[d], lanes);
      }
    }
    places.clear();
    for (const Operand &operand : nest.operands) {
      places.push_back(writer.evaluate(operand.place, indices));
    }
    starts.clear();
    for (const Linear &index : nest.indices) {
      starts.push_back(writer.evaluate(index, indices));
    }
    for (unsigned i = 0; i < nest.operands.size(); ++i) {
      if (scratch[i] && isRead(i)) {
        transposeIn(i);
      }
    }
    writer.loop(writer.constant(0), writer.constant(lanes), 1,
                [&](Value row) { writeRow(row); });
    for (unsigned i = nest.inputs; i < nest.operands.size(); ++i) {
      if (scratch[i]) {
        transposeOut(i);
      }
    }
  }

  bool isRead(unsigned i) {
    return !nest.op.getBlock()->getArgument(i).use_empty();
  }

  Value loadRow(unsigned i, Value row) {
    const Operand &operand = nest.operands[i];
    if (scratch[i]) {
      return loadScratch(i, writer.mul(row, lanes));
    }
    Value place =
        writer.add(places[i], writer.mul(row, strideAcross(operand.place)));
    return load(writer, operand, place, strideAlong(operand.place),
                {lanes, lanes});
  }

  void writeRow(Value row) {
    SmallVector<Value> arguments;
    for (unsigned i = 0; i < nest.operands.size(); ++i) {
      arguments.push_back(isRead(i) ? loadRow(i, row) : Value());
    }
    auto index = [&](unsigned d) {
      Value base =
          writer.add(starts[d], writer.mul(row, strideAcross(nest.indices[d])));
      return LaneIndex{base, strideAlong(nest.indices[d])};
    };
    FailureOr<SmallVector<Value>> results =
        cloneBody(writer, nest.op, arguments, index, lanes);
    if (failed(results)) {
      failedBody = true;
      return;
    }
    for (auto [n, result] : llvm::enumerate(*results)) {
      unsigned i = nest.inputs + n;
      const Operand &operand = nest.operands[i];
      if (scratch[i]) {
        vector::StoreOp::create(writer.builder, writer.loc, result, scratch[i],
                                writer.mul(row, lanes));
        continue;
      }
      Value place =
          writer.add(places[i], writer.mul(row, strideAcross(operand.place)));
      store(writer, operand, place, strideAlong(operand.place), {lanes, lanes},
            result);
    }
  }

  Value loadScratch(unsigned i, Value place) {
    auto type = VectorType::get(lanes, nest.operands[i].type);
    return vector::LoadOp::create(writer.builder, writer.loc, type, scratch[i],
                                  place);
  }

  /// Memory along `across` to rows of scratch along `along`.
  void transposeIn(unsigned i) {
    const Operand &operand = nest.operands[i];
    SmallVector<Value> rows;
    for (int64_t r = 0; r < lanes; ++r) {
      Value place = writer.add(places[i], r * strideAlong(operand.place));
      rows.push_back(load(writer, operand, place, 1, {lanes, lanes}));
    }
    transpose(rows);
    for (int64_t r = 0; r < lanes; ++r) {
      vector::StoreOp::create(writer.builder, writer.loc, rows[r], scratch[i],
                              writer.constant(r * lanes));
    }
  }

  void transposeOut(unsigned i) {
    const Operand &operand = nest.operands[i];
    SmallVector<Value> rows;
    for (int64_t r = 0; r < lanes; ++r) {
      rows.push_back(loadScratch(i, writer.constant(r * lanes)));
    }
    transpose(rows);
    for (int64_t r = 0; r < lanes; ++r) {
      Value place = writer.add(places[i], r * strideAlong(operand.place));
      store(writer, operand, place, 1, {lanes, lanes}, rows[r]);
    }
  }

  /// Swaps the two off-diagonal quarters of ever smaller blocks.
  void transpose(MutableArrayRef<Value> rows) {
    for (int64_t half = lanes / 2; half >= 1; half /= 2) {
      SmallVector<int64_t> upper, lower;
      for (int64_t lane = 0; lane < lanes; ++lane) {
        bool left = (lane & half) == 0;
        upper.push_back(left ? lane : lanes + lane - half);
        lower.push_back(left ? lane + half : lanes + lane);
      }
      for (int64_t r = 0; r < lanes; ++r) {
        if (r & half) {
          continue;
        }
        Value a = rows[r], b = rows[r + half];
        rows[r] =
            vector::ShuffleOp::create(writer.builder, writer.loc, a, b, upper);
        rows[r + half] =
            vector::ShuffleOp::create(writer.builder, writer.loc, a, b, lower);
      }
    }
  }

  KernelWriter &writer;
  Nest nest;
  unsigned across, along = 0;
  int64_t lanes = 1;
  SmallVector<Value> scratch; ///< of transposed operands, else null
  SmallVector<Value> places, starts;
  bool failedBody = false;
};

/// The loop along which every operand lies side by side that does not along
/// the last loop.
std::optional<unsigned> findAcross(const Nest &nest, int64_t lanes) {
  unsigned along = nest.loops.size() - 1;
  for (unsigned d = 0; d < along; ++d) {
    bool any = false, all = nest.loops[d].extent >= lanes;
    for (const Operand &operand : nest.operands) {
      if (!operand.value && operand.place.coefficients[along] > 1) {
        any = true;
        all = all && operand.place.coefficients[d] == 1;
      }
    }
    if (any && all) {
      return d;
    }
  }
  return std::nullopt;
}

/// The part [from, to) of loop d.
Nest partOf(Nest nest, unsigned d, int64_t from, int64_t to) {
  nest.loops[d].extent = to - from;
  for (Operand &operand : nest.operands) {
    operand.place.offset += from * operand.place.coefficients[d];
  }
  for (Linear &index : nest.indices) {
    index.offset += from * index.coefficients[d];
  }
  return nest;
}

} // namespace

FailureOr<bool> writeTransposed(KernelWriter &writer, Nest nest) {
  int64_t lanes = writer.lanesOf(nest.outputs().front().type);
  if (nest.loops.size() < 2 || nest.loops.back().extent < lanes) {
    return false;
  }
  std::optional<unsigned> across = findAcross(nest, lanes);
  if (!across) {
    return false;
  }
  unsigned along = nest.loops.size() - 1;
  int64_t columns = nest.loops[along].extent;
  int64_t rows = nest.loops[*across].extent;
  int64_t wholeColumns = columns / lanes * lanes;
  int64_t wholeRows = rows / lanes * lanes;
  Nest left = partOf(nest, along, 0, wholeColumns);
  if (failed(BlockWriter(writer, partOf(left, *across, 0, wholeRows), *across)
                 .write())) {
    return failure();
  }
  if (wholeRows < rows &&
      failed(writeRowsOf(writer, partOf(left, *across, wholeRows, rows)))) {
    return failure();
  }
  if (wholeColumns < columns &&
      failed(writeRowsOf(writer, partOf(nest, along, wholeColumns, columns)))) {
    return failure();
  }
  return true;
}

} // namespace gmc::cpu
