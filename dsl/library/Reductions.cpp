//===- Reductions.cpp - sum, mean, norm and their like --------------------===//
//
// Without `over:` the event of one example is reduced, all its axes. Nothing
// crosses a named axis unless `over:` says so.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Batches.h"
#include "dsl/library/Entries.h"
#include "dsl/library/SetStatistics.h"
#include "dsl/program/Formulas.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

double countOf(const Type &type, const std::vector<int64_t> &dims) {
  double count = 1;
  for (int64_t d : dims) {
    count *= static_cast<double>(type.shape()[d]);
  }
  return count;
}

/// One written `over:` applied to a type.
class Over {
public:
  Over(Elaborator &e, const Type &type) : e(e), type(type) {}

  std::optional<std::vector<int64_t>> read(const ast::Expr &expr) {
    if (const auto *list = ast::as<ast::ListExpr>(expr)) {
      for (const auto &element : list->elements) {
        add(*element);
      }
    } else {
      add(expr);
    }
    std::sort(dims.begin(), dims.end());
    if (std::adjacent_find(dims.begin(), dims.end()) != dims.end()) {
      e.module.report(Diag::OverTwice, expr.range);
      ok = false;
    }
    return ok ? std::optional(dims) : std::nullopt;
  }

private:
  void add(const ast::Expr &expr) {
    auto named = static_cast<int64_t>(type.axes.size());
    if (const auto *name = ast::as<ast::NameExpr>(expr)) {
      if (name->text == "all") {
        for (size_t d = 0; d < type.shape().size(); ++d) {
          dims.push_back(static_cast<int64_t>(d));
        }
        return;
      }
      if (auto axis = findAxis(type, name->text)) {
        dims.push_back(static_cast<int64_t>(*axis));
        return;
      }
      bool isNumber = e.frame->locals.count(name->text) ||
                      e.module.values.count(name->text);
      if (!isNumber) {
        noSuchAxis(*name);
        return;
      }
    }
    auto axis = e.integer(expr, "an axis");
    if (!axis) {
      ok = false;
      return;
    }
    auto rank = static_cast<int64_t>(type.event.size());
    if (*axis < 0 || *axis >= rank) {
      e.module.report(Diag::OverRange, expr.range, *axis, typeText(type))
          .help("event axes are counted from 0");
      ok = false;
      return;
    }
    dims.push_back(named + *axis);
  }

  void noSuchAxis(const ast::NameExpr &name) {
    std::vector<std::string> names = {"all"};
    for (const Axis &axis : type.axes) {
      names.push_back(axis.name);
    }
    auto builder = e.module.report(Diag::NoSuchAxis, name.range, name.text,
                                   typeText(type));
    if (auto help = e.module.nearest(name.text, names)) {
      builder.help(*help);
    } else {
      builder.help(fmt::format("`over:` takes {} or numbers of event axes",
                               fmt::join(names, ", ")));
    }
    ok = false;
  }

  Elaborator &e;
  const Type type;
  std::vector<int64_t> dims;
  bool ok = true;
};

/// Says what a reduction of `text`, which has no event, can be. Left out, a
/// `mean` is the same in an objective; a sum or a largest number is not.
void helpWithoutAxis(DiagnosticBuilder &builder, const Type &type,
                     const std::string &name, const std::string &text) {
  const bool isSame = name == "sum" || name == "mean" || name == "min" ||
                      name == "max" || name == "prod" || name == "logsumexp" ||
                      name == "logmeanexp";
  if (type.axes.empty()) {
    if (isSame) {
      builder.help(
          fmt::format("drop `{}`: of one number it is the number", name));
    }
    return;
  }
  bool ofBatch = type.axes.size() == 1 && type.axes[0].name == "batch";
  if (ofBatch && name == "mean") {
    builder.help("drop `mean`: objectives and reports take the batch's mean "
                 "themselves");
  }
  builder.help(fmt::format("{}say the axis: `{}({}, over: {})`",
                           ofBatch && name == "mean" ? "or " : "", name, text,
                           type.axes.back().name));
}

std::optional<std::vector<int64_t>> reducedDims(Elaborator &e,
                                                const CallSite &site, ValueId x,
                                                const Arguments &arguments) {
  const Type type = e.b.type(x);
  if (const Bound *over = arguments.find("over")) {
    return Over(e, type).read(*over->expr);
  }
  if (type.event.empty()) {
    auto builder =
        e.module.report(Diag::ReducesNumber, site.nameRange, site.name);
    std::string text(e.module.source.text(arguments.find("x")->range));
    builder.label(arguments.find("x")->range,
                  type.axes.empty() ? "one number already"
                                    : "one number an example already");
    helpWithoutAxis(builder, type, site.name, text);
    return std::nullopt;
  }
  std::vector<int64_t> dims;
  for (size_t i = 0; i < type.event.size(); ++i) {
    dims.push_back(static_cast<int64_t>(type.axes.size() + i));
  }
  return dims;
}

