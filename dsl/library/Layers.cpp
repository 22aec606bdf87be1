//===- Layers.cpp - layers of the library ---------------------------------===//
//
// Layouts, names and initial values of parameters are PyTorch's.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Layers.h"

#include "dsl/library/Entries.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {

/// Returns where a weight starts under `init:`.
static std::optional<Initial> namedInitial(Elaborator &e, const Bound &bound,
                                           double fanIn, double fanOut) {
  using Kind = Initial::Kind;
  const ast::Expr *expr = bound.expr;
  const ast::NameExpr *word = expr ? ast::as<ast::NameExpr>(*expr) : nullptr;
  const ast::CallExpr *call = expr ? ast::as<ast::CallExpr>(*expr) : nullptr;
  if (call) {
    word = ast::as<ast::NameExpr>(call->callee);
  }
  std::string name = word ? word->text : "";
  if (!call && name == "orthogonal") {
    return Initial{Kind::Orthogonal, 0, 0};
  }
  if (!call && name == "zeros") {
    return Initial{Kind::Constant, 0, 0};
  }
  if (!call && name == "ones") {
    return Initial{Kind::Constant, 1, 0};
  }
  if (!call && (name == "xavier" || name == "kaiming")) {
    // Glorot and Bengio 2010, He et al. 2015 with ReLU's gain, both uniform.
    double a = std::sqrt(6 / (name == "xavier" ? fanIn + fanOut : fanIn));
    return Initial{Kind::Uniform, -a, a};
  }
  if (call && (name == "normal" || name == "uniform") &&
      call->arguments.size() == 1) {
    auto a = e.number(*call->arguments[0].value, "an initial value");
    if (!a) {
      return std::nullopt;
    }
    return name == "normal" ? Initial{Kind::Normal, 0, *a}
                            : Initial{Kind::Uniform, -*a, *a};
  }
  e.module.report(Diag::UnknownInitial, bound.range)
      .help("`init:` is normal(std), uniform(a), xavier, kaiming, "
            "orthogonal, zeros or ones");
  return std::nullopt;
}

std::optional<Initial> weightInitial(Elaborator &e, const CallSite &site,
                                     const Arguments &arguments, double fanIn,
                                     double fanOut) {
  auto rule = e.module.initialRules.find(site.name + ".weight");
  if (rule != e.module.initialRules.end() && rule->second.named) {
    rule->second.used = true;
    return namedInitial(e, Bound{rule->second.named, {}, rule->second.range},
                        fanIn, fanOut);
  }
  if (const Bound *init = arguments.find("init")) {
    return namedInitial(e, *init, fanIn, fanOut);
  }
  return uniformInitial(fanIn);
}

Initial uniformInitial(double fanIn) {
  double a = 1 / std::sqrt(fanIn);
  return {Initial::Kind::Uniform, -a, a};
}

void reportSetting(Elaborator &e, const CallSite &site,
                   const Arguments &arguments, const char *name, int64_t value,
                   const std::string &help) {
  e.module
      .report(Diag::LayerNumber, arguments.find(name)->range, name, site.name,
              value)
      .help(help);
}

std::optional<int64_t> settingOf(Elaborator &e, const CallSite &site,
                                 const Arguments &arguments, const char *name,
                                 int64_t least, int64_t otherwise) {
  const Bound *bound = arguments.find(name);
  if (!bound) {
    return otherwise;
  }
  std::string what = fmt::format("`{}`", name);
  auto value = e.toInteger(e.evaluate(*bound), bound->range, what.c_str());
  if (value && (*value < least || *value > 65535)) {
    reportSetting(e, site, arguments, name, *value,
                  fmt::format("it is a whole number from {} to 65535", least));
    return std::nullopt;
  }
  return value;
}

bool standsInNet(Elaborator &e, const CallSite &site) {
  if (e.frame->instance) {
    return true;
  }
  e.module.report(Diag::LayerOutsideNet, site.nameRange, site.name)
      .help("layers have parameters: call them in a `net` or a `block`");
  return false;
}

ValueId addBias(Elaborator &e, const std::string &prefix, ValueId y, int axis,
                Initial initial, const std::string &kind, SourceRange range) {
  Type type = e.b.type(y);
  ValueId c = e.layerParameter(prefix, "bias", {type.event[axis]}, initial,
                               kind, range);
  auto dimension = static_cast<int64_t>(type.axes.size()) + axis;
  return e.b.binary(Op::Add, y, e.b.broadcast(c, type, {dimension}));
}

