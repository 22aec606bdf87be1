//===- ManifestText.cpp - what a compiled model says of itself ------------===//
#include "runtime/core/Tensor.h"
#include "tests/campaign/fuzz/Harness.h"

#include <algorithm>
#include <optional>

namespace gmc::fuzz {

using namespace runtime;

/// Writes each tensor where it lies and reads it back: an offset or a layout
/// that leaves the region would show.
static void useStorage(const Manifest &manifest) {
  constexpr int64_t most = 1 << 20;
  std::vector<char> state(std::min(manifest.stateBytes, most));
  if (manifest.stateBytes > most) {
    return;
  }
  for (const TensorSpec &tensor : manifest.tensors) {
    std::vector<std::byte> numbers(denseBytes(manifest.type, tensor));
    for (size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = static_cast<std::byte>(i * 7);
    }
    TensorSpec first = tensor; // The places of one may lie over each other.
    first.storage.resize(1);
    storeTensor(manifest.type, tensor, numbers, state.data());
    storeTensor(manifest.type, first, numbers, state.data());
    std::vector<std::byte> back(numbers.size());
    fetchTensor(manifest.type, tensor, state.data(), back);
    require(numbers == back, "a tensor is read back as another");
  }
}

/// Every failure is 70 here: the text is the compiler's.
bool readers::manifest(Bytes bytes) {
  std::optional<Manifest> manifest;
  if (!succeeds(ExitInternal,
                [&] { manifest = parseManifest(textOf(bytes)); })) {
    return false;
  }
  useStorage(*manifest);
  for (const ProcedureSpec &procedure : manifest->procedures) {
    for (const ProcedureArgument &argument : procedure.arguments) {
      if (argument.kind == ProcedureArgument::Kind::Data ||
          argument.kind == ProcedureArgument::Kind::File) {
        elementsOf(itemOf(argument, *manifest).shape);
      }
    }
  }
  return true;
}

} // namespace gmc::fuzz
