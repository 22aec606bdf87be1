//===- ConvolutionKernels.cpp - schedules of convolutions -----------------===//
//
// Forward convolutions and data gradients: a tile of places by lanes stays in
// registers while taps and channels run; an input is broadcast, a row of the
// weights' panel loaded as vectors. Only addresses tell it from a product, so
// windows overlap where they lie and nothing is unfolded in memory. Where
// windows reach over the edge a unit first copies its images, or a band of
// rows, with zeros around them into scratch that stays in L2.
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/ConvolutionPlan.h"
#include "compiler/Codegen/CPU/ProductPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace gmc::cpu {
namespace {

/// Bytes of a unit's input, about.
constexpr int64_t unitBytes = 256 * 1024;
/// Bytes of input above which it lies on the heap: two rows of windows that
/// reach far, over many channels.
constexpr int64_t stackBytes = 1024 * 1024;
/// Units that a few threads can share, and that they share evenly.
constexpr int64_t fewUnits = 8, manyUnits = 16;
/// Operations of an epilogue that may be written once for each row.
constexpr size_t shortEpilogue = 12;

/// Pairs of classes, of rows and of columns, of which each has code of its own.
/// Above it classes that are alike share theirs: a stride of 50 has 2500 pairs.
constexpr size_t mostPairs = 4;

/// A class as the code meets it: by itself, or one of those that are alike.
struct ClassAt {
  const AxisClass &form;
  Value first, from, tapFirst; ///< in place of the numbers of `form`
};

/// A place of a tile relative to its first: image, row and column classes.
struct Place {
  int64_t image, row, column;
};

/// A tile: where it begins (image of the unit, row and column of the class),
/// and its places, columns first, then rows, then images.
struct Tile {
  Value image, row, column;
  SmallVector<Place> places;
  int64_t perRow, perImage; ///< how many places are in one
};

/// Which places form tiles: `heights` along `axis` (0 images, 1 rows, 2
/// columns), all of the axes behind it.
struct TileShape {
  unsigned axis;
  SmallVector<TileRows> heights;
};

class ConvolutionWriter {
public:
  ConvolutionWriter(KernelWriter &writer, ConvolutionPlan plan)
      : writer(writer), builder(writer.builder), plan(std::move(plan)) {}

  LogicalResult write() {
    for (int d : {0, 1}) {
      classes[d] = classesOf(plan, d);
    }
    arrangeInput();
    shareCode();
    int64_t width = 2 * plan.lanes;
    sumAlongLanes = plan.lanesOfPanel == 1 && plan.others >= plan.lanes;
    if (plan.epilogue && isLong(plan.epilogue)) {
      tileScratch = scratch(24 * width);
    }
    blocks = plan.images / together;
    auto [lo, hi] = writer.takeUnits(plan.groups * blocks * bands);
    loadScalars();
    writer.loop(lo, hi, 1, [&](Value unit) {
      auto [rest, band] = writer.divide(unit, bands);
      std::tie(group, firstImage) = writer.divide(rest, blocks);
      firstImage = writer.mul(firstImage, together);
      firstRow = writer.mul(band, bandRows);
      if (padded) {
        copyInput();
      }
      writer.loop(
          writer.constant(0), writer.constant(plan.panels), 1, [&](Value q) {
            panel = writer.add(writer.mul(group, plan.panels), q);
            for (const LaneSet &set : laneSets(plan.lanesOfPanel, width)) {
              writeSet(set);
            }
          });
    });
    if (heap) {
      memref::DeallocOp::create(builder, writer.loc, heap);
    }
    return success(!failedBody);
  }

private:
  //===--------------------------------------------------------------------===//
  // The input: read where it lies, or copied with zeros around it
  //===--------------------------------------------------------------------===//

  bool isForward() const { return plan.role == ConvolutionPlan::Forward; }
  int64_t inputExtent(int d) const {
    return isForward() ? plan.extents[d] : plan.windows[d];
  }
  int64_t outputExtent(int d) const {
    return isForward() ? plan.windows[d] : plan.extents[d];
  }

