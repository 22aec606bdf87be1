//===- Library.h - the functions every model can call -----------*- C++ -*-===//
//
// One row a function: its signature and how it is written out. The rows stand
// in the files of dsl/library by idea, and in the three below.
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

/// Returns the function `name`, or null.
const LibraryEntry *findLibrary(std::string_view name);
/// Says that `name` is in the language reference but does not work yet.
bool isReservedFunction(std::string_view name);
std::vector<std::string> libraryNames();

/// Returns the flag `name`, `otherwise` when it is not given; nothing (and
/// reported) where it is neither `true` nor `false`.
std::optional<bool> flag(Elaborator &e, const Arguments &arguments,
                         std::string_view name, bool otherwise);

/// Returns the word that argument `name` is, the first of `words` when it is
/// not given; nothing (and reported) where it is none of them.
std::optional<std::string> wordOf(Elaborator &e, const CallSite &site,
                                  const Arguments &arguments, const char *name,
                                  const std::vector<std::string> &words);

std::span<const LibraryEntry> latentEntries();   // Latents.cpp
std::span<const LibraryEntry> boundEntries();    // Bounds.cpp
std::span<const LibraryEntry> gradientEntries(); // Objectives.cpp

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_LIBRARY_H
