//===- NNInterpreter.cpp - what nn ops mean, one loop nest an op ----------===//
#include "tests/numerics/NNInterpreter.h"

#include "runtime/abi/gmAbi.h"

#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace gmc;
using namespace gmc::nn;

namespace {

using Index = SmallVector<int64_t, 4>;
using Operands = ArrayRef<const HostTensor *>;

/// Calls `body` with every index of `shape`, in row-major order.
void forEachIndex(ArrayRef<int64_t> shape,
                  llvm::function_ref<void(ArrayRef<int64_t>)> body) {
  Index index(shape.size(), 0);
  if (llvm::is_contained(shape, 0)) {
    return;
  }
  while (true) {
    body(index);
    int64_t dimension = static_cast<int64_t>(shape.size()) - 1;
    while (dimension >= 0 && ++index[dimension] == shape[dimension]) {
      index[dimension--] = 0;
    }
    if (dimension < 0) {
      return;
    }
  }
}

HostTensor zerosFor(Operation *op) {
  return HostTensor(
      cast<RankedTensorType>(op->getResult(0).getType()).getShape());
}

/// Returns the tensor whose element at each index is `element(index)`.
HostTensor tabulate(Operation *op,
                    llvm::function_ref<double(ArrayRef<int64_t>)> element) {
  HostTensor result = zerosFor(op);
  forEachIndex(result.shape, [&](ArrayRef<int64_t> index) {
    result.elements[result.offset(index)] = element(index);
  });
  return result;
}

// ---- element by element -----------------------------------------------------

/// psi_n(u) by 60 turns of the recurrence and three terms of the series behind.
double polygamma(int n, double u) {
  long double sum = 0, x = u, factorial = std::tgamma(n + 1.0L);
  for (int i = 0; i < 60; ++i, x += 1) {
    sum += factorial / std::pow(x, n + 1.0L);
  }
  sum += (n == 0 ? -std::log(x) : factorial / n / std::pow(x, n)) +
         factorial / (2 * std::pow(x, n + 1.0L));
  const long double bernoulli[] = {1.0L / 6, -1.0L / 30, 1.0L / 42};
  for (int k = 1; k <= 3; ++k) {
    sum += bernoulli[k - 1] * std::tgamma(2.0L * k + n) /
           std::tgamma(2.0L * k + 1) / std::pow(x, 2.0L * k + n);
  }
  return static_cast<double>(n % 2 == 0 ? -sum : sum);
}

double unary(Operation *op, double u) {
  return llvm::TypeSwitch<Operation *, double>(op)
      .Case([&](NegOp) { return -u; })
      .Case([&](ExpOp) { return std::exp(u); })
      .Case([&](LogOp) { return std::log(u); })
      .Case([&](Log1pOp) { return std::log1p(u); })
      .Case([&](SqrtOp) { return std::sqrt(u); })
      .Case([&](AbsOp) { return std::fabs(u); })
      .Case([&](SignOp) { return u > 0   ? 1.0
                                 : u < 0 ? -1.0
                                         : 0.0; })
      .Case([&](SinOp) { return std::sin(u); })
      .Case([&](CosOp) { return std::cos(u); })
      .Case([&](TanhOp) { return std::tanh(u); })
      .Case([&](ErfOp) { return std::erf(u); })
      .Case([&](LgammaOp) { return std::lgamma(u); })
      .Case([&](PolygammaOp poly) {
        return polygamma(static_cast<int>(poly.getOrder()), u);
      })
      .Case([&](SigmoidOp) { return 1 / (1 + std::exp(-u)); })
      .Case([&](SoftplusOp) {
        return std::fmax(u, 0) + std::log1p(std::exp(-std::fabs(u)));
      })
      .Case([&](ReluOp) { return u > 0 ? u : 0.0; })
      .Case([&](LeakyReluOp leaky) {
        return u > 0 ? u : leaky.getSlope().convertToDouble() * u;
      })
      .Case([&](RoundOp) { return std::nearbyint(u); })
      .Default(u); // stop, convert
}

bool holds(ComparePredicate predicate, double a, double b) {
  switch (predicate) {
  case ComparePredicate::less:
    return a < b;
  case ComparePredicate::less_equal:
    return a <= b;
  case ComparePredicate::greater:
    return a > b;
  case ComparePredicate::greater_equal:
    return a >= b;
  case ComparePredicate::equal:
    return a == b;
  case ComparePredicate::not_equal:
    return a != b;
  }
  llvm_unreachable("a predicate without a meaning");
}

double binary(Operation *op, double a, double b) {
  return llvm::TypeSwitch<Operation *, double>(op)
      .Case([&](AddOp) { return a + b; })
      .Case([&](SubOp) { return a - b; })
      .Case([&](MulOp) { return a * b; })
      .Case([&](DivOp) { return a / b; })
      .Case([&](PowOp) { return std::pow(a, b); })
      .Case([&](GammaQuantileOp) { return gmLogGammaQuantile(a, b); })
      .Case([&](GammaQuantileSlopeOp) { return gmLogGammaQuantileSlope(a, b); })
      .Case([&](XlogyOp) {
        return a == 0 && !std::isnan(b) ? 0 : a * std::log(b);
      })
      .Case([&](MinOp) { return a <= b ? a : b; })
      .Case([&](MaxOp) { return a >= b ? a : b; })
      .Case([&](CompareOp compare) {
        return holds(compare.getPredicate(), a, b) ? 1.0 : 0.0;
      });
}

HostTensor elementwise(Operation *op, Operands operands) {
  HostTensor result = zerosFor(op);
  for (size_t i = 0; i < result.elements.size(); ++i) {
    auto operand = [&](unsigned n) { return operands[n]->elements[i]; };
    switch (operands.size()) {
    case 1:
      result.elements[i] = unary(op, operand(0));
      break;
    case 2:
      result.elements[i] = binary(op, operand(0), operand(1));
      break;
    default: // select
      result.elements[i] = operand(0) != 0 ? operand(1) : operand(2);
    }
  }
  return result;
}

// ---- shapes -----------------------------------------------------------------

HostTensor broadcast(BroadcastOp op, Operands operands) {
  return tabulate(op, [&](ArrayRef<int64_t> index) {
    Index from;
    for (int64_t dimension : op.getDimensions()) {
      from.push_back(index[dimension]);
    }
    return operands[0]->at(from);
  });
}

HostTensor reshape(ReshapeOp op, Operands operands) {
  HostTensor result = zerosFor(op);
  result.elements = operands[0]->elements;
  return result;
}

HostTensor transpose(TransposeOp op, Operands operands) {
  return tabulate(op, [&](ArrayRef<int64_t> index) {
    Index from(index.size());
    for (auto [i, dimension] : llvm::enumerate(op.getPermutation())) {
      from[dimension] = index[i];
    }
    return operands[0]->at(from);
  });
}

HostTensor slice(SliceOp op, Operands operands) {
  return tabulate(op, [&](ArrayRef<int64_t> index) {
    Index from(index);
    from[op.getDimension()] += static_cast<int64_t>(op.getBegin());
    return operands[0]->at(from);
  });
}

HostTensor pad(PadOp op, Operands operands) {
  int64_t extent = operands[0]->shape[op.getDimension()];
  return tabulate(op, [&](ArrayRef<int64_t> index) {
    Index from(index);
    int64_t &place = from[op.getDimension()];
    place -= static_cast<int64_t>(op.getLow());
    return place < 0 || place >= extent ? 0.0 : operands[0]->at(from);
  });
}

HostTensor concat(ConcatOp op, Operands operands) {
  int64_t middle = operands[0]->shape[op.getDimension()];
  return tabulate(op, [&](ArrayRef<int64_t> index) {
    Index from(index);
    int64_t &place = from[op.getDimension()];
    if (place < middle) {
      return operands[0]->at(from);
    }
    place -= middle;
    return operands[1]->at(from);
  });
}

// ---- sums -------------------------------------------------------------------

template <typename Op>
HostTensor reduce(Op op, Operands operands, double start,
                  llvm::function_ref<double(double, double)> combine) {
  HostTensor result = zerosFor(op);
  llvm::fill(result.elements, start);
  forEachIndex(operands[0]->shape, [&](ArrayRef<int64_t> index) {
    Index to;
    for (auto [i, place] : llvm::enumerate(index)) {
      if (!llvm::is_contained(op.getDimensions(), static_cast<int64_t>(i))) {
        to.push_back(place);
      }
    }
    double &element = result.elements[result.offset(to)];
    element = combine(element, operands[0]->at(index));
  });
  return result;
}

HostTensor matmul(MatmulOp op, Operands operands) {
  bool ta = op.getTransposeA(), tb = op.getTransposeB();
  int64_t terms = operands[0]->shape[ta ? 0 : 1];
  return tabulate(op, [&](ArrayRef<int64_t> index) {
    int64_t m = index[0], n = index[1];
    double sum = 0;
    for (int64_t k = 0; k < terms; ++k) {
      double a = ta ? operands[0]->at({k, m}) : operands[0]->at({m, k});
      double b = tb ? operands[1]->at({n, k}) : operands[1]->at({k, n});
      sum += a * b;
    }
    return sum;
  });
}

/// Sums the trilinear form of a convolution in PyTorch's layouts into the one
/// of x, w and y that `op` gives.
HostTensor convolution(Operation *op, Operands operands) {
  Convolution c = describeConvolution(op);
  HostTensor result = zerosFor(op);
  HostTensor x = isa<ConvInputOp>(op) ? result : *operands[0];
  HostTensor y = isa<ConvOp>(op)        ? result
                 : isa<ConvInputOp>(op) ? *operands[0]
                                        : *operands[1];
  HostTensor w = isa<ConvWeightOp>(op) ? result : *operands[1];
  int64_t per = c.yChannels / c.groups, from = c.xChannels / c.groups;
  // One tap of one pair of channels of one image: rows of windows.
  auto tap = [&](int64_t n, int64_t o, int64_t b, int64_t k, int64_t l) {
    size_t inW = w.offset({o, b, k, l});
    for (int64_t i = 0; i < c.windows[0]; ++i) {
      int64_t h = i * c.strides[0] + k * c.dilations[0] - c.pads[0];
      if (h < 0 || h >= c.extents[0]) {
        continue;
      }
      size_t rowOfX = x.offset({n, o / per * from + b, h, 0});
      size_t rowOfY = y.offset({n, o, i, 0});
      for (int64_t j = 0; j < c.windows[1]; ++j) {
        int64_t v = j * c.strides[1] + l * c.dilations[1] - c.pads[2];
        if (v < 0 || v >= c.extents[1]) {
          continue;
        }
        size_t inX = rowOfX + static_cast<size_t>(v);
        size_t inY = rowOfY + static_cast<size_t>(j);
        if (isa<ConvOp>(op)) {
          result.elements[inY] += x.elements[inX] * w.elements[inW];
        } else if (isa<ConvInputOp>(op)) {
          result.elements[inX] += y.elements[inY] * w.elements[inW];
        } else {
          result.elements[inW] += x.elements[inX] * y.elements[inY];
        }
      }
    }
  };
  forEachIndex({c.images, c.yChannels, from, c.taps[0], c.taps[1]},
               [&](ArrayRef<int64_t> i) { tap(i[0], i[1], i[2], i[3], i[4]); });
  return result;
}

/// Returns what an op without draws or a body gives, or nothing.
std::optional<HostTensor> evaluatePure(Operation *op, Operands operands) {
  using Result = std::optional<HostTensor>;
  if (op->hasTrait<OpTrait::Elementwise>()) {
    return elementwise(op, operands);
  }
  return llvm::TypeSwitch<Operation *, Result>(op)
      .Case([&](ConstantOp constant) {
        return tabulate(op, [&](ArrayRef<int64_t>) {
          return constant.getValue().convertToDouble();
        });
      })
      .Case([&](IotaOp iota) {
        return tabulate(op, [&](ArrayRef<int64_t> index) {
          return static_cast<double>(index[iota.getDimension()]);
        });
      })
      .Case([&](BroadcastOp op) { return broadcast(op, operands); })
      .Case([&](ReshapeOp op) { return reshape(op, operands); })
      .Case([&](TransposeOp op) { return transpose(op, operands); })
      .Case([&](SliceOp op) { return slice(op, operands); })
      .Case([&](PadOp op) { return pad(op, operands); })
      .Case([&](ConcatOp op) { return concat(op, operands); })
      .Case([&](MatmulOp op) { return matmul(op, operands); })
      .Case<ConvOp, ConvInputOp, ConvWeightOp>(
          [&](auto) { return convolution(op, operands); })
      .Case([&](SumOp op) {
        return reduce(op, operands, 0,
                      [](double a, double b) { return a + b; });
      })
      .Case([&](ReduceMaxOp op) {
        return reduce(op, operands, -INFINITY,
                      [](double a, double b) { return std::fmax(a, b); });
      })
      .Case([&](ReduceMinOp op) {
        return reduce(op, operands, INFINITY,
                      [](double a, double b) { return std::fmin(a, b); });
      })
      .Default([](Operation *) { return std::nullopt; });
}

} // namespace

