//===- Convolution.cpp - kernels of convolutions --------------------------===//
//
// The trilinear form of NNOps.td as one linalg.generic over
//   n, g, q, i, j, l, k0, k1, b
// (image, group, panel and lane of the channels that become lanes, window,
// tap, the other channels of a group), with x in a memref of the kernel's own
// that has the zeros around it. A target that has a way of its own finds in
// the attribute `rt.convolution` what it needs (README.md of Dialect/RT).
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/NNToLinalg/KernelBuilder.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"
#include "compiler/Dialect/RT/IR/RTDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace gmc::conversion {

namespace {

/// Loops of the generic, in order.
enum Loop { N, G, Q, I, J, L, K0, K1, B };

/// Which of the three is computed.
enum class Role { Forward, Input, Weight };

class ConvolutionBuilder {
public:
  ConvolutionBuilder(OpBuilder &builder, Operation *op)
      : builder(builder), loc(op->getLoc()), c(nn::describeConvolution(op)),
        role(isa<nn::ConvOp>(op)        ? Role::Forward
             : isa<nn::ConvInputOp>(op) ? Role::Input
                                        : Role::Weight) {
    int64_t ofX = c.xChannels / c.groups, ofY = c.yChannels / c.groups;
    others = role == Role::Input ? ofY : ofX;
    lanes = role == Role::Input ? ofX : ofY;
    if (c.channelsLast) {
      Value w = role == Role::Weight ? op->getResult(0) : op->getOperand(1);
      panels = cast<RankedTensorType>(w.getType()).getDimSize(1);
      lanes /= panels;
    }
  }

  /// Writes op's result into `target`; `lhs`, `rhs` are its operands.
  void build(Value lhs, Value rhs, Value target) {
    Value x = role == Role::Input ? target : lhs;
    Value padded = needsMargin() ? allocatePadded(x) : x;
    if (role == Role::Input) {
      fillZeros(padded);
      addForm(padded, rhs, lhs);
      if (padded != x) {
        copy(inside(padded), x);
      }
      return;
    }
    if (padded != x) {
      fillZeros(padded);
      copy(x, inside(padded));
    }
    fillZeros(target);
    if (role == Role::Forward) {
      addForm(padded, rhs, target);
    } else {
      addForm(padded, target, rhs);
    }
  }

private:
  bool needsMargin() const {
    return llvm::any_of(c.pads, [](int64_t pad) { return pad != 0; });
  }

  unsigned firstSpatial() const { return c.channelsLast ? 1 : 2; }

  /// A memref like `x` with the zeros of the pads around it.
  Value allocatePadded(Value x) {
    auto type = cast<MemRefType>(x.getType());
    SmallVector<int64_t> shape(type.getShape());
    for (int d : {0, 1}) {
      shape[firstSpatial() + d] += c.pads[2 * d] + c.pads[2 * d + 1];
    }
    return memref::AllocOp::create(
        builder, loc, MemRefType::get(shape, type.getElementType()));
  }

  /// The part of `padded` that is x.
  Value inside(Value padded) {
    auto type = cast<MemRefType>(padded.getType());
    SmallVector<OpFoldResult> offsets(4, builder.getIndexAttr(0));
    SmallVector<OpFoldResult> strides(4, builder.getIndexAttr(1)), sizes;
    for (int64_t size : type.getShape()) {
      sizes.push_back(builder.getIndexAttr(size));
    }
    for (int d : {0, 1}) {
      offsets[firstSpatial() + d] = builder.getIndexAttr(c.pads[2 * d]);
      sizes[firstSpatial() + d] = builder.getIndexAttr(c.extents[d]);
    }
    return memref::SubViewOp::create(builder, loc, padded, offsets, sizes,
                                     strides);
  }

  void copy(Value from, Value to) {
    AffineMap identity =
        AffineMap::getMultiDimIdentityMap(4, builder.getContext());
    SmallVector<utils::IteratorType> iterators(4,
                                               utils::IteratorType::parallel);
    linalg::GenericOp::create(
        builder, loc, ValueRange{from}, ValueRange{to},
        ArrayRef<AffineMap>{identity, identity}, iterators,
        [](OpBuilder &inner, Location at, ValueRange arguments) {
          linalg::YieldOp::create(inner, at, arguments[0]);
        });
  }