  void arrangeInput() {
    int64_t rows = 0, low[2] = {0, 0}, high[2] = {0, 0};
    for (int d : {0, 1}) {
      for (const AxisClass &one : classes[d]) {
        low[d] = std::max(low[d], -one.least());
        high[d] =
            std::max(high[d], one.largest(one.count - 1) - inputExtent(d) + 1);
      }
    }
    for (const AxisClass &one : classes[0]) {
      rows = std::max(rows, one.count);
    }
    padded = low[0] + low[1] + high[0] + high[1] > 0;
    left = low[1];
    scratchWidth = low[1] + inputExtent(1) + high[1];
    int64_t rowBytes = scratchWidth * plan.others * plan.bytes();
    firstReach = -low[0];
    bandRows = rows;
    int64_t most = std::max<int64_t>(1, plan.images / manyUnits);
    int64_t imageBytes = rowBytes * scratchRows();
    // Bands where an image is too large, or where there are too few images.
    int64_t wanted = llvm::divideCeil(fewUnits, plan.images * plan.groups);
    wanted = std::max<int64_t>(wanted, llvm::divideCeil(imageBytes, unitBytes));
    bandRows = std::max<int64_t>(llvm::divideCeil(rows, wanted),
                                 std::min<int64_t>(rows, 2));
    bands = llvm::divideCeil(rows, bandRows);
    together = bands > 1
                   ? 1
                   : imagesTogether(plan.images,
                                    std::min(most, unitBytes / imageBytes));
    if (padded) {
      inputStrides[2] = plan.others;
      inputStrides[1] = scratchWidth * plan.others;
      inputStrides[0] = scratchRows() * inputStrides[1];
      int64_t elements = together * inputStrides[0];
      if (elements * plan.bytes() <= stackBytes) {
        input = scratch(elements);
      } else {
        heap = input = memref::AllocOp::create(
            builder, writer.loc, MemRefType::get({elements}, plan.type),
            builder.getI64IntegerAttr(64));
      }
    } else {
      inputStrides[2] = plan.groups * plan.others;
      inputStrides[1] = inputExtent(1) * inputStrides[2];
      inputStrides[0] = inputExtent(0) * inputStrides[1];
      input = writer.buffer(plan.lhs);
    }
  }

  /// Rows of the input that a band needs.
  int64_t scratchRows() const {
    int64_t last = firstReach;
    for (const AxisClass &one : classes[0]) {
      last = std::max(last, one.largest(bandRows - 1));
    }
    return last - firstReach + 1;
  }

  Value scratch(int64_t elements) {
    return memref::AllocaOp::create(builder, writer.loc,
                                    MemRefType::get({elements}, plan.type),
                                    builder.getI64IntegerAttr(64));
  }

  Value compare(arith::CmpIPredicate predicate, Value a, int64_t b) {
    return arith::CmpIOp::create(builder, writer.loc, predicate, a,
                                 writer.constant(b));
  }

  Value zeros() {
    return arith::ConstantOp::create(
        builder, writer.loc,
        builder.getZeroAttr(VectorType::get(plan.lanes, plan.type)));
  }

  /// Zeros in `count` elements of the scratch.
  void clear(Value from, int64_t count) {
    int64_t whole = count / plan.lanes * plan.lanes;
    if (whole > 0) {
      writer.loop(writer.constant(0), writer.constant(whole), plan.lanes,
                  [&](Value i) {
                    vector::StoreOp::create(builder, writer.loc, zeros(), input,
                                            writer.add(from, i));
                  });
    }
    if (whole < count) {
      vector::MaskedStoreOp::create(
          builder, writer.loc, input, writer.add(from, whole),
          makeMask(writer, {plan.lanes, count - whole}), zeros());
    }
  }

  /// Copies `count` elements from the argument to the scratch.
  void copyElements(Value from, Value to, int64_t count) {
    Operand argument;
    argument.argument = plan.lhs;
    argument.type = plan.type;
    auto part = [&](Value i, Lanes lanes) {
      Value values = load(writer, argument, writer.add(from, i), 1, lanes);
      if (lanes.full()) {
        vector::StoreOp::create(builder, writer.loc, values, input,
                                writer.add(to, i));
      } else {
        vector::MaskedStoreOp::create(builder, writer.loc, input,
                                      writer.add(to, i),
                                      makeMask(writer, lanes), values);
      }
    };
    int64_t whole = count / plan.lanes * plan.lanes;
    if (whole > 0) {
      writer.loop(writer.constant(0), writer.constant(whole), plan.lanes,
                  [&](Value i) {
                    part(i, {plan.lanes, plan.lanes});
                  });
    }
    if (whole < count) {
      part(writer.constant(whole), {plan.lanes, count - whole});
    }
  }

