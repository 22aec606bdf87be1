//===- Polynomials.cpp - functions of f32 vectors without calls -----------===//
//
// Each function is brought to a small interval by exact steps on exponent bits
// and by products with split constants, where a polynomial does the rest. The
// coefficients are those of the single precision functions of S. Moshier's
// Cephes library. Comparisons are written so that NaN comes through and each
// of them is one instruction (a select of `x > c` is a maxps).
//
//===----------------------------------------------------------------------===//
#include "compiler/Codegen/CPU/Polynomials.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace gmc::cpu {
namespace {

/// Vector arithmetic of one rewrite, in short words.
class Writer {
public:
  Writer(OpBuilder &builder, Location loc, VectorType type)
      : builder(builder), loc(loc), type(type),
        bitsType(type.clone(builder.getI32Type())) {}

  Value number(float value) {
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(type, APFloat(value)));
  }
  Value bits(uint32_t value) {
    return arith::ConstantOp::create(
        builder, loc, DenseElementsAttr::get(bitsType, APInt(32, value)));
  }
  Value add(Value a, Value b) { return make<arith::AddFOp>(a, b); }
  Value sub(Value a, Value b) { return make<arith::SubFOp>(a, b); }
  Value mul(Value a, Value b) { return make<arith::MulFOp>(a, b); }
  Value div(Value a, Value b) { return make<arith::DivFOp>(a, b); }
  Value fma(Value a, Value b, Value c) { return make<math::FmaOp>(a, b, c); }
  Value addBits(Value a, Value b) { return make<arith::AddIOp>(a, b); }
  Value subBits(Value a, Value b) { return make<arith::SubIOp>(a, b); }
  Value andBits(Value a, uint32_t b) { return make<arith::AndIOp>(a, bits(b)); }
  Value left(Value a, uint32_t by) { return make<arith::ShLIOp>(a, bits(by)); }
  Value right(Value a, uint32_t by) {
    return make<arith::ShRSIOp>(a, bits(by));
  }
  Value asBits(Value a) {
    return arith::BitcastOp::create(builder, loc, bitsType, a);
  }
  Value asNumber(Value a) {
    return arith::BitcastOp::create(builder, loc, type, a);
  }
  Value toNumber(Value a) {
    return arith::SIToFPOp::create(builder, loc, type, a);
  }
  Value abs(Value a) { return make<math::AbsFOp>(a); }
  Value withSignOf(Value a, Value b) { return make<math::CopySignOp>(a, b); }
  Value compare(arith::CmpFPredicate predicate, Value a, Value b) {
    return arith::CmpFOp::create(builder, loc, predicate, a, b);
  }
  Value isSet(Value a, uint32_t bit) {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                 andBits(a, bit), bits(0));
  }
  Value select(Value condition, Value a, Value b) {
    return make<arith::SelectOp>(condition, a, b);
  }
  /// c[0] x^(n-1) + .. + c[n-1].
  Value polynomial(Value x, ArrayRef<float> c) {
    Value sum = number(c[0]);
    for (float next : c.drop_front()) {
      sum = fma(sum, x, number(next));
    }
    return sum;
  }
  /// The integer next to x (|x| < 2^22), in the low 22 bits of the result and
  /// as a number: adding 1.5 * 2^23 leaves no place for a fraction.
  std::pair<Value, Value> nearest(Value x, Value factor) {
    constexpr float magic = 12582912.0f;
    Value shifted = fma(x, factor, number(magic));
    return {asBits(shifted), sub(shifted, number(magic))};
  }

private:
  template <typename Op, typename... Args> Value make(Args... args) {
    return Op::create(builder, loc, args...);
  }

  OpBuilder &builder;
  Location loc;
  VectorType type, bitsType;
};

/// e^x = 2^n * e^r with n = round(x / ln 2), |r| <= ln 2 / 2. 2^n is added to
/// the exponent's bits; where that does not fit (results below 2^-126 count as
/// zero), or x is NaN, the result is chosen by x itself.
Value exponential(Writer &w, Value x) {
  Value low = w.number(-87.3365448f), high = w.number(88.7228317f);
  auto [bits, number] = w.nearest(x, w.number(1.44269504088896341f));
  Value r = w.fma(number, w.number(-0.693359375f), x);
  r = w.fma(number, w.number(2.12194440e-4f), r);
  Value p =
      w.polynomial(r, {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f,
                       4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f});
  p = w.add(w.fma(w.mul(r, r), p, r), w.number(1.0f));
  Value result = w.asNumber(w.addBits(w.asBits(p), w.left(bits, 23)));
  // x + infinity: NaN if x is NaN.
  Value above = w.add(x, w.number(std::numeric_limits<float>::infinity()));
  result =
      w.select(w.compare(arith::CmpFPredicate::OLE, x, high), result, above);
  return w.select(w.compare(arith::CmpFPredicate::OLT, x, low), w.number(0.0f),
                  result);
}

/// log(1 + f) + e ln 2 for f in [sqrt(1/2) - 1, sqrt(2) - 1].
Value logarithmOfParts(Writer &w, Value f, Value e) {
  Value square = w.mul(f, f);
  Value p =
      w.polynomial(f, {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f,
                       -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                       2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f});
  p = w.mul(w.mul(p, f), square);
  p = w.fma(e, w.number(-2.12194440e-4f), p);
  p = w.fma(square, w.number(-0.5f), p);
  return w.fma(e, w.number(0.693359375f), w.add(f, p));
}

