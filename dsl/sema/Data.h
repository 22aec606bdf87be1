//===- Data.h - between Data.cpp and Transforms.cpp -------------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_DATA_H
#define GMC_DSL_SEMA_DATA_H

#include "dsl/sema/Passes.h"

namespace gmc::dsl {

/// Applies what follows the type of `decl`, `flip, crop(from: 142)`, to
/// `dataset`; false where something was reported.
bool applyTransforms(Module &module, const ast::DataDecl &decl,
                     Dataset &dataset);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_DATA_H
