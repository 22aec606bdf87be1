//===- Transforms.cpp - what is done with the records of a data set -------===//
//
// One function a transform. Those of images and numbers act on the fields that
// they name, or on all that they fit.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Data.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace gmc::dsl {
namespace {

/// A transform as it is written.
struct Use {
  Module &module;
  const ast::Expr &expr;
  std::string name;
  const std::vector<ast::Argument> &arguments;
  Dataset &dataset;
  const char *usage; ///< how it is written

  bool wrongUse() const {
    module.report(Diag::TransformUsage, expr.range, name)
        .help(fmt::format("`{}`", usage));
    return false;
  }
  /// Returns the argument with this label, or null.
  const ast::Argument *labelled(std::string_view label) const {
    for (const ast::Argument &argument : arguments) {
      if (argument.label && argument.label->text == label) {
        return &argument;
      }
    }
    return nullptr;
  }
  /// Tells whether all labels are among `known`.
  bool knows(std::initializer_list<std::string_view> known) const {
    return std::all_of(
        arguments.begin(), arguments.end(), [&](const ast::Argument &a) {
          return !a.label || std::find(known.begin(), known.end(),
                                       a.label->text) != known.end();
        });
  }
  std::optional<std::vector<Field *>> fields(bool imagesOnly) const;
};

/// Returns the fields that the transform names, or all that fit it: images, or
/// any numbers that are no labels. Reports names that do not.
std::optional<std::vector<Field *>> Use::fields(bool imagesOnly) const {
  auto fit = [&](const Field &field) {
    return field.classes == 0 && !field.mask && (field.image || !imagesOnly);
  };
  std::vector<Field *> found;
  bool named = false;
  for (const ast::Argument &argument : arguments) {
    if (argument.label) {
      continue;
    }
    named = true;
    const auto *field = ast::as<ast::NameExpr>(argument.value);
    if (!field) {
      wrongUse();
      return std::nullopt;
    }
    auto it =
        std::find_if(dataset.fields.begin(), dataset.fields.end(),
                     [&](const Field &f) { return f.name == field->text; });
    if (it == dataset.fields.end() || !fit(*it)) {
      module.report(Diag::TransformField, argument.range, name, field->text)
          .help(imagesOnly ? "it acts on images of the record"
                           : "it acts on images and numbers of the record");
      return std::nullopt;
    }
    found.push_back(&*it);
  }
  for (Field &field : dataset.fields) {
    if (!named && fit(field)) {
      found.push_back(&field);
    }
  }
  if (found.empty()) {
    module.report(Diag::TransformNothing, expr.range, name)
        .help(imagesOnly ? "it acts on images: `as image[3,32,32]`"
                         : "it acts on images and numbers");
    return std::nullopt;
  }
  return found;
}

/// Unless fields are named, keeps those for which `fits` holds, if there are
/// any.
void choose(const Use &use, std::vector<Field *> &fields,
            bool (*fits)(const Field *)) {
  const bool named =
      std::any_of(use.arguments.begin(), use.arguments.end(),
                  [](const ast::Argument &a) { return !a.label; });
  if (!named && std::any_of(fields.begin(), fields.end(), fits)) {
    std::erase_if(fields, [&](const Field *field) { return !fits(field); });
  }
}

bool binarize(const Use &use) {
  const ast::Argument *each = use.labelled("each");
  const auto *when = each ? ast::as<ast::NameExpr>(each->value) : nullptr;
  if (!when || when->text != "epoch" || !use.knows({"each"})) {
    use.module.report(Diag::BinarizeWhen, use.expr.range)
        .help("`binarize(each epoch)`");
    return false;
  }
  auto fields = use.fields(false);
  if (!fields) {
    return false;
  }
  choose(use, *fields, [](const Field *field) { return field->binary; });
  for (Field *field : *fields) {
    field->binarize = true;
    if (field->low != 0 || field->high != 1) {
      use.module
          .report(Diag::BinarizeRange, use.expr.range, field->low, field->high)
          .help("declare the data `in {0,1}`");
      return false;
    }
  }
  return true;
}

bool flip(const Use &use) {
  if (!use.knows({})) {
    return use.wrongUse();
  }
  auto fields = use.fields(true);
  for (Field *field : fields.value_or(std::vector<Field *>{})) {
    field->flip = true;
  }
  return fields.has_value();
}

bool resize(const Use &use) {
  if (!use.knows({})) {
    return use.wrongUse();
  }
  auto fields = use.fields(true);
  for (Field *field : fields.value_or(std::vector<Field *>{})) {
    field->resize = true;
  }
  return fields.has_value();
}

bool crop(const Use &use) {
  const ast::Argument *from = use.labelled("from");
  if (!from || !use.knows({"from"})) {
    return use.wrongUse();
  }
  auto extent = use.module.evaluateInteger(*from->value, "the extent");
  auto fields = extent ? use.fields(true) : std::nullopt;
  if (!fields) {
    return false;
  }
  for (Field *field : *fields) {
    if (*extent < std::max(field->shape[1], field->shape[2]) ||
        *extent > 1 << 20) {
      use.module
          .report(Diag::CropExtent, from->value->range, field->shape[1],
                  field->shape[2], *extent)
          .help("images are resampled to `from` by `from` pixels, which is at "
                "least what is cut out of them");
      return false;
    }
    field->cropFrom = *extent;
  }
  return true;
}

bool dequantize(const Use &use) {
  if (!use.knows({})) {
    return use.wrongUse();
  }
  auto fields = use.fields(false);
  if (!fields) {
    return false;
  }
  if (use.dataset.format == "csv" || !use.dataset.settings.empty()) {
    use.module.report(Diag::TransformNothing, use.expr.range, use.name)
        .help(fmt::format("it fills grey levels of 8 or 16 bits; `{}` gives "
                          "floating-point numbers",
                          use.dataset.format));
    return false;
  }
  choose(use, *fields, [](const Field *field) { return !field->binary; });
  for (Field *field : *fields) {
    field->dequantize = true;
  }
  return true;
}

/// Reads a number, or a list of them.
std::optional<std::vector<double>> numbersOf(Module &module,
                                             const ast::Expr &expr) {
  std::vector<double> numbers;
  const auto *list = ast::as<ast::ListExpr>(expr);
  if (!list) {
    auto number = module.evaluateConstant(expr);
    return number ? std::optional(std::vector{*number}) : std::nullopt;
  }
  for (const auto &element : list->elements) {
    auto number = module.evaluateConstant(*element);
    if (!number) {
      return std::nullopt;
    }
    numbers.push_back(*number);
  }
  return numbers;
}

bool normalize(const Use &use) {
  const ast::Argument *mean = use.labelled("mean"), *std = use.labelled("std");
  if (!mean || !std || !use.knows({"mean", "std"})) {
    return use.wrongUse();
  }
  auto means = numbersOf(use.module, *mean->value);
  auto deviations = numbersOf(use.module, *std->value);
  auto fields = means && deviations ? use.fields(false) : std::nullopt;
  if (!fields) {
    return false;
  }
  if (std::any_of(deviations->begin(), deviations->end(),
                  [](double d) { return !(d > 0); })) {
    use.module.report(Diag::NormalizeDeviation, std->value->range)
        .help("a standard deviation is greater than 0");
    return false;
  }
  for (Field *field : *fields) {
    const size_t parts =
        field->shape.empty() ? 1 : static_cast<size_t>(field->shape[0]);
    auto fits = [&](const std::vector<double> &numbers) {
      return numbers.size() == 1 || numbers.size() == parts;
    };
    if (!fits(*means) || !fits(*deviations)) {
      use.module
          .report(Diag::NormalizeCount, use.expr.range, means->size(),
                  deviations->size(), field->name, parts)
          .help("one number for all, or one for each entry of its first axis");
      return false;
    }
    const size_t count = std::max(means->size(), deviations->size());
    field->mean = *means;
    field->deviation = *deviations;
    field->mean.resize(count, means->front());
    field->deviation.resize(count, deviations->front());
  }
  return true;
}

bool split(const Use &use) {
  const ast::Argument *test = use.labelled("test");
  if (use.arguments.size() != 1 || !test) {
    return use.wrongUse();
  }
  auto share = use.module.evaluateConstant(*test->value);
  if (!share) {
    return false;
  }
  if (!(*share > 0 && *share < 1)) {
    use.module.report(Diag::SplitShare, test->value->range, *share)
        .help("a share between 0 and 1: `split(test: 10%)`");
    return false;
  }
  use.dataset.testShare = *share;
  return true;
}

/// The label of which a balanced subset keeps as many of each class.
bool balance(const Use &use, SourceRange range, int64_t count) {
  const Field *label = nullptr;
  for (const Field &field : use.dataset.fields) {
    if (field.classes > 0 && field.shape.empty() && !label) {
      label = &field;
    }
  }
  if (!label) {
    use.module.report(Diag::BalanceWithoutLabel, range)
        .help("records with a label: `as (x: .., y: label[10])`");
    return false;
  }
  if (count % label->classes != 0) {
    use.module.report(Diag::BalanceCount, range, count, label->classes)
        .help(fmt::format("a multiple of {} can be", label->classes));
    return false;
  }
  use.dataset.balance = label->name;
  return true;
}

bool subset(const Use &use) {
  const auto *word = use.arguments.size() == 2
                         ? ast::as<ast::NameExpr>(use.arguments[1].value)
                         : nullptr;
  if (use.arguments.empty() || use.arguments.size() > 2 || !use.knows({}) ||
      (use.arguments.size() == 2 && (!word || word->text != "balanced"))) {
    return use.wrongUse();
  }
  const ast::Argument &first = use.arguments[0];
  auto count = use.module.evaluateInteger(*first.value, "the subset");
  if (!count) {
    return false;
  }
  if (*count < 1) {
    use.module.report(Diag::SubsetCount, first.range, *count)
        .help("`subset(100)` keeps 100 records");
    return false;
  }
  use.dataset.subset = *count;
  return !word || balance(use, use.arguments[1].range, *count);
}

/// Returns the classes of `label` that an argument names, one or a list.
std::optional<std::set<int64_t>>
classesIn(const Use &use, const ast::Argument &argument, const Field &label) {
  std::vector<const ast::Expr *> written = {argument.value.get()};
  if (const auto *list = ast::as<ast::ListExpr>(argument.value)) {
    written.clear();
    for (const auto &element : list->elements) {
      written.push_back(element.get());
    }
  }
  std::set<int64_t> classes;
  for (const ast::Expr *expr : written) {
    auto number = use.module.evaluateInteger(*expr, "a class");
    if (!number) {
      return std::nullopt;
    }
    if (*number < 0 || *number >= label.classes) {
      use.module.report(Diag::FilterClass, expr->range, *number, label.name,
                        label.classes - 1);
      return std::nullopt;
    }
    classes.insert(*number);
  }
  return classes;
}

/// `without(y: 8)` or `only(y: [0, 1])`: classes that training does not see.
bool filter(const Use &use) {
  const bool isOnly = use.name == "only";
  if (use.arguments.size() != 1 || !use.arguments[0].label) {
    return use.wrongUse();
  }
  const ast::Argument &argument = use.arguments[0];
  const auto &fields = use.dataset.fields;
  auto label =
      std::find_if(fields.begin(), fields.end(), [&](const Field &field) {
        return field.name == argument.label->text && field.classes > 0 &&
               field.shape.empty();
      });
  if (label == fields.end()) {
    use.module
        .report(Diag::FilterLabel, argument.label->range, argument.label->text)
        .help("records with a label: `as (x: .., y: label[10])`");
    return false;
  }
  auto named = classesIn(use, argument, *label);
  if (!named) {
    return false;
  }
  use.dataset.leftOut.clear();
  for (int64_t i = 0; i < label->classes; ++i) {
    if (named->count(i) != isOnly) {
      use.dataset.leftOut.push_back(i);
    }
  }
  if (static_cast<int64_t>(use.dataset.leftOut.size()) == label->classes) {
    use.module.report(Diag::FilterAll, argument.range, label->name);
    return false;
  }
  use.dataset.filter = label->name;
  return true;
}

struct Transform {
  std::string_view name;
  bool (*apply)(const Use &);
  const char *usage;
};

constexpr Transform transforms[] = {
    {"binarize", binarize, "binarize(each epoch), or binarize(x, each epoch)"},
    {"flip", flip, "flip, or flip(x)"},
    {"crop", crop, "crop(from: 142)"},
    {"resize", resize, "resize, or resize(x)"},
    {"normalize", normalize, "normalize(mean: 0.5, std: 0.25)"},
    {"dequantize", dequantize, "dequantize, or dequantize(x)"},
    {"split", split, "split(test: 10%)"},
    {"subset", subset, "subset(100), or subset(100, balanced)"},
    {"without", filter, "without(y: 8), or without(y: [0, 8])"},
    {"only", filter, "only(y: 8), or only(y: [0, 8])"},
};

bool applyOne(Module &module, const ast::Expr &expr, Dataset &dataset,
              std::map<std::string, SourceRange> &seen) {
  static const std::vector<ast::Argument> none;
  const auto *call = ast::as<ast::CallExpr>(expr);
  const auto *name = call ? ast::as<ast::NameExpr>(call->callee)
                          : ast::as<ast::NameExpr>(expr);
  const std::string text = name ? name->text : "this";
  std::vector<std::string> names;
  for (const Transform &transform : transforms) {
    names.emplace_back(transform.name);
    if (text != transform.name) {
      continue;
    }
    auto [it, isNew] = seen.emplace(text, expr.range);
    if (!isNew) {
      module.report(Diag::TransformTwice, expr.range, text)
          .label(it->second, "first here");
      return false;
    }
    return transform.apply({module, expr, text, call ? call->arguments : none,
                            dataset, transform.usage});
  }
  auto builder = module.report(Diag::UnknownTransform, expr.range, text);
  if (auto help = module.nearest(text, names)) {
    builder.help(*help);
  }
  return false;
}

} // namespace

