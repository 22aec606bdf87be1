//===- Convolutions.cpp - conv2d and conv_transpose2d ---------------------===//
//
// Windows over images [channels, height, width]. Layouts, names and initial
// values of parameters are PyTorch's; conv_transpose2d is the transpose of the
// map of a conv2d of the same numbers.
//
//===----------------------------------------------------------------------===//
#include "dsl/library/Entries.h"
#include "dsl/library/Layers.h"

namespace gmc::dsl {
namespace {

/// What both layers read from a call.
struct Spec {
  ValueId x = 0;
  std::vector<int64_t> event; ///< of x: channels, height, width
  int64_t channels = 0, taps = 0;
  int64_t extra = 0; ///< conv_transpose2d: rows and columns that are added
  Geometry geometry;
  bool same = false, bias = true;
};

class SpecReader {
public:
  SpecReader(Elaborator &e, const CallSite &site, const Arguments &arguments)
      : e(e), site(site), arguments(arguments) {}

  std::optional<Spec> read() {
    if (!standsInNet(e, site)) {
      return std::nullopt;
    }
    auto x = imageOf(e, site, arguments);
    auto channels = number("ch", 1, 1), taps = number("k", 1, 1);
    auto stride = number("stride", 1, 1), dilation = number("dilation", 1, 1);
    auto groups = number("groups", 1, 1);
    auto bias = flag(e, arguments, "bias", true);
    Spec spec;
    if (!x || !channels || !taps || !stride || !dilation || !groups || !bias ||
        !readPad(spec)) {
      return std::nullopt;
    }
    auto extra = number("out_pad", 0, 0);
    if (!extra) {
      return std::nullopt;
    }
    if (*extra >= *stride && *extra > 0) {
      reportSetting(e, site, arguments, "out_pad", *extra,
                    fmt::format("it is less than the stride, {}", *stride));
      return std::nullopt;
    }
    spec.x = *x;
    spec.event = e.b.type(*x).event;
    spec.channels = *channels;
    spec.taps = *taps;
    spec.extra = *extra;
    spec.bias = *bias;
    Geometry &geometry = spec.geometry;
    geometry.groups = *groups;
    for (int d : {0, 1}) {
      geometry.stride[d] = *stride;
      geometry.dilation[d] = *dilation;
      if (spec.same) {
        // As PyTorch's: the odd zero stands behind.
        int64_t all = *dilation * (*taps - 1);
        geometry.low[d] = all / 2;
        geometry.high[d] = all - all / 2;
      }
    }
    return groupsDivide(spec) ? std::optional(spec) : std::nullopt;
  }

private:
  std::optional<int64_t> number(const char *name, int64_t least,
                                int64_t otherwise) {
    return settingOf(e, site, arguments, name, least, otherwise);
  }

  bool readPad(Spec &spec) {
    const Bound *bound = arguments.find("pad");
    const auto *word =
        bound && bound->expr ? ast::as<ast::NameExpr>(*bound->expr) : nullptr;
    if (word && word->text == "same") {
      if (site.name == "conv2d") {
        spec.same = true;
        return true;
      }
      e.module.report(Diag::PadSame, bound->range, site.name)
          .help("with k = stride + 2 pad the image grows by the stride: 4, "
                "stride: 2, pad: 1");
      return false;
    }
    auto zeros = number("pad", 0, 0);
    for (int d : {0, 1}) {
      spec.geometry.low[d] = spec.geometry.high[d] = zeros.value_or(0);
    }
    return zeros.has_value();
  }

  bool groupsDivide(const Spec &spec) {
    for (int64_t channels : {spec.event[0], spec.channels}) {
      if (channels % spec.geometry.groups != 0) {
        e.module
            .report(Diag::GroupsDivide, arguments.find("groups")->range,
                    spec.geometry.groups, channels)
            .label(arguments.find("x")->range,
                   "is " + typeText(e.b.type(spec.x)))
            .help(fmt::format("they divide the channels before ({}) and "
                              "after ({})",
                              spec.event[0], spec.channels));
        return false;
      }
    }
    return true;
  }

