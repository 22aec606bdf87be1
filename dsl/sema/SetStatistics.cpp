//===- SetStatistics.cpp - mean(x, over: set) -----------------------------===//
//
// While the items are walked, a statistic is an argument of the body that
// nothing has filled. At the end the body is cut: what needs such an argument
// goes into a second body.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/SetStatistics.h"

#include "dsl/sema/Formulas.h"
#include "dsl/sema/Library.h"

#include <algorithm>

namespace gmc::dsl {

bool isOverSet(Elaborator &e, const Arguments &arguments) {
  const Bound *over = arguments.find("over");
  if (!over || !over->expr) {
    return false;
  }
  const auto *name = ast::as<ast::NameExpr>(*over->expr);
  return name && name->text == "set" && !e.frame->locals.count("set") &&
         !e.module.values.count("set");
}

static std::optional<Statistic> kindOf(std::string_view function) {
  if (function == "mean") {
    return Statistic::Mean;
  }
  if (function == "var" || function == "std") {
    return Statistic::Var;
  }
  if (function == "min") {
    return Statistic::Min;
  }
  if (function == "max") {
    return Statistic::Max;
  }
  return std::nullopt;
}

ValueId statisticOf(Elaborator &e, Statistic kind, ValueId x, Type result) {
  auto index = static_cast<int64_t>(e.body.arguments.size());
  e.body.arguments.push_back(
      {fmt::format("set{}", e.setStatistics.size()), result});
  e.setStatistics.push_back({kind, x, index});
  return e.b.leaf(Op::Argument, index, std::move(result));
}

bool hasSet(Elaborator &e, SourceRange range) {
  if (!e.hasSet) {
    e.module.report(Diag::SetWhere, range)
        .help("a set is what `report .. of STEP on SET` goes over");
  }
  return e.hasSet;
}

Value overSet(Elaborator &e, const CallSite &site, ValueId x,
              const Bound &over) {
  if (!hasSet(e, over.range)) {
    return {};
  }
  auto kind = kindOf(site.name);
  if (!kind) {
    e.module.report(Diag::SetStatisticUnknown, site.nameRange, site.name)
        .help("`mean`, `var`, `std`, `min` and `max` are");
    return {};
  }
  const Type type = e.b.type(x);
  if (type.axes.size() != 1 || type.axes[0].name != "batch") {
    bool none = type.axes.empty();
    std::string seen = none ? "the value is the same for every example"
                            : fmt::format("the value has the axis `{}`",
                                          type.axes.back().name);
    auto builder = e.module.report(Diag::SetAxes, over.range, seen);
    if (none) {
      builder.help(fmt::format("leave out `{}`", site.name));
    } else {
      builder.help(fmt::format("reduce it first: `{}({}(.., over: {}), over: "
                               "set)`",
                               site.name, site.name, type.axes.back().name));
    }
    return {};
  }
  e.b.setRange(site.range);
  ValueId value = statisticOf(e, *kind, x, {{}, type.event});
  if (site.name == "std") {
    value = rootAtZero(e.b, value);
  }
  return Value::ofTensor(value);
}

namespace {

/// `fid(features: u, against: v)`: the Fréchet distance of two vectors over all
/// examples of the set.
Value fid(Elaborator &e, const CallSite &site, const Arguments &arguments,
          const LibraryEntry &) {
  const Bound &u = *arguments.find("features"), &v = *arguments.find("against");
  auto x = e.tensor(u), y = e.tensor(v);
  if (!x || !y) {
    return {};
  }
  if (!hasSet(e, site.range)) {
    return {};
  }
  const Type a = e.b.type(*x), c = e.b.type(*y);
  if (a != c || a.event.size() != 1 || a.axes.size() != 1 ||
      a.axes[0].name != "batch") {
    e.module.report(Diag::FeatureLengths, site.nameRange)
        .label(u.range, typeText(a))
        .label(v.range, typeText(c))
        .help("one vector an example: `fid(features: V(G(z)).feat, against: "
              "V(x).feat)`");
    return {};
  }
  e.b.setRange(site.range);
  ValueId both = e.b.concatEvent(*x, *y, 0);
  return Value::ofTensor(statisticOf(e, Statistic::Frechet, both, {}));
}

constexpr LibraryEntry entries[] = {
    {"fid(features:, against:)", fid},
};

} // namespace

std::span<const LibraryEntry> setEntries() { return entries; }

namespace {

/// Which nodes of a body are made of statistics, and which of examples.
class Origins {
public:
  Origins(const Body &body, const std::vector<SetStatistic> &statistics)
      : ofSet(body.nodes.size()), ofExample(body.nodes.size()) {
    std::vector<bool> isStatistic(body.arguments.size());
    for (const SetStatistic &statistic : statistics) {
      isStatistic[statistic.argument] = true;
    }
    for (size_t i = 0; i < body.nodes.size(); ++i) {
      const Node &node = body.nodes[i];
      ofSet[i] = node.op == Op::Argument && isStatistic[node.attrs.index];
      ofExample[i] =
          node.op == Op::RandomNormal || node.op == Op::RandomUniform ||
          (node.op == Op::Argument && !ofSet[i]) || !node.type.axes.empty();
      for (ValueId operand : node.operands) {
        ofSet[i] = ofSet[i] || ofSet[operand];
        ofExample[i] = ofExample[i] || ofExample[operand];
      }
    }
  }

  std::vector<bool> ofSet, ofExample;
};

/// The first node that both are operands of; ranges of a later one say less.
SourceRange whereBothMeet(const Body &body, const Origins &origins,
                          ValueId value) {
  for (size_t i = 0; i <= value; ++i) {
    if (origins.ofSet[i] && origins.ofExample[i]) {
      return body.nodes[i].where;
    }
  }
  return body.nodes[value].where;
}

} // namespace

std::optional<Body> splitAtSet(Elaborator &e, Report &report) {
  Body &body = e.body;
  if (e.setStatistics.empty()) {
    return std::nullopt;
  }
  const Origins origins(body, e.setStatistics);
  std::vector<Output> early, late;
  for (const Output &output : body.outputs) {
    if (!origins.ofSet[output.value]) {
      early.push_back(output);
      continue;
    }
    if (origins.ofExample[output.value]) {
      e.module
          .report(Diag::SetThenExample,
                  whereBothMeet(body, origins, output.value), output.name)
          .help("take the statistic last, or make what follows of "
                "statistics, parameters and numbers alone");
      return std::nullopt;
    }
    late.push_back(output);
  }
  Body end = body;
  end.outputs = std::move(late);
  end.drawPaths.clear();
  prune(end);
  dropUnusedArguments(end);
  body.outputs = std::move(early);
  for (const Argument &argument : end.arguments) {
    const auto it =
        std::find_if(e.setStatistics.begin(), e.setStatistics.end(),
                     [&](const SetStatistic &s) {
                       return body.arguments[s.argument].name == argument.name;
                     });
    if (origins.ofSet[it->value]) {
      e.module
          .report(Diag::SetAxes, body.nodes[it->value].where,
                  "the value is made of another statistic over it")
          .help("one walk over the set takes all statistics");
      return std::nullopt;
    }
    body.outputs.push_back({argument.name, it->value});
    report.statistics.push_back(it->kind);
  }
  return end;
}

} // namespace gmc::dsl
