//===- DiagnoseCollapse.cpp - what generative models break by -------------===//
//
// Looks at up to 10,000 examples of what a trained model makes of its data, at
// the places that the compiler chose (plan, `diagnoses`), and says which of
// the known collapses it sees and what to try. Nothing is written.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/train/Console.h"
#include "runtime/train/Evaluation.h"
#include "runtime/train/OverSet.h"
#include "runtime/train/Signals.h"
#include "runtime/train/Verbs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace gmc::runtime {

static constexpr int64_t examplesLookedAt = 10000;
/// A unit whose mean divergence from the prior, or whose information on the
/// example, is below says nothing (nats).
static constexpr double silentUnit = 0.01;
/// Generated examples spread less than these shares of the data's are too
/// narrow, are nearly one; those that spread more than `wide` are not trained.
static constexpr double narrowSpread = 0.3, pointSpread = 0.05, wideSpread = 3;
/// A critic that puts this share of data and samples on the right sides of one
/// score leaves a generator little slope to learn from.
static constexpr double saturatedShare = 0.99;
/// Examples from which on shares mean something, in all and for each mode.
static constexpr int64_t leastExamples = 100, leastOfMode = 20;
/// A mode with less than this part of its examples in the data is missing.
static constexpr double missingShare = 0.1;

namespace {

struct Finding {
  std::string figure, verdict = "well";
  std::vector<std::string> advice;
};

/// What is seen of one output: statistics, and of few numbers an example all.
struct Seen {
  Seen(const plan::Slot &slot, int64_t batch)
      : slot(&slot), statistics(plan::Statistic::Var, slot, batch),
        width(elementsOf(slot.shape) / batch) {}

  void add(const Machine &machine, int64_t valid) {
    statistics.add(machine, valid);
    count += valid;
    for (int64_t i = 0; width <= 2 && i < valid * width; ++i) {
      numbers.push_back(machine.number(*slot, i));
    }
  }

  const plan::Slot *slot;
  OverSet statistics; ///< `means` and `variances`
  int64_t width;      ///< numbers of an example
  int64_t count = 0;  ///< examples
  std::vector<double> numbers;
};

} // namespace

static double sumOf(const std::vector<double> &numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), 0.0);
}

/// Says of codes what `units` says of each, in nats.
static Finding lookAtUnits(const std::vector<double> &units, const char *what) {
  const auto used = std::count_if(units.begin(), units.end(), [](double nats) {
    return nats > silentUnit;
  });
  Finding f;
  f.figure = fmt::format("{} of {} units used, {} {:.4g} nats", used,
                         units.size(), what, sumOf(units));
  if (std::isnan(sumOf(units))) {
    f.verdict = "cannot tell: a number is not finite";
  } else if (used == 0) {
    f.verdict = "POSTERIOR COLLAPSE: the code says nothing of the example";
    f.advice = {"a weight of the kl that grows: `let beta = ramp(0 -> 1, over "
                "10 epochs)`, `elbo(beta: beta)`",
                "a weaker decoder, or more input dropped in it",
                "a smaller learning rate in the first epochs"};
  } else if (2 * used < static_cast<int64_t>(units.size())) {
    f.verdict = "many units say nothing (harmless if the elbo is good)";
    f.advice = {"fewer latents, or a weight of the kl that grows"};
  }
  return f;
}

static Finding lookAtLatent(const Seen &divergence) {
  return lookAtUnits(divergence.statistics.means(), "kl");
}

/// Of a code m + s n without a prior that is known: what a channel of noise s
/// can carry of the means m, log(1 + var m / E s^2) / 2 a unit.
static Finding lookAtPosterior(const Seen &means, const Seen &deviations) {
  const std::vector<double> signal = means.statistics.variances();
  const std::vector<double> noise = deviations.statistics.variances();
  const std::vector<double> &level = deviations.statistics.means();
  std::vector<double> units;
  for (size_t i = 0; i < signal.size(); ++i) {
    const double power = noise[i] + level[i] * level[i];
    units.push_back(signal[i] == 0 ? 0 : std::log1p(signal[i] / power) / 2);
  }
  return lookAtUnits(units, "at most");
}

static Finding lookAtCodes(const Seen &shares) {
  const std::vector<double> &codes = shares.statistics.means();
  int64_t used = 0;
  double entropy = 0;
  for (double share : codes) {
    used += share > 0;
    entropy -= share > 0 ? share * std::log(share) : 0;
  }
  Finding f;
  f.figure = fmt::format("{} of {} codes used, perplexity {:.4g}", used,
                         codes.size(), std::exp(entropy));
  if (2 * used < static_cast<int64_t>(codes.size())) {
    f.verdict = "DEAD CODES: most of the table is never chosen";
    f.advice = {"initial codes of the size of the encoder's outputs",
                "a table moved by averages of what chose it (`state`, `<-`) "
                "in the place of a loss",
                "fewer codes, or a larger batch"};
  }
  return f;
}

