//===- KernelCase.cpp - one kernel, run in several ways -------------------===//
#include "tests/compiler/Codegen/CPU/KernelCase.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

namespace gmc::testing {
namespace {

/// Where the elements of an argument lie.
struct Layout {
  const Argument &argument;
  bool panels;

  int64_t elements() const {
    int64_t count = 1;
    for (int64_t extent : argument.shape) {
      count *= extent;
    }
    return count;
  }
  int64_t rowStride() const { return argument.shape.back() + argument.padding; }
  int64_t storage() const {
    const auto &shape = argument.shape;
    if (panels) {
      int64_t n = shape[argument.axis], k = shape[1 - argument.axis];
      return (n + argument.width - 1) / argument.width * argument.width * k;
    }
    return argument.padding ? shape[0] * rowStride() : elements();
  }
  /// Of element `i` in logical order.
  int64_t place(int64_t i) const {
    const auto &shape = argument.shape;
    if (panels) {
      int64_t at[] = {i / shape[1], i % shape[1]};
      int64_t n = at[argument.axis], k = at[1 - argument.axis];
      int64_t w = argument.width;
      return (n / w * shape[1 - argument.axis] + k) * w + n % w;
    }
    if (argument.padding) {
      return i / shape[1] * rowStride() + i % shape[1];
    }
    return i;
  }
};

Layout layoutOf(const KernelCase &kernel, size_t i, bool scheduled) {
  const Argument &argument = kernel.arguments[i];
  return {argument, scheduled && argument.axis >= 0};
}

std::string typeOf(const KernelCase &kernel, size_t i) {
  const Argument &argument = kernel.arguments[i];
  std::string text = "memref<";
  for (int64_t extent : argument.shape) {
    text += fmt::format("{}x", extent);
  }
  text += kernel.type;
  if (argument.padding) {
    text +=
        fmt::format(", strided<[{}, 1]>", argument.shape[1] + argument.padding);
  }
  return text + ">";
}

int64_t bytesOf(const KernelCase &kernel) {
  return kernel.type == "f64" ? 8 : 4;
}

std::vector<int64_t> offsetsOf(const KernelCase &kernel, bool scheduled) {
  std::vector<int64_t> offsets{0};
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    int64_t bytes = layoutOf(kernel, i, scheduled).storage() * bytesOf(kernel);
    offsets.push_back(offsets.back() + (bytes + 63) / 64 * 64);
  }
  return offsets;
}

template <typename T>
std::vector<double> runTyped(const KernelCase &kernel, Compiled &code,
                             bool scheduled, int threads, uint64_t seed) {
  std::vector<int64_t> offsets = offsetsOf(kernel, scheduled);
  Region arena(offsets.back());
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(kernel.low, kernel.high);
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    Layout layout = layoutOf(kernel, i, scheduled);
    for (int64_t e = 0; e < layout.elements(); ++e) {
      arena.at<T>(offsets[i])[layout.place(e)] = T(uniform(random));
    }
  }
  code.run("e", nullptr, arena.bytes(), threads);
  std::vector<double> values;
  for (size_t i = kernel.inputs; i < kernel.arguments.size(); ++i) {
    Layout layout = layoutOf(kernel, i, scheduled);
    for (int64_t e = 0; e < layout.elements(); ++e) {
      values.push_back(arena.at<T>(offsets[i])[layout.place(e)]);
    }
  }
  return values;
}

std::vector<double> runCompiled(const KernelCase &kernel, Compiled &code,
                                bool scheduled, int threads, uint64_t seed) {
  return kernel.type == "f64"
             ? runTyped<double>(kernel, code, scheduled, threads, seed)
             : runTyped<float>(kernel, code, scheduled, threads, seed);
}

} // namespace

std::string map(const std::string &results, int loops) {
  std::string text = "affine_map<(";
  for (int i = 0; i < loops; ++i) {
    text += fmt::format("{}d{}", i ? ", " : "", i);
  }
  text += ") -> (";
  for (size_t i = 0; i < results.size(); ++i) {
    text += fmt::format("{}d{}", i ? ", " : "", results[i] - 'a');
  }
  return text + ")>";
}

std::string moduleText(const KernelCase &kernel, bool scheduled) {
  std::string signature, buffers, names, types, body;
  std::vector<int64_t> offsets = offsetsOf(kernel, scheduled);
  for (size_t i = 0; i < kernel.arguments.size(); ++i) {
    const Argument &argument = kernel.arguments[i];
    std::string type = typeOf(kernel, i), comma = i ? ", " : "";
    bool panels = layoutOf(kernel, i, scheduled).panels;
    std::string attribute, place;
    if (panels) {
      attribute = fmt::format(" {{rt.panels = array<i64: {}, {}>}}",
                              argument.axis, argument.width);
      place = fmt::format(" panels [{}, {}]", argument.axis, argument.width);
    }
    signature += fmt::format("{}%a{}: {}{}", comma, i, type, attribute);
    buffers += fmt::format("  %b{} = rt.buffer arena at {}{} : {}\n", i,
                           offsets[i], place, type);
    names += fmt::format("{}%b{}", comma, i);
    types += comma + type;
  }
  for (size_t at = 0; at < kernel.body.size(); ++at) {
    if (kernel.body[at] == '$') {
      body += typeOf(kernel, kernel.body[++at] - '0');
    } else if (kernel.body[at] == '@') {
      body += kernel.type;
    } else {
      body += kernel.body[at];
    }
  }
  return fmt::format("func.func private @k({}) attributes {{rt.kernel = {}}} "
                     "{{\n{}\n  return\n}}\nrt.entry @e {{\n{}  rt.launch "
                     "@k({}) : {}\n}}\n",
                     signature, kernel.inputs, body, buffers, names, types);
}

std::vector<double> runCase(const KernelCase &kernel, const Target &target,
                            int threads, uint64_t seed) {
  bool scheduled = !target.options.reference;
  Compiled code = compile(moduleText(kernel, scheduled), target);
  return runCompiled(kernel, code, scheduled, threads, seed);
}

void expectAgreement(const KernelCase &kernel, double tolerance) {
  if (tolerance == 0) {
    tolerance = kernel.type == "f64" ? 1e-12 : 1e-5;
  }
  std::vector<double> expected = runCase(kernel, referenceTarget(), 1, 7);
  double largest = 1e-30;
  for (double value : expected) {
    largest = std::max(largest, std::isfinite(value) ? std::abs(value) : 0.0);
  }
  for (int lanes : hostLanes() == 16 ? std::vector{16, 8} : std::vector{8}) {
    SCOPED_TRACE(fmt::format("lanes {}", lanes));
    Compiled code = compile(moduleText(kernel, true), scheduledTarget(lanes));
    std::vector<double> first = runCompiled(kernel, code, true, 1, 7);
    ASSERT_EQ(first.size(), expected.size());
    int wrong = 0;
    for (size_t i = 0; i < first.size() && wrong < 5; ++i) {
      bool same =
          std::isnan(expected[i])
              ? std::isnan(first[i])
              : first[i] == expected[i] ||
                    std::abs(first[i] - expected[i]) <= tolerance * largest;
      wrong += !same;
      EXPECT_TRUE(same) << "element " << i << ": " << first[i] << ", not "
                        << expected[i];
    }
    for (int threads : {2, 3, 4}) {
      std::vector<double> other = runCompiled(kernel, code, true, threads, 7);
      EXPECT_EQ(std::memcmp(other.data(), first.data(),
                            first.size() * sizeof(double)),
                0)
          << threads << " threads give other bits";
    }
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << moduleText(kernel, true);
      return;
    }
  }
}

} // namespace gmc::testing
