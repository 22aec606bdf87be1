//===- Resampling.cpp - upsampling, margins -------------------------------===//
//
// Made of reshapes, slices and joins of images [c, h, w].
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/Layers.h"

#include <numeric>

namespace gmc::dsl {

ValueId reflectPad(BodyBuilder &b, ValueId x, int64_t axis, int64_t low,
                   int64_t high) {
  int64_t extent = b.type(x).event[axis];
  auto entry = [&](int64_t i) { return b.sliceEvent(x, axis, i, i + 1); };
  std::optional<ValueId> before, after;
  for (int64_t i = low; i > 0; --i) {
    before = before ? b.concatEvent(*before, entry(i), axis) : entry(i);
  }
  for (int64_t i = 1; i <= high; ++i) {
    ValueId mirrored = entry(extent - 1 - i);
    after = after ? b.concatEvent(*after, mirrored, axis) : mirrored;
  }
  ValueId padded = before ? b.concatEvent(*before, x, axis) : x;
  return after ? b.concatEvent(padded, *after, axis) : padded;
}

std::optional<ValueId> imageOf(Elaborator &e, const CallSite &site,
                               const Arguments &arguments) {
  const Bound &image = *arguments.find("x");
  auto x = e.tensor(image);
  if (x && e.b.type(*x).event.size() != 3) {
    e.module.report(Diag::LayerNeedsImage, image.range, site.name)
        .label("is " + typeText(e.b.type(*x)))
        .help("an image is [channels, height, width]; `reshape(c, h, w)` makes "
              "one");
    return std::nullopt;
  }
  return x;
}

namespace {

/// Each pixel s x s times.
ValueId nearest(BodyBuilder &b, ValueId x, int64_t s) {
  Type type = b.type(x);
  std::vector<int64_t> event = type.event;
  auto named = static_cast<int64_t>(type.axes.size());
  std::vector<int64_t> dims(named);
  std::iota(dims.begin(), dims.end(), 0);
  dims.insert(dims.end(), {named, named + 1, named + 3});
  Type wide{type.axes, {event[0], event[1], s, event[2], s}};
  return b.reshapeEvent(b.broadcast(x, wide, dims),
                        {event[0], event[1] * s, event[2] * s});
}

/// s times the entries along `axis`: output s i + r lies at i + t of the input
/// with t = (r + 1/2) / s - 1/2, between two neighbours; edges go on as they
/// are (PyTorch's, with align_corners false).
ValueId linearAlong(BodyBuilder &b, ValueId x, int64_t axis, int64_t s) {
  std::vector<int64_t> event = b.type(x).event;
  int64_t n = event[axis];
  ValueId before = x, after = x;
  if (n > 1) {
    before = b.concatEvent(b.sliceEvent(x, axis, 0, 1),
                           b.sliceEvent(x, axis, 0, n - 1), axis);
    after = b.concatEvent(b.sliceEvent(x, axis, 1, n),
                          b.sliceEvent(x, axis, n - 1, n), axis);
  }
  std::vector<int64_t> single = event;
  single.insert(single.begin() + axis + 1, 1);
  std::optional<ValueId> all;
  for (int64_t r = 0; r < s; ++r) {
    double t = (double(r) + 0.5) / double(s) - 0.5;
    ValueId other = t < 0 ? before : after;
    double share = t < 0 ? -t : t;
    ValueId y = b.binary(Op::Add, b.binary(Op::Mul, x, 1 - share),
                         b.binary(Op::Mul, other, share));
    y = b.reshapeEvent(y, single);
    all = all ? b.concatEvent(*all, y, axis + 1) : y;
  }
  event[axis] = n * s;
  return b.reshapeEvent(*all, event);
}

Value upsample(Elaborator &e, const CallSite &site, const Arguments &arguments,
               const LibraryEntry &) {
  auto mode = wordOf(e, site, arguments, "mode", {"nearest", "bilinear"});
  auto image = imageOf(e, site, arguments);
  auto factor = settingOf(e, site, arguments, "s", 1, 1);
  if (!mode || !image || !factor) {
    return {};
  }
  const ValueId x = *image;
  const int64_t s = *factor;
  e.b.setRange(site.range);
  std::vector<int64_t> event = e.b.type(x).event;
  if (!e.sizeIsSane({{}, {event[0], event[1] * s, event[2] * s}}, site.range)) {
    return {};
  }
  if (s == 1) {
    return Value::ofTensor(x);
  }
  if (*mode == "nearest") {
    return Value::ofTensor(nearest(e.b, x, s));
  }
  return Value::ofTensor(linearAlong(e.b, linearAlong(e.b, x, 1, s), 2, s));
}

constexpr LibraryEntry entries[] = {
    {"upsample(x, s, mode:?)", upsample},
};

} // namespace

std::span<const LibraryEntry> resamplingEntries() { return entries; }

} // namespace gmc::dsl