  void fillZeros(Value to) {
    auto element = cast<MemRefType>(to.getType()).getElementType();
    Value zero = arith::ConstantOp::create(builder, loc,
                                           builder.getFloatAttr(element, 0));
    linalg::FillOp::create(builder, loc, zero, to);
  }

  AffineExpr loop(unsigned i) { return builder.getAffineDimExpr(i); }

  /// The same memory under `shape`.
  Value recast(Value memref, ArrayRef<int64_t> shape) {
    auto type = cast<MemRefType>(memref.getType());
    SmallVector<int64_t> strides(shape.size(), 1);
    for (size_t i = shape.size() - 1; i-- > 0;) {
      strides[i] = strides[i + 1] * shape[i + 1];
    }
    return memref::ReinterpretCastOp::create(
        builder, loc, MemRefType::get(shape, type.getElementType()), memref,
        /*offset=*/0, shape, strides);
  }

  /// An image with its channels cut in groups, and in panels and lanes where it
  /// has those; `rows` and `columns` are where it is read.
  std::pair<Value, AffineMap> image(Value memref, bool hasLanes,
                                    AffineExpr rows, AffineExpr columns) {
    ArrayRef<int64_t> shape = cast<MemRefType>(memref.getType()).getShape();
    SmallVector<int64_t> cut = {c.groups, others};
    SmallVector<AffineExpr> channels = {loop(G), loop(B)};
    if (hasLanes) {
      cut = {c.groups, panels, lanes};
      channels = {loop(G), loop(Q), loop(L)};
    }
    SmallVector<int64_t> under = {shape[0]};
    SmallVector<AffineExpr> results = {loop(N)};
    auto addChannels = [&] {
      under.append(cut);
      results.append(channels);
    };
    if (!c.channelsLast) {
      addChannels();
    }
    under.append({shape[firstSpatial()], shape[firstSpatial() + 1]});
    results.append({rows, columns});
    if (c.channelsLast) {
      addChannels();
    }
    return {recast(memref, under),
            AffineMap::get(9, 0, results, builder.getContext())};
  }

  std::pair<Value, AffineMap> weights(Value memref) {
    SmallVector<int64_t> under = {c.groups,  panels, c.taps[0],
                                  c.taps[1], others, lanes};
    SmallVector<unsigned> loops = {G, Q, K0, K1, B, L};
    if (!c.channelsLast) {
      // [O,C,KH,KW], where either of O and C may be the lanes.
      under = {c.groups, lanes, others, c.taps[0], c.taps[1]};
      loops = {G, L, B, K0, K1};
      if (role == Role::Input) {
        std::swap(under[1], under[2]);
        std::swap(loops[1], loops[2]);
      }
    }
    SmallVector<AffineExpr> results;
    for (unsigned i : loops) {
      results.push_back(loop(i));
    }
    return {recast(memref, under),
            AffineMap::get(9, 0, results, builder.getContext())};
  }

  void addForm(Value x, Value w, Value y) {
    auto window = [&](int d) {
      return loop(d == 0 ? I : J) * c.strides[d] +
             loop(d == 0 ? K0 : K1) * c.dilations[d];
    };
    auto inX = image(x, role == Role::Input, window(0), window(1));
    auto inY = image(y, role != Role::Input, loop(I), loop(J));
    auto inW = weights(w);
    auto out = role == Role::Forward ? inY : role == Role::Input ? inX : inW;
    auto first = role == Role::Input ? inY : inX;
    auto second = role == Role::Weight ? inY : inW;
    SmallVector<utils::IteratorType> iterators;
    for (unsigned i = 0; i < 9; ++i) {
      iterators.push_back(out.second.isFunctionOfDim(i)
                              ? utils::IteratorType::parallel
                              : utils::IteratorType::reduction);
    }
    auto generic = linalg::GenericOp::create(
        builder, loc, ValueRange{first.first, second.first},
        ValueRange{out.first},
        ArrayRef<AffineMap>{first.second, second.second, out.second}, iterators,
        [](OpBuilder &inner, Location at, ValueRange arguments) {
          Value term =
              arith::MulFOp::create(inner, at, arguments[0], arguments[1]);
          Value sum = arith::AddFOp::create(inner, at, arguments[2], term);
          linalg::YieldOp::create(inner, at, sum);
        });
    generic->setAttr(
        rt::convolutionAttr,
        builder.getDenseI64ArrayAttr({static_cast<int64_t>(role), c.strides[0],
                                      c.strides[1], c.pads[0], c.pads[2],
                                      c.dilations[0], c.dilations[1]}));
  }

