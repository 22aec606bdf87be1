//===- Data.cpp - data sets and their streams -----------------------------===//
//
// A data set is a format with its source, the fields of its records, and what
// is done with them (Transforms.cpp).
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/Data.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {
namespace {

/// A number that a built-in data set takes.
struct Setting {
  const char *name;
  double value, least;
  bool whole;
};

/// A built-in data set of points.
struct Toy {
  std::string_view name;
  std::vector<Setting> settings; ///< beside those of all
};

const std::vector<Toy> &toys() {
  static const std::vector<Toy> all = {
      {"ring",
       {{"modes", 8, 1, true},
        {"radius", 1, 0, false},
        {"std", 0.01, 0, false}}},
      {"grid",
       {{"side", 5, 1, true},
        {"spacing", 2, 0, false},
        {"std", 0.05, 0, false}}},
      {"gaussians",
       {{"modes", 8, 1, true},
        {"spread", 1, 0, false},
        {"std", 0.1, 0, false}}},
      {"swiss_roll", {{"std", 0.01, 0, false}}},
      {"moons", {{"std", 0.05, 0, false}}},
  };
  return all;
}

constexpr Setting shared[] = {
    {"train", 100000, 1, true}, {"test", 10000, 1, true}, {"seed", 0, 0, true}};

constexpr std::string_view fileFormats[] = {"idx",    "cifar10", "npy",
                                            "folder", "csv",     "text"};

//===----------------------------------------------------------------------===//
// Fields
//===----------------------------------------------------------------------===//

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

/// Returns V of `int[..] in 0..<V`.
std::optional<int64_t> readCodes(Module &module, const ast::Field &field) {
  const ast::SpanExpr *span =
      field.values && field.values->kind == ast::ValueRange::Kind::Span
          ? ast::as<ast::SpanExpr>(field.values->elements[0])
          : nullptr;
  auto from = span ? module.evaluateInteger(*span->from, "the first code")
                   : std::nullopt;
  auto to =
      span ? module.evaluateInteger(*span->to, "the last code") : std::nullopt;
  if (span && (!from || !to)) {
    return std::nullopt;
  }
  if (!span || *from != 0 || *to < (span->exclusive ? 1 : 0)) {
    module
        .report(Diag::IntRange,
                field.values ? field.values->range : field.type.range)
        .help("`int[32] in 0..<100`: whole numbers from 0 to 99");
    return std::nullopt;
  }
  return span->exclusive ? *to : *to + 1;
}

/// Reads the range of a field of kind `type`.
bool readValues(Module &module, Elaborator &elaborator, const ast::Field &field,
                Field &result) {
  const std::string &type = field.type.name.text;
  if (type == "label" || type == "mask") {
    result.mask = type == "mask";
    result.classes =
        result.mask ? 0 : elaborator.classesOf(field.type).value_or(0);
    result.high = result.mask ? 1 : static_cast<double>(result.classes - 1);
    if (field.values) {
      module.report(Diag::LabelRange, field.values->range, type)
          .help(fmt::format("it is 0 to {}", result.high));
      return false;
    }
    return true;
  }
  if (type == "int") {
    auto codes = readCodes(module, field);
    result.classes = codes.value_or(0);
    result.high = static_cast<double>(result.classes - 1);
    return codes.has_value();
  }
  if (field.values) {
    auto range = readRange(module, *field.values);
    if (!range) {
      return false;
    }
    result.bounded = true;
    result.binary = field.values->kind == ast::ValueRange::Kind::Set;
    std::tie(result.low, result.high) = *range;
  }
  return true;
}

std::optional<Field> readField(Module &module, const ast::Field &field,
                               const std::string &name) {
  Body scratch;
  Elaborator elaborator(module, scratch, Elaborator::Mode::Constant, "");
  auto event = elaborator.eventOf(field.type);
  if (!event) {
    return std::nullopt;
  }
  Field result;
  result.name = name;
  result.shape = std::move(*event);
  result.image = field.type.name.text == "image";
  if (!readValues(module, elaborator, field, result)) {
    return std::nullopt;
  }
  return result;
}

/// Reads the fields of a record; a single field without a name is `x`.
bool readFields(Module &module, const ast::DataDecl &decl, Dataset &dataset) {
  std::map<std::string, SourceRange> seen;
  for (const ast::Field &field : decl.fields) {
    std::string name = field.name ? field.name->text : "x";
    auto [it, isNew] = seen.emplace(name, field.range);
    if (!isNew) {
      module.report(Diag::FieldTwice, field.name->range, name)
          .label(it->second, "first here");
      return false;
    }
    auto read = readField(module, field, name);
    if (!read) {
      return false;
    }
    dataset.fields.push_back(std::move(*read));
  }
  return true;
}

/// What a field of data is, for the formats.
enum class FieldKind : uint8_t { Label, Codes, Mask, Image, Numbers };

FieldKind kindOf(const Field &field) {
  return field.mask ? FieldKind::Mask
         : field.classes > 0
             ? (field.shape.empty() ? FieldKind::Label : FieldKind::Codes)
         : field.image ? FieldKind::Image
                       : FieldKind::Numbers;
}

/// Tells whether records of `format` can fill `field`.
bool serves(const std::string &format, const Field &field) {
  const FieldKind kind = kindOf(field);
  int64_t elements = Type{{}, field.shape}.elements();
  if (format == "idx") {
    return kind != FieldKind::Codes && kind != FieldKind::Mask;
  }
  if (format == "cifar10") {
    return kind == FieldKind::Label ||
           ((kind == FieldKind::Image || kind == FieldKind::Numbers) &&
            (field.resize || field.cropFrom > 0 || elements == 3 * 32 * 32));
  }
  if (format == "folder") {
    return kind == FieldKind::Label || kind == FieldKind::Image;
  }
  if (format == "text") {
    return (kind == FieldKind::Codes || kind == FieldKind::Mask) &&
           field.shape.size() == 1;
  }
  if (format == "npy" || format == "csv") {
    return true;
  }
  return kind == FieldKind::Label ||
         (kind == FieldKind::Numbers && field.shape == std::vector<int64_t>{2});
}

/// Says what records of `format` hold.
std::string recordOf(const std::string &format) {
  if (format == "idx") {
    return "`idx` gives images or vectors of bytes, and labels";
  }
  if (format == "cifar10") {
    return "`cifar10` gives `image[3,32,32]` and `label[10]`";
  }
  if (format == "folder") {
    return "`folder` gives an image, and a label where it holds a folder for "
           "each class";
  }
  if (format == "text") {
    return "`text` gives `int[T] in 0..<V` and `mask[T]`";
  }
  return fmt::format("`{}` gives `f32[2]`, and the number of the mode as a "
                     "label",
                     format);
}

bool checkFields(Module &module, const ast::DataDecl &decl,
                 const Dataset &dataset) {
  for (size_t i = 0; i < decl.fields.size(); ++i) {
    const Field &field = dataset.fields[i];
    if (!serves(dataset.format, field)) {
      module
          .report(Diag::FormatField, decl.fields[i].type.range, dataset.format,
                  field.name)
          .help(recordOf(dataset.format));
      return false;
    }
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

/// Reads `name: number` of a built-in data set.
bool readSetting(Module &module, const ast::Argument &argument, const Toy &toy,
                 const std::vector<Setting> &settings, Dataset &dataset) {
  const std::string name = argument.label ? argument.label->text : "";
  std::vector<std::string> names;
  for (size_t i = 0; i < settings.size(); ++i) {
    const Setting &setting = settings[i];
    names.emplace_back(setting.name);
    if (name != setting.name) {
      continue;
    }
    auto value = module.evaluateConstant(*argument.value);
    if (!value) {
      return false;
    }
    bool wrongForm = setting.whole && *value != std::floor(*value);
    if (!(*value >= setting.least) || *value > 1e9 || wrongForm) {
      module
          .report(Diag::SettingRange, argument.value->range, name, toy.name,
                  *value)
          .help(fmt::format("a {}number from {} to 1e9 is wanted",
                            setting.whole ? "whole " : "", setting.least));
      return false;
    }
    dataset.settings[setting.name] = *value;
    return true;
  }
  module
      .report(Diag::UnknownArgument,
              argument.label ? argument.label->range : argument.range, toy.name,
              argument.label ? name
                             : std::string(module.source.text(argument.range)))
      .help(fmt::format("its settings: {}", fmt::join(names, ", ")));
  return false;
}

bool readToy(Module &module, const ast::CallExpr &call, const Toy &toy,
             Dataset &dataset) {
  std::vector<Setting> settings = toy.settings;
  settings.insert(settings.end(), std::begin(shared), std::end(shared));
  for (const Setting &setting : settings) {
    dataset.settings[setting.name] = setting.value;
  }
  for (const ast::Argument &argument : call.arguments) {
    if (!readSetting(module, argument, toy, settings, dataset)) {
      return false;
    }
  }
  return true;
}

/// Reads format and source.
bool readSource(Module &module, const ast::DataDecl &decl, Dataset &dataset) {
  const auto *call = ast::as<ast::CallExpr>(decl.source);
  const auto *callee = call ? ast::as<ast::NameExpr>(call->callee) : nullptr;
  const std::string text = callee ? callee->text : "this";
  dataset.format = text;
  for (const Toy &toy : toys()) {
    if (callee && text == toy.name) {
      return readToy(module, *call, toy, dataset);
    }
  }
  if (!callee || std::find(std::begin(fileFormats), std::end(fileFormats),
                           text) == std::end(fileFormats)) {
    module
        .report(Diag::UnknownFormat,
                callee ? callee->range : decl.source->range, text)
        .help("files: idx, cifar10, npy, folder, csv, text; built in: ring(), "
              "grid(), gaussians(), swiss_roll(), moons()");
    return false;
  }
  const auto *source = call->arguments.size() == 1
                           ? ast::as<ast::StringExpr>(call->arguments[0].value)
                           : nullptr;
  if (!source) {
    module.report(Diag::SourceText, call->parentheses)
        .help(fmt::format("`{}(\"{}\")`", text,
                          text == "idx" ? "fashion-mnist" : "data/train"));
    return false;
  }
  dataset.source = source->value;
  return true;
}

/// Checks that the fields of a rest are fields of the whole, by name and type.
/// The only one, without a name, may be the first.
bool fieldsAreOf(Module &module, const ast::DataDecl &decl,
                 const Dataset &whole, Dataset &dataset) {
  for (size_t i = 0; i < decl.fields.size(); ++i) {
    Field &field = dataset.fields[i];
    if (!decl.fields[i].name) {
      field.name = whole.fields.front().name;
    }
    auto same = [&](const Field &other) {
      return other.name == field.name && other.shape == field.shape &&
             other.classes == field.classes && other.image == field.image;
    };
    if (std::none_of(whole.fields.begin(), whole.fields.end(), same)) {
      module
          .report(Diag::RestField, decl.fields[i].range, field.name, whole.name)
          .label(whole.where, "its fields are these")
          .help("a rest has fields of the whole, of the same names and types");
      return false;
    }
  }
  return true;
}

/// `rest of l`: the records that a subset leaves.
bool readRest(Module &module, const ast::DataDecl &decl, Dataset &dataset) {
  const ast::Name &name = *decl.restOf;
  auto it = module.values.find(name.text);
  const Dataset *whole =
      it != module.values.end() ? module.datasetOf(it->second) : nullptr;
  if (it != module.values.end() && it->second.failed &&
      name.text != decl.name.text) {
    return false;
  }
  if (!whole || whole->subset == 0 || whole->rest) {
    module.report(Diag::RestOfWhat, name.range, name.text)
        .help("`data l : .. , subset(100)` above it, then `data u : rest of "
              "l`");
    return false;
  }
  module.use(it->second.range);
  Dataset own = std::move(dataset);
  dataset = *whole;
  dataset.name = own.name;
  dataset.of = name.text;
  dataset.where = own.where;
  dataset.rest = true;
  dataset.record = whole->fields;
  if (!decl.fields.empty()) {
    dataset.fields = std::move(own.fields);
  }
  return fieldsAreOf(module, decl, *whole, dataset);
}

void collectData(Module &module, const ast::DataDecl &decl) {
  auto value = module.values.find(decl.name.text);
  if (value == module.values.end() || value->second.range != decl.name.range) {
    return;
  }
  value->second.failed = true;
  Dataset dataset;
  dataset.name = decl.name.text;
  dataset.where = decl.range;
  if (!readFields(module, decl, dataset) ||
      !(decl.restOf ? readRest(module, decl, dataset)
                    : readSource(module, decl, dataset)) ||
      !applyTransforms(module, decl, dataset) ||
      !checkFields(module, decl, dataset)) {
    return;
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
  return Stream{module.datasetOf(it->second), name.text, split};
}

} // namespace gmc::dsl
