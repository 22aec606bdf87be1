//===- ElementwiseKernels.cpp - schedules without reductions --------------===//
//
// The loop of the lanes runs innermost, one vector a step, its last elements
// under a mask; the others are one loop over rows. Long rows are cut into
// chunks, short ones put together, so that a unit is worth its start.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/Schedules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace gmc::cpu {
namespace {

class ElementwiseWriter {
public:
  ElementwiseWriter(KernelWriter &writer, Nest nest)
      : writer(writer), nest(std::move(nest)) {}

  LogicalResult write() {
    lanes = writer.lanesOf(nest.outputs().front().type);
    columns = nest.loops.back().extent;
    for (const Loop &loop : ArrayRef(nest.loops).drop_back()) {
      rows *= loop.extent;
    }
    unitElements = elementsOfUnit(nest.op);
    if (columns > 2 * unitElements) {
      writeChunks();
    } else {
      writeRows();
    }
    return success(!failedBody);
  }

private:
  /// A unit is a part of a row.
  void writeChunks() {
    int64_t size = unitElements;
    int64_t chunks = llvm::divideCeil(columns, size);
    auto [lo, hi] = writer.takeUnits(rows * chunks);
    loadConstants();
    writer.loop(lo, hi, 1, [&](Value unit) {
      Value row = writer.constant(0), chunk = unit;
      if (rows > 1) {
        std::tie(row, chunk) = writer.divide(unit, chunks);
      }
      startRow(row);
      Value begin = writer.mul(chunk, size);
      int64_t whole = columns / lanes * lanes;
      Value end = writer.min(writer.add(begin, size), whole);
      writer.loop(begin, end, lanes, [&](Value column) {
        writeVector(column, {lanes, lanes});
      });
      if (whole != columns) {
        Value last = arith::CmpIOp::create(writer.builder, writer.loc,
                                           arith::CmpIPredicate::eq, chunk,
                                           writer.constant(chunks - 1));
        writer.when(last, [&] {
          writeVector(writer.constant(whole), {lanes, columns - whole});
        });
      }
    });
  }

  /// A unit is some rows.
  void writeRows() {
    int64_t together = std::max<int64_t>(1, unitElements / columns);
    auto [lo, hi] = writer.takeUnits(llvm::divideCeil(rows, together));
    loadConstants();
    Value begin = writer.mul(lo, together);
    Value end = writer.min(writer.mul(hi, together), rows);
    writer.loop(begin, end, 1, [&](Value row) {
      startRow(row);
      int64_t whole = columns / lanes * lanes;
      if (whole != 0) {
        writer.loop(writer.constant(0), writer.constant(whole), lanes,
                    [&](Value column) {
                      writeVector(column, {lanes, lanes});
                    });
      }
      if (whole != columns) {
        writeVector(writer.constant(whole), {lanes, columns - whole});
      }
    });
  }

  int64_t stride(const Linear &form) const { return form.coefficients.back(); }

  /// Operands that are the same for the whole nest are loaded once.
  void loadConstants() {
    values.assign(nest.inputs, Value());
    for (unsigned i = 0; i < nest.inputs; ++i) {
      const Operand &operand = nest.operands[i];
      if (operand.value || llvm::all_of(operand.place.coefficients,
                                        [](int64_t c) { return c == 0; })) {
        values[i] = load(writer, operand, writer.constant(operand.place.offset),
                         0, {lanes, 1});
      }
    }
  }

  /// Finds where a row lies, and loads what is the same all along it.
  void startRow(Value row) {
    SmallVector<Value> indices(nest.loops.size() - 1);
    for (unsigned d = indices.size(); d-- > 0;) {
      if (d == 0) {
        indices[d] = row;
        break;
      }
      std::tie(row, indices[d]) = writer.divide(row, nest.loops[d].extent);
    }
    places.clear();
    for (const Operand &operand : nest.operands) {
      places.push_back(writer.evaluate(operand.place, indices));
    }
    starts.clear();
    for (const Linear &index : nest.indices) {
      starts.push_back(writer.evaluate(index, indices));
    }
    rowValues = values;
    for (unsigned i = 0; i < nest.inputs; ++i) {
      if (!rowValues[i] && stride(nest.operands[i].place) == 0) {
        rowValues[i] = load(writer, nest.operands[i], places[i], 0, {lanes, 1});
      }
    }
  }

  Value placeOf(unsigned operand, Value column) {
    return writer.add(places[operand],
                      writer.mul(column, stride(nest.operands[operand].place)));
  }

  void writeVector(Value column, Lanes part) {
    SmallVector<Value> arguments;
    for (unsigned i = 0; i < nest.operands.size(); ++i) {
      const Operand &operand = nest.operands[i];
      bool known = i < nest.inputs && rowValues[i];
      bool used = !nest.op.getBlock()->getArgument(i).use_empty();
      if (known) {
        arguments.push_back(rowValues[i]);
      } else if (used) {
        arguments.push_back(load(writer, operand, placeOf(i, column),
                                 stride(operand.place), part));
      } else {
        arguments.push_back(Value());
      }
    }
    auto index = [&](unsigned d) {
      int64_t step = stride(nest.indices[d]);
      return LaneIndex{writer.add(starts[d], writer.mul(column, step)), step};
    };
    FailureOr<SmallVector<Value>> results =
        cloneBody(writer, nest.op, arguments, index, part.count);
    if (failed(results)) {
      failedBody = true;
      return;
    }
    for (auto [i, result] : llvm::enumerate(*results)) {
      unsigned at = nest.inputs + i;
      const Operand &operand = nest.operands[at];
      store(writer, operand, placeOf(at, column), stride(operand.place), part,
            result);
    }
  }

  KernelWriter &writer;
  Nest nest;
  int64_t lanes = 1, rows = 1, columns = 1, unitElements = 1;
  SmallVector<Value> values;    ///< loaded once, or null
  SmallVector<Value> rowValues; ///< and those loaded once a row
  SmallVector<Value> places;    ///< of each operand at the row's start
  SmallVector<Value> starts;    ///< of each index there
  bool failedBody = false;
};

/// A nest of one element gets a loop to be its lanes.
void addUnitLoop(Nest &nest) {
  nest.loops.push_back({1, false});
  for (Operand &operand : nest.operands) {
    operand.place.coefficients.push_back(0);
  }
  for (Operand &operand : nest.outputs()) {
    operand.place.coefficients.back() = 1;
  }
  for (Linear &index : nest.indices) {
    index.coefficients.push_back(0);
  }
}

} // namespace

LogicalResult writeRowsOf(KernelWriter &writer, Nest nest) {
  return ElementwiseWriter(writer, std::move(nest)).write();
}

LogicalResult writeElementwise(KernelWriter &writer, Nest nest) {
  if (nest.loops.empty()) {
    addUnitLoop(nest);
  }
  nest.moveLast(chooseLanes(nest, writer.lanesOf(nest.outputs().front().type)));
  FailureOr<bool> written = writeTransposed(writer, nest);
  if (failed(written) || *written) {
    return success(succeeded(written));
  }
  return writeRowsOf(writer, std::move(nest));
}

} // namespace gmc::cpu
