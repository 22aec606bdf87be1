//===- Pooling.cpp - maxima and means of windows of images ----------------===//
//
// Windows are squares, so that rows and columns are gone through one after the
// other.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/Layers.h"

#include <limits>

namespace gmc::dsl {
namespace {

/// How windows go over rows, and over columns alike.
struct Windows {
  int64_t taps = 1, stride = 1, pad = 0, dilation = 1;

  int64_t covered() const { return dilation * (taps - 1) + 1; }
  /// How many there are over `extent` entries; less than 1: none.
  int64_t over(int64_t extent) const {
    const int64_t left = extent + 2 * pad - covered();
    return left < 0 ? 0 : left / stride + 1;
  }
  /// Each entry belongs to at most one.
  bool arePlain() const { return stride == taps && pad == 0 && dilation == 1; }
};

std::optional<Windows> windowsOf(Elaborator &e, const CallSite &site,
                                 const Arguments &arguments) {
  auto number = [&](const char *name, int64_t least, int64_t otherwise) {
    return settingOf(e, site, arguments, name, least, otherwise);
  };
  auto taps = number("k", 1, 1);
  auto stride = number("stride", 1, taps.value_or(1));
  auto pad = number("pad", 0, 0), dilation = number("dilation", 1, 1);
  if (!taps || !stride || !pad || !dilation) {
    return std::nullopt;
  }
  if (*pad > *taps / 2) {
    reportSetting(
        e, site, arguments, "pad", *pad,
        fmt::format("it is at most half of the window, {}", *taps / 2));
    return std::nullopt;
  }
  return Windows{*taps, *stride, *pad, *dilation};
}

/// n entries of event axis `axis`, from `first` on, `step` apart.
ValueId entriesApart(BodyBuilder &b, ValueId x, int64_t axis, int64_t first,
                     int64_t step, int64_t n) {
  x = b.sliceEvent(x, axis, first, first + step * n);
  if (step == 1) {
    return x;
  }
  std::vector<int64_t> event = b.type(x).event;
  event[axis] = n;
  std::vector<int64_t> apart = event;
  apart.insert(apart.begin() + axis + 1, step);
  x = b.sliceEvent(b.reshapeEvent(x, apart), axis + 1, 0, 1);
  return b.reshapeEvent(x, event);
}

/// `count` entries `edge` in front of or behind those along `axis`.
ValueId padded(BodyBuilder &b, ValueId x, int64_t axis, int64_t count,
               double edge, bool inFront) {
  if (count == 0) {
    return x;
  }
  Type margin = b.type(x);
  margin.event[axis] = count;
  ValueId edges = b.constant(edge, margin);
  return inFront ? b.concatEvent(edges, x, axis)
                 : b.concatEvent(x, edges, axis);
}

/// Folds windows along one axis by `op`; of equals `Max` takes the first.
ValueId foldAlong(BodyBuilder &b, Op op, ValueId x, int64_t axis,
                  const Windows &windows, double edge) {
  const int64_t extent = b.type(x).event[axis];
  const int64_t n = windows.over(extent);
  const int64_t needed =
      windows.dilation * (windows.taps - 1) + windows.stride * n;
  x = padded(b, x, axis, windows.pad, edge, true);
  x = padded(b, x, axis, std::max<int64_t>(needed - extent - windows.pad, 0),
             edge, false);
  std::optional<ValueId> all;
  for (int64_t tap = 0; tap < windows.taps; ++tap) {
    ValueId entries =
        entriesApart(b, x, axis, tap * windows.dilation, windows.stride, n);
    all = all ? b.binary(op, *all, entries) : entries;
  }
  return *all;
}

/// Windows side by side: one reduction.
ValueId reducePlain(BodyBuilder &b, Op op, ValueId x, int64_t k) {
  const std::vector<int64_t> event = b.type(x).event;
  const int64_t rows = event[1] / k, columns = event[2] / k;
  x = b.sliceEvent(b.sliceEvent(x, 1, 0, rows * k), 2, 0, columns * k);
  x = b.reshapeEvent(x, {event[0], rows, k, columns, k});
  const auto named = static_cast<int64_t>(b.type(x).axes.size());
  return b.reduce(op, x, {named + 2, named + 4});
}

/// Maximum or mean of windows of k x k; what is left over at the bottom and at
/// the right belongs to none. Margins count in a mean, as zeros.
Value pool(Elaborator &e, const CallSite &site, const Arguments &arguments,
           const LibraryEntry &entry) {
  auto image = imageOf(e, site, arguments);
  auto windows = windowsOf(e, site, arguments);
  if (!image || !windows) {
    return {};
  }
  BodyBuilder &b = e.b;
  ValueId x = *image;
  const std::vector<int64_t> event = b.type(x).event;
  if (windows->over(event[1]) < 1 || windows->over(event[2]) < 1) {
    e.module.report(Diag::WindowTooLarge, site.range, site.name)
        .label(arguments.find("x")->range, "is " + typeText(b.type(x)))
        .label(arguments.find("k")->range,
               fmt::format("covers {0} x {0}", windows->covered()))
        .help("a window is no larger than the image");
    return {};
  }
  b.setRange(site.range);
  const bool isMax = entry.op == Op::ReduceMax;
  if (windows->arePlain()) {
    x = reducePlain(b, entry.op, x, windows->taps);
  } else {
    const double edge = isMax ? std::numeric_limits<float>::lowest() : 0;
    for (int64_t axis : {1, 2}) {
      x = foldAlong(b, isMax ? Op::Max : Op::Add, x, axis, *windows, edge);
    }
  }
  if (!isMax) {
    x = b.binary(Op::Mul, x, 1 / double(windows->taps * windows->taps));
  }
  return Value::ofTensor(x);
}

constexpr LibraryEntry entries[] = {
    {"max_pool(x, k, stride:?, pad:?, dilation:?)", pool, Op::ReduceMax},
    {"avg_pool(x, k, stride:?, pad:?)", pool, Op::Sum},
};

} // namespace

std::span<const LibraryEntry> poolingEntries() { return entries; }

} // namespace gmc::dsl
