//===- Emits.cpp - what a procedure shows ---------------------------------===//
#include "dsl/sema/Gather.h"

#include <algorithm>
#include <map>

namespace gmc::dsl {
namespace {

using Range = std::pair<double, double>;

/// Returns the range that the values of a node lie in, where its op tells.
std::optional<Range> rangeOf(const Elaborator &e, ValueId id) {
  const Node &node = e.b.node(id);
  switch (node.op) {
  case Op::Sigmoid:
  case Op::RandomUniform:
    return Range{0, 1};
  case Op::Tanh:
    return Range{-1, 1};
  case Op::Argument: {
    auto it = e.argumentFields.find(e.body.arguments[node.attrs.index].name);
    if (it == e.argumentFields.end()) {
      return std::nullopt;
    }
    auto [low, high] = it->second.field.shownRange();
    return Range{low, high};
  }
  case Op::Reshape:
  case Op::Broadcast:
  case Op::Transpose:
  case Op::Slice:
  case Op::Stop:
    return rangeOf(e, node.operands[0]);
  case Op::Concat: {
    auto a = rangeOf(e, node.operands[0]), b = rangeOf(e, node.operands[1]);
    if (!a || !b) {
      return std::nullopt;
    }
    return Range{std::min(a->first, b->first), std::max(a->second, b->second)};
  }
  case Op::Min:
    // clamp(u, a, b) = min(max(u, a), b)
    if (const Node &inner = e.b.node(node.operands[0]); inner.op == Op::Max) {
      auto low = e.b.constantValue(inner.operands[1]);
      auto high = e.b.constantValue(node.operands[1]);
      if (low && high) {
        return Range{*low, *high};
      }
    }
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

/// Returns the range of the file's first images, [0, 1] without any.
Range defaultRange(const Program &program) {
  for (const Dataset &dataset : program.datasets) {
    for (const Field &field : dataset.fields) {
      if (field.image) {
        auto [low, high] = field.shownRange();
        return {low, high};
      }
    }
  }
  return {0, 1};
}

bool isImage(const Type &type) {
  return type.event.size() == 3 && (type.event[0] == 1 || type.event[0] == 3);
}

std::vector<std::string> emissionWords() {
  std::vector<std::string> words;
  for (const plan::Word &word : wordsOf(Emission::Kind())) {
    words.emplace_back(word.word);
  }
  return words;
}

/// Reports what is no row of codes.
bool isText(Elaborator &e, ValueId value, SourceRange range) {
  const Type &type = e.b.type(value);
  const bool isRow = type.event.size() == 1;
  if (isRow && isWhole(e, value)) {
    return true;
  }
  e.module.report(Diag::EmitCodes, range)
      .label("is " + typeText(type) +
             (isRow ? ", which need not be whole numbers" : ""))
      .help("a row of codes is what `text` data give, and what `argmax` or a "
            "Categorical makes of a row of scores");
  return false;
}

/// Returns the data set whose characters codes stand for; reports where there
/// is not one.
std::string characterSource(Module &module, SourceRange range) {
  std::vector<std::string> texts;
  for (const Dataset &dataset : module.program.datasets) {
    if (dataset.format == "text" && dataset.of.empty()) {
      texts.push_back(dataset.name);
    }
  }
  if (texts.size() == 1) {
    return texts[0];
  }
  module.report(Diag::EmitCharacters, range, texts.size())
      .help("codes stand for the characters of the one `data d : "
            "text(\"..\")` of the file");
  return "";
}

/// Tells whether `value` can be member `place` of `emit idx`.
bool fitsSet(const Elaborator &e, ValueId value, size_t place) {
  const Type &type = e.b.type(value);
  return place == 0 ? isImage(type)
                    : place == 1 && type.event.empty() && isWhole(e, value);
}

/// Checks what is emitted as a whole: features in pairs of one length, a name
/// for each column or for none.
bool hasWholeSignature(const Elaborator &e, const Emission &emit,
                       const ast::CallExpr &call) {
  auto typeOf = [&](size_t i) -> const Type & {
    return e.b.type(e.body.outputs[emit.outputs[i]].value);
  };
  if (emit.kind == Emission::Kind::Frechet &&
      (emit.outputs.size() != 2 || typeOf(0).event.size() != 1 ||
       typeOf(0) != typeOf(1) || typeOf(0).axes.size() != 1)) {
    auto builder = e.module.report(Diag::EmitFeatures, call.range);
    for (size_t i = 0; i < emit.outputs.size(); ++i) {
      builder.label(call.arguments[i].range, dsl::typeText(typeOf(i)));
    }
    builder.help("of one length: `emit frechet(V(x).feat, V(G(z)).feat)`");
    return false;
  }
  if (!emit.names.empty() && emit.names.size() != emit.outputs.size()) {
    e.module.report(Diag::EmitLabel, call.range, emit.names.front())
        .help("all columns have names, or none: `emit csv(score: s, y: y)`");
    return false;
  }
  return true;
}

} // namespace

void Elaborator::emit(const ast::EmitStmt &stmt) {
  const auto *call = ast::as<ast::CallExpr>(stmt.call);
  const auto *callee = call ? ast::as<ast::NameExpr>(call->callee) : nullptr;
  if (!callee) {
    evaluate(*stmt.call);
    return;
  }
  auto kind = plan::valueOf<Emission::Kind>(callee->text);
  if (!kind) {
    auto builder =
        module.report(Diag::UnknownEmit, callee->range, callee->text);
    if (auto help = module.nearest(callee->text, emissionWords())) {
      builder.help(*help);
    }
    return;
  }
  if (call->arguments.empty()) {
    module.report(Diag::EmitNothing, call->range);
    return;
  }
  Emission result;
  result.kind = *kind;
  if (*kind == Emission::Kind::Text) {
    result.dataset = characterSource(module, callee->range);
    if (result.dataset.empty()) {
      return;
    }
  }
  std::optional<Range> range;
  for (const ast::Argument &argument : call->arguments) {
    if (argument.label && *kind != Emission::Kind::Csv) {
      module.report(Diag::EmitLabel, argument.range, argument.label->text);
      return;
    }
    if (argument.label) {
      result.names.push_back(argument.label->text);
    }
    auto value = tensor(*argument.value);
    if (!value) {
      return;
    }
    Type type = b.type(*value);
    const size_t place = result.outputs.size();
    if (*kind == Emission::Kind::Idx && !fitsSet(*this, *value, place)) {
      module.report(Diag::EmitSet, argument.range)
          .label("is " + dsl::typeText(type))
          .help("`emit idx(x, y)`: x is [1,h,w] or [3,h,w], y a label");
      return;
    }
    bool pictures =
        *kind == Emission::Kind::Grid || *kind == Emission::Kind::Row;
    if (*kind == Emission::Kind::Scatter &&
        type.event != std::vector<int64_t>{2}) {
      module.report(Diag::EmitShape, argument.range, callee->text)
          .label("is " + dsl::typeText(type))
          .help("a point of the plane is f32[2]: `reshape(2)`, or two entries "
                "of more, `z[0:2]`");
      return;
    }
    if (pictures && !isImage(type)) {
      module.report(Diag::EmitShape, argument.range, callee->text)
          .label("is " + dsl::typeText(type))
          .help("a picture is [1,h,w] or [3,h,w]: `reshape(1, 28, 28)`");
      return;
    }
    if (*kind == Emission::Kind::Text &&
        !isText(*this, *value, argument.range)) {
      return;
    }
    type.axes = *unitedAxes(type.axes, {openAxes[0]});
    ValueId shown = b.broadcast(*value, type);
    result.texts.emplace_back(module.source.text(argument.range));
    // The label of a set has no part in the range of its pictures.
    auto known = *kind == Emission::Kind::Idx && place > 0
                     ? std::nullopt
                     : rangeOf(*this, shown);
    if (known) {
      range = range ? Range{std::min(range->first, known->first),
                            std::max(range->second, known->second)}
                    : *known;
    }
    result.outputs.push_back(static_cast<uint32_t>(body.outputs.size()));
    body.outputs.push_back(
        {fmt::format("{}{}", callee->text, body.outputs.size()), shown});
  }
  if (!hasWholeSignature(*this, result, *call)) {
    return;
  }
  Range shown = range.value_or(defaultRange(module.program));
  result.low = shown.first;
  result.high = shown.second;
  emits.push_back(std::move(result));
}

} // namespace gmc::dsl