  Elaborator &e;
  const CallSite &site;
  const Arguments &arguments;
};

/// Makes the parameters of a layer and applies `product` to its weight.
template <typename Product>
Value layerOf(Elaborator &e, const CallSite &site, const Arguments &arguments,
              const Spec &spec, const std::vector<int64_t> &weight,
              Product product) {
  if (!e.sizeIsSane({{}, weight}, site.range)) {
    return {};
  }
  // PyTorch counts the fans of both layers along the weight's own axes.
  double area = double(weight[2] * weight[3]);
  double fanIn = double(weight[1]) * area, fanOut = double(weight[0]) * area;
  auto start = weightInitial(e, site, arguments, fanIn, fanOut);
  if (!start) {
    return {};
  }
  std::string prefix = e.layerPrefix(site, site.name);
  e.b.setRange(site.range);
  ValueId w =
      e.layerParameter(prefix, "weight", weight, *start, site.name, site.range);
  if (site.attribute) {
    // The channels that it makes: axis 1 of a transposed convolution's weight.
    w = e.spectralNormalized(w, prefix, site.name == "conv2d" ? 0 : 1,
                             site.range);
  }
  ValueId y = product(w);
  if (spec.bias) {
    y = addBias(e, prefix, y, 0, uniformInitial(fanIn), site.name, site.range);
  }
  return Value::ofTensor(y);
}

/// Mirrors the image into the margin of a convolution.
bool reflect(Elaborator &e, const CallSite &site, const Arguments &arguments,
             Spec &spec) {
  Geometry &geometry = spec.geometry;
  for (int d : {0, 1}) {
    if (geometry.high[d] >= spec.event[1 + d]) {
      e.module
          .report(Diag::ReflectTooFar, arguments.find("mode")->range,
                  geometry.high[d], spec.event[1], spec.event[2])
          .label(arguments.find("x")->range, "is " + typeText(e.b.type(spec.x)))
          .help("the margin is smaller than the image");
      return false;
    }
  }
  e.b.setRange(site.range);
  for (int d : {0, 1}) {
    spec.x = reflectPad(e.b, spec.x, 1 + d, geometry.low[d], geometry.high[d]);
    geometry.low[d] = geometry.high[d] = 0;
  }
  spec.event = e.b.type(spec.x).event;
  return true;
}

/// y[o,i,j] = c[o] + sum of w[o,c,k,l] x[c, i s + k d - p, j s + l d - p]
Value conv2d(Elaborator &e, const CallSite &site, const Arguments &arguments,
             const LibraryEntry &) {
  auto spec = SpecReader(e, site, arguments).read();
  if (!spec) {
    return {};
  }
  Geometry &geometry = spec->geometry;
  auto mode = wordOf(e, site, arguments, "mode", {"zeros", "reflect"});
  if (!mode || (*mode == "reflect" && !reflect(e, site, arguments, *spec))) {
    return {};
  }
  int64_t k = spec->taps;
  if (geometry.windows(0, spec->event[1], k) < 1 ||
      geometry.windows(1, spec->event[2], k) < 1) {
    int64_t reach = geometry.dilation[0] * (k - 1) + 1;
    e.module.report(Diag::WindowTooLarge, site.range, site.name)
        .label(arguments.find("x")->range, "is " + typeText(e.b.type(spec->x)))
        .label(arguments.find("k")->range,
               fmt::format("covers {} x {}", reach, reach))
        .help("`pad: p` puts p rows and columns of zeros around the image");
    return {};
  }
  std::vector<int64_t> weight = {spec->channels,
                                 spec->event[0] / geometry.groups, k, k};
  return layerOf(e, site, arguments, *spec, weight,
                 [&](ValueId w) { return e.b.conv(spec->x, w, geometry); });
}

/// The transpose of the map x -> y of conv2d, from y's shape to x's; (h - 1) s
/// - 2 p + d (k - 1) + 1 + out_pad rows, as torch.nn.ConvTranspose2d.
Value convTranspose2d(Elaborator &e, const CallSite &site,
                      const Arguments &arguments, const LibraryEntry &) {
  auto spec = SpecReader(e, site, arguments).read();
  if (!spec) {
    return {};
  }
  const Geometry &geometry = spec->geometry;
  int64_t k = spec->taps, extents[2];
  for (int d : {0, 1}) {
    extents[d] = (spec->event[1 + d] - 1) * geometry.stride[d] -
                 2 * geometry.low[d] + geometry.dilation[d] * (k - 1) + 1 +
                 spec->extra;
  }
  if (extents[0] < 1 || extents[1] < 1) {
    e.module
        .report(Diag::NothingLeft, site.range, site.name, extents[0],
                extents[1])
        .label(arguments.find("x")->range, "is " + typeText(e.b.type(spec->x)))
        .help("`pad: p` takes p rows and columns away on each side");
    return {};
  }
  std::vector<int64_t> weight = {spec->event[0],
                                 spec->channels / geometry.groups, k, k};
  return layerOf(e, site, arguments, *spec, weight, [&](ValueId w) {
    return e.b.convInput(spec->x, w, geometry, extents[0], extents[1]);
  });
}

constexpr LibraryEntry entries[] = {
    {"conv2d(x, ch, k, stride:?, pad:?, dilation:?, groups:?, mode:?, "
     "bias:?, init:?)",
     conv2d, Op::Conv, true},
    {"conv_transpose2d(x, ch, k, stride:?, pad:?, out_pad:?, dilation:?, "
     "groups:?, bias:?, init:?)",
     convTranspose2d, Op::ConvInput, true},
};

} // namespace

std::span<const LibraryEntry> convolutionEntries() { return entries; }

} // namespace gmc::dsl