  OpBuilder &builder;
  Location loc;
  nn::Convolution c;
  Role role;
  /// Channels of a group that become lanes, in panels; and the other ones.
  int64_t panels = 1, lanes = 1, others = 1;
};

/// Rows, columns and terms of the product that a convolution amounts to.
SmallVector<int64_t, 3> extentsOf(Operation *op) {
  nn::Convolution c = nn::describeConvolution(op);
  int64_t places = c.images * c.windows[0] * c.windows[1];
  int64_t taps = c.taps[0] * c.taps[1];
  int64_t ofX = c.xChannels / c.groups;
  if (isa<nn::ConvOp>(op)) {
    return {places, c.yChannels, taps * ofX};
  }
  if (isa<nn::ConvInputOp>(op)) {
    return {places * taps, ofX, c.yChannels};
  }
  return {taps * ofX, c.yChannels, places};
}

/// Multiplications and additions: those with zeros in the margin count, but a
/// weight gradient leaves them out.
int64_t flopsOf(Operation *op) {
  nn::Convolution c = nn::describeConvolution(op);
  int64_t places = 1;
  for (int d : {0, 1}) {
    int64_t inside = c.windows[d] * c.taps[d];
    for (int64_t k = 0; isa<nn::ConvWeightOp>(op) && k < c.taps[d]; ++k) {
      for (int64_t i = 0; i < c.windows[d]; ++i) {
        int64_t at = i * c.strides[d] + k * c.dilations[d] - c.pads[2 * d];
        inside -= at < 0 || at >= c.extents[d] ? 1 : 0;
      }
    }
    places *= inside;
  }
  return 2 * c.images * places * c.yChannels * (c.xChannels / c.groups);
}

} // namespace

void buildConvolution(OpBuilder &builder, const Group &group, Operation *op,
                      ArrayRef<Value> values, ArrayRef<Value> outputs,
                      llvm::StringRef name,
                      llvm::SmallVectorImpl<Kernel> &kernels) {
  Value product = op->getResult(0);
  auto type = cast<RankedTensorType>(product.getType());
  Value lhs = group.resolve(op->getOperand(0));
  Value rhs = group.resolve(op->getOperand(1));
  bool alone = values.size() == 1 && values[0] == product;
  ElementBuilder elements(group);
  llvm::SetVector<Value> inputs;
  inputs.insert(lhs);
  inputs.insert(rhs);
  if (!alone) {
    AffineMap identity =
        AffineMap::getMultiDimIdentityMap(type.getRank(), builder.getContext());
    for (Value value : values) {
      elements.collect(value, identity);
    }
    for (const Access &access : elements.accesses()) {
      if (access.first != product) {
        inputs.insert(access.first);
      }
    }
  }
  KernelBuilder kernel(builder, op->getLoc(), name, inputs.getArrayRef(),
                       elements.draws(), outputs);
  Value target = kernel.output(0);
  if (!alone) {
    target = memref::AllocOp::create(
        kernel.body(), op->getLoc(),
        MemRefType::get(type.getShape(), type.getElementType()));
  }
  ConvolutionBuilder(kernel.body(), op)
      .build(kernel.memref(lhs), kernel.memref(rhs), target);
  if (!alone) {
    SmallVector<Value> destinations;
    for (unsigned i = 0; i < outputs.size(); ++i) {
      destinations.push_back(kernel.output(i));
    }
    llvm::DenseMap<Value, Value> locals;
    locals[product] = target;
    addPointwise(kernel, elements, type.getShape(), values, destinations,
                 locals);
  }
  Kernel done = kernel.finish();
  done.product = extentsOf(op);
  done.flops = flopsOf(op);
  done.isConvolution = true;
  done.use = nn::useOf(op);
  kernels.push_back(std::move(done));
}

} // namespace gmc::conversion
