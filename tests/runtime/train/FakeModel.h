// A compiled model written by hand: what gmc would make of a small denoising
// autoencoder with a second step. With it the trainer is tested without gmc.
#ifndef GMC_TESTS_RUNTIME_TRAIN_FAKEMODEL_H
#define GMC_TESTS_RUNTIME_TRAIN_FAKEMODEL_H

#include "runtime/train/CompiledModel.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace gmc::runtime::fake {

/// The model that gmcFakeTrainer is.
///
///   train { repeat 2 { w = fit(next tiny.train) }
///           every 3 rounds { tune(same tiny.train, w) } } for 3 epochs
///
/// hyper lr, momentum; `poison = u` makes update u of fit give NaN: in the loss
/// (`poison_where` 0), in the gradient of Dec (1) or in its weights (2); with 3
/// and 4 reports from that update on and `sample` give NaN, with 5 the norm of
/// the gradient of Dec is 1e39;
/// `nap` makes each fit sleep so many microseconds.
CompiledModel model();

/// Its plan and its artifact as texts.
std::string_view planText();
std::string_view artifactText();

/// The model with changes, for tests.
struct ChangedModel {
  std::string plan{planText()}, artifact{artifactText()};
  const GmEntry *entries = model().artifacts[0]->entries;

  /// Valid as long as this is and does not change.
  CompiledModel compiled();

private:
  GmArtifact table{};
  const GmArtifact *list = nullptr;
};

/// Writes a data set that it can train on, IDX files of 4 x 4 images named as
/// those of its source, and returns `folder`.
std::filesystem::path writeData(const std::filesystem::path &folder,
                                int trainItems, int testItems);

} // namespace gmc::runtime::fake

#endif // GMC_TESTS_RUNTIME_TRAIN_FAKEMODEL_H
