//===- Normalisation.cpp - layers that take means and variances out -------===//
//
// y = (x - m) / sqrt(v + 1e-5), times a weight plus a bias; eps and initial
// values are PyTorch's. Mean m and variance v (dividing by n) are those of one
// example's parts; of batch_norm alone those of the whole batch, or what it
// has kept of earlier batches.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/Layers.h"

#include <numeric>

namespace gmc::dsl {
namespace {

constexpr double epsilon = 1e-5;
/// The share of a new batch in what batch_norm keeps.
constexpr double momentum = 0.1;

/// Event axis `axis` of a type as a dimension.
int64_t dimensionOf(const Type &type, int64_t axis) {
  return static_cast<int64_t>(type.axes.size()) + axis;
}

/// Stretches `part`, over the named axes and event axes `kept` of `type`.
ValueId stretch(BodyBuilder &b, ValueId part, const Type &type,
                const std::vector<int64_t> &kept) {
  std::vector<int64_t> dims(type.axes.size());
  std::iota(dims.begin(), dims.end(), 0);
  for (int64_t axis : kept) {
    dims.push_back(dimensionOf(type, axis));
  }
  return b.broadcast(part, type, std::move(dims));
}

/// The mean over event axes `first` and later, and over groups of entries of
/// axis 0 where there are such groups (0: none), stretched again.
ValueId meanOver(BodyBuilder &b, ValueId x, int64_t first, int64_t groups) {
  Type type = b.type(x);
  auto rank = static_cast<int64_t>(type.event.size());
  std::vector<int64_t> dims, kept(first);
  std::iota(kept.begin(), kept.end(), 0);
  double count = 1;
  for (int64_t axis = first; axis < rank; ++axis) {
    dims.push_back(dimensionOf(type, axis));
    count *= static_cast<double>(type.event[axis]);
  }
  ValueId sum = b.reduce(Op::Sum, x, dims);
  if (groups > 0) {
    // [c] -> [g, c/g] -> [g] -> [g, c/g] -> [c]; x itself stays as it is.
    int64_t channels = type.event[0], each = channels / groups;
    ValueId cut = b.reshapeEvent(sum, {groups, each});
    Type cutType = b.type(cut);
    ValueId total = b.reduce(Op::Sum, cut, {dimensionOf(cutType, 1)});
    sum = b.reshapeEvent(stretch(b, total, cutType, {0}), {channels});
    count *= static_cast<double>(each);
  }
  return stretch(b, b.binary(Op::Mul, sum, 1 / count), type, kept);
}

ValueId normalise(BodyBuilder &b, ValueId x, int64_t first, int64_t groups) {
  ValueId center = b.binary(Op::Sub, x, meanOver(b, x, first, groups));
  ValueId square = b.binary(Op::Mul, center, center);
  ValueId spread = b.unary(
      Op::Sqrt, b.binary(Op::Add, meanOver(b, square, first, groups), epsilon));
  return b.binary(Op::Div, center, spread);
}

/// Adds `weight` and `bias` over event axes `axes` where `affine:` is true.
Value affine(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const std::string &prefix, ValueId y,
             const std::vector<int64_t> &axes, bool otherwise) {
  auto wanted = flag(e, arguments, "affine", otherwise);
  if (!wanted) {
    return {};
  }
  if (*wanted) {
    Type type = e.b.type(y);
    std::vector<int64_t> shape, dims;
    for (int64_t axis : axes) {
      shape.push_back(type.event[axis]);
      dims.push_back(dimensionOf(type, axis));
    }
    using Kind = Initial::Kind;
    auto parameter = [&](const char *name, double start) {
      ValueId value =
          e.layerParameter(prefix, name, shape, {Kind::Constant, start, 0},
                           site.name, site.range);
      return e.b.broadcast(value, type, dims);
    };
    y = e.b.binary(Op::Mul, y, parameter("weight", 1));
    y = e.b.binary(Op::Add, y, parameter("bias", 0));
  }
  return Value::ofTensor(y);
}

/// The value to normalise, with at least `rank` event axes.
std::optional<ValueId> input(Elaborator &e, const CallSite &site,
                             const Arguments &arguments, size_t rank) {
  if (!standsInNet(e, site)) {
    return std::nullopt;
  }
  const Bound &bound = *arguments.find("x");
  auto x = e.tensor(bound);
  if (!x || e.b.type(*x).event.size() >= rank) {
    return x;
  }
  e.module
      .report(rank == 3 ? Diag::LayerNeedsImage : Diag::LayerNeedsVector,
              bound.range, site.name)
      .label("is " + typeText(e.b.type(*x)))
      .help(rank == 3 ? "an image is [channels, height, width]"
                      : "a single number becomes a vector by `reshape(1)`");
  return std::nullopt;
}

/// Over the last event axis; of an image over all of it.
Value layerNorm(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  auto x = input(e, site, arguments, 1);
  if (!x) {
    return {};
  }
  auto rank = static_cast<int64_t>(e.b.type(*x).event.size());
  int64_t first = rank == 3 ? 0 : rank - 1;
  e.b.setRange(site.range);
  std::vector<int64_t> axes(rank - first);
  std::iota(axes.begin(), axes.end(), first);
  return affine(e, site, arguments, e.layerPrefix(site, site.name),
                normalise(e.b, *x, first, 0), axes, true);
}

/// Over rows and columns of each channel.
Value instanceNorm(Elaborator &e, const CallSite &site,
                   const Arguments &arguments, const LibraryEntry &) {
  auto x = input(e, site, arguments, 3);
  if (!x) {
    return {};
  }
  e.b.setRange(site.range);
  return affine(e, site, arguments, e.layerPrefix(site, site.name),
                normalise(e.b, *x, 1, 0), {0}, false);
}

/// Over each of g groups of channels, rows and columns included.
Value groupNorm(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  auto x = input(e, site, arguments, 1);
  const Bound &bound = *arguments.find("g");
  auto groups = e.toInteger(e.evaluate(bound), bound.range, "`g`");
  if (!x || !groups) {
    return {};
  }
  int64_t channels = e.b.type(*x).event[0];
  if (*groups < 1 || channels % *groups != 0) {
    e.module.report(Diag::GroupsDivide, bound.range, *groups, channels)
        .label(arguments.find("x")->range, "is " + typeText(e.b.type(*x)))
        .help("the channels are cut into g equal groups");
    return {};
  }
  e.b.setRange(site.range);
  return affine(e, site, arguments, e.layerPrefix(site, site.name),
                normalise(e.b, *x, 1, *groups), {0}, true);
}

//===----------------------------------------------------------------------===//
// Batches
//===----------------------------------------------------------------------===//

/// All dimensions of `type` but event axis 0, the channels.
std::vector<int64_t> besideChannels(const Type &type) {
  std::vector<int64_t> dims;
  int64_t channel = dimensionOf(type, 0);
  for (int64_t i = 0; i < static_cast<int64_t>(type.shape().size()); ++i) {
    if (i != channel) {
      dims.push_back(i);
    }
  }
  return dims;
}

/// What a batch_norm keeps from step to step, [c] each.
struct Running {
  uint32_t mean, variance;
};

Running runningOf(Elaborator &e, const std::string &prefix, int64_t channels,
                  SourceRange range) {
  auto state = [&](const char *name, double start) {
    return e.netParameter(prefix + name, {channels},
                          {Initial::Kind::Constant, start, 0}, range,
                          Parameter::Role::State);
  };
  Running result;
  result.mean = state("running_mean", 0);
  result.variance = state("running_var", 1);
  return result;
}

/// Moves a state of the layer: r := 0.9 r + 0.1 `now`, from where an earlier
/// call of the step left it.
void advance(Elaborator &e, uint32_t state, ValueId now) {
  ValueId kept = e.b.binary(Op::Mul, e.stateLeaf(state), 1 - momentum);
  ValueId share = e.b.binary(Op::Mul, e.b.unary(Op::Stop, now), momentum);
  e.advanced[state] = e.b.binary(Op::Add, kept, share);
}

/// Ioffe and Szegedy 2015, per channel (event axis 0) over the batch, all other
/// open axes, rows and columns. Training: (x - m) / sqrt(v + eps) of this very
/// batch; where the net is trained, m and v n / (n - 1) move the running ones.
/// Sampling: those stand for m and v.
Value batchNorm(Elaborator &e, const CallSite &site, const Arguments &arguments,
                const LibraryEntry &) {
  auto x = input(e, site, arguments, 1);
  if (!x) {
    return {};
  }
  e.b.setRange(site.range);
  Type type = e.b.type(*x);
  std::vector<int64_t> pooled = besideChannels(type);
  int64_t channels = type.event[0], count = type.elements() / channels;
  std::vector<int64_t> channelDim{dimensionOf(type, 0)};
  auto spread = [&](ValueId part) {
    return e.b.broadcast(part, type, channelDim);
  };
  std::string prefix = e.layerPrefix(site, site.name);
  Running running = runningOf(e, prefix, channels, site.range);
  ValueId mean, variance, center;
  if (e.inTraining()) {
    if (count < 2) {
      e.module.report(Diag::BatchOfOne, site.range)
          .label(arguments.find("x")->range, "is " + typeText(type))
          .help("its variance is 0; take a larger batch, or `layer_norm`");
      return {};
    }
    ValueId sum = e.b.reduce(Op::Sum, *x, pooled);
    mean = e.b.binary(Op::Mul, sum, 1 / double(count));
    center = e.b.binary(Op::Sub, *x, spread(mean));
    ValueId squares =
        e.b.reduce(Op::Sum, e.b.binary(Op::Mul, center, center), pooled);
    variance = e.b.binary(Op::Mul, squares, 1 / double(count));
    e.batchStatistics.insert({sum, squares});
    if (e.advancesStates()) {
      advance(e, running.mean, mean);
      advance(e, running.variance,
              e.b.binary(Op::Mul, squares, 1 / double(count - 1)));
    }
  } else {
    mean = e.stateLeaf(running.mean);
    variance = e.stateLeaf(running.variance);
    center = e.b.binary(Op::Sub, *x, spread(mean));
  }
  ValueId scale = e.b.unary(Op::Sqrt, e.b.binary(Op::Add, variance, epsilon));
  ValueId y = e.b.binary(Op::Div, center, spread(scale));
  return affine(e, site, arguments, prefix, y, {0}, true);
}

constexpr LibraryEntry entries[] = {
    {"batch_norm(x, affine:?)", batchNorm, Op::Sum, true},
    {"layer_norm(x, affine:?)", layerNorm, Op::Sum, true},
    {"instance_norm(x, affine:?)", instanceNorm, Op::Sum, true},
    {"group_norm(x, g, affine:?)", groupNorm, Op::Sum, true},
};

} // namespace

std::span<const LibraryEntry> normalisationEntries() { return entries; }

} // namespace gmc::dsl
