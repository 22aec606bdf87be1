//===- Library.cpp - finds the functions of the library -------------------===//
#include "dsl/library/Entries.h"

#include <algorithm>
#include <array>

namespace gmc::dsl {
namespace {

/// What the language reference names and what does not work yet.
constexpr auto reserved = std::to_array<std::string_view>(
    {"frozen", "weights", "dot",    "binarize",  "flip",       "crop",
     "subset", "idx",     "folder", "npy",       "cifar10",    "csv",
     "text",   "ring",    "grid",   "gaussians", "swiss_roll", "moons",
     "row",    "scatter", "swap"});

const std::map<std::string_view, const LibraryEntry *> &table() {
  static const auto *entries = [] {
    auto *all = new std::map<std::string_view, const LibraryEntry *>;
    for (auto group :
         {layerEntries(),       attentionEntries(),     recurrentEntries(),
          convolutionEntries(), normalisationEntries(), resamplingEntries(),
          elementwiseEntries(), reductionEntries(),     shapeEntries(),
          lossEntries(),        distributionEntries(),  latentEntries(),
          boundEntries(),       batchEntries(),         namedAxisEntries(),
          mixtureEntries(),     densityEntries(),       gradientEntries(),
          poolingEntries(),     scheduleEntries(),      setEntries(),
          coverageEntries()}) {
      for (const LibraryEntry &entry : group) {
        all->emplace(entry.name(), &entry);
      }
    }
    return all;
  }();
  return *entries;
}

} // namespace

const LibraryEntry *findLibrary(std::string_view name) {
  auto it = table().find(name);
  return it == table().end() ? nullptr : it->second;
}

bool isReservedFunction(std::string_view name) {
  return std::find(reserved.begin(), reserved.end(), name) != reserved.end();
}

std::vector<std::string> libraryNames() {
  std::vector<std::string> names(reserved.begin(), reserved.end());
  for (const auto &[name, entry] : table()) {
    names.emplace_back(name);
  }
  return names;
}

} // namespace gmc::dsl
