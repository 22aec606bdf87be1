//===- Support.cpp - values that a distribution can give ------------------===//
//
// What data hold is declared. So are the ends of what is made of data by moving
// entries and by sums and products with numbers, `y - 1`, `0.5 * x`: these ends
// occur, and a value outside of a support is an error of the text. Of any other
// value nothing is known before it is there.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Support.h"

#include "dsl/sema/Gather.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {
namespace {

using Family = Distribution::Family;

/// The numbers that a value made of data takes. The ends are infinite where no
/// range is declared.
struct Known {
  double low, high;
  bool isWhole;

  bool hasEnds() const { return std::isfinite(low) && std::isfinite(high); }
  bool isWithin(double from, double to) const {
    return !hasEnds() || (from <= low && high <= to);
  }
};

bool isWholeNumber(double number) { return number == std::floor(number); }

Known ofField(const Field &field) {
  const auto [low, high] = field.shownRange();
  const bool isWhole = field.mean.empty() &&
                       (field.isBinary() || field.classes > 0) &&
                       isWholeNumber(low) && isWholeNumber(high);
  const bool isDeclared = field.bounded || field.image || isWhole;
  return isDeclared ? Known{low, high, isWhole}
                    : Known{-INFINITY, INFINITY, false};
}

Known scaled(Known a, double by) {
  auto [low, high] = std::minmax({a.low * by, a.high * by});
  return {low, high, a.isWhole && isWholeNumber(by)};
}

Known shifted(Known a, double by) {
  return {a.low + by, a.high + by, a.isWhole && isWholeNumber(by)};
}

bool isMove(Op op) {
  return op == Op::Broadcast || op == Op::Reshape || op == Op::Transpose ||
         op == Op::Slice || op == Op::Stop;
}

std::optional<Known> knownValues(const Elaborator &e, ValueId value);

/// A sum or product with a number.
std::optional<Known> ofBinary(const Elaborator &e, const Node &node) {
  auto left = e.b.constantValue(node.operands[0]);
  auto right = e.b.constantValue(node.operands[1]);
  if (left.has_value() == right.has_value()) {
    return std::nullopt;
  }
  auto known = knownValues(e, node.operands[left ? 1 : 0]);
  const double number = left ? *left : *right;
  if (!known) {
    return std::nullopt;
  }
  switch (node.op) {
  case Op::Add:
    return shifted(*known, number);
  case Op::Sub:
    return left ? shifted(scaled(*known, -1), number)
                : shifted(*known, -number);
  case Op::Mul:
    return scaled(*known, number);
  case Op::Div:
    return right && number != 0 ? std::optional(scaled(*known, 1 / number))
                                : std::nullopt;
  default:
    return std::nullopt;
  }
}

std::optional<Known> knownValues(const Elaborator &e, ValueId value) {
  if (auto label = e.labels.find(value); label != e.labels.end()) {
    return Known{0, double(label->second - 1), true};
  }
  const Node &node = e.b.node(value);
  if (isMove(node.op)) {
    return knownValues(e, node.operands[0]);
  }
  switch (node.op) {
  case Op::Argument: {
    const Field *field = fieldOf(e, value);
    return field ? std::optional(ofField(*field)) : std::nullopt;
  }
  case Op::Constant:
    return Known{node.attrs.value, node.attrs.value,
                 isWholeNumber(node.attrs.value)};
  case Op::Neg: {
    auto known = knownValues(e, node.operands[0]);
    return known ? std::optional(scaled(*known, -1)) : std::nullopt;
  }
  case Op::Less:
  case Op::LessEqual:
  case Op::Greater:
  case Op::GreaterEqual:
  case Op::Equal:
  case Op::NotEqual:
    return Known{0, 1, true};
  default:
    return node.operands.size() == 2 ? ofBinary(e, node) : std::nullopt;
  }
}

/// Holds the data that `value` is made of to the range from 0 to 1, which is
/// that of data without another: a run looks at floating-point numbers.
void holdToUnit(Elaborator &e, ValueId value) {
  while (isMove(e.b.node(value).op)) {
    value = e.b.node(value).operands[0];
  }
  const ArgumentField *used = argumentOf(e, value);
  for (Dataset &dataset : e.module.program.datasets) {
    for (Field &field : dataset.fields) {
      if (used && dataset.name == used->dataset &&
          field.name == used->field.name) {
        field.bounded = true;
      }
    }
  }
}

/// How the text writes a value.
std::string textOf(const Elaborator &e, SourceRange range) {
  return std::string(e.module.source.text(range));
}

/// Reports a Beta or Gamma of values outside of (0, 1), or below 0.
bool fitsPositive(Elaborator &e, const Distribution &d, const Known &known,
                  const std::string &name, SourceRange range) {
  const bool isBeta = d.family == Family::Beta;
  if (known.isWithin(0, isBeta ? 1 : INFINITY) && !known.isWhole) {
    return true;
  }
  e.module.report(Diag::PositiveSupport, range, name, known.low, known.high)
      .label(d.where,
             isBeta ? "gives numbers between 0 and 1" : "gives numbers above 0")
      .help(isBeta ? "give the data `in [0,1]` and, of grey levels, "
                     "`dequantize`; or observe it under another distribution"
                   : "observe it under a Normal, or give the data another "
                     "range");
  return false;
}

bool fitsBetween(Elaborator &e, const Distribution &d, const Known &known,
                 const std::string &name, SourceRange range) {
  auto low = e.b.constantValue(d.first), high = e.b.constantValue(d.second);
  if (known.isWithin(low.value_or(-INFINITY), high.value_or(INFINITY))) {
    return true;
  }
  e.module.report(Diag::PositiveSupport, range, name, known.low, known.high)
      .label(d.where, "gives numbers between its ends")
      .help("give the data another range, or the `Uniform` other ends");
  return false;
}

/// Reports a Bernoulli of values that are not 0 or 1, if `grey` not between.
bool fitsBinary(Elaborator &e, const Distribution &d, const Known &known,
                const std::string &name, SourceRange range) {
  if (!known.isWithin(0, 1)) {
    e.module.report(Diag::BernoulliRange, range, name, known.low, known.high)
        .help("give the data `in [0,1]`, or observe it under a Normal");
    return false;
  }
  if (known.isWhole || d.grey) {
    return true;
  }
  e.module.report(Diag::BernoulliGrey, range, name)
      .label(d.where, "gives 0 or 1 only")
      .help("`grey: true` keeps the summed cross-entropy as the bound; "
            "`in {0,1}, binarize(each epoch)` makes the data fit");
  return false;
}

/// Reports a Categorical of data that are no labels of as many classes.
bool isNoLabel(Elaborator &e, const Distribution &d, const Field &field,
               const std::string &name, SourceRange range) {
  const int64_t classes = classesOf(e.b, d);
  auto builder = e.module.report(Diag::CategoricalLabel, range, name, classes);
  builder.label(d.where, fmt::format("of {} classes", classes));
  if (field.classes > 0) {
    builder.help(fmt::format("`{}` has {} classes", name, field.classes));
  } else {
    builder.help(
        fmt::format("declare it `{}: label[{}]` in the data", name, classes));
  }
  return false;
}

/// Reports a OneHot of rows that do not hold 1 at one place and 0 elsewhere.
bool fitsRow(Elaborator &e, const Distribution &d, const Known &known,
             const std::string &name, SourceRange range) {
  if (known.isWithin(0, 1) && known.isWhole) {
    return true;
  }
  e.module.report(Diag::OneHotValues, range, name)
      .label(d.where, "gives 1 at one place, 0 at the others")
      .help("of a label, `onehot(y, n)` is such a row");
  return false;
}

} // namespace

