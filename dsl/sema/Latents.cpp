//===- Latents.cpp - the `~` lines ----------------------------------------===//
//
// The argument of a step on the left of `~` is observed, a name with `via` is a
// latent, any other new name is a draw. Bounds.cpp derives bounds of the
// likelihood from the first two.
//
//===----------------------------------------------------------------------===//
#include "dsl/program/Formulas.h"
#include "dsl/sema/Library.h"
#include "dsl/sema/Support.h"

#include <cmath>

namespace gmc::dsl {
namespace {

/// Reports the parts of a draw that do not work yet.
bool hasUnsupportedPart(Elaborator &e, const ast::DrawStmt &stmt) {
  if (stmt.observe) {
    e.module.report(Diag::ObserveUnsupported, stmt.range);
  } else if (stmt.mask) {
    e.module.report(Diag::MaskUnsupported, stmt.mask->range);
  } else {
    return false;
  }
  return true;
}

std::shared_ptr<const Distribution>
asDistribution(Elaborator &e, const Value &value, SourceRange range) {
  if (value.kind != Value::Kind::Distribution && !value.isError()) {
    e.module.report(Diag::NotADistribution, range, e.typeText(value))
        .help("`~` and `via` take a distribution: `Normal(Enc(x))`");
  }
  return value.distribution;
}

/// Gives `d` the event of `like` and its named axes.
std::shared_ptr<const Distribution>
likeValue(Elaborator &e, std::shared_ptr<const Distribution> d,
          const ast::Expr &like) {
  auto value = e.tensor(like);
  if (!value) {
    return nullptr;
  }
  const Type &type = e.b.type(*value);
  auto result = std::make_shared<Distribution>(*d);
  auto axes = unitedAxes(d->type.axes, type.axes);
  bool fits = d->type.event.empty() || d->type.event == type.event;
  if (!axes || !fits) {
    e.module.report(Diag::LikeShape, like.range)
        .label(d->where, typeText(d->type))
        .label(like.range, typeText(type));
    return nullptr;
  }
  result->type = {*axes, type.event};
  return result;
}

/// The axis that `z[k: 50]` opens. Reports one that cannot be: `ok` is false.
std::optional<Axis> axisOf(Elaborator &e, const ast::DrawStmt &stmt, bool &ok) {
  if (!stmt.axis) {
    return std::nullopt;
  }
  auto extent = e.dimension(*stmt.axisLength);
  ok = extent.has_value();
  bool taken = stmt.axis->text == "batch";
  for (const Axis &open : e.openAxes) {
    taken = taken || open.name == stmt.axis->text;
  }
  if (taken) {
    e.module.report(Diag::DrawAxisTaken, stmt.axis->range, stmt.axis->text)
        .help("name an axis of its own: `z[k: 50]`");
    ok = false;
  }
  return ok ? std::optional(Axis{stmt.axis->text, *extent}) : std::nullopt;
}

/// Opens `axis` on the values that `d` gives.
std::shared_ptr<const Distribution>
withAxis(Elaborator &e, std::shared_ptr<const Distribution> d, const Axis &axis,
         SourceRange range) {
  auto axes = unitedAxes(d->type.axes, {axis});
  if (!axes) {
    e.module.report(Diag::DrawAxisExtent, range, axis.extent, axis.name)
        .label(d->where, "is of " + typeText(d->type))
        .help("draws on one axis are as many; name another axis");
    return nullptr;
  }
  auto result = std::make_shared<Distribution>(*d);
  result->type.axes = *axes;
  return result;
}

void observe(Elaborator &e, const ast::DrawStmt &stmt, const Distribution &d) {
  const std::string &name = stmt.name.text;
  if (stmt.estimator) {
    e.module.report(Diag::ObservedBy, stmt.estimator->range, name)
        .help("`by` says whose gradient a draw has; nothing is drawn here");
    return;
  }
  if (stmt.axis) {
    e.module.report(Diag::ObservedAxis, stmt.axis->range, name)
        .help("latents and draws stand on named axes; `x` has the axes of "
              "what it is observed under");
    return;
  }
  if (stmt.via) {
    e.module.report(Diag::ObservedVia, stmt.via->range, name)
        .help("the argument of a step is observed; only latents have a guide");
    return;
  }
  Local &local = e.frame->locals.at(name);
  e.module.use(local.declared);
  ValueId x = local.value.id;
  if (e.b.type(x).event != d.type.event ||
      !unitedAxes(e.b.type(x).axes, d.type.axes)) {
    e.module.report(Diag::ObservedShape, stmt.name.range, name)
        .label("is " + typeText(e.b.type(x)))
        .label(d.where, "is of " + typeText(d.type));
    return;
  }
  if (!fitsSupport(e, d, x, stmt.name.range)) {
    return;
  }
  e.b.setRange(stmt.range);
  const Distribution &kind = familyOf(d);
  e.observations.push_back({name, e.logProb(d, x), kind.family, kind.grey,
                            Type{{}, e.b.type(x).event}.elements()});
}

void latent(Elaborator &e, const ast::DrawStmt &stmt,
            std::shared_ptr<const Distribution> prior,
            const std::optional<Axis> &axis) {
  auto guide = asDistribution(e, e.evaluate(*stmt.via), stmt.via->range);
  if (!guide) {
    e.bind(stmt.name, {}, "latent");
    return;
  }
  if (guide->type.event != prior->type.event) {
    auto builder =
        e.module.report(Diag::GuideShape, stmt.via->range, stmt.name.text);
    builder.label(guide->where, "gives " + typeText(guide->type));
    builder.label(prior->where, "gives " + typeText(prior->type));
    if (prior->type.event.empty()) {
      builder.help(fmt::format("repeat the prior: `..[{}]`",
                               fmt::join(guide->type.event, ",")));
    }
    e.bind(stmt.name, {}, "latent");
    return;
  }
  auto proposed = guide;
  std::string site = stmt.name.text;
  if (axis) {
    proposed = withAxis(e, proposed, *axis, stmt.axis->range);
  }
  if (proposed && e.weighing) {
    proposed = withAxis(e, proposed, e.weighing->axis, stmt.name.range);
    site += e.weighing->site;
  }
  auto how = e.estimatorOf(stmt, *guide);
  if (!proposed || !how) {
    e.bind(stmt.name, {}, "latent");
    return;
  }
  if (e.weighing && e.mode != Elaborator::Mode::Step) {
    how = Estimator{}; // Nothing is differentiated: the family itself.
  }
  e.b.setRange(stmt.range);
  ValueId z = e.sample(*proposed, site, stmt.once, *how);
  e.b.setName(z, stmt.name.text);
  e.latents.push_back({stmt.name.text, prior, guide, z, stmt.range,
                       axis.has_value(), how->relaxed()});
  e.bind(stmt.name, Value::ofTensor(z), "latent");
}

} // namespace

uint64_t Elaborator::siteOf(const std::string &name) {
  return b.site(frame->path + "/" + name);
}

void Elaborator::draw(const ast::DrawStmt &stmt) {
  if (hasUnsupportedPart(*this, stmt)) {
    frame->locals.emplace(stmt.name.text, Local{Value{}, stmt.name.range});
    return;
  }
  const std::string &name = stmt.name.text;
  bool inStep =
      mode != Mode::Constant && mode != Mode::Network && frame == &root;
  auto it = frame->locals.find(name);
  bool isObserved = inStep && stepArguments.count(name);
  if (it != frame->locals.end() && !isObserved) {
    module.report(Diag::DrawOfBound, stmt.name.range, name)
        .label(it->second.declared, "bound here")
        .help("`~` names a new value, or the argument of a step");
    return;
  }
  auto d = asDistribution(*this, evaluate(*stmt.distribution),
                          stmt.distribution->range);
  if (d && stmt.like) {
    d = likeValue(*this, d, *stmt.like);
  }
  if (isObserved) {
    if (it->second.value.isError()) {
      return;
    }
    if (d) {
      observe(*this, stmt, *d);
    }
    return;
  }
  bool ok = d != nullptr;
  auto axis = ok ? axisOf(*this, stmt, ok) : std::nullopt;
  if (!ok) {
    bind(stmt.name, {}, "draw");
    return;
  }
  if (stmt.via) {
    if (!inStep) {
      module.report(Diag::ViaOutsideStep, stmt.via->range)
          .help("latents stand in a `step` or a `proc`");
      bind(stmt.name, {}, "draw");
      return;
    }
    latent(*this, stmt, d, axis);
    return;
  }
  if (axis && !(d = withAxis(*this, d, *axis, stmt.axis->range))) {
    bind(stmt.name, {}, "draw");
    return;
  }
  auto how = estimatorOf(stmt, *d);
  if (!how) {
    bind(stmt.name, {}, "draw");
    return;
  }
  b.setRange(stmt.range);
  ValueId value = sample(*d, name, stmt.once, *how);
  b.setName(value, name);
  bind(stmt.name, Value::ofTensor(value), "draw");
}

//===----------------------------------------------------------------------===//
// Functions of the library
//===----------------------------------------------------------------------===//

namespace {

/// The name that `bound` is, or empty.
std::string nameOf(const Bound &bound) {
  const auto *name = bound.expr ? ast::as<ast::NameExpr>(*bound.expr) : nullptr;
  return name ? name->text : "";
}

/// Whether a draw of `d` can be `number`, as far as constants tell.
bool canGive(const Elaborator &e, const Distribution &of, double number) {
  using Family = Distribution::Family;
  const Distribution &d = familyOf(of);
  switch (d.family) {
  case Family::Normal:
  case Family::Laplace:
  case Family::Mixture:
    return true;
  case Family::Uniform: {
    auto low = e.b.constantValue(d.first), high = e.b.constantValue(d.second);
    return (!low || *low <= number) && (!high || number <= *high);
  }
  case Family::Gamma:
    return number >= 0;
  case Family::Beta:
    return number >= 0 && number <= 1;
  case Family::Bernoulli:
    return d.grey ? number >= 0 && number <= 1 : number == 0 || number == 1;
  case Family::OneHot: // one number at every place
    return number == 1 && classesOf(e.b, d) == 1;
  case Family::Categorical:
    return number >= 0 && number < double(classesOf(e.b, d)) &&
           number == std::floor(number);
  }
  return true;
}

std::string supportText(const Elaborator &e, const Distribution &of) {
  using Family = Distribution::Family;
  const Distribution &d = familyOf(of);
  switch (d.family) {
  case Family::Uniform:
    return "gives numbers between its ends";
  case Family::Gamma:
    return "gives numbers from 0 on";
  case Family::Beta:
    return "gives numbers between 0 and 1";
  case Family::Categorical:
    return fmt::format("gives whole numbers from 0 to {}",
                       classesOf(e.b, d) - 1);
  case Family::OneHot:
    return "gives 1 at one place, 0 at the others";
  default:
    return d.grey ? "gives numbers from 0 to 1" : "gives 0 or 1 only";
  }
}

/// `log_prob(x)` of an observed argument, `log_prob(q, v)` of a distribution.
Value logProbCall(Elaborator &e, const CallSite &site,
                  const Arguments &arguments, const LibraryEntry &) {
  const Bound &first = *arguments.find("q");
  const Bound *second = arguments.find("v");
  if (!second) {
    std::string name = nameOf(first);
    for (const Observation &observation : e.observations) {
      if (observation.name == name) {
        e.aim(observation.logProb, site.range, true);
        return Value::ofTensor(observation.logProb);
      }
    }
    if (!e.module.diagnostics.hasErrors()) {
      e.module.report(Diag::NotObserved, first.range)
          .help("`log_prob(x)` is the density of an observed argument, "
                "`log_prob(q, v)` that of a value under `q`");
    }
    return {};
  }
  auto d = asDistribution(e, e.evaluate(first), first.range);
  auto v = e.tensor(*second);
  if (!d || !v) {
    return {};
  }
  const Type &type = e.b.type(*v);
  bool fits = d->type.event == type.event || d->type.event.empty();
  if (!fits || !unitedAxes(d->type.axes, type.axes)) {
    e.module.report(Diag::DensityShape, site.range)
        .label(d->where, typeText(d->type))
        .label(second->range, typeText(type));
    return {};
  }
  auto number = e.b.constantValue(*v);
  if (number && !canGive(e, *d, *number)) {
    e.module.report(Diag::ValueSupport, second->range, *number)
        .label(d->where, supportText(e, *d));
    return {};
  }
  if (!number && !fitsSupport(e, *d, *v, second->range)) {
    return {};
  }
  e.b.setRange(site.range);
  ValueId density = e.logProb(*d, *v);
  if (const Node &node = e.b.node(*v);
      node.op == Op::Argument &&
      e.argumentFields.count(e.body.arguments[node.attrs.index].name)) {
    e.aim(density, site.range, true, true);
  }
  return Value::ofTensor(density);
}

/// `kl(z)` of a latent, `kl(q, p)` of two distributions.
Value klCall(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  const Bound &first = *arguments.find("q");
  const Bound *second = arguments.find("p");
  if (!second) {
    std::string name = nameOf(first);
    for (const Latent &latent : e.latents) {
      if (latent.name == name) {
        auto kl =
            e.divergence(*latent.guide, *latent.prior, latent.draw, site.range);
        if (kl) {
          e.aim(*kl, site.range, false);
        }
        return kl ? Value::ofTensor(*kl) : Value{};
      }
    }
    if (!e.module.diagnostics.hasErrors()) {
      e.module.report(Diag::NotALatent, first.range)
          .help("`kl(z)` is the divergence of a latent, `kl(q, p)` that of "
                "`q` from `p`");
    }
    return {};
  }
  auto q = asDistribution(e, e.evaluate(first), first.range);
  auto p = asDistribution(e, e.evaluate(*second), second->range);
  if (!q || !p) {
    return {};
  }
  auto kl = e.divergence(*q, *p, std::nullopt, site.range);
  return kl ? Value::ofTensor(*kl) : Value{};
}

constexpr LibraryEntry entries[] = {
    {"log_prob(q, v?)", logProbCall},
    {"kl(q, p?)", klCall},
};

} // namespace

std::span<const LibraryEntry> latentEntries() { return entries; }

} // namespace gmc::dsl
