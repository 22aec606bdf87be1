//===- Kernels.cpp - speed of products as a share of the FMA peak ---------===//
//
//   taskset -c 0 kernelBenchmark [rounds] [lanes]
//
// Compiles products of the sizes of the example models in their three forms
// and prints, for each, the best of many runs on one thread as a share of the
// best of a register-only FMA loop that is run in turn with it.
//
//===----------------------------------------------------------------------===//
#include "tests/compiler/Codegen/CPU/Harness.h"

#include <fmt/format.h>

#include <barrier>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

namespace {
using namespace gmc::testing;

double seconds() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

template <int Bytes> struct Lanes {
  typedef float Vector __attribute__((vector_size(Bytes)));
};

/// GF/s of ten independent chains of FMA that never leave registers. The
/// empty assembly keeps each one in its register; g++ 12 spills an array.
template <int Bytes> [[gnu::always_inline]] inline double probeWith() {
  using Vector = typename Lanes<Bytes>::Vector;
  constexpr int turns = 20000, chains = 10;
  Vector a = {}, b = {}, c = {}, d = {}, e = {}, f = {}, g = {}, h = {}, i = {},
         j = {}, x = {}, y = {};
  double start = seconds();
  for (int turn = 0; turn < turns; ++turn) {
#define GMC_STEP(v)                                                            \
  v = v * x + y;                                                               \
  asm volatile("" : "+v"(v))
    GMC_STEP(a);
    GMC_STEP(b);
    GMC_STEP(c);
    GMC_STEP(d);
    GMC_STEP(e);
    GMC_STEP(f);
    GMC_STEP(g);
    GMC_STEP(h);
    GMC_STEP(i);
    GMC_STEP(j);
#undef GMC_STEP
  }
  return 2.0 * turns * chains * (Bytes / 4) / (seconds() - start) * 1e-9;
}

[[gnu::target("avx512f"), gnu::noinline]] double probeWide() {
  return probeWith<64>();
}

[[gnu::target("avx2,fma"), gnu::noinline]] double probeNarrow() {
  return probeWith<32>();
}

enum class Form { Forward, InputGradient, WeightGradient };

struct Size {
  int64_t batch, outputs, inputs;
};

/// Forward: y[b,n] = relu(x[b,k] w[n,k] + bias). InputGradient: dx[b,k] =
/// dy[b,n] w[n,k]. WeightGradient: dw[n,k] = dy[b,n] x[b,k].
std::string productText(Form form, Size size, int width) {
  auto [b, n, k] = size;
  std::string x = fmt::format("memref<{}x{}xf32>", b, k),
              y = fmt::format("memref<{}x{}xf32>", b, n),
              w = fmt::format("memref<{}x{}xf32>", n, k);
  std::string A, B, C, maps;
  int axis = form == Form::InputGradient ? 1 : 0;
  std::string panels =
      fmt::format("{{rt.panels = array<i64: {}, {}>}}", axis, width);
  std::string stored = fmt::format("panels [{}, {}] ", axis, width);
  bool forward = form == Form::Forward;
  if (forward) {
    A = x, B = w, C = y;
    maps = "affine_map<(b, n, k) -> (b, k)>, affine_map<(b, n, k) -> (n, k)>, "
           "affine_map<(b, n, k) -> (b, n)>";
  } else if (form == Form::InputGradient) {
    A = y, B = w, C = x;
    maps = "affine_map<(b, k, n) -> (b, n)>, affine_map<(b, k, n) -> (n, k)>, "
           "affine_map<(b, k, n) -> (b, k)>";
  } else {
    A = y, B = x, C = w;
    maps = "affine_map<(n, k, b) -> (b, n)>, affine_map<(n, k, b) -> (b, k)>, "
           "affine_map<(n, k, b) -> (n, k)>";
  }
  bool gradient = form == Form::WeightGradient;
  std::string bias = fmt::format("memref<{}xf32>", n);
  std::string target = forward ? "%t" : "%c";
  return fmt::format(
      "func.func private @k(%a: {0}, %b: {1} {2}, %v: {3}, %c: {4} {5}) "
      "attributes {{rt.kernel = 3}} {{\n%z = arith.constant 0.0 : f32\n{6}"
      "linalg.fill ins(%z : f32) outs({7} : {4})\n"
      "linalg.generic {{indexing_maps = [{8}], iterator_types = "
      "[\"parallel\", \"parallel\", \"reduction\"]}} ins(%a, %b : {0}, {1}) "
      "outs({7} : {4}) {{\n^bb0(%p: f32, %q: f32, %s: f32):\n"
      "%0 = arith.mulf %p, %q : f32\n%1 = arith.addf %s, %0 : f32\n"
      "linalg.yield %1 : f32\n}}\n{9}return\n}}\n"
      "rt.entry @e {{\n  %a = rt.buffer arena at 0 : {0}\n"
      "  %b = rt.buffer arena at 8388608 {10}: {1}\n"
      "  %v = rt.buffer arena at 16777216 : {3}\n"
      "  %c = rt.buffer arena at 25165824 {11}: {4}\n"
      "  rt.launch @k(%a, %b, %v, %c) : {0}, {1}, {3}, {4}\n}}\n",
      A, B, gradient ? "" : panels, bias, C, gradient ? panels : "",
      forward ? fmt::format("%t = memref.alloc() : {}\n", C) : "", target, maps,
      forward
          ? fmt::format(
                "linalg.generic {{indexing_maps = [affine_map<(b, n) -> (b, "
                "n)>, affine_map<(b, n) -> (n)>, affine_map<(b, n) -> (b, n)>"
                "], iterator_types = [\"parallel\", \"parallel\"]}} ins(%t, "
                "%v : {0}, {1}) outs(%c : {0}) {{\n^bb0(%p: f32, %q: f32, %o: "
                "f32):\n%0 = arith.addf %p, %q : f32\n%g = arith.cmpf ogt, "
                "%0, %z : f32\n%1 = arith.select %g, %0, %z : f32\n"
                "linalg.yield %1 : f32\n}}\n",
                C, bias)
          : "",
      gradient ? "" : stored, gradient ? stored : "");
}

/// Kernels that only stream: a name, its text, elements and bytes of a run.
struct Stream {
  const char *name;
  std::string text;
  double elements, bytes;
};

struct Buffer {
  std::string type; ///< of memory, without memref< >
  std::string map;  ///< over (a, b)
  int axis;         ///< of panels of 32, or -1
};

/// A kernel of one generic over rows x columns.
std::string streamText(const char *kinds, const std::vector<Buffer> &buffers,
                       size_t inputs, const std::string &body,
                       const char *yields) {
  std::string arguments, places, names, types, maps, lists[2], typeLists[2],
      block, fills;
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Buffer &buffer = buffers[i];
    std::string comma = i ? ", " : "", type = "memref<" + buffer.type + ">";
    std::string axis = fmt::format("{}", buffer.axis);
    bool panels = buffer.axis >= 0;
    arguments += fmt::format(
        "{}%a{}: {}{}", comma, i, type,
        panels ? " {rt.panels = array<i64: " + axis + ", 32>}" : "");
    places +=
        fmt::format("  %a{} = rt.buffer arena at {} {}: {}\n", i, i * 4194304,
                    panels ? "panels [" + axis + ", 32] " : "", type);
    names += fmt::format("{}%a{}", comma, i);
    types += comma + type;
    maps += fmt::format("{}affine_map<(a, b) -> ({})>", comma, buffer.map);
    bool output = i >= inputs;
    std::string inner = lists[output].empty() ? "" : ", ";
    lists[output] += fmt::format("{}%a{}", inner, i);
    typeLists[output] += inner + type;
    block += fmt::format("{}%x{}: f32", comma, i);
    if (output && std::string(kinds).find("reduction") != std::string::npos) {
      fills +=
          fmt::format("linalg.fill ins(%z : f32) outs(%a{} : {})\n", i, type);
    }
  }
  return fmt::format(
      "func.func private @k({}) attributes {{rt.kernel = {}}} {{\n"
      "%z = arith.constant 0.0 : f32\n%one = arith.constant 1.0 : f32\n"
      "%c = arith.constant 0.9 : f32\n%d = arith.constant 0.1 : f32\n{}"
      "linalg.generic {{indexing_maps = [{}], iterator_types = [{}]}} ins({} "
      ": {}) outs({} : {}) {{\n^bb0({}):\n{}linalg.yield {}\n}}\nreturn\n}}\n"
      "rt.entry @e {{\n{}  rt.launch @k({}) : {}\n}}\n",
      arguments, inputs, fills, maps, kinds, lists[0], typeLists[0], lists[1],
      typeLists[1], block, body, yields, places, names, types);
}