  /// The unit's images, or a band of one, into the scratch.
  void copyInput() {
    int64_t channels = plan.groups * plan.others, columns = inputExtent(1);
    int64_t rows = inputExtent(0), stride = classes[0].front().stride;
    Value above = writer.add(writer.mul(firstRow, stride), firstReach);
    Value zero = writer.constant(0);
    writer.loop(zero, writer.constant(together), 1, [&](Value n) {
      Value image = writer.mul(writer.add(firstImage, n), rows);
      writer.loop(zero, writer.constant(scratchRows()), 1, [&](Value r) {
        Value row = writer.add(above, r);
        Value to = writer.add(writer.mul(n, inputStrides[0]),
                              writer.mul(r, inputStrides[1]));
        Value exists = arith::AndIOp::create(
            builder, writer.loc, compare(arith::CmpIPredicate::sge, row, 0),
            compare(arith::CmpIPredicate::slt, row, rows));
        writer.when(exists, [&] {
          Value from =
              writer.add(writer.mul(writer.add(image, row), columns * channels),
                         writer.mul(group, plan.others));
          clear(to, left * plan.others);
          Value inside = writer.add(to, left * plan.others);
          if (plan.groups == 1) {
            copyElements(from, inside, columns * channels);
          } else {
            writer.loop(zero, writer.constant(columns), 1, [&](Value column) {
              copyElements(writer.add(from, writer.mul(column, channels)),
                           writer.add(inside, writer.mul(column, plan.others)),
                           plan.others);
            });
          }
          clear(writer.add(inside, columns * plan.others),
                (scratchWidth - left - columns) * plan.others);
        });
        Value missing = arith::XOrIOp::create(
            builder, writer.loc, exists,
            arith::ConstantIntOp::create(builder, writer.loc, 1, 1));
        writer.when(missing, [&] { clear(to, scratchWidth * plan.others); });
      });
    });
  }

  //===--------------------------------------------------------------------===//
  // Tiles
  //===--------------------------------------------------------------------===//

  int64_t vectorsOf(const LaneSet &set) const {
    return llvm::divideCeil(set.columns, plan.lanes);
  }

  Lanes part(const LaneSet &set, int64_t vector) const {
    return {plan.lanes,
            std::min(plan.lanes, set.columns - vector * plan.lanes)};
  }

  /// All classes of a panel's columns.
  void writeSet(const LaneSet &set) {
    writer.loop(writer.constant(0), writer.constant(set.count), 1,
                [&](Value index) {
                  lane = writer.add(writer.mul(index, set.columns), set.first);
                  for (const SharedCode &rows : shared[0]) {
                    for (const SharedCode &columns : shared[1]) {
                      overAlike(rows, [&](const ClassAt &row) {
                        overAlike(columns, [&](const ClassAt &column) {
                          writeClass(row, column, set);
                        });
                      });
                    }
                  }
                });
  }

  /// Classes of an axis of which the code stands once.
  struct SharedCode {
    AlikeClasses classes;
    Value table; ///< first, from, tapFirst of each; null where there is one
  };

  /// Says which classes share their code, and writes tables for them.
  void shareCode() {
    bool shares = classes[0].size() * classes[1].size() > mostPairs;
    for (int d : {0, 1}) {
      if (!shares) {
        for (const AxisClass &one : classes[d]) {
          shared[d].push_back({{one}, Value()});
        }
        continue;
      }
      for (const AlikeClasses &alike : alikeOf(classes[d])) {
        Value table = alike.size() > 1 ? tableOf(alike) : Value();
        shared[d].push_back({alike, table});
      }
    }
  }

  Value tableOf(const AlikeClasses &alike) {
    SmallVector<int64_t> numbers;
    for (const AxisClass &one : alike) {
      numbers.append({one.first, one.from, one.tapFirst});
    }
    return writer.table(numbers);
  }

