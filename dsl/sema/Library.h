//===- Library.h - the functions every model can call -----------*- C++ -*-===//
//
// One row a function: its signature and how it is written out. The rows stand
// in the files by idea; Library.cpp finds them by name.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_SEMA_LIBRARY_H
#define GMC_DSL_SEMA_LIBRARY_H

#include "dsl/sema/Elaborator.h"

#include <span>

namespace gmc::dsl {

struct LibraryEntry;
using Handler = Value (*)(Elaborator &, const CallSite &, const Arguments &,
                          const LibraryEntry &);

/// `signature`: "leaky_relu(x, slope?)". A `?` marks what may be left out, a
/// final `..` takes any number, `name:` must be written with its label.
struct LibraryEntry {
  std::string_view signature;
  Handler handler;
  Op op = Op::Constant; ///< for handlers that serve several functions
  bool isLayer = false; ///< may bear a name: `linear(400) as fc1`
  int inputs = 1; ///< Layers: how many of the first are given where one that
                  ///< `use` named is called

  std::string_view name() const {
    return signature.substr(0, signature.find('('));
  }
};

/// Reports a label of a record that has not `classes` classes, where `name`
/// takes so many.
bool labelFits(Elaborator &e, ValueId label, SourceRange range,
               const std::string &name, int64_t classes, SourceRange where);

/// Returns the function `name`, or null.
const LibraryEntry *findLibrary(std::string_view name);
/// Says that `name` is in the language reference but does not work yet.
bool isReservedFunction(std::string_view name);
std::vector<std::string> libraryNames();

std::span<const LibraryEntry> layerEntries();         // Layers.cpp
std::span<const LibraryEntry> attentionEntries();     // Attention.cpp
std::span<const LibraryEntry> recurrentEntries();     // Recurrent.cpp
std::span<const LibraryEntry> convolutionEntries();   // Convolutions.cpp
std::span<const LibraryEntry> normalisationEntries(); // Normalisation.cpp
std::span<const LibraryEntry> resamplingEntries();    // Resampling.cpp
std::span<const LibraryEntry> poolingEntries();       // Pooling.cpp
std::span<const LibraryEntry> elementwiseEntries();   // Functions.cpp
std::span<const LibraryEntry> reductionEntries();     // Reductions.cpp
std::span<const LibraryEntry> shapeEntries();         // Indexing.cpp
std::span<const LibraryEntry> lossEntries();          // Losses.cpp
std::span<const LibraryEntry> distributionEntries();  // Distributions.cpp
std::span<const LibraryEntry> densityEntries();       // Densities.cpp
std::span<const LibraryEntry> batchEntries();         // Batches.cpp
std::span<const LibraryEntry> namedAxisEntries();     // NamedAxes.cpp
std::span<const LibraryEntry> mixtureEntries();       // Mixtures.cpp
std::span<const LibraryEntry> latentEntries();        // Latents.cpp
std::span<const LibraryEntry> boundEntries();         // Bounds.cpp
std::span<const LibraryEntry> gradientEntries();      // Objectives.cpp
std::span<const LibraryEntry> scheduleEntries();      // Schedules.cpp
std::span<const LibraryEntry> setEntries();           // SetStatistics.cpp
std::span<const LibraryEntry> coverageEntries();      // Coverage.cpp

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_LIBRARY_H
