//===- Entries.h - the functions of the library, by file --------*- C++ -*-===//
#ifndef GMC_DSL_LIBRARY_ENTRIES_H
#define GMC_DSL_LIBRARY_ENTRIES_H

#include "dsl/sema/Library.h"

namespace gmc::dsl {

std::span<const LibraryEntry> layerEntries();         // Layers.cpp
std::span<const LibraryEntry> attentionEntries();     // Attention.cpp
std::span<const LibraryEntry> recurrentEntries();     // Recurrent.cpp
std::span<const LibraryEntry> convolutionEntries();   // Convolutions.cpp
std::span<const LibraryEntry> normalisationEntries(); // Normalisation.cpp
std::span<const LibraryEntry> resamplingEntries();    // Resampling.cpp
std::span<const LibraryEntry> poolingEntries();       // Pooling.cpp
std::span<const LibraryEntry> elementwiseEntries();   // Functions.cpp
std::span<const LibraryEntry> reductionEntries();     // Reductions.cpp
std::span<const LibraryEntry> shapeEntries();         // Shapes.cpp
std::span<const LibraryEntry> lossEntries();          // Losses.cpp
std::span<const LibraryEntry> distributionEntries();  // Distributions.cpp
std::span<const LibraryEntry> densityEntries();       // Densities.cpp
std::span<const LibraryEntry> batchEntries();         // Batches.cpp
std::span<const LibraryEntry> namedAxisEntries();     // NamedAxes.cpp
std::span<const LibraryEntry> mixtureEntries();       // Mixtures.cpp
std::span<const LibraryEntry> scheduleEntries();      // Schedules.cpp
std::span<const LibraryEntry> setEntries();           // SetStatistics.cpp
std::span<const LibraryEntry> coverageEntries();      // Coverage.cpp

} // namespace gmc::dsl

#endif // GMC_DSL_LIBRARY_ENTRIES_H
