//===- NamedAxes.cpp - event axes as named axes and back ------------------===//
//
// What stands on a named axis is computed once a member and mixed by nothing
// but a reduction that names it; an event axis is part of one value.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"

namespace gmc::dsl {
namespace {

/// Reports a name that `x`, or a draw here, has as an axis already.
bool isTaken(Elaborator &e, const Type &type, const ast::Name &name) {
  bool taken = name.text == "batch" || findAxis(type, name.text);
  for (const Axis &open : e.openAxes) {
    taken = taken || open.name == name.text;
  }
  if (taken) {
    e.module.report(Diag::LiftTaken, name.range, name.text)
        .help("name an axis of its own: `lift(u, 0 as m)`");
  }
  return taken;
}

/// `lift(u, 0 as m)`: event axis 0 becomes the named axis m.
Value lift(Elaborator &e, const CallSite &site, const Arguments &arguments,
           const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  const Bound &bound = *arguments.find("axis");
  const auto *named = bound.expr ? ast::as<ast::AsExpr>(*bound.expr) : nullptr;
  if (!named) {
    e.module.report(Diag::AxisUsage, bound.range, site.name)
        .help("`lift(u, 0 as m)`: event axis 0 becomes the named axis `m`");
    return {};
  }
  auto axis = e.integer(*named->operand, "an axis");
  if (!x || !axis) {
    return {};
  }
  const Type type = e.b.type(*x);
  if (*axis < 0 || *axis >= static_cast<int64_t>(type.event.size())) {
    e.module.report(Diag::AxisRange, bound.range, *axis, typeText(type))
        .help("event axes are counted from 0");
    return {};
  }
  if (isTaken(e, type, named->name)) {
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.liftEvent(*x, *axis, named->name.text));
}

/// `stack(v, over: m)`: the named axis m becomes event axis 0.
Value stack(Elaborator &e, const CallSite &site, const Arguments &arguments,
            const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  const Bound &over = *arguments.find("over");
  const auto *name = over.expr ? ast::as<ast::NameExpr>(*over.expr) : nullptr;
  if (!name || name->text == "batch") {
    e.module.report(Diag::AxisUsage, over.range, site.name)
        .help("`stack(v, over: m)`: the named axis `m` becomes event axis 0; "
              "an example does not see the others");
    return {};
  }
  if (!x) {
    return {};
  }
  auto axis = findAxis(e.b.type(*x), name->text);
  if (!axis) {
    e.module
        .report(Diag::NoSuchAxis, name->range, name->text,
                typeText(e.b.type(*x)))
        .help("`e for m in ..`, `z[m: 50] ~ ..` and `lift(u, 0 as m)` open "
              "axes");
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.stackAxis(*x, *axis));
}

constexpr LibraryEntry entries[] = {
    {"lift(x, axis)", lift},
    {"stack(x, over:)", stack},
};

} // namespace

std::span<const LibraryEntry> namedAxisEntries() { return entries; }

} // namespace gmc::dsl