  /// Runs `body` for each of the classes.
  void overAlike(const SharedCode &code,
                 function_ref<void(const ClassAt &)> body) {
    const AxisClass &form = code.classes.front();
    if (!code.table) {
      body({form, writer.constant(form.first), writer.constant(form.from),
            writer.constant(form.tapFirst)});
      return;
    }
    writer.loop(writer.constant(0), writer.constant(code.classes.size()), 1,
                [&](Value index) {
                  Value at = writer.mul(index, 3);
                  auto number = [&](int64_t i) {
                    return writer.entryOf(code.table, writer.add(at, i));
                  };
                  body({form, number(0), number(1), number(2)});
                });
  }

  /// Tiles along columns where those are many enough, else over whole rows, or
  /// whole images.
  TileShape shapeOf(const AxisClass &rows, const AxisClass &columns,
                    const LaneSet &set) const {
    auto [best, most] = tileBounds(vectorsOf(set), plan.wideRegisters);
    int64_t extents[] = {together, rows.count, columns.count};
    unsigned axis = 2;
    int64_t inner = 1;
    while (bands == 1 && axis > 0 &&
           extents[axis] * inner * 4 < 3 * std::min(best, most) &&
           extents[axis - 1] > 1) {
      inner *= extents[axis--];
    }
    int64_t high = std::max<int64_t>(1, most / inner);
    int64_t good = std::clamp<int64_t>((best + inner / 2) / inner, 1, high);
    return {axis, cutInto(extents[axis], good, high)};
  }

  void writeClass(const ClassAt &rowsAt, const ClassAt &columnsAt,
                  const LaneSet &set) {
    const AxisClass &rows = rowsAt.form, &columns = columnsAt.form;
    TileShape shape = shapeOf(rows, columns, set);
    auto zero = writer.constant(0);
    // Loops over what stands in front of the tiles' axis, then along it.
    auto along = [&](llvm::function_ref<void(Value, int64_t)> body) {
      int64_t from = 0;
      for (const TileRows &tiles : shape.heights) {
        int64_t to = from + tiles.height * tiles.count;
        writer.loop(writer.constant(from), writer.constant(to), tiles.height,
                    [&](Value i) { body(i, tiles.height); });
        from = to;
      }
    };
    int64_t perRow = shape.axis == 2 ? 0 : columns.count;
    int64_t perImage = shape.axis == 0 ? perRow * rows.count : 0;
    auto tile = [&](Value n, Value row, Value column, int64_t height) {
      Tile made{n, row, column, {}, 0, 0};
      int64_t count = height * (perImage ? perImage : perRow ? perRow : 1);
      made.perRow = perRow ? perRow : count;
      made.perImage = perImage ? perImage : count;
      for (int64_t r = 0; r < count; ++r) {
        int64_t inImage = r % made.perImage;
        made.places.push_back(
            {r / made.perImage, inImage / made.perRow, inImage % made.perRow});
      }
      writeTile(made, rowsAt, columnsAt, set);
    };
    if (shape.axis == 0) {
      along([&](Value n, int64_t height) { tile(n, zero, zero, height); });
      return;
    }
    writer.loop(zero, writer.constant(together), 1, [&](Value n) {
      if (shape.axis == 1) {
        along([&](Value row, int64_t height) { tile(n, row, zero, height); });
        return;
      }
      Value end = bands == 1
                      ? writer.constant(rows.count)
                      : writer.min(writer.add(firstRow, bandRows), rows.count);
      writer.loop(firstRow, end, 1, [&](Value row) {
        along([&](Value column, int64_t height) {
          tile(n, row, column, height);
        });
      });
    });
  }

  /// Elements from the input's start to what tap (0, 0) of the tile reads.
  Value inputStart(const Tile &start, const ClassAt &rows,
                   const ClassAt &columns) {
    Value image = start.image, row = start.row;
    Value fixed = writer.add(writer.mul(rows.from, inputStrides[1]),
                             writer.mul(columns.from, inputStrides[2]));
    if (padded) {
      // The scratch begins with row firstRow * stride + firstReach.
      row = arith::SubIOp::create(builder, writer.loc, row, firstRow);
      fixed = writer.add(fixed,
                         left * inputStrides[2] - firstReach * inputStrides[1]);
    } else {
      image = writer.add(image, firstImage);
    }
    Value place = writer.add(
        writer.mul(image, inputStrides[0]),
        writer.add(
            writer.mul(row, rows.form.stride * inputStrides[1]),
            writer.mul(start.column, columns.form.stride * inputStrides[2])));
    if (!padded && plan.groups > 1) {
      place = writer.add(place, writer.mul(group, plan.others));
    }
    return writer.add(place, fixed);
  }

