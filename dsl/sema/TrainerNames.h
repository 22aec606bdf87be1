//===- TrainerNames.h - names that every trainer uses itself ----*- C++ -*-===//
#ifndef GMC_DSL_SEMA_TRAINERNAMES_H
#define GMC_DSL_SEMA_TRAINERNAMES_H

#include "dsl/sema/Module.h"

namespace gmc::dsl {

/// What becomes a name of the trainer that the text is compiled to.
enum class Naming : uint8_t {
  Verb,  ///< a procedure
  Flag,  ///< an argument of one
  Column ///< an item of a report
};

/// Reports a name that the trainer gives to something of its own; tells
/// whether it does.
bool clashesWithTrainer(Module &module, Naming naming, const std::string &name,
                        SourceRange range);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_TRAINERNAMES_H
