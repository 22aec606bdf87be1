//===- Parts.cpp - layers that a net names before it calls them -----------===//
//
// `use f : linear(8)` names a layer; `f(x)` calls it, as often as wanted and
// within scans. The first call makes its weights, the others find them.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/FrameScope.h"
#include "dsl/sema/Library.h"

namespace gmc::dsl {
namespace {

/// Splits "gru(x, h, n)" after its `inputs`: ("(x, h)", "(n)").
std::pair<std::string, std::string> signaturesOf(const LibraryEntry &layer) {
  std::string_view list = layer.signature.substr(layer.name().size() + 1);
  list.remove_suffix(1);
  size_t end = 0;
  for (int i = 0; i < layer.inputs; ++i) {
    end = std::min(list.find(", ", end + (i > 0 ? 2 : 0)), list.size());
  }
  std::string_view settings = list.substr(std::min(end + 2, list.size()));
  return {fmt::format("({})", list.substr(0, end)),
          fmt::format("({})", settings)};
}

/// Returns the layer at `site`; reports what is none.
const LibraryEntry *layerOf(Elaborator &e, const CallSite &site) {
  const LibraryEntry *layer = findLibrary(site.name);
  if (layer && layer->isLayer) {
    return layer;
  }
  if (!layer && !e.module.functions.count(site.name)) {
    if (isReservedFunction(site.name)) {
      e.module.report(Diag::FunctionUnsupported, site.nameRange, site.name);
    } else {
      e.unknownFunction(site);
    }
    return nullptr;
  }
  e.module.report(Diag::PartWanted, site.nameRange, site.name)
      .help("`use f : linear(8)`; of nets `use` makes instances outside of "
            "nets");
  return nullptr;
}

/// Reads `linear(8)`; nothing (and reported) where that is no layer. Where it
/// stands is left to the caller.
std::optional<Part> partOf(Elaborator &e, const ast::Expr &target) {
  const auto *made = ast::as<ast::CallExpr>(target);
  const auto *named = made ? ast::as<ast::NameExpr>(made->callee)
                           : ast::as<ast::NameExpr>(target);
  if (!named) {
    e.module
        .report(Diag::PartWanted, target.range,
                e.module.source.text(target.range))
        .help("`use f : linear(8)`");
    return std::nullopt;
  }
  CallSite site;
  site.name = named->text;
  site.nameRange = named->range;
  site.range = target.range;
  site.arguments = made ? &made->arguments : nullptr;
  if (!e.frame->instance) {
    e.module.report(Diag::LayerOutsideNet, named->range, named->text)
        .help("layers have parameters: `use` them in a `net`, in a `block` or "
              "in the file");
    return std::nullopt;
  }
  const LibraryEntry *layer = layerOf(e, site);
  auto settings =
      layer ? e.bindArguments(site, site.name + signaturesOf(*layer).second)
            : std::nullopt;
  if (!settings) {
    return std::nullopt;
  }
  Part part;
  part.layer = layer;
  part.settings = std::move(*settings);
  part.home.locals = e.frame->locals;
  part.home.instance = e.frame->instance;
  part.home.prefix = e.frame->prefix;
  return part;
}

} // namespace

void Elaborator::declareParts(const ast::UseStmt &stmt) {
  const std::optional<Part> read = partOf(*this, *stmt.target);
  for (const ast::Name &name : stmt.names) {
    Value value;
    if (read) {
      auto part = std::make_shared<Part>(*read);
      CallSite site;
      site.asName = name;
      part->home.layer = layerPrefix(site, std::string(part->layer->name()));
      value.kind = Value::Kind::Part;
      value.part = std::move(part);
    }
    bind(name, std::move(value), "layer");
  }
}

Value Elaborator::callPart(const Part &part, const CallSite &site) {
  auto arguments =
      bindArguments(site, site.name + signaturesOf(*part.layer).first);
  if (!arguments) {
    return {};
  }
  Arguments all = part.settings;
  for (const auto &[name, bound] : arguments->named) {
    Value value = evaluate(bound);
    if (value.isError()) {
      return {};
    }
    all.named[name] = {nullptr, std::move(value), bound.range};
  }
  CallSite inside;
  inside.expr = site.expr;
  inside.name = part.layer->name();
  inside.nameRange = site.nameRange;
  inside.range = site.range;
  Frame inner = part.home;
  inner.path = frame->path;
  FrameScope scope(*this, inner);
  b.setRange(site.range);
  return part.layer->handler(*this, inside, all, *part.layer);
}

Value Elaborator::callLayer(Instance &instance, const CallSite &site) {
  Frame home;
  home.instance = &instance;
  home.prefix = instance.name + ".";
  home.path = frame->path;
  std::optional<Part> part;
  {
    FrameScope scope(*this, home);
    part = partOf(*this, *instance.layer);
  }
  if (!part) {
    return {};
  }
  part->home.layer = home.prefix;
  return callPart(*part, site);
}

/// The names stand in lines of the net's own body, whose settings are made of
/// numbers of the file.
std::optional<Value> Elaborator::callPartOf(const ast::MemberExpr &callee,
                                            const ast::CallExpr &expr) {
  const auto *object = ast::as<ast::NameExpr>(callee.object);
  auto it =
      object ? module.functions.find(object->text) : module.functions.end();
  Instance *instance =
      it == module.functions.end() ? nullptr : it->second.instance;
  const ast::UseStmt *found = nullptr;
  const size_t lines =
      instance && instance->net ? instance->net->body.statements.size() : 0;
  for (size_t i = 0; i < lines; ++i) {
    const auto *use = ast::as<ast::UseStmt>(instance->net->body.statements[i]);
    for (size_t j = 0; use && j < use->names.size(); ++j) {
      found = use->names[j].text == callee.member.text ? use : found;
    }
  }
  if (!found) {
    return std::nullopt;
  }
  module.use(it->second.range);
  if (!module.ensureChecked(*instance, callee.range)) {
    return Value{};
  }
  Frame home;
  std::map<std::string, int> ordinals;
  home.instance = instance;
  home.prefix = instance->name + ".";
  home.ordinals = &ordinals;
  home.path = frame->path;
  {
    FrameScope scope(*this, home);
    declareParts(*found);
  }
  auto local = home.locals.find(callee.member.text);
  if (local == home.locals.end() ||
      local->second.value.kind != Value::Kind::Part) {
    return Value{};
  }
  CallSite site;
  site.expr = &expr;
  site.name = callee.member.text;
  site.nameRange = callee.member.range;
  site.range = expr.range;
  site.arguments = &expr.arguments;
  bool outer = std::exchange(frozen, frozen || instance->frozen);
  Value result = callPart(*local->second.value.part, site);
  frozen = outer;
  return result;
}

} // namespace gmc::dsl