  void writeTile(const Tile &tile, const ClassAt &rows, const ClassAt &columns,
                 const LaneSet &set) {
    Value base = inputStart(tile, rows, columns);
    SmallVector<int64_t> offsets;
    for (const Place &place : tile.places) {
      offsets.push_back(place.image * inputStrides[0] +
                        place.row * rows.form.stride * inputStrides[1] +
                        place.column * columns.form.stride * inputStrides[2]);
    }
    SmallVector<Value> sums(
        tile.places.size() * (sumAlongLanes ? 1 : vectorsOf(set)), zeros());
    if (rows.form.taps > 0 && columns.form.taps > 0) {
      sums = sumTaps(base, offsets, rows, columns, set, sums);
    }
    if (sumAlongLanes) {
      for (Value &sum : sums) {
        sum = vector::ReductionOp::create(builder, writer.loc,
                                          vector::CombiningKind::ADD, sum);
        sum = vector::BroadcastOp::create(
            builder, writer.loc, VectorType::get(plan.lanes, plan.type), sum);
      }
    }
    storeTile(tile, rows, columns, set, sums);
  }

  /// sums += input * weights over taps and channels.
  SmallVector<Value> sumTaps(Value base, ArrayRef<int64_t> offsets,
                             const ClassAt &rowsAt, const ClassAt &columnsAt,
                             const LaneSet &set, ValueRange sums) {
    const AxisClass &rows = rowsAt.form, &columns = columnsAt.form;
    int64_t tapSize = plan.others * plan.lanesOfPanel;
    Value weights = writer.add(
        writer.mul(panel, plan.taps[0] * plan.taps[1] * tapSize), lane);
    Value firstTap = writer.add(writer.mul(rowsAt.tapFirst, plan.taps[1]),
                                columnsAt.tapFirst);
    weights = writer.add(weights, writer.mul(firstTap, tapSize));
    // Neighbouring taps and their channels are one run of memory, often.
    int64_t reach = columns.reach * inputStrides[2];
    bool oneRun = reach == plan.others && columns.tapStep == 1;
    int64_t terms = plan.others * (oneRun ? columns.taps : 1);
    int64_t outer = oneRun ? 1 : columns.taps;
    auto zero = writer.constant(0);
    auto over = [&](int64_t count, ValueRange carried,
                    function_ref<SmallVector<Value>(Value, ValueRange)> body) {
      return count == 1
                 ? body(zero, carried)
                 : writer.loop(zero, writer.constant(count), 1, carried, body);
    };
    return over(rows.taps, sums, [&](Value k, ValueRange perRow) {
      Value inRow =
          writer.add(base, writer.mul(k, rows.reach * inputStrides[1]));
      Value ofRow = writer.add(
          weights, writer.mul(k, rows.tapStep * plan.taps[1] * tapSize));
      return over(outer, perRow, [&](Value l, ValueRange perTap) {
        Value inTap = writer.add(inRow, writer.mul(l, reach));
        Value ofTap =
            writer.add(ofRow, writer.mul(l, columns.tapStep * tapSize));
        return sumTerms(inTap, ofTap, offsets, terms, set, perTap);
      });
    });
  }

  SmallVector<Value> sumTerms(Value inTap, Value ofTap,
                              ArrayRef<int64_t> offsets, int64_t terms,
                              const LaneSet &set, ValueRange sums) {
    if (sumAlongLanes) {
      return sumAlong(inTap, ofTap, offsets, terms, sums);
    }
    return writer.loop(
        writer.constant(0), writer.constant(terms), 1, sums,
        [&](Value c, ValueRange inner) {
          SmallVector<Value> next(inner), rowsOfB;
          Value at = writer.add(ofTap, writer.mul(c, plan.lanesOfPanel));
          for (int64_t v = 0; v < vectorsOf(set); ++v) {
            rowsOfB.push_back(load(writer, argument(plan.rhs),
                                   writer.add(at, v * plan.lanes), 1,
                                   part(set, v)));
          }
          Value in = writer.add(inTap, c);
          for (auto [r, offset] : llvm::enumerate(offsets)) {
            Value a = memref::LoadOp::create(builder, writer.loc, input,
                                             writer.add(in, offset));
            a = broadcast(writer, a, plan.lanes);
            for (auto [v, b] : llvm::enumerate(rowsOfB)) {
              Value &sum = next[r * rowsOfB.size() + v];
              sum = vector::FMAOp::create(builder, writer.loc, a, b, sum);
            }
          }
          return next;
        });
  }

