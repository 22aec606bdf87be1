//===- Harness.h - compiles modules and runs their entries ------*- C++ -*-===//
//
// For tests and benchmarks: MLIR text goes through the CPU pipeline and LLVM's
// code generator (without LLVM's middle end) into this process.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_TESTS_COMPILER_CODEGEN_CPU_HARNESS_H
#define GMC_TESTS_COMPILER_CODEGEN_CPU_HARNESS_H

#include "compiler/Codegen/CPU/CPUPipeline.h"
#include "runtime/abi/gmAbi.h"

#include <memory>
#include <string>
#include <string_view>

namespace gmc::testing {

/// The processor to generate for. `lanesF32` of 8 stands for AVX2.
struct Target {
  cpu::CPUOptions options;
  std::string cpu;      ///< empty: this machine's
  std::string features; ///< as llc's -mattr
};

/// The reference way on this machine.
Target referenceTarget();
/// Scheduled, for this machine or for AVX2 if `lanes` is 8.
Target scheduledTarget(int lanes);
/// 16 where this machine has AVX-512, else 8.
int hostLanes();

/// Code of one module.
class Compiled {
public:
  struct Impl;
  explicit Compiled(std::unique_ptr<Impl> impl);
  Compiled(Compiled &&) noexcept;
  ~Compiled();

  /// Runs an entry once on `threads` threads, all of this call's own.
  void run(const std::string &entry, char *state, char *arena, int threads,
           const double *scalars = nullptr, const uint32_t *key = nullptr);
  GmEntry entry(const std::string &name);

private:
  std::unique_ptr<Impl> impl;
};

/// Throws std::runtime_error with the diagnostics when something is wrong.
Compiled compile(std::string_view text, const Target &target);

/// Memory aligned as the runtime's regions are, zero at first.
class Region {
public:
  explicit Region(size_t bytes);
  ~Region();
  Region(const Region &) = delete;
  char *bytes() { return memory; }
  template <typename T> T *at(size_t offset) {
    return reinterpret_cast<T *>(memory + offset);
  }

private:
  char *memory;
};

} // namespace gmc::testing

#endif // GMC_TESTS_COMPILER_CODEGEN_CPU_HARNESS_H
