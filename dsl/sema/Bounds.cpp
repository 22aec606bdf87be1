//===- Bounds.cpp - bounds of the likelihood, derived from the `~` lines --===//
//
//   elbo = sum log p(x | ..) - beta sum KL(q(z | ..) || p(z)),
//   iwae(k) = log 1/k sum of k weights p(x, z) / q(z), z drawn from q
//     (Burda, Grosse and Salakhutdinov 2016), nats an example;
//   nll(importance: k) = -iwae(k), and bpd is nll in bits a dimension.
//
// For the weights the lines of the step are walked once more, the latents being
// drawn on an axis of their own. What does not depend on them is the same as
// before.
//
//===----------------------------------------------------------------------===//
#include "dsl/program/Formulas.h"
#include "dsl/sema/Library.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {

//===----------------------------------------------------------------------===//
// The evidence lower bound
//===----------------------------------------------------------------------===//

/// The mean over all named axes but the batch: those of several draws.
ValueId Elaborator::meanOverDraws(ValueId value) {
  std::vector<int64_t> dims;
  double count = 1;
  const auto &axes = b.type(value).axes;
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i].name != "batch") {
      dims.push_back(static_cast<int64_t>(i));
      count *= static_cast<double>(axes[i].extent);
    }
  }
  return dims.empty()
             ? value
             : b.binary(Op::Mul, b.reduce(Op::Sum, value, dims), 1 / count);
}

std::optional<ValueId> Elaborator::reconstruction() {
  std::optional<ValueId> sum;
  for (const Observation &observation : observations) {
    ValueId one = meanOverDraws(observation.logProb);
    sum = sum ? b.binary(Op::Add, *sum, one) : one;
  }
  return sum;
}

std::optional<ValueId> Elaborator::totalDivergence(SourceRange range) {
  std::optional<ValueId> sum;
  for (const Latent &latent : latents) {
    auto kl = divergence(*latent.guide, *latent.prior, latent.draw, range);
    if (!kl) {
      return std::nullopt;
    }
    ValueId one = meanOverDraws(*kl);
    sum = sum ? b.binary(Op::Add, *sum, one) : one;
  }
  return sum;
}

namespace {

/// Reports a bound of a step that observes nothing.
bool observesNothing(Elaborator &e, const char *what, SourceRange range) {
  if (!e.observations.empty()) {
    return false;
  }
  if (!e.module.diagnostics.hasErrors()) {
    e.module.report(Diag::NoElbo, range, what)
        .help("observe an argument of the step: `x ~ Bernoulli(logits: "
              "Dec(z))`");
  }
  return true;
}

} // namespace

std::optional<Value> Elaborator::elbo(const Bound *beta, SourceRange range) {
  if (observesNothing(*this, "elbo", range)) {
    return std::nullopt;
  }
  b.setRange(range);
  ValueId value = *reconstruction();
  elboUsed = true;
  if (latents.empty()) {
    aim(value, range, true);
    return Value::ofTensor(value);
  }
  auto kl = totalDivergence(range);
  if (!kl) {
    return std::nullopt;
  }
  ValueId weighted = *kl;
  if (beta) {
    auto weight = beta->expr ? scalarNode(*beta->expr, "`beta`")
                             : std::optional<ValueId>();
    if (!weight) {
      return std::nullopt;
    }
    b.setRange(range);
    weighted = b.binary(Op::Mul, *weight, *kl);
  }
  ValueId bound = b.binary(Op::Sub, value, weighted);
  aim(bound, range, true);
  return Value::ofTensor(bound);
}

//===----------------------------------------------------------------------===//
// Importance weights
//===----------------------------------------------------------------------===//

/// log p(x, z) - log q(z) of each draw, with the axis of `how`, from a walk of
/// the lines so far; nothing else of the walk is kept.
ValueId Elaborator::logWeights(const Weighing &how, SourceRange range) {
  auto locals = root.locals;
  auto calls = root.calls;
  auto seen = std::exchange(observations, {});
  auto drawn = std::exchange(latents, {});
  auto states = std::exchange(advanced, {});
  auto axes = openAxes;
  std::erase_if(openAxes,
                [](const Axis &axis) { return axis.name != "batch"; });
  auto outer = std::exchange(weighing, how);
  auto named = std::exchange(namedExpr, nullptr);
  Frame *caller = frame;
  const size_t line = rootLine;
  const bool used = elboUsed;
  walkAgain();
  b.setRange(range);
  ValueId sum = b.constant(0);
  for (const Observation &one : observations) {
    sum = b.binary(Op::Add, sum, one.logProb);
  }
  for (const Latent &one : latents) {
    ValueId prior = logProb(*one.prior, one.draw);
    ValueId guide = logProb(*one.guide, one.draw);
    sum = b.binary(Op::Add, sum, b.binary(Op::Sub, prior, guide));
  }
  root.locals = std::move(locals);
  root.calls = std::move(calls);
  observations = std::move(seen);
  latents = std::move(drawn);
  advanced = std::move(states);
  openAxes = std::move(axes);
  weighing = std::move(outer);
  namedExpr = named;
  frame = caller;
  rootLine = line;
  elboUsed = used;
  Type type = b.type(sum);
  type.axes = *unitedAxes(type.axes, {how.axis});
  return b.broadcast(sum, type);
}

