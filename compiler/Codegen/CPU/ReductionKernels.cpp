//===- ReductionKernels.cpp - schedules of reductions ---------------------===//
//
// Along reduced lanes: some vector accumulators, added up in a fixed tree at
// the end of a row. Along kept lanes (sums of columns): one accumulator for
// each vector of a block of columns, reduced loops inside. Either way an
// output is the work of one unit, so the number of threads changes no bit. Long
// sums are cut into chains.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/Schedules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <numeric>

using namespace mlir;

namespace gmc::cpu {
namespace {

/// The operation that takes element and accumulator together, for an output.
FailureOr<Operation *> combinerOf(linalg::LinalgOp op, unsigned output) {
  Value yielded = op.getBlock()->getTerminator()->getOperand(output);
  Operation *combiner = yielded.getDefiningOp();
  Value accumulator = op.getRegionOutputArgs()[output];
  // Nothing else in the body sees how far the sum has come.
  if (!combiner || !llvm::is_contained(combiner->getOperands(), accumulator) ||
      !accumulator.hasOneUse() || !yielded.hasOneUse()) {
    return op.emitError("output ")
           << output << " is not reduced by one operation";
  }
  return combiner;
}

/// The value that changes nothing.
FailureOr<TypedAttr> neutralOf(Operation *combiner, OpBuilder &builder) {
  Type type = combiner->getResult(0).getType();
  if (isa<arith::AddFOp, arith::AddIOp>(combiner)) {
    return builder.getZeroAttr(type);
  }
  if (isa<arith::MulFOp>(combiner)) {
    return TypedAttr(builder.getFloatAttr(type, 1.0));
  }
  bool largest = isa<arith::MaximumFOp, arith::MaxNumFOp>(combiner);
  bool least = isa<arith::MinimumFOp, arith::MinNumFOp>(combiner);
  if (largest || least) {
    auto infinity = APFloat::getInf(cast<FloatType>(type).getFloatSemantics(),
                                    /*Negative=*/largest);
    return TypedAttr(builder.getFloatAttr(type, infinity));
  }
  return combiner->emitError("is no reduction that a schedule knows");
}

/// Elements whose sum one unit leaves as a vector.
constexpr int64_t elementsOfPartial = 16384;

/// Terms that one accumulator takes in a row. The sum of n equal terms in one
/// chain is off by up to n/2 units of its last place: the gradient of a bias
/// over a million places, say, by 3 percent of f32. Each chain's sum is added
/// to the others', so that two levels of 1024 leave 6e-5 at most.
constexpr int64_t longestChain = 1024;
/// Fewer terms than these go on with the chain that there is.
constexpr int64_t shortestChain = 256;

class ReductionWriter {
public:
  ReductionWriter(KernelWriter &writer, Nest nest, const ReductionPlan &plan)
      : writer(writer), nest(std::move(nest)), plan(plan) {}

  LogicalResult write() {
    for (unsigned i = 0; i < nest.outputs().size(); ++i) {
      FailureOr<Operation *> combiner = combinerOf(nest.op, i);
      if (failed(combiner)) {
        return failure();
      }
      FailureOr<TypedAttr> value = neutralOf(*combiner, writer.builder);
      if (failed(value)) {
        return failure();
      }
      combiners.push_back(*combiner);
      neutral.push_back(*value);
    }
    lanes = writer.lanesOf(nest.outputs().front().type);
    if (nest.loops.empty()) {
      nest.loops.push_back({1, true});
      for (Operand &operand : nest.operands) {
        operand.place.coefficients.push_back(0);
      }
      for (Linear &index : nest.indices) {
        index.coefficients.push_back(0);
      }
    }
    nest.moveLast(chooseLanes(nest, lanes));
    laneLoop = nest.loops.size() - 1;
    for (unsigned d = 0; d < laneLoop; ++d) {
      (nest.loops[d].reduction ? reduced : kept).push_back(d);
    }
    if (plan.phase == Phase::Partial) {
      writePartial();
    } else if (plan.phase == Phase::Finish) {
      writeFinish();
    } else if (nest.loops.back().reduction) {
      writeAlongReduced();
    } else {
      writeAlongKept();
    }
    return success(!failedBody);
  }

private:
  unsigned outputs() { return nest.outputs().size(); }