ValueId mean(BodyBuilder &b, ValueId x, const std::vector<int64_t> &dims) {
  double count = countOf(b.type(x), dims);
  return b.binary(Op::Mul, b.reduce(Op::Sum, x, dims), 1 / count);
}

} // namespace

namespace {

/// mean((x - mean(x))^2), dividing by n.
ValueId variance(BodyBuilder &b, ValueId x, const std::vector<int64_t> &dims) {
  Type type = b.type(x);
  ValueId center = b.broadcast(mean(b, x, dims), type, keptDims(type, dims));
  return mean(b, b.binary(Op::Pow, b.binary(Op::Sub, x, center), 2.0), dims);
}

} // namespace

namespace {

ValueId reduceBy(BodyBuilder &b, std::string_view name, ValueId x,
                 const std::vector<int64_t> &dims) {
  if (name == "sum") {
    return b.reduce(Op::Sum, x, dims);
  }
  if (name == "mean") {
    return mean(b, x, dims);
  }
  if (name == "max") {
    return b.reduce(Op::ReduceMax, x, dims);
  }
  if (name == "min") {
    return b.reduce(Op::ReduceMin, x, dims);
  }
  if (name == "var") {
    return variance(b, x, dims);
  }
  if (name == "std") {
    return rootAtZero(b, variance(b, x, dims));
  }
  if (name == "norm") {
    ValueId squares = b.reduce(Op::Sum, b.binary(Op::Pow, x, 2.0), dims);
    return rootAtZero(b, squares);
  }
  ValueId value = logSumExp(b, x, dims);
  if (name == "logmeanexp") {
    double count = countOf(b.type(x), dims);
    ValueId logCount = b.unary(Op::Log, b.constant(count));
    value = b.binary(Op::Sub, value, logCount);
  }
  return value;
}

Value reduction(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &entry) {
  auto x = e.tensor(*arguments.find("x"));
  if (!x) {
    return {};
  }
  const Bound *others = arguments.find("others");
  if (!others && isOverSet(e, arguments)) {
    return overSet(e, site, *x, *arguments.find("over"));
  }
  auto dims = reducedDims(e, site, *x, arguments);
  if (!dims) {
    return {};
  }
  e.b.setRange(site.range);
  if ((entry.name() == "var" || entry.name() == "std") &&
      e.b.constantValue(*x)) {
    e.module.report(Diag::SpreadOfConstant, site.range, entry.name())
        .label(arguments.find("x")->range, "all entries are equal");
  }
  if (!others) {
    return Value::ofTensor(reduceBy(e.b, entry.name(), *x, *dims));
  }
  // What leaves a sum, or a sum of exponentials, as it is.
  std::string_view name = entry.name();
  const bool isLog = name.starts_with("log");
  auto rest = withoutSelf(e, site, *others, *x, *dims, isLog ? -1e30 : 0);
  if (!rest) {
    return {};
  }
  ValueId value = reduceBy(e.b, isLog ? "logsumexp" : "sum", *rest, *dims);
  const double count = countOf(e.b.type(*x), *dims) - 1;
  if (name == "mean") {
    value = e.b.binary(Op::Mul, value, 1 / count);
  } else if (name == "logmeanexp") {
    value = e.b.binary(Op::Sub, value, e.b.unary(Op::Log, e.b.constant(count)));
  }
  return Value::ofTensor(value);
}

/// `min` and `max`: of one value a reduction, of two element by element.
Value extremum(Elaborator &e, const CallSite &site, const Arguments &arguments,
               const LibraryEntry &entry) {
  const Bound *second = arguments.find("y");
  if (!second) {
    return reduction(e, site, arguments, entry);
  }
  const Bound &first = *arguments.find("x");
  Value left = e.evaluate(first), right = e.evaluate(*second);
  bool isMin = entry.op == Op::Min;
  if (left.kind == Value::Kind::Number && right.kind == Value::Kind::Number) {
    return Value::ofNumber(isMin ? std::min(left.number, right.number)
                                 : std::max(left.number, right.number));
  }
  auto x = e.toTensor(left, first.range), y = e.toTensor(right, second->range);
  if (!x || !y ||
      !e.aligned(site.name, site.nameRange, *x, first.range, *y,
                 second->range)) {
    return {};
  }
  e.b.setRange(site.range);
  return Value::ofTensor(e.b.binary(entry.op, *x, *y));
}

/// The place of the largest or smallest entry, the first of equals: of the
/// event in row-major order, or along one axis.
Value argExtremum(Elaborator &e, const CallSite &site,
                  const Arguments &arguments, const LibraryEntry &entry) {
  auto x = e.tensor(*arguments.find("x"));
  auto dims = x ? reducedDims(e, site, *x, arguments) : std::nullopt;
  if (!dims) {
    return {};
  }
  BodyBuilder &b = e.b;
  b.setRange(site.range);
  ValueId value = entry.name() == "argmin" ? b.unary(Op::Neg, *x) : *x;
  const Type type = b.type(value);
  const Bound *over = arguments.find("over");
  auto named = static_cast<int64_t>(type.axes.size());
  if (!over) {
    ValueId flat = b.reshapeEvent(value, {Type{{}, type.event}.elements()});
    return Value::ofTensor(argmaxLast(b, flat));
  }
  if (dims->size() != 1 || (*dims)[0] < named) {
    e.module.report(Diag::ArgmaxAxis, over->range, site.name)
        .help("name one event axis: `argmax(x, over: 0)`");
    return {};
  }
  std::vector<int64_t> order;
  for (int64_t i = 0; i < static_cast<int64_t>(type.event.size()); ++i) {
    if (named + i != (*dims)[0]) {
      order.push_back(i);
    }
  }
  order.push_back((*dims)[0] - named);
  return Value::ofTensor(argmaxLast(b, b.transposeEvent(value, order)));
}

/// Makes event axes of the named axes among `dims`, which then counts all of
/// them there.
ValueId stacked(Elaborator &e, ValueId x, std::vector<int64_t> &dims) {
  BodyBuilder &b = e.b;
  const auto named = static_cast<int64_t>(b.type(x).axes.size());
  auto firstEvent = std::find_if(dims.begin(), dims.end(),
                                 [&](int64_t dim) { return dim >= named; });
  const std::vector<int64_t> moved(dims.begin(), firstEvent);
  for (int64_t &dim : dims) {
    dim = dim < named ? dim : dim - named + static_cast<int64_t>(moved.size());
  }
  // The last first: places of the others stay, and event axis 0 is the first.
  for (size_t i = moved.size(); i-- > 0;) {
    const auto axis = static_cast<size_t>(moved[i]);
    const bool isBatch = b.type(x).axes[axis].name == "batch";
    x = b.stackAxis(x, axis);
    if (isBatch) {
      e.mixing.insert(x);
    }
    dims[i] = static_cast<int64_t>(i);
  }
  return x;
}

/// The product, halves of an axis multiplied until 1 is left.
Value product(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  auto x = e.tensor(*arguments.find("x"));
  auto dims = x ? reducedDims(e, site, *x, arguments) : std::nullopt;
  if (!dims) {
    return {};
  }
  BodyBuilder &b = e.b;
  b.setRange(site.range);
  ValueId value = stacked(e, *x, *dims);
  std::vector<int64_t> event = b.type(value).event;
  for (int64_t axis : *dims) {
    for (int64_t n = event[axis]; n > 1; n = n / 2 + n % 2) {
      ValueId halves = b.binary(Op::Mul, b.sliceEvent(value, axis, 0, n / 2),
                                b.sliceEvent(value, axis, n / 2, n / 2 * 2));
      value = n % 2 == 0
                  ? halves
                  : b.concatEvent(halves, b.sliceEvent(value, axis, n - 1, n),
                                  axis);
    }
  }
  std::vector<int64_t> kept;
  for (size_t i = 0; i < event.size(); ++i) {
    if (std::find(dims->begin(), dims->end(), static_cast<int64_t>(i)) ==
        dims->end()) {
      kept.push_back(event[i]);
    }
  }
  return Value::ofTensor(b.reshapeEvent(value, std::move(kept)));
}

constexpr LibraryEntry entries[] = {
    {"argmax(x, over:?)", argExtremum},
    {"argmin(x, over:?)", argExtremum},
    {"prod(x, over:?)", product},
    {"sum(x, over:?, others:?)", reduction},
    {"mean(x, over:?, others:?)", reduction},
    {"var(x, over:?)", reduction},
    {"std(x, over:?)", reduction},
    {"norm(x, over:?)", reduction},
    {"logsumexp(x, over:?, others:?)", reduction},
    {"logmeanexp(x, over:?, others:?)", reduction},
    {"min(x, y?, over:?)", extremum, Op::Min},
    {"max(x, y?, over:?)", extremum, Op::Max},
};

} // namespace

std::span<const LibraryEntry> reductionEntries() { return entries; }

} // namespace gmc::dsl