static double deviation(const Seen &seen) {
  return std::sqrt(sumOf(seen.statistics.variances()));
}

using Centres = std::vector<std::array<double, 2>>;

/// The number of points nearest to each centre.
static std::vector<int64_t> countNearest(const std::vector<double> &points,
                                         const Centres &centres) {
  std::vector<int64_t> counts(centres.size());
  for (size_t i = 0; i + 1 < points.size(); i += 2) {
    const auto distance = [&](const std::array<double, 2> &centre) {
      return std::hypot(points[i] - centre[0], points[i + 1] - centre[1]);
    };
    const auto nearest = std::min_element(centres.begin(), centres.end(),
                                          [&](const auto &a, const auto &b) {
                                            return distance(a) < distance(b);
                                          });
    ++counts[size_t(nearest - centres.begin())];
  }
  return counts;
}

/// Says at how many of the modes that the data have there are samples.
static void lookAtModes(const Seen &made, const Seen &data,
                        const Centres &centres, Finding &f) {
  const auto modes = static_cast<int64_t>(centres.size());
  if (modes == 0 || made.width != 2 || data.width != 2 ||
      made.count < leastOfMode * modes) {
    return;
  }
  const auto ofMade = countNearest(made.numbers, centres);
  const auto ofData = countNearest(data.numbers, centres);
  int64_t all = 0, found = 0;
  for (size_t i = 0; i < centres.size(); ++i) {
    const bool isThere = ofData[i] > 0;
    all += isThere;
    found += isThere && double(ofMade[i]) >= missingShare * double(ofData[i]);
  }
  f.figure += fmt::format(", at {} of {} modes", found, all);
  if (f.verdict == "well" && found < all) {
    f.verdict = fmt::format("MODES MISSING: {} of {} modes of the data have "
                            "(nearly) no samples",
                            all - found, all);
    f.advice = {"models/rpgan_r1r2.gm: a relativistic loss with penalties",
                "several samples side by side before the critic (`group`)",
                "more training, more noise, a larger batch"};
  }
}

static Finding lookAtSpread(const Seen &made, const Seen &data,
                            const Centres &centres) {
  const double ratio = deviation(made) / std::max(deviation(data), 1e-300);
  Finding f;
  f.figure = fmt::format("samples spread {:.3g} of the data's", ratio);
  if (!std::isfinite(ratio)) {
    f.verdict = "cannot tell: a sample is not finite";
    return f;
  }
  if (ratio < narrowSpread) {
    f.verdict = ratio < pointSpread
                    ? "MODE COLLAPSE: the samples are nearly one"
                    : "MODE COLLAPSE: the samples are much narrower than data";
    f.advice = {"a relativistic or Wasserstein loss with a gradient penalty "
                "(models/rpgan_r1r2.gm, models/wgan_gp.gm)",
                "a smaller learning rate of the generator",
                "more steps of the discriminator a round"};
  } else if (ratio > wideSpread) {
    f.verdict = "TOO WIDE: the samples are no examples yet";
    f.advice = {"more training", "smaller rates, if the losses grow"};
  }
  lookAtModes(made, data, centres, f);
  if (f.verdict == "well" && centres.empty()) {
    f.verdict =
        "well, as far as a width tells: missing modes do not show in it";
  }
  return f;
}

/// The share of examples that the best threshold puts on the right sides, each
/// side counting half, whichever side is above.
static double bestShare(std::vector<double> real, std::vector<double> fake) {
  std::sort(real.begin(), real.end());
  std::sort(fake.begin(), fake.end());
  double best = 0.5;
  for (const std::vector<double> *scores : {&real, &fake}) {
    for (double at : *scores) {
      const auto below = [&](const std::vector<double> &all) {
        return double(std::upper_bound(all.begin(), all.end(), at) -
                      all.begin()) /
               double(all.size());
      };
      const double apart = below(real) - below(fake);
      best = std::max(best, 0.5 + std::fabs(apart) / 2);
    }
  }
  return best;
}

static Finding lookAtCritic(const Seen &real, const Seen &fake) {
  const double ofReal = real.statistics.means()[0],
               ofFake = fake.statistics.means()[0];
  const double spread = std::sqrt(
      (real.statistics.variances()[0] + fake.statistics.variances()[0]) / 2);
  Finding f;
  f.figure = fmt::format("scores of data {:.4g}, of samples {:.4g}, "
                         "deviation {:.3g}",
                         ofReal, ofFake, spread);
  if (!std::isfinite(ofReal + ofFake + spread)) {
    f.verdict = "cannot tell: a score is not finite";
    return f;
  }
  if (real.count < leastExamples) {
    f.verdict = fmt::format("cannot tell: {} examples are too few", real.count);
    return f;
  }
  const double share = bestShare(real.numbers, fake.numbers);
  f.figure += fmt::format(", right in {:.1f} %", 100 * share);
  if (share >= saturatedShare) {
    f.verdict = fmt::format("SATURATED: it tells {} from data",
                            share == 1 ? "every sample" : "nearly all samples");
    f.advice = {"a gradient penalty, or `spectral_norm` on its layers",
                "dropout in it, noise on what it sees, smoothed labels",
                "fewer of its steps a round, a smaller rate",
                "nothing, where the loss does not level off (Wasserstein) and "
                "the samples get better"};
  } else if (ofReal == ofFake && spread == 0) {
    f.verdict = "CONSTANT: it scores everything alike";
    f.advice = {"a larger rate of the discriminator, or more of its steps"};
  }
  return f;
}