bool applyTransforms(Module &module, const ast::DataDecl &decl,
                     Dataset &dataset) {
  std::map<std::string, SourceRange> seen;
  for (const auto &transform : decl.transforms) {
    if (!applyOne(module, *transform, dataset, seen)) {
      return false;
    }
  }
  if (seen.count("without") && seen.count("only")) {
    module.report(Diag::FilterTwice, seen["only"])
        .label(seen["without"], "leaves classes out already")
        .help("one of them says which are left");
    return false;
  }
  for (const char *parts : {"split", "subset", "without", "only"}) {
    if (decl.restOf && seen.count(parts)) {
      module.report(Diag::RestParts, seen[parts])
          .label(decl.restOf->range, "says which records these are");
      return false;
    }
  }
  for (const Field &field : dataset.fields) {
    if (field.binarize && field.dequantize) {
      // Either may be that of the whole, of which this is the rest.
      const bool here = seen.count("dequantize");
      auto builder = module.report(Diag::BinarizeAndDequantize,
                                   seen[here ? "dequantize" : "binarize"]);
      if (here && seen.count("binarize")) {
        builder.label(seen["binarize"], "makes 0 or 1 of them");
      }
      return false;
    }
    if (field.binary && field.dequantize) {
      module
          .report(Diag::DequantizedSet, seen["dequantize"], field.name,
                  field.low, field.high)
          .help(fmt::format("grey levels are `in [{},{}]`", field.low,
                            field.high));
      return false;
    }
  }
  return true;
}

} // namespace gmc::dsl
