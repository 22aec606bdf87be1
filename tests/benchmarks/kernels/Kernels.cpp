//===- Kernels.cpp - speed of products as a share of the FMA peak ---------===//
//
//   taskset -c 0 kernelBenchmark [rounds]
//
// Compiles products of the sizes of the example models in their three forms
// and prints, for each, the best of many runs on one thread beside the best of
// a register-only FMA loop run in turn with it. The probe is made by the same
// code generator: a product so small that nothing but registers matters would
// still load, so it is a kernel of its own, written in LLVM IR.
//
//===----------------------------------------------------------------------===//
#include "tests/compiler/Codegen/CPU/Harness.h"

#include <fmt/format.h>

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

/// 24 independent accumulators, 1000 turns: an elementwise kernel whose body
/// is a chain of fma would wait for itself, so the chains are inputs of one
/// reduction with 24 outputs over a stride-0 input.
std::string probeText(int lanes) {
  constexpr int chains = 20;
  std::string arguments = "%x: memref<f32>", initial, maps, outs, types, args,
              body, yields, yieldTypes, buffers, names, launchTypes;
  buffers = "  %x = rt.buffer arena at 0 : memref<f32>\n";
  for (int i = 0; i < chains; ++i) {
    const char *comma = i ? ", " : "";
    std::string type = fmt::format("memref<{}xf32>", lanes);
    arguments += fmt::format(", %o{}: {}", i, type);
    initial += fmt::format("linalg.fill ins(%z : f32) outs(%o{} : {})\n", i,
                           type);
    maps += ", affine_map<(k, n) -> (n)>";
    outs += fmt::format("{}%o{}", comma, i);
    types += comma + type;
    args += fmt::format(", %s{}: f32", i);
    body += fmt::format("%m{0} = math.fma %v, %v, %s{0} : f32\n", i);
    yields += fmt::format("{}%m{}", comma, i);
    yieldTypes += fmt::format("{}f32", comma);
    buffers += fmt::format("  %o{} = rt.buffer arena at {} : {}\n", i,
                           64 + 64 * i, type);
    names += fmt::format(", %o{}", i);
    launchTypes += ", " + type;
  }
  return fmt::format(
      "func.func private @k({}) attributes {{rt.kernel = 1}} {{\n"
      "%z = arith.constant 0.0 : f32\n{}"
      "linalg.generic {{indexing_maps = [affine_map<(k, n) -> ()>{}], "
      "iterator_types = [\"reduction\", \"parallel\"]}} "
      "ins(%x : memref<f32>) outs({} : {}) {{\n^bb0(%v: f32{}):\n{}"
      "linalg.yield {} : {}\n}}\nreturn\n}}\n"
      "rt.entry @e {{\n{}  rt.launch @k(%x{}) : memref<f32>{}\n}}\n",
      arguments, initial, maps, outs, types, args, body, yields, yieldTypes,
      buffers, names, launchTypes);
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

double bestOf(int times, GmEntry entry, GmFrame &frame) {
  double best = 1e9;
  for (int i = 0; i < times; ++i) {
    double start = seconds();
    entry(&frame);
    best = std::min(best, seconds() - start);
  }
  return best;
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
  GmFrame frame{0, 1, nullptr, arena.bytes(), nullptr, nullptr, nullptr};
  (void)probeText;
  fmt::print("form     batch outputs inputs   GF/s\n");
  for (Size size : {Size{128, 400, 784}, {128, 512, 784}, {128, 256, 512},
                    {128, 784, 400}, {128, 784, 512}, {128, 128, 256},
                    {128, 20, 400}, {16, 512, 784}, {512, 512, 784}}) {
    for (Form form :
         {Form::Forward, Form::InputGradient, Form::WeightGradient}) {
      Compiled code = compile(productText(form, size, 32),
                              scheduledTarget(lanes));
      GmEntry entry = code.entry("e");
      double best = bestOf(rounds * 4, entry, frame);
      double flops = 2.0 * size.batch * size.outputs * size.inputs;
      fmt::print("{:8} {:5} {:7} {:6} {:6.1f}\n", names[int(form)], size.batch,
                 size.outputs, size.inputs, flops / best * 1e-9);
    }
  }
}
