//===- gmAbi.h - contract of compiled code and runtime ----------*- C++ -*-===//
//
// The single header that the compiler and the runtime share. A trainer is the
// runtime's libraries plus one object file with the symbols declared here; the
// tables that describe the model travel as JSON in `gmManifest` (its members
// are listed in runtime/abi/manifest.md).
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_ABI_GMABI_H
#define GMC_RUNTIME_ABI_GMABI_H

#include <stdint.h>

/// Raised by every change of this header or of the manifest's meaning.
#define GM_ABI_VERSION 2

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
  const double *scalars; ///< manifest `scalars`, in order
  /// Philox key and counter of this execution:
  /// { seed low, seed high, execution low, execution high }.
  const uint32_t *key;
  void *pool; ///< for gmBarrier
} GmFrame;

/// An entry point: a step, a report or a procedure of the model.
typedef void (*GmEntry)(const GmFrame *frame);

// Defined by the compiled model.

/// The manifest, UTF-8 JSON, not terminated.
extern const char gmManifest[];
extern const int64_t gmManifestSize;
/// Entry points, in the manifest's order.
extern const GmEntry gmEntries[];
/// Single kernels for `bench`, in the order of the manifest's `kernels`.
extern const GmEntry gmKernels[];

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
