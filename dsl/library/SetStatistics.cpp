//===- SetStatistics.cpp - mean(x, over: set) -----------------------------===//
//
// While the items are walked, a statistic is an argument of the body that
// nothing has filled; sema/SplitAtSet cuts the body in the end.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/SetStatistics.h"

#include "dsl/library/Entries.h"
#include "dsl/program/Formulas.h"

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
    bool spreads = site.name == "var" || site.name == "std";
    if (none) {
      builder.help(spreads ? "its variance is 0"
                           : fmt::format("leave out `{}`", site.name));
    } else {
      builder.help(fmt::format("say how its axis is reduced first, such as by "
                               "`mean(.., over: {})`",
                               type.axes.back().name));
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

} // namespace gmc::dsl
