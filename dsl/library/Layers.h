//===- Layers.h - what layers with parameters share -------------*- C++ -*-===//
#ifndef GMC_DSL_LIBRARY_LAYERS_H
#define GMC_DSL_LIBRARY_LAYERS_H

#include "dsl/sema/Library.h"

namespace gmc::dsl {

/// Resampling.cpp: the image `x`; nothing (and reported) where it is none.
std::optional<ValueId> imageOf(Elaborator &e, const CallSite &site,
                               const Arguments &arguments);

/// Returns the argument `name`, a whole number from `least` to 65535, or
/// `otherwise` when it is not given; nothing (and reported) where it is none.
std::optional<int64_t> settingOf(Elaborator &e, const CallSite &site,
                                 const Arguments &arguments, const char *name,
                                 int64_t least, int64_t otherwise);

/// Reports that `value`, the argument `name`, is not what `help` says.
void reportSetting(Elaborator &e, const CallSite &site,
                   const Arguments &arguments, const char *name, int64_t value,
                   const std::string &help);

/// Puts `low` entries before and `high` entries behind those of event axis
/// `axis`, mirrored at the first and the last, which stand once; both are less
/// than the axis has.
ValueId reflectPad(BodyBuilder &b, ValueId x, int64_t axis, int64_t low,
                   int64_t high);

/// Reports a layer that stands in no net.
bool standsInNet(Elaborator &e, const CallSite &site);

/// Returns where a weight starts that sums `fanIn` terms into each output and
/// sends each input to `fanOut` outputs: as the file's `init` or the layer's
/// `init:` says, else uniform.
std::optional<Initial> weightInitial(Elaborator &e, const CallSite &site,
                                     const Arguments &arguments, double fanIn,
                                     double fanOut);

/// U(-a, a) with a = 1 / sqrt(fanIn), as layers of PyTorch start.
Initial uniformInitial(double fanIn);

/// Adds the parameter `bias` of layer `prefix` along event axis `axis` of `y`.
ValueId addBias(Elaborator &e, const std::string &prefix, ValueId y, int axis,
                Initial initial, const std::string &kind, SourceRange range);

/// u W^T + c over the last event axis of `u`; W [rows, in] is the parameter
/// `weight` and c `bias` of layer `prefix`.
ValueId affine(Elaborator &e, const std::string &prefix, const char *weight,
               const char *bias, ValueId u, int64_t rows,
               const Initial &weightStart, const Initial &biasStart,
               const CallSite &site);

} // namespace gmc::dsl

#endif // GMC_DSL_LIBRARY_LAYERS_H
