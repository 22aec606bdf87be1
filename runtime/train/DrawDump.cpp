//===- DrawDump.cpp - what each execution of a step saw -------------------===//
#include "runtime/train/DrawDump.h"

#include "runtime/core/Random.h"
#include "runtime/core/Status.h"
#include "runtime/io/AtomicFile.h"
#include "runtime/io/Safetensors.h"

#include <cstring>

namespace gmc::runtime {

namespace fs = std::filesystem;

static constexpr const char *formatName = "gmc-draws-1";

DrawDump::DrawDump(fs::path folder, const Machine &machine, bool isResumed)
    : folder(std::move(folder)), machine(machine) {
  const std::string shown = printable(this->folder.string(), 400);
  makeFolders(this->folder);
  std::error_code error;
  for (const fs::directory_entry &file :
       fs::directory_iterator(this->folder, error)) {
    if (!isResumed && file.path().extension() == ".safetensors") {
      fail(ExitUsage,
           "--dump-draws {}: it holds {} already; an empty folder is wanted",
           shown, printable(file.path().filename().string()));
    }
  }
  if (error) {
    fail(ExitInputOutput, "--dump-draws {}: {}", shown, error.message());
  }
}

/// Returns the bytes of `slot` in the arena.
static std::vector<std::byte> bytesOf(const Machine &machine,
                                      const plan::Slot &slot) {
  std::vector<std::byte> bytes(size_t(machine.bytes(slot)));
  machine.read(slot, bytes);
  return bytes;
}

static std::vector<std::byte> numbersOf(ScalarType type, const plan::Draw &spec,
                                        const Draw &draw) {
  const int64_t count = elementsOf(spec.shape);
  std::vector<std::byte> bytes(size_t(count * sizeOf(type)));
  dispatch(type, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < count; ++i) {
      const T number = spec.kind == plan::Draw::Kind::Normal
                           ? draw.normal<T>(uint64_t(i))
                           : draw.uniform<T>(uint64_t(i));
      std::memcpy(bytes.data() + i * int64_t(sizeof(T)), &number, sizeof(T));
    }
  });
  return bytes;
}

void DrawDump::begin(const plan::Entry &entry) {
  inputs.clear();
  for (const plan::Slot &slot : entry.inputs) {
    inputs.push_back(bytesOf(machine, slot));
  }
}

void DrawDump::end(const plan::Entry &entry, uint64_t step,
                   uint64_t execution) {
  call = step == latestStep ? call + 1 : 0;
  latestStep = step;
  const ScalarType type = machine.plan.type;
  std::vector<TensorView> views;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const plan::Slot &slot = entry.inputs[i];
    views.push_back({"input." + slot.name, slot.shape, inputs[i]});
  }
  std::vector<std::vector<std::byte>> numbers;
  numbers.reserve(entry.draws.size() + entry.monitors.size());
  for (const plan::Draw &spec : entry.draws) {
    const Draw draw{machine.seed, execution, spec.site};
    numbers.push_back(numbersOf(type, spec, draw));
    views.push_back({"draw." + spec.name, spec.shape, numbers.back()});
  }
  for (const plan::Slot &slot : entry.monitors) {
    numbers.push_back(bytesOf(machine, slot));
    views.push_back({"monitor." + slot.name, {}, numbers.back()});
  }
  const Metadata metadata = {{"format", formatName},
                             {"entry", entry.name},
                             {"step", std::to_string(step)},
                             {"seed", std::to_string(machine.seed)},
                             {"execution", std::to_string(execution)}};
  writeSafetensors(folder / fmt::format("{:08}.{:03}.{}.safetensors", step,
                                        call, entry.name),
                   type, metadata, views);
}

} // namespace gmc::runtime