  int64_t extentOf(ArrayRef<unsigned> loops) {
    int64_t extent = 1;
    for (unsigned d : loops) {
      extent *= nest.loops[d].extent;
    }
    return extent;
  }

  /// Accumulators that hide an addition's latency, few enough for registers.
  unsigned accumulatorCount() { return std::max(1u, 4 / outputs()); }

  /// A neutral vector for each accumulator of each output.
  SmallVector<Value> neutralVectors(unsigned count) {
    SmallVector<Value> all;
    for (unsigned a = 0; a < count; ++a) {
      for (TypedAttr value : neutral) {
        auto type = VectorType::get(lanes, value.getType());
        all.push_back(arith::ConstantOp::create(
            writer.builder, writer.loc, DenseElementsAttr::get(type, value)));
      }
    }
    return all;
  }

  Value combine(unsigned output, Value a, Value b) {
    OperationState state(writer.loc, combiners[output]->getName(), {a, b},
                         {a.getType()}, combiners[output]->getAttrs());
    return writer.builder.create(state)->getResult(0);
  }

  /// The indices of all loops but the lanes', from those of kept ones; reduced
  /// loops are opened inside.
  void unflatten(Value row) {
    indices.assign(nest.loops.size(), Value());
    for (unsigned i = kept.size(); i-- > 0;) {
      if (i == 0) {
        indices[kept[0]] = row;
      } else {
        std::tie(row, indices[kept[i]]) =
            writer.divide(row, nest.loops[kept[i]].extent);
      }
    }
  }

  Value placeOf(const Linear &form) {
    Value place = writer.constant(form.offset);
    for (auto [coefficient, index] : llvm::zip(form.coefficients, indices)) {
      if (coefficient != 0 && index) {
        place = writer.add(place, writer.mul(index, coefficient));
      }
    }
    return place;
  }

  using Body = function_ref<SmallVector<Value>(ValueRange)>;

  bool isSum() { return llvm::all_of(combiners, llvm::IsaPred<arith::AddFOp>); }

  /// What `body` makes of `carried`; where it adds many terms, in a chain of
  /// its own.
  SmallVector<Value> chained(int64_t terms, ValueRange carried, Body body) {
    if (terms < shortestChain || !isSum()) {
      return body(carried);
    }
    SmallVector<Value> sums = body(neutralVectors(carried.size() / outputs()));
    for (auto [i, sum] : llvm::enumerate(sums)) {
      sum = combine(i % outputs(), carried[i], sum);
    }
    return sums;
  }

  /// A loop from 0 to `extent`, cut where it would be a chain too long. `body`
  /// adds `terms` terms.
  SmallVector<Value>
  chainedLoop(int64_t extent, int64_t step, int64_t terms, ValueRange carried,
              function_ref<SmallVector<Value>(Value, ValueRange)> body) {
    int64_t turns = llvm::divideCeil(extent, step);
    auto inner = [&](Value begin, Value end, ValueRange sums) {
      return writer.loop(
          begin, end, step, sums, [&](Value index, ValueRange before) {
            return chained(terms, before,
                           [&](ValueRange own) { return body(index, own); });
          });
    };
    Value last = writer.constant(extent);
    if (turns < 2 * longestChain || !isSum()) {
      return inner(writer.constant(0), last, carried);
    }
    int64_t piece = longestChain * step;
    return writer.loop(
        writer.constant(0), last, piece, carried,
        [&](Value begin, ValueRange before) {
          Value end = writer.min(writer.add(begin, piece), extent);
          return chained(longestChain, before, [&](ValueRange own) {
            return inner(begin, end, own);
          });
        });
  }