  /// The same for a single column: terms run along the lanes.
  SmallVector<Value> sumAlong(Value inTap, Value ofTap,
                              ArrayRef<int64_t> offsets, int64_t terms,
                              ValueRange sums) {
    auto step = [&](Value c, ValueRange inner, Lanes lanes) {
      SmallVector<Value> next(inner);
      Value b =
          load(writer, argument(plan.rhs), writer.add(ofTap, c), 1, lanes);
      for (auto [r, offset] : llvm::enumerate(offsets)) {
        Value at = writer.add(writer.add(inTap, c), offset);
        auto type = VectorType::get(plan.lanes, plan.type);
        Value a =
            lanes.full()
                ? vector::LoadOp::create(builder, writer.loc, type, input, at)
                      .getResult()
                : vector::MaskedLoadOp::create(builder, writer.loc, type, input,
                                               at, makeMask(writer, lanes),
                                               zeros())
                      .getResult();
        next[r] = vector::FMAOp::create(builder, writer.loc, a, b, next[r]);
      }
      return next;
    };
    int64_t whole = terms / plan.lanes * plan.lanes;
    SmallVector<Value> all =
        writer.loop(writer.constant(0), writer.constant(whole), plan.lanes,
                    sums, [&](Value c, ValueRange inner) {
                      return step(c, inner, {plan.lanes, plan.lanes});
                    });
    return whole < terms
               ? step(writer.constant(whole), all, {plan.lanes, terms - whole})
               : all;
  }

  Operand argument(unsigned number) const {
    Operand made;
    made.argument = number;
    made.type = plan.type;
    return made;
  }

  //===--------------------------------------------------------------------===//
  // What is done with a tile
  //===--------------------------------------------------------------------===//

  static bool isLong(linalg::LinalgOp op) {
    return op.getBlock()->getOperations().size() > shortEpilogue ||
           llvm::any_of(*op.getBlock(), [](Operation &inner) {
             return isa<math::MathDialect>(inner.getDialect()) &&
                    !isa<math::AbsFOp, math::SqrtOp, math::FmaOp>(inner);
           });
  }

  void loadScalars() {
    scalars.clear();
    for (const ImageOperand &one : plan.inputs) {
      bool constant =
          one.kind == ImageOperand::Memory &&
          llvm::all_of(one.strides, [](int64_t stride) { return stride == 0; });
      scalars.push_back(constant ? load(writer, asOperand(one),
                                        writer.constant(one.offset), 0,
                                        {plan.lanes, 1})
                                 : one.value);
    }
  }

  static Operand asOperand(const ImageOperand &one) {
    Operand made;
    made.argument = one.argument;
    made.type = one.type;
    made.value = one.value;
    return made;
  }

  void storeTile(const Tile &tile, const ClassAt &rows, const ClassAt &columns,
                 const LaneSet &set, ArrayRef<Value> sums) {
    int64_t vectors = vectorsOf(set);
    auto output = [&](Value index, const ClassAt &one) {
      return writer.add(writer.mul(index, one.form.step), one.first);
    };
    Value channel = writer.add(writer.mul(panel, plan.lanesOfPanel), lane);
    Value image = writer.add(tile.image, firstImage);
    if (!tileScratch) {
      for (auto [r, place] : llvm::enumerate(tile.places)) {
        writeRow({writer.add(image, place.image),
                  output(writer.add(tile.row, place.row), rows),
                  output(writer.add(tile.column, place.column), columns)},
                 channel, set, sums.slice(r * vectors, vectors));
      }
      return;
    }
    for (auto [at, sum] : llvm::enumerate(sums)) {
      vector::StoreOp::create(builder, writer.loc, sum, tileScratch,
                              writer.constant(at * plan.lanes));
    }
    writer.loop(writer.constant(0), writer.constant(tile.places.size()), 1,
                [&](Value r) {
                  auto [n, inImage] = writer.divide(r, tile.perImage);
                  auto [row, column] = writer.divide(inImage, tile.perRow);
                  SmallVector<Value> own;
                  Value at = writer.mul(r, vectors * plan.lanes);
                  for (int64_t v = 0; v < vectors; ++v) {
                    own.push_back(vector::LoadOp::create(
                        builder, writer.loc,
                        VectorType::get(plan.lanes, plan.type), tileScratch,
                        writer.add(at, v * plan.lanes)));
                  }
                  writeRow({writer.add(image, n),
                            output(writer.add(tile.row, row), rows),
                            output(writer.add(tile.column, column), columns)},
                           channel, set, own);
                });
  }