std::vector<Stream> streams() {
  const char *both = "\"parallel\", \"parallel\"";
  std::string w = "512x784xf32", y = "128x784xf32";
  std::string adam = "%0 = arith.mulf %x2, %c : f32\n"
                     "%1 = arith.mulf %x0, %d : f32\n"
                     "%2 = arith.addf %0, %1 : f32\n"
                     "%3 = arith.mulf %x3, %c : f32\n"
                     "%4 = arith.mulf %x0, %x0 : f32\n"
                     "%5 = arith.mulf %4, %d : f32\n"
                     "%6 = arith.addf %3, %5 : f32\n"
                     "%7 = math.sqrt %6 : f32\n"
                     "%8 = arith.addf %7, %d : f32\n"
                     "%9 = arith.divf %2, %8 : f32\n"
                     "%10 = arith.subf %x1, %9 : f32\n";
  std::string sum = "%0 = arith.addf %x1, %x0 : f32\n";
  double weights = 512 * 784, values = 128 * 784;
  return {
      {"Adam",
       streamText(
           both,
           {{w, "a, b", 0}, {w, "a, b", 0}, {w, "a, b", 0}, {w, "a, b", 0}}, 1,
           adam, "%10, %2, %6 : f32, f32, f32"),
       weights, weights * 28},
      {"Adam with W^T",
       streamText(both,
                  {{w, "a, b", 0},
                   {w, "a, b", 0},
                   {w, "a, b", 0},
                   {w, "a, b", 0},
                   {w, "a, b", 1}},
                  1, adam, "%10, %2, %6, %10 : f32, f32, f32, f32"),
       weights, weights * 32},
      {"W^T",
       streamText(both, {{w, "a, b", 0}, {w, "a, b", 1}}, 1, "", "%x0 : f32"),
       weights, weights * 8},
      {"softplus",
       streamText(both, {{y, "a, b", -1}, {y, "a, b", -1}}, 1,
                  "%0 = math.exp %x0 : f32\n%1 = math.log1p %0 : f32\n",
                  "%1 : f32"),
       values, values * 8},
      {"tanh",
       streamText(both, {{y, "a, b", -1}, {y, "a, b", -1}}, 1,
                  "%0 = math.tanh %x0 : f32\n", "%0 : f32"),
       values, values * 8},
      {"sums of columns",
       streamText("\"reduction\", \"parallel\"",
                  {{y, "a, b", -1}, {"784xf32", "b", -1}}, 1, sum, "%0 : f32"),
       values, values * 4},
      {"sums of rows",
       streamText("\"parallel\", \"reduction\"",
                  {{y, "a, b", -1}, {"128xf32", "a", -1}}, 1, sum, "%0 : f32"),
       values, values * 4},
      {"sum of all",
       streamText("\"reduction\", \"reduction\"",
                  {{w, "a, b", 0}, {"f32", "", -1}}, 1, sum, "%0 : f32"),
       weights, weights * 4},
  };
}

} // namespace

