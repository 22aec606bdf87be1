//===- Parameters.cpp - param lines and init rules ------------------------===//
#include "dsl/sema/Elaborator.h"
#include "dsl/sema/Library.h"

#include <algorithm>
#include <array>

namespace gmc::dsl {
namespace {

/// Returns the initial value that a distribution of constants says.
std::optional<Initial> fromDraw(Elaborator &e, const ast::Expr &expr) {
  Value value = e.evaluate(expr);
  if (value.isError()) {
    return std::nullopt;
  }
  if (value.kind == Value::Kind::Distribution) {
    const Distribution &d = *value.distribution;
    auto a = e.b.constantValue(d.first), c = e.b.constantValue(d.second);
    bool single = a && c && d.type.event.empty();
    if (single && d.family == Distribution::Family::Normal &&
        d.spread == Distribution::Spread::Std) {
      return Initial{Initial::Kind::Normal, *a, *c};
    }
    if (single && d.family == Distribution::Family::Uniform) {
      return Initial{Initial::Kind::Uniform, *a, *c};
    }
  }
  e.module.report(Diag::InitialDraw, expr.range)
      .help("`~ Normal(mean, std)` or `~ Uniform(low, high)` of constants");
  return std::nullopt;
}

std::optional<Initial> fromValue(Elaborator &e, const ast::Expr &expr) {
  auto number = e.number(expr, "an initial value");
  if (!number) {
    return std::nullopt;
  }
  return Initial{Initial::Kind::Constant, *number, 0};
}

/// Whether `init` says where weights start by a word of `init:`.
bool isNamedInitial(const ast::Expr &expr) {
  const auto *call = ast::as<ast::CallExpr>(expr);
  const auto *word = call ? ast::as<ast::NameExpr>(call->callee)
                          : ast::as<ast::NameExpr>(expr);
  static constexpr std::array<std::string_view, 7> words = {
      "normal", "uniform", "xavier", "kaiming", "orthogonal", "zeros", "ones"};
  return word &&
         std::find(words.begin(), words.end(), word->text) != words.end();
}

/// Returns shape and start of a `param`.
std::optional<std::pair<std::vector<int64_t>, Initial>>
readSpec(Elaborator &e, const ast::ParamSpec &spec) {
  auto shape = e.realEventOf(spec.type);
  std::optional<Initial> initial = Initial{};
  if (spec.start == ast::ParamSpec::Start::Draw) {
    initial = fromDraw(e, *spec.initial);
  } else if (spec.start == ast::ParamSpec::Start::Value) {
    initial = fromValue(e, *spec.initial);
  } else {
    e.module.report(Diag::ParamStart, spec.name.range, spec.name.text)
        .help("`= 0`, or `~ Normal(0, 0.02)`");
    return std::nullopt;
  }
  if (!shape || !initial) {
    return std::nullopt;
  }
  return std::pair(std::move(*shape), *initial);
}

/// The layers whose parameters `init` may start.
constexpr std::array<std::string_view, 8> weightedLayers = {
    "linear",     "conv2d",        "conv_transpose2d", "batch_norm",
    "layer_norm", "instance_norm", "group_norm",       "embedding"};

bool hasWeight(std::string_view layer) {
  return std::find(weightedLayers.begin(), weightedLayers.end(), layer) !=
         weightedLayers.end();
}

/// Those whose weights sum terms, so that `xavier` means something.
bool hasFans(std::string_view layer) {
  return layer == "linear" || layer == "conv2d" || layer == "conv_transpose2d";
}

} // namespace

void Elaborator::declareParam(const ast::ParamSpec &spec) {
  if (!frame->instance) {
    module.report(Diag::ParamOutsideNet, spec.name.range, spec.name.text)
        .help("declare it in a `net`, or for the whole file");
    return;
  }
  auto read = readSpec(*this, spec);
  Value value;
  if (read) {
    uint32_t index = netParameter(frame->prefix + spec.name.text, read->first,
                                  read->second, spec.name.range,
                                  spec.state ? Parameter::Role::State
                                             : Parameter::Role::Parameter);
    value =
        Value::ofTensor(spec.state ? stateLeaf(index) : parameterLeaf(index));
    if (spec.state) {
      frame->states[spec.name.text].parameter = index;
    }
  }
  bind(spec.name, std::move(value), spec.state ? "state" : "param");
}

void Module::collectParam(const ast::ParamDecl &decl) {
  auto it = values.find(decl.spec.name.text);
  if (it == values.end() || it->second.range != decl.spec.name.range) {
    return;
  }
  Body scratch;
  Elaborator elaborator(*this, scratch, Elaborator::Mode::Constant, "");
  auto read = readSpec(elaborator, decl.spec);
  if (!read) {
    it->second.failed = true;
    return;
  }
  Parameter result;
  if (decl.spec.state) {
    result.role = Parameter::Role::State;
  }
  result.name = result.network = decl.spec.name.text;
  result.shape = read->first;
  result.initial = read->second;
  result.where = decl.spec.name.range;
  it->second.index = parameter(std::move(result));
}

void Module::collectInit(const ast::InitDecl &decl) {
  Body scratch;
  Elaborator elaborator(*this, scratch, Elaborator::Mode::Constant, "");
  for (const auto &rule : decl.rules) {
    const bool isNamed = !rule.draw && rule.parameter.text == "weight" &&
                         isNamedInitial(*rule.value);
    auto initial = isNamed     ? Initial{}
                   : rule.draw ? fromDraw(elaborator, *rule.value)
                               : fromValue(elaborator, *rule.value);
    if (!initial) {
      continue;
    }
    if (rule.parameter.text != "weight" && rule.parameter.text != "bias") {
      report(Diag::InitParameter, rule.parameter.range, rule.parameter.text)
          .help("layers have `weight` and `bias`");
      continue;
    }
    for (const ast::Name &layer : decl.layers) {
      if (isNamed && !hasFans(layer.text)) {
        report(Diag::UnknownInitial, rule.value->range)
            .help("the weights of linear, conv2d and conv_transpose2d start "
                  "so; those of others as a number or a draw says");
        continue;
      }
      if (!hasWeight(layer.text)) {
        if (isReservedFunction(layer.text)) {
          report(Diag::FunctionUnsupported, layer.range, layer.text);
        } else {
          report(Diag::InitLayer, layer.range, layer.text)
              .help(fmt::format("layers with parameters: {}",
                                fmt::join(weightedLayers, ", ")));
        }
        continue;
      }
      auto [it, isNew] = initialRules.emplace(
          layer.text + "." + rule.parameter.text,
          InitialRule{*initial, rule.parameter.range, false,
                      isNamed ? rule.value.get() : nullptr});
      if (!isNew) {
        report(Diag::InitTwice, rule.parameter.range, rule.parameter.text,
               layer.text)
            .label(it->second.range, "first here");
      }
    }
  }
}

} // namespace gmc::dsl
