//===- Random.cpp - one element of a keyed draw ---------------------------===//
//
// Philox4x32-10 in integer arithmetic, and what the draws make of its words;
// the same formulas as runtime/core/Random.h, which is checked against the
// published vectors. Sixteen neighbours share the word's number, so that lanes
// of a vector never diverge.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/NNToLinalg/ScalarBody.h"
#include "compiler/Dialect/NN/IR/NNDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace gmc::conversion {

namespace {

/// Builds 32-bit integer arithmetic.
struct Words {
  OpBuilder &builder;
  Location loc;

  Value number(uint32_t value) const {
    return arith::ConstantOp::create(
        builder, loc,
        builder.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value add(Value a, Value b) const {
    return arith::AddIOp::create(builder, loc, a, b);
  }
  Value mul(Value a, Value b) const {
    return arith::MulIOp::create(builder, loc, a, b);
  }
  Value mix(Value a, Value b, Value c) const {
    return arith::XOrIOp::create(builder, loc,
                                 arith::XOrIOp::create(builder, loc, a, b), c);
  }
  Value band(Value a, uint32_t mask) const {
    return arith::AndIOp::create(builder, loc, a, number(mask));
  }
  Value shr(Value a, uint32_t by) const {
    return arith::ShRUIOp::create(builder, loc, a, number(by));
  }
  Value shl(Value a, uint32_t by) const {
    return arith::ShLIOp::create(builder, loc, a, number(by));
  }
  Value choose(Value condition, Value a, Value b) const {
    return arith::SelectOp::create(builder, loc, condition, a, b);
  }
  /// Returns whether bit `bit` of `a` is set.
  Value isSet(Value a, uint32_t bit) const {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                 band(a, 1u << bit), number(0));
  }
};

/// Ten rounds: with (hi, lo) the 64-bit products M0 c0 and M1 c2,
///   c <- { hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0 },  k <- k + W.
std::array<Value, 4> philox(const Words &w, std::array<Value, 4> c, Value k0,
                            Value k1) {
  Value m0 = w.number(0xD2511F53), m1 = w.number(0xCD9E8D57);
  for (int round = 0; round < 10; ++round) {
    auto p0 = arith::MulUIExtendedOp::create(w.builder, w.loc, m0, c[0]);
    auto p1 = arith::MulUIExtendedOp::create(w.builder, w.loc, m1, c[2]);
    c = {w.mix(p1.getHigh(), c[1], k0), p1.getLow(),
         w.mix(p0.getHigh(), c[3], k1), p0.getLow()};
    k0 = w.add(k0, w.number(0x9E3779B9));
    k1 = w.add(k1, w.number(0xBB67AE85));
  }
  return c;
}

/// float: ((w >> 9) + 0.5) 2^-23, exact;  double: (w + 0.5) 2^-32.
Value uniform(const Words &w, Value word, FloatType type) {
  bool wide = type.isF64();
  Value bits = wide ? word : w.shr(word, 9);
  Value number = arith::UIToFPOp::create(w.builder, w.loc, type, bits);
  auto real = [&](double value) -> Value {
    return arith::ConstantOp::create(w.builder, w.loc,
                                     w.builder.getFloatAttr(type, value));
  };
  Value centred =
      arith::AddFOp::create(w.builder, w.loc, number, real(0.5));
  return arith::MulFOp::create(w.builder, w.loc, centred,
                               real(wide ? 0x1p-32 : 0x1p-23));
}

/// sqrt(-2 log u) cos(2 pi v), or sin for the odd word of the pair.
Value normal(const Words &w, Value u, Value v, Value odd, FloatType type) {
  auto real = [&](double value) -> Value {
    return arith::ConstantOp::create(w.builder, w.loc,
                                     w.builder.getFloatAttr(type, value));
  };
  Value log = math::LogOp::create(w.builder, w.loc, u);
  Value radius = math::SqrtOp::create(
      w.builder, w.loc,
      arith::MulFOp::create(w.builder, w.loc, real(-2), log));
  Value angle = arith::MulFOp::create(w.builder, w.loc,
                                      real(6.283185307179586477), v);
  Value wave = w.choose(odd, math::SinOp::create(w.builder, w.loc, angle),
                        math::CosOp::create(w.builder, w.loc, angle));
  return arith::MulFOp::create(w.builder, w.loc, radius, wave);
}

} // namespace

Value buildDraw(OpBuilder &builder, Operation *op, const KeyWords &key,
                Value element) {
  Words w{builder, op->getLoc()};
  auto type = cast<FloatType>(
      cast<RankedTensorType>(op->getResult(0).getType()).getElementType());
  uint64_t site = cast<IntegerAttr>(op->getAttr("site")).getValue().getZExtValue();
  Value e = arith::IndexCastOp::create(builder, op->getLoc(),
                                       builder.getI32Type(), element);
  Value block = w.add(w.shl(w.shr(e, 6), 4), w.band(e, 15));
  Value place = w.shr(e, 4); // its low two bits are the word's number
  Value high = w.mul(key.executionHigh, w.number(0x9E3779B9));
  std::array<Value, 4> words = philox(
      w,
      {block, key.executionLow, w.number(static_cast<uint32_t>(site)),
       w.add(w.number(static_cast<uint32_t>(site >> 32)), high)},
      key.seedLow, key.seedHigh);
  Value odd = w.isSet(place, 0), second = w.isSet(place, 1);
  Value even = w.choose(second, words[2], words[0]);
  Value other = w.choose(second, words[3], words[1]);
  if (isa<nn::RandomUniformOp>(op)) {
    return uniform(w, w.choose(odd, other, even), type);
  }
  return normal(w, uniform(w, even, type), uniform(w, other, type), odd, type);
}

} // namespace gmc::conversion
