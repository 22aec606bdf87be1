//===- gmAbi.h - contract of compiled code and runtime ----------*- C++ -*-===//
//
// The single header that compiled code and the runtime share. A trainer is the
// runtime's libraries plus the model's objects, which define the symbols
// declared here. What a model does travels as JSON in `gmPlan`; where things
// lie in memory, as JSON in each artifact (runtime/plan/plan.md lists the
// members).
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_ABI_GMABI_H
#define GMC_RUNTIME_ABI_GMABI_H

#include <stdint.h>

/// Raised by every change of this header or of what an artifact means.
#define GM_ABI_VERSION 3

#ifdef __cplusplus
extern "C" {
#endif

/// What one execution of an entry point sees. Every thread of the pool calls
/// the entry with its own copy, `thread` apart.
typedef struct GmFrame {
  int64_t thread;        ///< 0 .. threads - 1
  int64_t threads;       ///< >= 1
  char *state;           ///< parameters, optimiser state; 64-byte aligned
  char *arena;           ///< inputs, outputs, scratch; 64-byte aligned
  const double *scalars; ///< the plan's `scalars`, in order
  /// Philox key and counter of this execution:
  /// { seed low, seed high, execution low, execution high }.
  const uint32_t *key;
  void *pool; ///< for gmBarrier
} GmFrame;

/// An entry point: a step, a report or a procedure of the model.
typedef void (*GmEntry)(const GmFrame *frame);

/// The model compiled for one kind of processor.
typedef struct GmArtifact {
  const char *description; ///< UTF-8 JSON, not terminated
  int64_t size;            ///< bytes of it
  const GmEntry *entries;  ///< entry points, in the order of the plan's
  const GmEntry *kernels;  ///< for `bench`, in the order of the description's
} GmArtifact;

// Defined by the compiled model.

/// The plan, UTF-8 JSON, not terminated.
extern const char gmPlan[];
extern const int64_t gmPlanSize;
/// One for each kind of processor, the preferred one first.
extern const GmArtifact *const gmArtifacts[];
extern const int64_t gmArtifactCount;

// Defined by the runtime.

/// Returns when every thread of the pool has called it.
void gmBarrier(const GmFrame *frame);

/// Returns log z, z being where the distribution function of Gamma(a, 1) is u.
double gmLogGammaQuantile(double u, double a);
/// Returns the derivative of that in a, u being held, where it is l.
double gmLogGammaQuantileSlope(double l, double a);

#ifdef __cplusplus
}
#endif

#endif // GMC_RUNTIME_ABI_GMABI_H
