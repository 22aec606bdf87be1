//===- Data.cpp - data sets and their streams -----------------------------===//
#include "dsl/sema/Passes.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// Returns the numbers of `[a, b]` or `{a, b}`.
std::optional<std::pair<double, double>>
readRange(Module &module, const ast::ValueRange &range) {
  if (range.kind == ast::ValueRange::Kind::Span || range.elements.size() != 2) {
    module.report(Diag::DataRangeUnsupported, range.range)
        .help("`in [0,1]`, `in [-1,1]` or `in {0,1}`");
    return std::nullopt;
  }
  auto low = module.evaluateConstant(*range.elements[0]);
  auto high = module.evaluateConstant(*range.elements[1]);
  if (!low || !high) {
    return std::nullopt;
  }
  if (!(*low < *high)) {
    module.report(Diag::DataRangeOrder, range.range, *low, *high)
        .help("the lower end comes first");
    return std::nullopt;
  }
  return std::pair(*low, *high);
}

std::optional<DataField> readField(Module &module, const ast::Field &field,
                                   const std::string &name) {
  Body scratch;
  Elaborator elaborator(module, scratch, Elaborator::Mode::Constant, "");
  auto event = elaborator.eventOf(field.type);
  if (!event) {
    return std::nullopt;
  }
  DataField result;
  result.name = name;
  result.event = std::move(*event);
  result.image = field.type.name.text == "image";
  if (field.values) {
    auto range = readRange(module, *field.values);
    if (!range) {
      return std::nullopt;
    }
    std::tie(result.low, result.high) = *range;
  }
  return result;
}

/// Applies `binarize(each epoch)`; reports every other transform.
void applyTransform(Module &module, const ast::Expr &expr, Dataset &dataset,
                    bool &binarized) {
  const auto *call = ast::as<ast::CallExpr>(expr);
  const auto *name = call ? ast::as<ast::NameExpr>(call->callee)
                          : ast::as<ast::NameExpr>(expr);
  if (!name || name->text != "binarize") {
    std::string text = name ? name->text : "this";
    bool reserved =
        text == "flip" || text == "crop" || text == "split" || text == "subset";
    module.report(reserved ? Diag::TransformUnsupported
                           : Diag::UnknownTransform,
                  expr.range, text);
    return;
  }
  bool eachEpoch = call && call->arguments.size() == 1 &&
                   call->arguments[0].label &&
                   call->arguments[0].label->text == "each";
  if (!eachEpoch) {
    module.report(Diag::BinarizeWhen, expr.range)
        .help("`binarize(each epoch)`");
    return;
  }
  binarized = true;
  for (DataField &field : dataset.fields) {
    field.binarize = true;
    if (field.low != 0 || field.high != 1) {
      module.report(Diag::BinarizeRange, expr.range, field.low, field.high)
          .help("declare the data `in {0,1}`");
    }
  }
}

void collectData(Module &module, const ast::DataDecl &decl) {
  auto value = module.values.find(decl.name.text);
  if (value == module.values.end() || value->second.range != decl.name.range) {
    return;
  }
  value->second.failed = true;
  if (decl.restOf) {
    module.report(Diag::RestUnsupported, decl.restOf->range);
    return;
  }
  const auto *call = ast::as<ast::CallExpr>(decl.source);
  const auto *callee = call ? ast::as<ast::NameExpr>(call->callee) : nullptr;
  if (!callee || callee->text != "idx") {
    std::string text = callee ? callee->text : "this";
    bool known = text == "folder" || text == "npy" || text == "cifar10" ||
                 text == "csv" || text == "text" || text == "ring" ||
                 text == "grid" || text == "gaussians" ||
                 text == "swiss_roll" || text == "moons";
    SourceRange range = callee ? callee->range : decl.source->range;
    module
        .report(known ? Diag::FormatUnsupported : Diag::UnknownFormat, range,
                text)
        .help("`idx(\"fashion-mnist\")` reads IDX files");
    return;
  }
  const auto *source = call->arguments.size() == 1
                           ? ast::as<ast::StringExpr>(call->arguments[0].value)
                           : nullptr;
  if (!source) {
    module.report(Diag::SourceText, call->parentheses)
        .help("`idx(\"fashion-mnist\")`");
    return;
  }
  Dataset dataset;
  dataset.name = decl.name.text;
  dataset.format = callee->text;
  dataset.source = source->value;
  dataset.where = decl.range;
  if (decl.fields.size() != 1) {
    module.report(Diag::FieldsUnsupported, decl.fields[1].range);
    return;
  }
  const ast::Field &field = decl.fields[0];
  auto read = readField(module, field, field.name ? field.name->text : "x");
  if (!read) {
    return;
  }
  dataset.fields.push_back(std::move(*read));
  bool binarized = false;
  for (const auto &transform : decl.transforms) {
    applyTransform(module, *transform, dataset, binarized);
  }
  bool isSet = field.values && field.values->kind == ast::ValueRange::Kind::Set;
  if (isSet && !binarized) {
    module.report(Diag::SetWithoutBinarize, field.values->range)
        .help("add `binarize(each epoch)`, or say `in [0,1]`");
  }
  value->second.failed = false;
  value->second.index = static_cast<uint32_t>(module.program.datasets.size());
  module.program.datasets.push_back(std::move(dataset));
}

} // namespace

void collectDatasets(Module &module) {
  for (const auto &decl : module.file.declarations) {
    if (const auto *data = ast::as<ast::DataDecl>(decl)) {
      collectData(module, *data);
    }
  }
}

std::optional<Stream> resolveStream(Module &module, const ast::Path &path) {
  const ast::Name &name = path.parts.front();
  auto it = module.values.find(name.text);
  if (it == module.values.end() || it->second.kind != FileValue::Kind::Data) {
    std::vector<std::string> names;
    for (const auto &[other, value] : module.values) {
      if (value.kind == FileValue::Kind::Data) {
        names.push_back(other);
      }
    }
    auto builder = module.report(Diag::UnknownData, name.range, name.text);
    if (auto help = module.nearest(name.text, names)) {
      builder.help(*help);
    }
    return std::nullopt;
  }
  module.use(it->second.range);
  if (it->second.failed) {
    return std::nullopt;
  }
  const std::string split = path.parts.size() == 2 ? path.parts[1].text : "";
  if (split != "train" && split != "test") {
    SourceRange range =
        path.parts.size() > 1 ? path.parts[1].range : path.range;
    module.report(Diag::UnknownSplit, range, name.text)
        .help(fmt::format("`{0}.train` or `{0}.test`", name.text));
    return std::nullopt;
  }
  return Stream{&module.program.datasets[it->second.index], name.text, split};
}

} // namespace gmc::dsl