ValueId affine(Elaborator &e, const std::string &prefix, const char *weight,
               const char *bias, ValueId u, int64_t rows,
               const Initial &weightStart, const Initial &biasStart,
               const CallSite &site) {
  ValueId w = e.layerParameter(prefix, weight, {rows, e.b.type(u).event.back()},
                               weightStart, site.name, site.range);
  ValueId c =
      e.layerParameter(prefix, bias, {rows}, biasStart, site.name, site.range);
  ValueId y = e.b.matmul(u, w, true);
  Type type = e.b.type(y);
  auto last = static_cast<int64_t>(type.shape().size()) - 1;
  return e.b.binary(Op::Add, y, e.b.broadcast(c, type, {last}));
}

namespace {

/// y = x W^T + c over the last event axis; W is [n, in], both U(-a, a) with
/// a = 1 / sqrt(in), as torch.nn.Linear starts.
Value linear(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  if (!standsInNet(e, site)) {
    return {};
  }
  auto x = e.tensor(*arguments.find("x"));
  const Bound &width = *arguments.find("n");
  auto n = width.expr ? e.dimension(*width.expr) : std::nullopt;
  auto bias = flag(e, arguments, "bias", true);
  if (!x || !n || !bias) {
    return {};
  }
  if (e.b.type(*x).event.empty()) {
    e.module
        .report(Diag::LayerNeedsVector, arguments.find("x")->range, site.name)
        .label("is " + typeText(e.b.type(*x)))
        .help("a single number becomes a vector by `reshape(1)`");
    return {};
  }
  int64_t in = e.b.type(*x).event.back();
  if (!e.sizeIsSane({{}, {*n, in}}, site.range)) {
    return {};
  }
  auto start = weightInitial(e, site, arguments, double(in), double(*n));
  if (!start) {
    return {};
  }
  std::string prefix = e.layerPrefix(site, "linear");
  e.b.setRange(site.range);
  ValueId weight = e.layerParameter(prefix, "weight", {*n, in}, *start,
                                    "linear", site.range);
  if (site.attribute) {
    weight = e.spectralNormalized(weight, prefix, 0, site.range);
  }
  ValueId y = e.b.matmul(*x, weight, true);
  if (*bias) {
    int last = static_cast<int>(e.b.type(y).event.size()) - 1;
    y = addBias(e, prefix, y, last, uniformInitial(double(in)), "linear",
                site.range);
  }
  return Value::ofTensor(y);
}

Value flatten(Elaborator &e, const CallSite &, const Arguments &arguments,
              const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  if (!x) {
    return {};
  }
  Type event{{}, e.b.type(*x).event};
  return Value::ofTensor(e.b.reshapeEvent(*x, {event.elements()}));
}

/// Training: x * [u >= p] / (1 - p), a mask for each call. Sampling: x.
Value dropout(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  auto p = e.number(*arguments.find("p"), "the rate of `dropout`");
  auto always = flag(e, arguments, "always", false);
  if (!x || !p || !always) {
    return {};
  }
  if (!(*p >= 0 && *p < 1)) {
    e.module.report(Diag::DropoutRate, arguments.find("p")->range, *p)
        .help("the rate is at least 0 and less than 1");
    return {};
  }
  if (!(e.inTraining() || *always) || *p == 0) {
    return Value::ofTensor(*x);
  }
  std::string name = fmt::format("dropout#{}", e.frame->calls["dropout"]++);
  e.b.setRange(site.range);
  ValueId u = e.b.random(Op::RandomUniform, e.b.type(*x), e.siteOf(name));
  ValueId kept = e.b.binary(Op::GreaterEqual, u, *p);
  ValueId scaled = e.b.binary(Op::Mul, kept, 1 / (1 - *p));
  return Value::ofTensor(e.b.binary(Op::Mul, *x, scaled));
}

constexpr LibraryEntry entries[] = {
    {"linear(x, n, bias:?, init:?)", linear, Op::Matmul, true},
    {"flatten(x)", flatten},
    {"dropout(x, p, always:?)", dropout},
};

} // namespace

std::span<const LibraryEntry> layerEntries() { return entries; }

} // namespace gmc::dsl