  /// Runs `body`, which adds `terms` terms, inside of the reduced loops from
  /// `depth` on.
  SmallVector<Value> openReduced(unsigned depth, int64_t terms,
                                 ValueRange carried, Body body) {
    if (depth == reduced.size()) {
      return body(carried);
    }
    unsigned d = reduced[depth];
    int64_t inside = terms;
    for (unsigned deeper : ArrayRef(reduced).drop_front(depth + 1)) {
      inside *= nest.loops[deeper].extent;
    }
    return chainedLoop(nest.loops[d].extent, 1, inside, carried,
                       [&](Value index, ValueRange inner) {
                         indices[d] = index;
                         return openReduced(depth + 1, terms, inner, body);
                       });
  }

  /// One vector into an accumulator (a value for each output).
  SmallVector<Value> step(Value column, Lanes part, ValueRange accumulators) {
    indices[laneLoop] = column;
    SmallVector<Value> arguments;
    for (unsigned i = 0; i < nest.inputs; ++i) {
      const Operand &operand = nest.operands[i];
      int64_t stride = operand.place.coefficients[laneLoop];
      Value place = operand.value ? Value() : placeOf(operand.place);
      arguments.push_back(load(writer, operand, place, stride, part));
    }
    arguments.append(accumulators.begin(), accumulators.end());
    auto index = [&](unsigned d) {
      return LaneIndex{placeOf(nest.indices[d]),
                       nest.indices[d].coefficients[laneLoop]};
    };
    FailureOr<SmallVector<Value>> results =
        cloneBody(writer, nest.op, arguments, index, lanes);
    if (failed(results)) {
      failedBody = true;
      return SmallVector<Value>(accumulators);
    }
    if (!part.full()) {
      Value mask = makeMask(writer, part);
      for (auto [result, before] : llvm::zip(*results, accumulators)) {
        result = arith::SelectOp::create(writer.builder, writer.loc, mask,
                                         result, before);
      }
    }
    return *results;
  }

  /// step() on accumulator `a` of many.
  void stepOn(SmallVectorImpl<Value> &all, unsigned a, Value column,
              Lanes part) {
    auto own = MutableArrayRef<Value>(all).slice(a * outputs(), outputs());
    SmallVector<Value> next = step(column, part, own);
    llvm::copy(next, own.begin());
  }

  /// One vector into each of `count` accumulators.
  SmallVector<Value> stepBlock(unsigned count, Value column,
                               ValueRange carried) {
    SmallVector<Value> next(carried);
    for (unsigned a = 0; a < count; ++a) {
      stepOn(next, a, writer.add(column, a * lanes), {lanes, lanes});
    }
    return next;
  }

  /// Vectors of a whole row of lanes into `carried`.
  SmallVector<Value> reduceRow(unsigned count, ValueRange carried) {
    int64_t columns = nest.loops[laneLoop].extent;
    int64_t block = count * lanes;
    int64_t blocks = columns / block;
    SmallVector<Value> all(carried);
    if (blocks > 0) {
      all = chainedLoop(blocks * block, block, 1, all,
                        [&](Value column, ValueRange inner) {
                          return stepBlock(count, column, inner);
                        });
    }
    unsigned a = 0;
    for (int64_t at = blocks * block; at < columns; at += lanes, ++a) {
      stepOn(all, a, writer.constant(at),
             {lanes, std::min(lanes, columns - at)});
    }
    return all;
  }

  Value part(Value vector, int64_t first, int64_t count) {
    SmallVector<int64_t> lanes(count);
    std::iota(lanes.begin(), lanes.end(), first);
    return vector::ShuffleOp::create(writer.builder, writer.loc, vector, vector,
                                     lanes);
  }

  /// Adds up the lanes of a vector: halves first, then quarters ..
  Value acrossLanes(unsigned output, Value vector) {
    for (int64_t width = lanes / 2; width >= 1; width /= 2) {
      Value low = part(vector, 0, width);
      Value high = part(vector, width, width);
      vector = combine(output, low, high);
    }
    return vector::ExtractOp::create(writer.builder, writer.loc, vector,
                                     ArrayRef<int64_t>{0});
  }