int main(int argc, char **argv) {
  int rounds = argc > 1 ? std::atoi(argv[1]) : 30;
  int lanes = argc > 2 ? std::atoi(argv[2]) : hostLanes();
  const char *const names[] = {"forward", "dX", "dW"};
  Region arena(40 << 20);
  for (size_t i = 0; i < (40 << 18); ++i) {
    arena.at<float>(0)[i] = float(i % 17) * 0.01f;
  }
  std::barrier<> barrier(1);
  GmFrame frame{0, 1, nullptr, arena.bytes(), nullptr, nullptr, &barrier};
  fmt::print("stream            us   ns/element   GB/s\n");
  for (const Stream &stream : streams()) {
    Compiled code = compile(stream.text, scheduledTarget(lanes));
    GmEntry entry = code.entry("e");
    double best = 1e9;
    for (int i = 0; i < rounds * 4; ++i) {
      double start = seconds();
      entry(&frame);
      best = std::min(best, seconds() - start);
    }
    fmt::print("{:15} {:6.1f} {:10.3f} {:8.1f}\n", stream.name, best * 1e6,
               best * 1e9 / stream.elements, stream.bytes / best * 1e-9);
  }
  fmt::print("form     batch outputs inputs   GF/s   peak  share\n");
  for (Size size : {Size{128, 400, 784},
                    {128, 512, 784},
                    {128, 256, 512},
                    {128, 784, 400},
                    {128, 784, 512},
                    {128, 128, 256},
                    {128, 20, 400},
                    {16, 512, 784},
                    {512, 512, 784}}) {
    for (Form form :
         {Form::Forward, Form::InputGradient, Form::WeightGradient}) {
      Compiled code =
          compile(productText(form, size, 32), scheduledTarget(lanes));
      GmEntry entry = code.entry("e");
      double best = 1e9, peak = 0;
      for (int round = 0; round < rounds; ++round) {
        peak = std::max(peak, lanes == 16 ? probeWide() : probeNarrow());
        for (int i = 0; i < 4; ++i) {
          double start = seconds();
          entry(&frame);
          best = std::min(best, seconds() - start);
        }
      }
      double speed = 2e-9 * size.batch * size.outputs * size.inputs / best;
      fmt::print("{:8} {:5} {:7} {:6} {:6.1f} {:6.1f} {:5.0f}%\n",
                 names[int(form)], size.batch, size.outputs, size.inputs, speed,
                 peak, 100 * speed / peak);
    }
  }
}