bool fitsClasses(Elaborator &e, ValueId label, SourceRange range,
                 int64_t classes, SourceRange where) {
  auto known = knownValues(e, label);
  if (known && !known->isWhole && !isWhole(e, label)) {
    e.module.report(Diag::LabelNotWhole, range)
        .label("is " + typeText(e.b.type(label)))
        .help("labels, codes and what `round` gives are whole numbers");
    return false;
  }
  if (!known || known->isWithin(0, double(classes - 1))) {
    return true;
  }
  e.module
      .report(Diag::LabelOutside, range, textOf(e, range), known->low,
              known->high)
      .label(where, fmt::format("has the classes 0 to {}", classes - 1))
      .help("a label outside of the classes has probability 0");
  return false;
}

bool isLabelOf(const Elaborator &e, ValueId value, int64_t classes) {
  auto known = knownValues(e, value);
  return known && known->isWhole && known->hasEnds() &&
         known->isWithin(0, double(classes - 1));
}

bool fitsUnit(Elaborator &e, ValueId value, SourceRange range) {
  auto known = knownValues(e, value);
  if (!known || known->isWithin(0, 1)) {
    holdToUnit(e, value);
    return true;
  }
  e.module
      .report(Diag::TargetRange, range, textOf(e, range), known->low,
              known->high)
      .help("a target is a probability: give the data `in [0,1]`, or take "
            "`mse`");
  return false;
}

