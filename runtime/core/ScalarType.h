//===- ScalarType.h - the number type of a model ----------------*- C++ -*-===//
//
// A model computes in f32, or in f64 where it is compiled for checking. The
// runtime holds tensors as bytes with this tag and turns to templates only
// inside loops, through dispatch.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_SCALARTYPE_H
#define GMC_RUNTIME_CORE_SCALARTYPE_H

#include "runtime/plan/Values.h"

#include <utility>

namespace gmc::runtime {

using plan::ScalarType;

/// Returns the bytes of one number.
inline int64_t sizeOf(ScalarType type) {
  return type == ScalarType::F32 ? 4 : 8;
}

/// Returns "f32" or "f64".
inline const char *spellingOf(ScalarType type) { return plan::wordOf(type); }

/// Calls `body` with a value of the C++ type that `type` stands for.
template <typename Body> decltype(auto) dispatch(ScalarType type, Body &&body) {
  if (type == ScalarType::F32) {
    return std::forward<Body>(body)(float());
  }
  return std::forward<Body>(body)(double());
}

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_SCALARTYPE_H