  /// The value that an output starts from, of the type of `like`.
  Value startOf(unsigned output, Value place, Lanes part, bool scalar) {
    if (Value fill = plan.fills[output]) {
      return scalar ? fill : broadcast(writer, fill, lanes);
    }
    const Operand &operand = nest.outputs()[output];
    int64_t stride = scalar ? 0 : operand.place.coefficients[laneLoop];
    return load(writer, operand, place, stride, part);
  }

  void writeAlongReduced() {
    int64_t rows = extentOf(kept);
    int64_t columns = nest.loops[laneLoop].extent;
    int64_t size = extentOf(reduced) * columns;
    int64_t together = std::max<int64_t>(1, elementsOfUnit(nest.op) / size);
    unsigned count =
        std::min<int64_t>(accumulatorCount(), llvm::divideCeil(columns, lanes));
    auto [lo, hi] = writer.takeUnits(llvm::divideCeil(rows, together));
    Value begin = writer.mul(lo, together);
    Value end = writer.min(writer.mul(hi, together), rows);
    writer.loop(begin, end, 1, [&](Value row) {
      unflatten(row);
      SmallVector<Value> all = openReduced(
          0, columns / (count * lanes), neutralVectors(count),
          [&](ValueRange carried) { return reduceRow(count, carried); });
      finishRow(all);
    });
  }

  /// One vector of each output from several accumulators.
  SmallVector<Value> joined(ArrayRef<Value> all) {
    SmallVector<Value> sums(all.take_front(outputs()));
    for (unsigned a = outputs(); a < all.size(); ++a) {
      sums[a % outputs()] = combine(a % outputs(), sums[a % outputs()], all[a]);
    }
    return sums;
  }

  /// Stores what the accumulators of a row come to.
  void finishRow(ArrayRef<Value> all) {
    indices[laneLoop] = Value();
    clearReduced();
    for (auto [o, sum] : llvm::enumerate(joined(all))) {
      Value place = placeOf(nest.outputs()[o].place);
      Value first = startOf(o, place, {lanes, 1}, /*scalar=*/true);
      Value result = combine(o, first, acrossLanes(o, sum));
      store(writer, nest.outputs()[o], place, 0, {lanes, 1}, result);
    }
  }

  /// Elements in whole blocks of accumulators, which units share.
  int64_t blockedElements() {
    int64_t block = accumulatorCount() * lanes;
    return nest.loops[laneLoop].extent / block * block;
  }

  Value partialPlace(Value unit, unsigned output) {
    return writer.add(writer.mul(unit, outputs() * lanes), output * lanes);
  }

  /// Each unit leaves one vector for each output.
  void writePartial() {
    unsigned count = accumulatorCount();
    int64_t blocked = blockedElements();
    indices.assign(nest.loops.size(), Value());
    auto [lo, hi] =
        writer.takeUnits(llvm::divideCeil(blocked, elementsOfPartial));
    writer.loop(lo, hi, 1, [&](Value unit) {
      Value begin = writer.mul(unit, elementsOfPartial);
      Value end = writer.min(writer.add(begin, elementsOfPartial), blocked);
      SmallVector<Value> all =
          writer.loop(begin, end, count * lanes, neutralVectors(count),
                      [&](Value column, ValueRange inner) {
                        return stepBlock(count, column, inner);
                      });
      for (auto [o, sum] : llvm::enumerate(joined(all))) {
        vector::StoreOp::create(writer.builder, writer.loc, sum, plan.partials,
                                partialPlace(unit, o));
      }
    });
  }

