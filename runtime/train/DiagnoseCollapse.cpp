//===- DiagnoseCollapse.cpp - what generative models break by -------------===//
//
// Looks at up to 10,000 examples of what a trained model makes of its data, at
// the places that the compiler chose (manifest, `diagnoses`), and says which of
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
#include <cmath>
#include <numeric>

namespace gmc::runtime {

static constexpr int64_t examplesLookedAt = 10000;
/// A unit whose mean divergence from the prior is below says nothing (nats).
static constexpr double silentUnit = 0.01;
/// Generated examples spread less than this share of the data's are one mode.
static constexpr double narrowSpread = 0.3;
/// Scores of data and of samples further apart than this many of their
/// deviations leave a generator no slope to learn from.
static constexpr double saturatedDistance = 5;

namespace {

struct Finding {
  std::string figure, verdict;
  std::vector<std::string> advice;
};

} // namespace

static Finding lookAtLatent(const OverSet &divergence) {
  const std::vector<double> &units = divergence.means();
  const auto used = std::count_if(units.begin(), units.end(),
                                  [](double kl) { return kl > silentUnit; });
  const double total = std::accumulate(units.begin(), units.end(), 0.0);
  Finding f;
  f.figure = fmt::format("{} of {} units used, kl {:.4g} nats", used,
                         units.size(), total);
  f.verdict = "well";
  if (used == 0) {
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

static Finding lookAtCodes(const OverSet &shares) {
  const std::vector<double> &codes = shares.means();
  int64_t used = 0;
  double entropy = 0;
  for (double share : codes) {
    used += share > 0;
    entropy -= share > 0 ? share * std::log(share) : 0;
  }
  Finding f;
  f.figure = fmt::format("{} of {} codes used, perplexity {:.4g}", used,
                         codes.size(), std::exp(entropy));
  f.verdict = "well";
  if (2 * used < static_cast<int64_t>(codes.size())) {
    f.verdict = "DEAD CODES: most of the table is never chosen";
    f.advice = {"initial codes of the size of the encoder's outputs",
                "a table moved by averages of what chose it (`state`, `<-`) "
                "in the place of a loss",
                "fewer codes, or a larger batch"};
  }
  return f;
}

static double deviation(const OverSet &values) {
  const std::vector<double> variances = values.variances();
  return std::sqrt(std::accumulate(variances.begin(), variances.end(), 0.0));
}

static Finding lookAtSpread(const OverSet &made, const OverSet &data) {
  const double ratio = deviation(made) / std::max(deviation(data), 1e-300);
  Finding f;
  f.figure = fmt::format("samples spread {:.3g} of the data's", ratio);
  f.verdict = "well";
  if (!(ratio >= narrowSpread)) {
    f.verdict = "MODE COLLAPSE: the samples are nearly one";
    f.advice = {"a relativistic or Wasserstein loss with a gradient penalty "
                "(models/rpgan_r1r2.gm, models/wgan_gp.gm)",
                "a smaller learning rate of the generator",
                "more steps of the discriminator a round"};
  }
  return f;
}

static Finding lookAtCritic(const OverSet &real, const OverSet &fake) {
  const double apart = std::fabs(real.means()[0] - fake.means()[0]);
  const double spread =
      std::sqrt((real.variances()[0] + fake.variances()[0]) / 2);
  Finding f;
  f.figure = fmt::format("scores of data {:.4g}, of samples {:.4g}, "
                         "deviation {:.3g}",
                         real.means()[0], fake.means()[0], spread);
  f.verdict = "well";
  if (apart > saturatedDistance * spread) {
    f.verdict = "SATURATED: it tells every sample from data";
    f.advice = {"a gradient penalty, or `spectral_norm` on its layers",
                "dropout in it, noise on what it sees, smoothed labels",
                "fewer of its steps a round, a smaller rate"};
  } else if (apart == 0 && spread == 0) {
    f.verdict = "CONSTANT: it scores everything alike";
    f.advice = {"a larger rate of the discriminator, or more of its steps"};
  }
  return f;
}

/// What one probe finds in the statistics from `first` on.
static Finding lookAt(const Probe &probe, const std::vector<OverSet> &found,
                      size_t first) {
  switch (probe.kind) {
  case Probe::Kind::Latent:
    return lookAtLatent(found[first]);
  case Probe::Kind::Codes:
    return lookAtCodes(found[first]);
  case Probe::Kind::Spread:
    return lookAtSpread(found[first], found[first + 1]);
  case Probe::Kind::Critic:
    return lookAtCritic(found[first], found[first + 1]);
  }
  fail(ExitInternal, "a probe of no kind");
}

static const char *wordOf(Probe::Kind kind) {
  static constexpr const char *words[] = {"latent", "codes of", "samples of",
                                          "critic"};
  return words[static_cast<size_t>(kind)];
}

int runDiagnoseCollapse(const Request &request) {
  const auto &[model, manifest, options] = request;
  Machine machine(manifest, model, options.threads);
  const LoadedRun loaded = loadRun(request, machine, Purpose::Sample);
  restoreClocks(machine, loaded.run);
  DataShelf shelf(manifest, loaded.config.data);
  countRecords(machine, shelf);
  if (manifest.diagnoses.empty()) {
    out().print("{} has nothing to look at: no latent with a guide, no learned "
                "table of codes, no net that makes examples of draws",
                printable(manifest.source));
    return ExitOk;
  }
  for (const DiagnosisSpec &diagnosis : manifest.diagnoses) {
    const EntrySpec &entry = manifest.entries[diagnosis.walk.entry];
    std::vector<OverSet> found;
    for (const Slot &output : entry.outputs) {
      found.emplace_back(Statistic::Var, output, entry.batch);
    }
    const auto add = [&](int64_t valid) {
      for (OverSet &statistic : found) {
        statistic.add(machine, valid);
      }
    };
    if (!walkSet(machine, shelf, diagnosis.walk, examplesLookedAt, add)) {
      return ExitSignal + stopSignal();
    }
    size_t first = 0;
    for (const Probe &probe : diagnosis.probes) {
      const Finding finding = lookAt(probe, found, first);
      first += outputsOf(probe.kind);
      out().print("{} {}, step {}: {}", wordOf(probe.kind), probe.name,
                  diagnosis.step, finding.figure);
      out().print("  {}", finding.verdict);
      for (const std::string &advice : finding.advice) {
        out().print("  try: {}", advice);
      }
    }
  }
  return ExitOk;
}

} // namespace gmc::runtime
