//===- KernelCase.h - one kernel, run in several ways -----------*- C++ -*-===//
//
// A kernel's arguments and body as text, from which whole modules are made:
// for the reference (all buffers dense) and for schedules (panels as given).
//
//===----------------------------------------------------------------------===//
#ifndef GMC_TESTS_COMPILER_CODEGEN_CPU_KERNELCASE_H
#define GMC_TESTS_COMPILER_CODEGEN_CPU_KERNELCASE_H

#include "tests/compiler/Codegen/CPU/Harness.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gmc::testing {

struct Argument {
  std::vector<int64_t> shape;
  int64_t axis = -1; ///< of panels, -1: dense
  int64_t width = 0;
  int64_t padding = 0; ///< elements behind each row of a dense matrix
};

struct KernelCase {
  std::string type = "f32"; ///< of every element
  std::vector<Argument> arguments;
  unsigned inputs = 0;
  std::string body;          ///< with %a0, %a1 .. and their types as $0, $1 ..
  double low = -1, high = 1; ///< of the inputs' values
};

/// The text of a module with the kernel @k and an entry @e that launches it.
std::string moduleText(const KernelCase &kernel, bool scheduled);

/// Elements of the outputs, in logical order, one after the other.
std::vector<double> runCase(const KernelCase &kernel, const Target &target,
                            int threads, uint64_t seed);

/// "affine_map<(d0, d1, d2) -> (d0, d2)>" from "ac" and 3 loops.
std::string map(const std::string &results, int loops);

/// Runs the case by reference and scheduled (this machine's lanes and AVX2; 1
/// to 4 threads) and expects agreement, and equal bits for all threads.
void expectAgreement(const KernelCase &kernel, double tolerance = 0);

} // namespace gmc::testing

#endif // GMC_TESTS_COMPILER_CODEGEN_CPU_KERNELCASE_H
