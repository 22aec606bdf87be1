//===- Limits.h - what single numbers may be --------------------*- C++ -*-===//
//
// The one place that decides about numbers with a range: a rate, a bound of
// `clip`, a probability. A constant is looked at here and now, and so is the
// default of a hyper, which remembers the range for --set. What a run computes
// of hypers, clocks and states is tried at moments of the training with the
// defaults, and looked at in the step that reads it (R-opt-1).
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_SEMA_LIMITS_H
#define GMC_DSL_SEMA_LIMITS_H

#include "dsl/sema/Elaborator.h"

#include <functional>

namespace gmc::dsl {

/// What is asked of a number.
struct Requirement {
  std::string what; ///< "`clip`"
  Limits limits;
  /// What is computed may also be the excluded lower end, where a ramp ends.
  bool mayEnd = false;
  /// Asked too of what depends on trained numbers, data or draws.
  bool ofAll = false;
};

/// Returns the number that a node is now: a constant, or the default of a knob
/// of the run.
std::optional<double> numberNow(Elaborator &e, ValueId id);

/// Returns "`clip` in line 3".
std::string inLine(const Module &module, const std::string &what,
                   SourceRange range);

inline Limits above(double low) { return {low, {}, true, false}; }

/// Tells whether `id` keeps to what is asked, as far as can be told now;
/// `complain` reports a number that does not. Tensors that no one number fills
/// are passed over.
bool isWithin(Elaborator &e, const Requirement &required, ValueId id,
              SourceRange range, const std::function<void(double)> &complain);

/// The same of two ends, the lower of which comes first.
bool isInterval(Elaborator &e, const std::string &what, ValueId low,
                ValueId high, SourceRange range,
                const std::function<void(double, double)> &complain);

/// Reports what is computed and leaves its range at a moment of the training.
void checkLimits(Module &module);

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_LIMITS_H
