//===- Toys.cpp - built-in points of the plane ----------------------------===//
//
// Points that need no file. They hang on the settings of the text alone, not
// on the seed of a run: what is drawn is Philox of (setting `seed`, part,
// point), so a toy is as fixed as a file. With n a standard normal point:
//
//   ring        r (cos t, sin t) + std n, t = 2 pi k / modes, k = 0 .. modes-1
//   grid        spacing (i - (side-1)/2, j - (side-1)/2) + std n, mode k =
//               i side + j, i, j = 0 .. side-1
//   gaussians   spread m_k + std n, the means m_k standard normal
//   swiss_roll  t (cos t, sin t) / (9 pi / 2) + std n, t = 3 pi / 2 (1 + 2 u)
//   moons       (cos a, sin a) or (1 - cos a, 1/2 - sin a), + std n, a = pi u
//
// A second field, a label, is the number of the mode or moon.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Random.h"
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gmc::runtime {

namespace {

struct Point {
  double x = 0, y = 0;
};

class Toy {
public:
  explicit Toy(const PartRequest &request)
      : spec(request.spec), part(request.test ? 1 : 0) {}

  int64_t setting(const char *name) const {
    return static_cast<int64_t>(real(name));
  }
  double real(const char *name) const {
    auto found = spec.settings.find(name);
    if (found == spec.settings.end()) {
      fail(ExitInternal, "data set `{}` has no setting `{}`", spec.name, name);
    }
    return found->second;
  }

  /// How many modes there are; 1 where points have none.
  int64_t modes() const {
    return spec.format == "grid"         ? setting("side") * setting("side")
           : spec.format == "moons"      ? 2
           : spec.format == "swiss_roll" ? 1
                                         : setting("modes");
  }
  int64_t modeOf(int64_t point) const {
    return static_cast<int64_t>(
        draw("mode").word(point) * static_cast<uint64_t>(modes()) >> 32);
  }
  Point pointOf(int64_t point) const;
  /// True where points lie around centres, one for each mode.
  bool hasCentres() const {
    return spec.format == "ring" || spec.format == "grid" ||
           spec.format == "gaussians";
  }
  Point centreOfMode(int64_t mode) const;

private:
  Point centreOf(int64_t point) const;
  Draw draw(const char *what) const {
    return {static_cast<uint64_t>(setting("seed")), part,
            fnv1a("toy " + spec.format + " " + what)};
  }

  const plan::Dataset &spec;
  uint64_t part;
};

} // namespace

Point Toy::centreOfMode(int64_t mode) const {
  constexpr double pi = std::numbers::pi;
  if (spec.format == "ring") {
    const double angle = 2 * pi * double(mode) / double(modes());
    return {real("radius") * std::cos(angle), real("radius") * std::sin(angle)};
  }
  if (spec.format == "grid") {
    const int64_t side = setting("side");
    const double middle = double(side - 1) / 2;
    return {real("spacing") * (double(mode / side) - middle),
            real("spacing") * (double(mode % side) - middle)};
  }
  // The means are those of both parts.
  Draw means = draw("means");
  means.execution = 0;
  return {real("spread") * means.normal<double>(2 * mode),
          real("spread") * means.normal<double>(2 * mode + 1)};
}

Point Toy::centreOf(int64_t point) const {
  constexpr double pi = std::numbers::pi;
  const int64_t mode = modeOf(point);
  if (hasCentres()) {
    return centreOfMode(mode);
  }
  const double u = draw("place").uniform<double>(point);
  if (spec.format == "swiss_roll") {
    const double t = 1.5 * pi * (1 + 2 * u);
    return {t * std::cos(t) / (4.5 * pi), t * std::sin(t) / (4.5 * pi)};
  }
  const double a = pi * u;
  return mode == 0 ? Point{std::cos(a), std::sin(a)}
                   : Point{1 - std::cos(a), 0.5 - std::sin(a)};
}

Point Toy::pointOf(int64_t point) const {
  const Draw noise = draw("noise");
  const Point centre = centreOf(point);
  return {centre.x + real("std") * noise.normal<double>(2 * point),
          centre.y + real("std") * noise.normal<double>(2 * point + 1)};
}

/// Throws unless the fields are a point, and maybe the label of its mode.
static void checkFields(const PartRequest &request, int64_t modes) {
  const plan::Dataset &spec = request.spec;
  const int64_t label = labelOf(spec);
  for (size_t i = 0; i < spec.fields.size(); ++i) {
    const plan::Field &field = spec.fields[i];
    const bool isLabel = static_cast<int64_t>(i) == label;
    if (isLabel && field.classes != modes) {
      fail(ExitData,
           "data set `{}`: `{}` has {} modes, the label `{}` has {} "
           "classes",
           spec.name, spec.format, modes, field.name, field.classes);
    }
    if (!isLabel && field.shape != Shape{2}) {
      fail(ExitData,
           "data set `{}`: `{}` gives points f32[2], field `{}` of "
           "the model takes {}",
           spec.name, spec.format, field.name, spellingOf(field.shape));
    }
  }
}

Fields makeToyPart(const PartRequest &request) {
  const Toy toy(request);
  checkFields(request, toy.modes());
  Fields fields;
  for (const plan::Field &spec : request.spec.fields) {
    DatasetField field{spec, {}, Stored::Double};
    const int64_t count = toy.setting(request.test ? "test" : "train");
    for (int64_t i = 0; i < count; ++i) {
      if (spec.classes > 0) {
        appendNumber(field.bytes, double(toy.modeOf(i)));
      } else {
        const Point point = toy.pointOf(i);
        appendNumber(field.bytes, point.x);
        appendNumber(field.bytes, point.y);
      }
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

std::vector<std::array<double, 2>> centresOf(const plan::Dataset &spec,
                                             const plan::Field &field) {
  const PartRequest request{spec, false, {}};
  const Toy toy(request);
  std::vector<std::array<double, 2>> centres;
  if (spec.settings.empty() || !toy.hasCentres() || field.shape != Shape{2}) {
    return centres;
  }
  for (int64_t mode = 0; mode < toy.modes(); ++mode) {
    const Point centre = toy.centreOfMode(mode);
    std::array<double, 2> place{centre.x, centre.y};
    for (size_t i = 0; i < 2 && !field.mean.empty(); ++i) {
      const size_t part = std::min(i, field.mean.size() - 1);
      place[i] = (place[i] - field.mean[part]) / field.deviation[part];
    }
    centres.push_back(place);
  }
  return centres;
}

} // namespace gmc::runtime
