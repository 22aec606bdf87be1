//===- DrawDump.h - what each execution of a step saw -----------*- C++ -*-===//
//
// `--dump-draws FOLDER`: a safetensors file for each execution of a step, so
// that another program can repeat the training number by number. Tensors, of
// the model's type:
//
//   input.NAME    the step's arguments, as in memory when it began
//   draw.PATH     its random numbers: N(0, 1) or U(0, 1) before the text makes
//                 anything of them; `draw.fit/z` is the z of step fit. Computed
//                 here by runtime/core/Random.h, not read back: a model that
//                 draws otherwise does not agree with what is written
//   monitor.NAME  its losses and their terms
//
// Files are named STEP.CALL.ENTRY.safetensors, all numbers from 0: in the
// order of their names they are in the order of execution.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_DRAWDUMP_H
#define GMC_RUNTIME_TRAIN_DRAWDUMP_H

#include "runtime/train/Machine.h"

#include <cstddef>
#include <filesystem>
#include <vector>

namespace gmc::runtime {

class DrawDump {
public:
  /// Makes `folder`. Throws Failure 5 where that fails, and 2 where a new run
  /// (`isResumed` false) would mix with the files of an older one.
  DrawDump(std::filesystem::path folder, const Machine &machine,
           bool isResumed);

  /// Keeps the inputs of `entry`: the memory is scratch once it runs.
  void begin(const plan::Entry &entry);
  /// Writes the file of the execution that began last. Throws Failure 5.
  void end(const plan::Entry &entry, uint64_t step, uint64_t execution);

private:
  std::filesystem::path folder;
  const Machine &machine;
  std::vector<std::vector<std::byte>> inputs;
  uint64_t latestStep = 0;
  int call = -1;
};

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_DRAWDUMP_H
