//===- ReferenceTest.cpp - the reference pipeline against plain C++ -------===//
#include "tests/compiler/Codegen/CPU/Harness.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gmc::testing {
namespace {

constexpr std::string_view denseLayer = R"(
func.func private @dense(%x: memref<3x5xf64>, %w: memref<4x5xf64>,
    %b: memref<4xf64>, %y: memref<3x4xf64>) attributes {rt.kernel = 3} {
  %zero = arith.constant 0.0 : f64
  %t = memref.alloc() : memref<3x4xf64>
  linalg.fill ins(%zero : f64) outs(%t : memref<3x4xf64>)
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>,
      affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : memref<3x5xf64>, memref<4x5xf64>)
      outs(%t : memref<3x4xf64>) {
  ^bb0(%p: f64, %q: f64, %s: f64):
    %0 = arith.mulf %p, %q : f64
    %1 = arith.addf %s, %0 : f64
    linalg.yield %1 : f64
  }
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>,
      affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%t, %b : memref<3x4xf64>, memref<4xf64>)
      outs(%y : memref<3x4xf64>) {
  ^bb0(%p: f64, %q: f64, %o: f64):
    %0 = arith.addf %p, %q : f64
    %1 = math.tanh %0 : f64
    linalg.yield %1 : f64
  }
  return
}
func.func private @total(%y: memref<3x4xf64>, %s: memref<f64>)
    attributes {rt.kernel = 1} {
  %zero = arith.constant 0.0 : f64
  linalg.fill ins(%zero : f64) outs(%s : memref<f64>)
  linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>,
      affine_map<(m, n) -> ()>], iterator_types = ["reduction", "reduction"]}
      ins(%y : memref<3x4xf64>) outs(%s : memref<f64>) {
  ^bb0(%p: f64, %q: f64):
    %0 = arith.addf %p, %q : f64
    linalg.yield %0 : f64
  }
  return
}
rt.entry @fit {
  %x = rt.buffer arena at 0 : memref<3x5xf64>
  %w = rt.buffer state at 0 : memref<4x5xf64>
  %b = rt.buffer state at 192 : memref<4xf64>
  %y = rt.buffer arena at 128 : memref<3x4xf64>
  %s = rt.buffer arena at 256 : memref<f64>
  rt.launch @dense(%x, %w, %b, %y) : memref<3x5xf64>, memref<4x5xf64>,
      memref<4xf64>, memref<3x4xf64>
  rt.launch @total(%y, %s) : memref<3x4xf64>, memref<f64>
})";

TEST(Reference, DenseLayerAndItsSum) {
  Compiled code = compile(denseLayer, referenceTarget());
  for (int threads : {1, 3}) {
    Region state(256), arena(320);
    double *x = arena.at<double>(0), *w = state.at<double>(0);
    double *b = state.at<double>(192), *y = arena.at<double>(128);
    for (int i = 0; i < 20; ++i) {
      w[i] = std::sin(i);
    }
    for (int i = 0; i < 15; ++i) {
      x[i] = std::cos(3 * i);
    }
    for (int i = 0; i < 4; ++i) {
      b[i] = 0.1 * i;
    }
    code.run("fit", state.bytes(), arena.bytes(), threads);
    double total = 0;
    for (int m = 0; m < 3; ++m) {
      for (int n = 0; n < 4; ++n) {
        double sum = b[n];
        for (int k = 0; k < 5; ++k) {
          sum += x[m * 5 + k] * w[n * 5 + k];
        }
        EXPECT_NEAR(y[m * 4 + n], std::tanh(sum), 1e-14);
        total += std::tanh(sum);
      }
    }
    EXPECT_NEAR(*arena.at<double>(256), total, 1e-13);
  }
}

} // namespace
} // namespace gmc::testing
