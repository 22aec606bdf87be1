//===- PlanText.cpp - what a compiled model says of itself ----------------===//
#include "runtime/abi/gmAbi.h"
#include "runtime/core/Tensor.h"
#include "runtime/plan/Json.h"
#include "tests/campaign/fuzz/Harness.h"

#include <algorithm>
#include <optional>

namespace gmc::fuzz {

using namespace runtime;

/// Writes each tensor where it lies and reads it back: an offset or a layout
/// that leaves the region would show.
static void useStorage(const plan::Plan &plan, const plan::Artifact &artifact) {
  constexpr int64_t most = 1 << 20;
  if (artifact.stateBytes > most) {
    return;
  }
  std::vector<char> region(artifact.stateBytes);
  plan::Artifact first = artifact; // The places of one may lie over each other.
  for (Places &places : first.storage) {
    places.resize(1);
  }
  State all(plan, artifact, region.data()), alone(plan, first, region.data());
  for (size_t tensor = 0; tensor < plan.tensors.size(); ++tensor) {
    std::vector<std::byte> numbers(all.bytes(tensor));
    for (size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = static_cast<std::byte>(i * 7);
    }
    all.store(tensor, numbers);
    alone.store(tensor, numbers);
    std::vector<std::byte> back(numbers.size());
    alone.fetch(tensor, back);
    require(numbers == back, "a tensor is read back as another");
  }
}

/// Tells whether `read` succeeds; the text is the compiler's, so whatever is
/// wrong in it has one exit code.
template <typename Read> static bool isTaken(Read read) {
  return succeeds(ExitInternal, [&] {
    try {
      read();
    } catch (const plan::Broken &broken) {
      fail(ExitInternal, "{}", broken.what());
    }
  });
}

bool readers::plan(Bytes bytes) {
  const std::string_view text = textOf(bytes);
  const size_t end = std::min(text.find('\n'), text.size());
  plan::Plan plan;
  if (!isTaken([&] { plan = plan::planFrom(text.substr(0, end)); })) {
    return false;
  }
  require(plan::planFrom(plan::toJson(plan)) == plan,
          "written and read it is another plan");
  for (const plan::Procedure &procedure : plan.procedures) {
    for (const plan::ProcedureArgument &argument : procedure.arguments) {
      if (argument.kind == plan::ProcedureArgument::Kind::Data ||
          argument.kind == plan::ProcedureArgument::Kind::File) {
        elementsOf(plan.itemOf(argument).shape);
      }
    }
  }
  plan::Artifact artifact;
  if (end < text.size() && isTaken([&] {
        artifact =
            plan::artifactFrom(text.substr(end + 1), plan, GM_ABI_VERSION);
      })) {
    useStorage(plan, artifact);
  }
  return true;
}

} // namespace gmc::fuzz