  /// The vectors of all units in order, and what no block held.
  void writeFinish() {
    int64_t blocked = blockedElements();
    int64_t columns = nest.loops[laneLoop].extent;
    indices.assign(nest.loops.size(), Value());
    Value units = writer.constant(llvm::divideCeil(blocked, elementsOfPartial));
    SmallVector<Value> all = writer.loop(
        writer.constant(0), units, 1, neutralVectors(1),
        [&](Value unit, ValueRange inner) {
          SmallVector<Value> next;
          for (auto [o, sum] : llvm::enumerate(inner)) {
            Value partial = vector::LoadOp::create(
                writer.builder, writer.loc, cast<VectorType>(sum.getType()),
                plan.partials, partialPlace(unit, o));
            next.push_back(combine(o, sum, partial));
          }
          return next;
        });
    for (int64_t at = blocked; at < columns; at += lanes) {
      stepOn(all, 0, writer.constant(at),
             {lanes, std::min(lanes, columns - at)});
    }
    finishRow(all);
  }

  void clearReduced() {
    for (unsigned d : reduced) {
      indices[d] = Value();
    }
  }

  /// `columns` columns from `column` on, of the row in `indices`.
  void reduceColumns(Value column, int64_t columns) {
    unsigned count = llvm::divideCeil(columns, lanes);
    auto partOf = [&](unsigned a) {
      return Lanes{lanes, std::min(lanes, columns - a * lanes)};
    };
    SmallVector<Value> all =
        openReduced(0, 1, neutralVectors(count), [&](ValueRange carried) {
          SmallVector<Value> next(carried);
          for (unsigned a = 0; a < count; ++a) {
            stepOn(next, a, writer.add(column, a * lanes), partOf(a));
          }
          return next;
        });
    clearReduced();
    for (unsigned a = 0; a < count; ++a) {
      indices[laneLoop] = writer.add(column, a * lanes);
      for (unsigned o = 0; o < outputs(); ++o) {
        Operand &output = nest.outputs()[o];
        Value place = placeOf(output.place);
        Value first = startOf(o, place, partOf(a), /*scalar=*/false);
        Value result =
            combine(o, broadcast(writer, first, lanes), all[a * outputs() + o]);
        store(writer, output, place, output.place.coefficients[laneLoop],
              partOf(a), result);
      }
    }
  }

  void writeAlongKept() {
    int64_t columns = nest.loops[laneLoop].extent;
    int64_t block = accumulatorCount() * lanes;
    int64_t rows = extentOf(kept);
    writeBlocks(rows, 0, columns / block, block);
    writeBlocks(rows, columns / block * block, columns % block ? 1 : 0,
                columns % block);
  }

  /// Units of `columns` columns: `blocks` a row, from column `first` on.
  void writeBlocks(int64_t rows, int64_t first, int64_t blocks,
                   int64_t columns) {
    if (blocks == 0) {
      return;
    }
    auto [lo, hi] = writer.takeUnits(rows * blocks);
    writer.loop(lo, hi, 1, [&](Value unit) {
      auto [row, block] = writer.divide(unit, blocks);
      unflatten(row);
      reduceColumns(writer.add(writer.mul(block, columns), first), columns);
    });
  }

  KernelWriter &writer;
  Nest nest;
  const ReductionPlan &plan;
  int64_t lanes = 1;
  unsigned laneLoop = 0;
  SmallVector<unsigned> kept, reduced; ///< loops without the lanes'
  SmallVector<Operation *> combiners;
  SmallVector<TypedAttr> neutral;
  SmallVector<Value> indices; ///< of each loop where it is open
  bool failedBody = false;
};

} // namespace

int64_t partialElements(const Nest &nest, int64_t lanesF32) {
  if (nest.loops.size() != 1 || !nest.loops[0].reduction ||
      nest.loops[0].extent < 4 * elementsOfPartial) {
    return 0;
  }
  auto outputs = ArrayRef(nest.operands).drop_front(nest.inputs);
  bool sameType = llvm::all_of(outputs, [&](const Operand &output) {
    return output.type == outputs.front().type;
  });
  int64_t units = llvm::divideCeil(nest.loops[0].extent, elementsOfPartial);
  return sameType ? units * outputs.size() * lanesF32 : 0;
}

LogicalResult writeReduction(KernelWriter &writer, Nest nest,
                             const ReductionPlan &plan) {
  return ReductionWriter(writer, std::move(nest), plan).write();
}

} // namespace gmc::cpu