/// A positive number as m * 2^e, m in [sqrt(1/2), sqrt(2)): {m - 1, e}.
std::pair<Value, Value> split(Writer &w, Value x) {
  Value bits = w.asBits(x);
  // The bits of sqrt(1/2) taken away, the exponent is that of its interval.
  Value e = w.right(w.subBits(bits, w.bits(0x3f3504f3)), 23);
  Value m = w.asNumber(w.subBits(bits, w.left(e, 23)));
  return {w.sub(m, w.number(1.0f)), e};
}

/// What a logarithm is where `x`, its argument, is no positive finite number.
Value logarithmAtEdges(Writer &w, Value x, Value result) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  Value zero = w.number(0.0f), infinite = w.number(infinity);
  Value edge = w.select(w.compare(arith::CmpFPredicate::OEQ, x, zero),
                        w.number(-infinity),
                        w.number(std::numeric_limits<float>::quiet_NaN()));
  result =
      w.select(w.compare(arith::CmpFPredicate::OGT, x, zero), result, edge);
  return w.select(w.compare(arith::CmpFPredicate::OEQ, x, infinite), infinite,
                  result);
}

Value logarithm(Writer &w, Value x) {
  // A subnormal number is made normal first.
  Value small = w.compare(arith::CmpFPredicate::OLT, x,
                          w.number(std::numeric_limits<float>::min()));
  Value normal = w.select(small, w.mul(x, w.number(8388608.0f)), x);
  auto [f, e] = split(w, normal);
  Value exponent =
      w.add(w.toNumber(e), w.select(small, w.number(-23.0f), w.number(0.0f)));
  return logarithmAtEdges(w, x, logarithmOfParts(w, f, exponent));
}

/// log(1 + x): with u = 1 + x rounded and c = x - (u - 1) what rounding lost,
/// c joins the fraction of u after the same scaling; no division is needed.
Value logarithmOfOnePlus(Writer &w, Value x) {
  Value one = w.number(1.0f);
  Value u = w.add(x, one);
  Value lost = w.sub(x, w.sub(u, one));
  auto [f, e] = split(w, u);
  Value scale = w.asNumber(w.left(w.subBits(w.bits(127), e), 23));
  f = w.fma(lost, scale, f);
  return logarithmAtEdges(w, u, logarithmOfParts(w, f, w.toNumber(e)));
}

/// A polynomial near zero, 1 - 2 / (e^2|x| + 1) elsewhere.
Value hyperbolicTangent(Writer &w, Value x) {
  Value size = w.abs(x), one = w.number(1.0f), two = w.number(2.0f);
  Value square = w.mul(x, x);
  Value p = w.polynomial(square, {-5.70498872745e-3f, 2.06390887954e-2f,
                                  -5.37397155531e-2f, 1.33314422036e-1f,
                                  -3.33332819422e-1f});
  Value near = w.fma(w.mul(p, square), x, x);
  Value power = exponential(w, w.add(size, size));
  Value far = w.sub(one, w.div(two, w.add(power, one)));
  Value isNear = w.compare(arith::CmpFPredicate::OLT, size, w.number(0.625f));
  return w.select(isNear, near, w.withSignOf(far, x));
}

/// sin, or cos: the quadrant tells which polynomial and which sign.
Value sineOrCosine(Writer &w, Value x, bool cosine) {
  auto [n, number] = w.nearest(x, w.number(0.636619772367581343f));
  Value r = w.fma(number, w.number(-1.5703125f), x);
  r = w.fma(number, w.number(-4.837512969970703125e-4f), r);
  r = w.fma(number, w.number(-7.54978995489188216e-8f), r);
  Value square = w.mul(r, r);
  Value s = w.polynomial(
      square, {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f});
  s = w.fma(w.mul(s, square), r, r);
  Value c = w.polynomial(square, {2.443315711809948e-5f, -1.388731625493765e-3f,
                                  4.166664568298827e-2f, -0.5f});
  c = w.fma(c, square, w.number(1.0f));
  Value quadrant = cosine ? w.addBits(n, w.bits(1)) : n;
  Value result = w.select(w.isSet(quadrant, 1), c, s);
  Value sign = w.left(w.andBits(quadrant, 2), 30);
  return w.asNumber(w.addBits(w.asBits(result), sign));
}

template <typename Op> struct Polynomial : OpRewritePattern<Op> {
  using Function = Value (*)(Writer &, Value);

  Polynomial(MLIRContext *context, Function function)
      : OpRewritePattern<Op>(context, /*benefit=*/2), function(function) {}

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    auto type = dyn_cast<VectorType>(op.getType());
    if (!type || !type.getElementType().isF32()) {
      return failure();
    }
    Writer writer(rewriter, op.getLoc(), type);
    rewriter.replaceOp(op, function(writer, op.getOperand()));
    return success();
  }

  Function function;
};

} // namespace

void populatePolynomials(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<Polynomial<math::ExpOp>>(context, exponential);
  patterns.add<Polynomial<math::LogOp>>(context, logarithm);
  patterns.add<Polynomial<math::Log1pOp>>(context, logarithmOfOnePlus);
  patterns.add<Polynomial<math::TanhOp>>(context, hyperbolicTangent);
  patterns.add<Polynomial<math::SinOp>>(context, [](Writer &w, Value x) {
    return sineOrCosine(w, x, /*cosine=*/false);
  });
  patterns.add<Polynomial<math::CosOp>>(context, [](Writer &w, Value x) {
    return sineOrCosine(w, x, /*cosine=*/true);
  });
}

} // namespace gmc::cpu