bool fitsSupport(Elaborator &e, const Distribution &of, ValueId value,
                 SourceRange range) {
  const Distribution &d = familyOf(of);
  if (d.family == Family::Categorical) {
    const Field *field = fieldOf(e, value);
    if (field && field->classes != classesOf(e.b, d)) {
      return isNoLabel(e, d, *field, textOf(e, range), range);
    }
    return fitsClasses(e, value, range, classesOf(e.b, d), d.where);
  }
  auto known = knownValues(e, value);
  if (!known) {
    return true;
  }
  if (!known->hasEnds() && (d.grey || d.family == Family::Beta)) {
    holdToUnit(e, value);
  }
  const std::string name = textOf(e, range);
  switch (d.family) {
  case Family::Beta:
  case Family::Gamma:
    return fitsPositive(e, d, *known, name, range);
  case Family::Uniform:
    return fitsBetween(e, d, *known, name, range);
  case Family::Bernoulli:
    return fitsBinary(e, d, *known, name, range);
  case Family::OneHot:
    return fitsRow(e, d, *known, name, range);
  default:
    return true;
  }
}

namespace {

/// The ends of what a continuous family gives, whatever its parameters are.
std::optional<std::pair<double, double>> endsOf(const Elaborator &e,
                                                const Distribution &d) {
  switch (d.family) {
  case Family::Normal:
  case Family::Laplace:
    return std::pair(-INFINITY, INFINITY);
  case Family::Gamma:
    return std::pair(0.0, INFINITY);
  case Family::Beta:
    return std::pair(0.0, 1.0);
  case Family::Uniform: {
    auto low = e.b.constantValue(d.first), high = e.b.constantValue(d.second);
    return low && high ? std::optional(std::pair(*low, *high)) : std::nullopt;
  }
  default:
    return std::nullopt;
  }
}

} // namespace

bool fitsPrior(Elaborator &e, const Distribution &q, const Distribution &p,
               SourceRange range) {
  auto given = endsOf(e, familyOf(q)), taken = endsOf(e, familyOf(p));
  if (!given || !taken ||
      (taken->first <= given->first && given->second <= taken->second)) {
    return true;
  }
  e.module.report(Diag::PriorSupport, range)
      .label(q.where, fmt::format("gives numbers from {} to {}", given->first,
                                  given->second))
      .label(p.where, fmt::format("gives numbers from {} to {}", taken->first,
                                  taken->second))
      .help("a guide gives values that its prior gives too; elsewhere the "
            "divergence is infinite");
  return false;
}

} // namespace gmc::dsl
