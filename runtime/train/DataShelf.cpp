//===- DataShelf.cpp - the data sets of a run -----------------------------===//
//
// A map from stream to split.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/DataShelf.h"

#include "runtime/core/Status.h"

#include <optional>

namespace gmc::runtime {

const Dataset &DataShelf::get(const std::string &dataset,
                              const std::string &split) {
  std::unique_ptr<Dataset> &place = splits[dataset + "." + split];
  if (place == nullptr) {
    const DatasetSpec *spec = manifest.findDataset(dataset);
    if (spec == nullptr) {
      fail(ExitInternal, "the manifest has no data set `{}`",
           printable(dataset));
    }
    std::optional<std::filesystem::path> folder;
    // The rest of a set lies where that lies.
    for (const std::string &name : {dataset, spec->of}) {
      const auto found = folders.find(name);
      if (found != folders.end() && !folder) {
        folder = found->second;
      }
    }
    place = std::make_unique<Dataset>(loadDataset(*spec, split, folder));
  }
  return *place;
}

std::map<std::string, DatasetIdentity> DataShelf::identities() const {
  std::map<std::string, DatasetIdentity> result;
  for (const auto &[stream, dataset] : splits) {
    if (dataset != nullptr) {
      result[stream] = {dataset->items(), dataset->digest()};
    }
  }
  return result;
}

} // namespace gmc::runtime