HostTensor::HostTensor(ArrayRef<int64_t> shape)
    : shape(shape.begin(), shape.end()),
      elements(static_cast<size_t>(ShapedType::getNumElements(shape))) {}

size_t HostTensor::offset(ArrayRef<int64_t> index) const {
  int64_t place = 0;
  for (auto [i, extent] : llvm::zip_equal(index, shape)) {
    place = place * extent + i;
  }
  return static_cast<size_t>(place);
}

LogicalResult NNInterpreter::evaluate(Operation *op, Values &values) {
  SmallVector<HostTensor> inputs;
  SmallVector<const HostTensor *> operands;
  for (Value operand : op->getOperands()) {
    inputs.push_back(values.at(operand));
  }
  for (const HostTensor &input : inputs) {
    operands.push_back(&input);
  }
  if (auto fused = dyn_cast<FusedOp>(op)) {
    auto results = run(fused.getBody().front(), inputs);
    if (failed(results)) {
      return failure();
    }
    for (auto [value, result] : llvm::zip_equal(op->getResults(), *results)) {
      values[value] = result;
    }
    return success();
  }
  if (isa<RandomNormalOp, RandomUniformOp>(op)) {
    HostTensor result = zerosFor(op);
    int64_t site = op->getAttrOfType<IntegerAttr>("site").getInt();
    for (auto [i, element] : llvm::enumerate(result.elements)) {
      element = draw(isa<RandomNormalOp>(op), site, static_cast<int64_t>(i));
    }
    values[op->getResult(0)] = result;
    return success();
  }
  std::optional<HostTensor> result = evaluatePure(op, operands);
  if (!result) {
    return op->emitError("the interpreter does not know this op");
  }
  values[op->getResult(0)] = *result;
  return success();
}

FailureOr<std::vector<HostTensor>>
NNInterpreter::run(Block &block, ArrayRef<HostTensor> arguments) {
  Values values;
  for (auto [argument, tensor] :
       llvm::zip_equal(block.getArguments(), arguments)) {
    values[argument] = tensor;
  }
  for (Operation &op : block.without_terminator()) {
    if (failed(evaluate(&op, values))) {
      return failure();
    }
  }
  std::vector<HostTensor> results;
  for (Value operand : block.getTerminator()->getOperands()) {
    results.push_back(values.at(operand));
  }
  return results;
}