/// What one probe finds in the outputs from `first` on.
static Finding lookAt(const plan::Probe &probe, const std::vector<Seen> &found,
                      size_t first, const Centres &centres) {
  switch (probe.kind) {
  case plan::Probe::Kind::Latent:
    return lookAtLatent(found[first]);
  case plan::Probe::Kind::Codes:
    return lookAtCodes(found[first]);
  case plan::Probe::Kind::Spread:
    return lookAtSpread(found[first], found[first + 1], centres);
  case plan::Probe::Kind::Critic:
    return lookAtCritic(found[first], found[first + 1]);
  case plan::Probe::Kind::Posterior:
    return lookAtPosterior(found[first], found[first + 1]);
  }
  fail(ExitInternal, "a probe of no kind");
}

static const char *titleOf(plan::Probe::Kind kind) {
  static constexpr const char *words[] = {"latent", "codes of", "samples of",
                                          "critic", "code"};
  return words[static_cast<size_t>(kind)];
}

/// The centres of the modes of what a diagnosis reads, if they are known.
static Centres centresOf(const plan::Diagnosis &diagnosis,
                         const plan::Plan &plan) {
  const plan::Dataset &spec = *plan.findDataset(diagnosis.walk.dataset);
  for (int64_t field : diagnosis.walk.fields) {
    if (spec.fields[field].shape == Shape{2}) {
      return centresOf(spec, spec.fields[field]);
    }
  }
  return {};
}

/// Takes back what training would have to show first.
static void weigh(Finding &finding, const RunState &run) {
  if (run.step == 0) {
    finding.verdict = "cannot tell: no step has been trained";
    finding.advice.clear();
    return;
  }
  const bool early =
      std::all_of(run.streams.begin(), run.streams.end(),
                  [](const auto &stream) { return stream.second.epoch == 0; });
  if (early && !run.streams.empty() && !finding.advice.empty()) {
    finding.advice.insert(finding.advice.begin(),
                          fmt::format("more training: step {} is in the first "
                                      "epoch",
                                      run.step));
  }
}

static void print(const plan::Probe &probe, const plan::Diagnosis &diagnosis,
                  const Finding &finding) {
  out().print("{} {}, step {}: {}", titleOf(probe.kind), probe.name,
              diagnosis.step, finding.figure);
  out().print("  {}", finding.verdict);
  for (const std::string &advice : finding.advice) {
    out().print("  try: {}", advice);
  }
}

int runDiagnoseCollapse(const Request &request) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  Machine machine(model, options.threads);
  const LoadedRun loaded = loadRun(request, machine, Purpose::Sample);
  restoreClocks(machine, loaded.run);
  DataShelf shelf(plan, loaded.config.data);
  countRecords(machine, shelf);
  if (plan.diagnoses.empty() && plan.undiagnosed.empty()) {
    out().print(
        "{} has nothing to look at: no latent with a guide or code with "
        "a noise of its own, no learned table of codes, no net that "
        "makes examples of draws",
        printable(plan.source));
    return ExitOk;
  }
  for (const plan::Diagnosis &diagnosis : plan.diagnoses) {
    const plan::Entry &entry = plan.entries[diagnosis.walk.entry];
    std::vector<Seen> found;
    for (const plan::Slot &output : entry.outputs) {
      found.emplace_back(output, entry.batch);
    }
    const auto add = [&](int64_t valid) {
      for (Seen &seen : found) {
        seen.add(machine, valid);
      }
    };
    if (!walkSet(machine, shelf, diagnosis.walk, examplesLookedAt, add)) {
      return ExitSignal + stopSignal();
    }
    const Centres centres = centresOf(diagnosis, plan);
    size_t first = 0;
    for (const plan::Probe &probe : diagnosis.probes) {
      Finding finding = lookAt(probe, found, first, centres);
      first += probe.outputs();
      weigh(finding, loaded.run);
      print(probe, diagnosis, finding);
    }
  }
  for (const plan::Undiagnosed &step : plan.undiagnosed) {
    out().print("step {}\n  cannot tell: {}", step.step, step.why);
  }
  return ExitOk;
}

} // namespace gmc::runtime