std::optional<ValueId> Elaborator::importanceBound(int64_t draws,
                                                   SourceRange range) {
  if (module.diagnostics.hasErrors()) {
    return std::nullopt;
  }
  for (const Latent &latent : latents) {
    if (latent.onAxis) {
      module.report(Diag::WeightsOnAxis, range, latent.name)
          .label(latent.where, "drawn several times here")
          .help("`iwae` and `nll` draw themselves: write `z ~ ..`; or write "
                "the bound by hand, `logmeanexp(.., over: k)`");
      return std::nullopt;
    }
    if (latent.relaxed && mode == Mode::Step) {
      module.report(Diag::WeightsRelaxed, range, latent.name)
          .label(latent.where, "has no density of its family")
          .help("`by gumbel(tau, hard)` draws from the family");
      return std::nullopt;
    }
  }
  if (latents.empty()) {
    b.setRange(range);
    return reconstruction();
  }
  // So many examples at a time keep what a net computes of them in bounds:
  // 784 numbers each are 100 MB.
  constexpr int64_t rows = 32768;
  int64_t batch = 1;
  for (const Axis &axis : openAxes) {
    batch = axis.name == "batch" ? axis.extent : batch;
  }
  const int64_t most = std::max<int64_t>(rows / batch, 1);
  const int64_t parts = (draws + most - 1) / most;
  std::optional<ValueId> all;
  for (int64_t part = 0; part < parts; ++part) {
    // No name of the language has a blank: the axis is nobody else's.
    const int64_t from = part * draws / parts, to = (part + 1) * draws / parts;
    Weighing how{{"importance draw", to - from},
                 part == 0 ? "" : fmt::format(" {}", part)};
    ValueId weights = logWeights(how, range);
    auto axis = static_cast<int64_t>(*findAxis(b.type(weights), how.axis.name));
    ValueId sum = logSumExp(b, weights, {axis});
    sum = b.reshapeEvent(sum, {1});
    all = all ? b.concatEvent(*all, sum, 0) : sum;
  }
  auto last = static_cast<int64_t>(b.type(*all).axes.size());
  ValueId total =
      parts == 1 ? b.reshapeEvent(*all, {}) : logSumExp(b, *all, {last});
  return b.binary(Op::Sub, total, std::log(static_cast<double>(draws)));
}

//===----------------------------------------------------------------------===//
// Functions of the library
//===----------------------------------------------------------------------===//

