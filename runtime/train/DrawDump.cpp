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
static std::span<const std::byte> bytesOf(const Machine &machine,
                                          const Slot &slot) {
  const auto *first =
      reinterpret_cast<const std::byte *>(machine.arena.data() + slot.offset);
  return {first,
          size_t(elementsOf(slot.shape) * sizeOf(machine.manifest.type))};
}

static std::vector<std::byte> numbersOf(ScalarType type, const DrawSpec &spec,
                                        const Draw &draw) {
  const int64_t count = elementsOf(spec.shape);
  std::vector<std::byte> bytes(size_t(count * sizeOf(type)));
  dispatch(type, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < count; ++i) {
      const T number = spec.isNormal ? draw.normal<T>(uint64_t(i))
                                     : draw.uniform<T>(uint64_t(i));
      std::memcpy(bytes.data() + i * int64_t(sizeof(T)), &number, sizeof(T));
    }
  });
  return bytes;
}

void DrawDump::begin(const EntrySpec &entry) {
  inputs.clear();
  for (const Slot &slot : entry.inputs) {
    const auto bytes = bytesOf(machine, slot);
    inputs.emplace_back(bytes.begin(), bytes.end());
  }
}

void DrawDump::end(const EntrySpec &entry, uint64_t step, uint64_t execution) {
  call = step == latestStep ? call + 1 : 0;
  latestStep = step;
  const ScalarType type = machine.manifest.type;
  std::vector<TensorView> views;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Slot &slot = entry.inputs[i];
    views.push_back({"input." + slot.name, slot.shape, inputs[i]});
  }
  std::vector<std::vector<std::byte>> numbers;
  numbers.reserve(entry.draws.size());
  for (const DrawSpec &spec : entry.draws) {
    const Draw draw{machine.seed, execution, spec.site};
    numbers.push_back(numbersOf(type, spec, draw));
    views.push_back({"draw." + spec.name, spec.shape, numbers.back()});
  }
  for (const Slot &slot : entry.monitors) {
    views.push_back({"monitor." + slot.name, {}, bytesOf(machine, slot)});
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
