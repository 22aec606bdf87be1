//===- DataShelf.cpp - the data sets of a run -----------------------------===//
//
// A map from stream to split.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/DataShelf.h"

#include "runtime/core/Status.h"

#include <algorithm>
#include <optional>

namespace gmc::runtime {

const plan::Dataset &DataShelf::specOf(const std::string &dataset) const {
  const plan::Dataset *spec = plan.findDataset(dataset);
  if (spec == nullptr) {
    fail(ExitInternal, "the plan has no data set `{}`", printable(dataset));
  }
  return *spec;
}

std::optional<std::filesystem::path>
DataShelf::replacementOf(const plan::Dataset &spec) const {
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
    const plan::Dataset &spec = specOf(dataset);
    place = std::make_unique<Dataset>(
        loadDataset(spec, split, replacementOf(spec), plan.type));
    checkLevels(*place);
  }
  return *place;
}

/// The parts of a set have one number of grey levels, where that counts.
void DataShelf::checkLevels(const Dataset &loaded) const {
  for (const auto &[stream, other] : splits) {
    if (other == nullptr || other->name() != loaded.name()) {
      continue;
    }
    for (int64_t i = 0; i < loaded.fieldCount(); ++i) {
      if (loaded.field(i).dequantize &&
          loaded.greyLevels(i) != other->greyLevels(i)) {
        fail(ExitData,
             "data set {}: `{}` has {} grey levels in {} and {} in {}; "
             "`dequantize` fills levels of one size",
             loaded.name(), loaded.field(i).name, loaded.greyLevels(i),
             loaded.stream(), other->greyLevels(i), other->stream());
      }
    }
  }
}

bool DataShelf::holds(const std::string &dataset) const {
  return std::any_of(splits.begin(), splits.end(), [&](const auto &split) {
    return split.second != nullptr && split.second->name() == dataset;
  });
}

std::vector<std::string>
DataShelf::characters(const std::string &dataset) const {
  const plan::Dataset &spec = specOf(dataset);
  return loadCharacters(spec, replacementOf(spec));
}

std::vector<std::string>
DataShelf::classNames(const std::string &dataset) const {
  const plan::Dataset &spec = specOf(dataset);
  return loadClassNames(spec, replacementOf(spec));
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

void setLevels(Machine &machine, const Dataset &data) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const plan::Scalar &scalar = machine.plan.scalars[i];
    if (scalar.kind != plan::Scalar::Kind::Levels ||
        scalar.stream != data.name()) {
      continue;
    }
    for (int64_t field = 0; field < data.fieldCount(); ++field) {
      if (data.field(field).name == scalar.name) {
        machine.scalars[i] = double(data.greyLevels(field));
      }
    }
  }
}

void countRecords(Machine &machine, DataShelf &shelf) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const plan::Scalar &scalar = machine.plan.scalars[i];
    if (scalar.kind == plan::Scalar::Kind::Records) {
      const size_t dot = scalar.stream.rfind('.');
      machine.scalars[i] = double(
          shelf.get(scalar.stream.substr(0, dot), scalar.stream.substr(dot + 1))
              .items());
    }
  }
}

} // namespace gmc::runtime