namespace {

Value elboCall(Elaborator &e, const CallSite &site, const Arguments &arguments,
               const LibraryEntry &) {
  return e.elbo(arguments.find("beta"), site.range).value_or(Value{});
}

/// Returns how many draws `bound` says; reports otherwise.
std::optional<int64_t> drawsOf(Elaborator &e, const Bound &bound) {
  auto draws =
      bound.expr ? e.integer(*bound.expr, "the number of draws") : std::nullopt;
  if (draws && (*draws < 1 || *draws > 1000000)) {
    e.module.report(Diag::DrawCount, bound.range, *draws)
        .help("there are 1 to 1000000 draws an example");
    return std::nullopt;
  }
  return draws;
}

Value iwaeCall(Elaborator &e, const CallSite &site, const Arguments &arguments,
               const LibraryEntry &) {
  auto draws = drawsOf(e, *arguments.find("k"));
  if (!draws || observesNothing(e, "iwae", site.range)) {
    return {};
  }
  auto bound = e.importanceBound(*draws, site.range);
  if (!bound) {
    return {};
  }
  e.aim(*bound, site.range, true);
  return Value::ofTensor(*bound);
}

/// Nats an example: -iwae(k), without latents the negated log density.
std::optional<ValueId> negatedLikelihood(Elaborator &e, const CallSite &site,
                                         const Arguments &arguments) {
  std::string name(site.name);
  if (observesNothing(e, name.c_str(), site.range)) {
    return std::nullopt;
  }
  for (const Observation &one : e.observations) {
    if (one.grey) {
      e.module.report(Diag::NoDensity, site.range, name, one.name)
          .help("give the data `in {0,1}, binarize(each epoch)`; `-elbo` is "
                "the loss in any case");
      return std::nullopt;
    }
  }
  const Bound *count = arguments.find("importance");
  if (!count && !e.latents.empty()) {
    e.module.report(Diag::ImportanceWanted, site.range, name)
        .help(fmt::format("say how many draws an example: `{}(importance: "
                          "200)`; `elbo` is the bound of one",
                          name));
    return std::nullopt;
  }
  auto draws = count ? drawsOf(e, *count) : std::optional<int64_t>(1);
  auto bound = draws ? e.importanceBound(*draws, site.range) : std::nullopt;
  if (!bound) {
    return std::nullopt;
  }
  ValueId nll = e.b.unary(Op::Neg, *bound);
  e.aim(nll, site.range, false);
  return nll;
}

Value nllCall(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  auto nll = negatedLikelihood(e, site, arguments);
  return nll ? Value::ofTensor(*nll) : Value{};
}

bool isContinuous(Distribution::Family family) {
  using Family = Distribution::Family;
  return family == Family::Normal || family == Family::Laplace ||
         family == Family::Uniform || family == Family::Gamma ||
         family == Family::Beta;
}

/// The sum over the event of log2 of the range as the model sees it:
/// `normalize` divides by its deviations.
double rangeInBits(const Field &field, int64_t elements) {
  double bits =
      std::log2(field.high - field.low) * static_cast<double>(elements);
  for (double deviation : field.deviation) {
    bits -= std::log2(deviation) * static_cast<double>(elements) /
            static_cast<double>(field.deviation.size());
  }
  return bits;
}

/// log2 of the number of grey levels that the files of argument `name` tell
/// apart: 8 or 16, which a run sees.
ValueId levelsInBits(Elaborator &e, const std::string &name,
                     const ArgumentField &argument) {
  Scalar scalar;
  scalar.kind = Scalar::Kind::Levels;
  scalar.value = 256;
  if (e.mode == Elaborator::Mode::Procedure) {
    scalar.name = name;
    scalar.procedure = e.body.name;
  } else {
    scalar.name = argument.field.name;
    scalar.stream = argument.dataset;
  }
  ValueId levels = e.b.leaf(Op::Scalar, e.module.scalar(std::move(scalar)), {});
  return e.b.binary(Op::Mul, e.b.unary(Op::Log, levels), 1 / std::log(2));
}

/// (nll / log 2 - sum log2 step) / dimensions, with the steps of what
/// `dequantize` filled, range / levels: minus log2 of the mean density over a
/// step is at most this (Theis, van den Oord and Bethge 2016).
Value bpdCall(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const LibraryEntry &) {
  auto nll = negatedLikelihood(e, site, arguments);
  if (!nll) {
    return {};
  }
  double elements = 0, ranges = 0;
  std::vector<std::pair<ValueId, double>> levels; ///< and of how many elements
  for (const Observation &one : e.observations) {
    elements += static_cast<double>(one.elements);
    if (!isContinuous(one.family)) {
      continue;
    }
    auto field = e.argumentFields.find(one.name);
    if (field == e.argumentFields.end() || !field->second.field.dequantize) {
      e.module.report(Diag::BitsOfContinuous, site.range, one.name)
          .help("a density of continuous values has no bits; give the data "
                "`dequantize`, or report `nll`");
      return {};
    }
    ranges += rangeInBits(field->second.field, one.elements);
    levels.emplace_back(levelsInBits(e, one.name, field->second), one.elements);
  }
  ValueId bits = e.b.binary(Op::Mul, *nll, 1 / (std::log(2) * elements));
  bits = e.b.binary(Op::Sub, bits, ranges / elements);
  for (const auto &[level, count] : levels) {
    bits =
        e.b.binary(Op::Add, bits, e.b.binary(Op::Mul, level, count / elements));
  }
  return Value::ofTensor(bits);
}

constexpr LibraryEntry entries[] = {
    {"elbo(beta:?)", elboCall},
    {"iwae(k)", iwaeCall},
    {"nll(importance:?)", nllCall},
    {"bpd(importance:?)", bpdCall},
};

} // namespace

std::span<const LibraryEntry> boundEntries() { return entries; }

} // namespace gmc::dsl