  /// The epilogue of one place: its image, row, column of the output.
  void writeRow(ArrayRef<Value> at, Value channel, const LaneSet &set,
                ArrayRef<Value> sums) {
    for (int64_t v = 0; v < vectorsOf(set); ++v) {
      Lanes lanes = part(set, v);
      Value lanesAt = writer.add(channel, v * plan.lanes);
      auto placeOf = [&](const ImageOperand &one) {
        Value place =
            writer.add(writer.mul(lanesAt, one.laneStride()), one.offset);
        for (unsigned d = 0; d < 3; ++d) {
          place = writer.add(place, writer.mul(at[d], one.strides[d]));
        }
        return place;
      };
      SmallVector<Value> results = {sums[v]};
      if (plan.epilogue) {
        SmallVector<Value> arguments;
        for (auto [n, one] : llvm::enumerate(plan.inputs)) {
          arguments.push_back(one.kind == ImageOperand::Tile ? sums[v]
                              : scalars[n]
                                  ? scalars[n]
                                  : load(writer, asOperand(one), placeOf(one),
                                         one.laneStride(), lanes));
        }
        for (auto [n, one] : llvm::enumerate(plan.outputs)) {
          bool used = !plan.epilogue.getRegionOutputArgs()[n].use_empty();
          arguments.push_back(used ? load(writer, asOperand(one), placeOf(one),
                                          one.laneStride(), lanes)
                                   : Value());
        }
        auto index = [&](unsigned dim) {
          return dim == 3 ? LaneIndex{lanesAt, 1} : LaneIndex{at[dim], 0};
        };
        FailureOr<SmallVector<Value>> cloned =
            cloneBody(writer, plan.epilogue, arguments, index, plan.lanes);
        if (failed(cloned)) {
          failedBody = true;
          return;
        }
        results = *cloned;
      }
      for (auto [one, result] : llvm::zip(plan.outputs, results)) {
        store(writer, asOperand(one), placeOf(one), one.laneStride(), lanes,
              result);
      }
    }
  }

  KernelWriter &writer;
  OpBuilder &builder;
  ConvolutionPlan plan;
  SmallVector<AxisClass, 2> classes[2];
  SmallVector<SharedCode, 2> shared[2];

  bool padded = false, sumAlongLanes = false, failedBody = false;
  int64_t left = 0, scratchWidth = 0; ///< zeros at the left, columns with them
  int64_t firstReach =
      0; ///< the input's row that row 0 of the output begins at
  int64_t bandRows = 0, bands = 1, together = 1, blocks = 1;
  int64_t inputStrides[3] = {0, 0, 0}; ///< of image, row, column
  Value input, tileScratch;
  Value heap; ///< the input, where it is too large for the stack
  SmallVector<Value> scalars; ///< of the epilogue's inputs, or null

  Value group, firstImage, firstRow, panel, lane; ///< where the code stands
};

} // namespace

LogicalResult writeConvolution(KernelWriter &writer,
                               ArrayRef<linalg::LinalgOp> statements) {
  FailureOr<ConvolutionPlan> plan =
      planConvolution(statements, writer.lanesF32);
  if (failed(plan)) {
    return failure();
  }
  if (plan->role == ConvolutionPlan::Weight) {
    return writeWeightGradient(writer, *plan);
  }
  return ConvolutionWriter(writer, std::move(*plan)).write();
}

} // namespace gmc::cpu
