//===- DataShelf.cpp - the data sets of a run -----------------------------===//
//
// A map from stream to split.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/DataShelf.h"

#include "runtime/core/Status.h"

#include <optional>

namespace gmc::runtime {

const DatasetSpec &DataShelf::specOf(const std::string &dataset) const {
  const DatasetSpec *spec = manifest.findDataset(dataset);
  if (spec == nullptr) {
    fail(ExitInternal, "the manifest has no data set `{}`", printable(dataset));
  }
  return *spec;
}

std::optional<std::filesystem::path>
DataShelf::replacementOf(const DatasetSpec &spec) const {
  // The rest of a set lies where that lies.
  for (const std::string &name : {spec.name, spec.of}) {
    const auto found = folders.find(name);
    if (found != folders.end()) {
      return found->second;
    }
  }
  return std::nullopt;
}

const Dataset &DataShelf::get(const std::string &dataset,
                              const std::string &split) {
  std::unique_ptr<Dataset> &place = splits[dataset + "." + split];
  if (place == nullptr) {
    const DatasetSpec &spec = specOf(dataset);
    place = std::make_unique<Dataset>(
        loadDataset(spec, split, replacementOf(spec)));
  }
  return *place;
}

std::vector<std::string>
DataShelf::characters(const std::string &dataset) const {
  const DatasetSpec &spec = specOf(dataset);
  return loadCharacters(spec, replacementOf(spec));
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

void countRecords(Machine &machine, DataShelf &shelf) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const ScalarSpec &scalar = machine.manifest.scalars[i];
    if (scalar.kind == ScalarSpec::Kind::Records) {
      const size_t dot = scalar.stream.rfind('.');
      machine.scalars[i] = double(
          shelf.get(scalar.stream.substr(0, dot), scalar.stream.substr(dot + 1))
              .items());
    }
  }
}

} // namespace gmc::runtime
