//===- TensorFiles.cpp - safetensors, checkpoints, weights ----------------===//
#include "runtime/abi/gmAbi.h"
#include "runtime/core/Tensor.h"
#include "runtime/io/Checkpoint.h"
#include "runtime/io/WeightsFile.h"
#include "runtime/plan/Json.h"
#include "tests/campaign/fuzz/Harness.h"
#include "tests/runtime/plan/SamplePlan.h"

#include <algorithm>
#include <optional>

namespace gmc::fuzz {

using namespace runtime;
using std::filesystem::path;

/// Reads `file`, if it is right, twice.
static std::optional<SafetensorsFile> readFile(const path &file,
                                               bool requireChecksum) {
  std::optional<SafetensorsFile> found;
  succeeds(ExitCheckpoint,
           [&] { found = readSafetensors(file, requireChecksum); });
  return found;
}

/// Writes what is in `file` as gmc does, with a checksum, which no change of
/// bytes would hit. Not where the types differ: gmc writes one.
static std::optional<path> writtenAgain(const SafetensorsFile &file) {
  const ScalarType type =
      file.tensors.empty() ? ScalarType::F32 : file.tensors[0].type;
  std::vector<TensorView> views;
  for (const StoredTensor &tensor : file.tensors) {
    if (tensor.type != type) {
      return std::nullopt;
    }
    views.push_back({tensor.name, tensor.shape, tensor.bytes});
  }
  const path again = fileOf("again.safetensors", "");
  writeSafetensors(again, type, file.metadata, views);
  return again;
}

static void requireSame(const SafetensorsFile &a, const SafetensorsFile &b) {
  require(a.metadata == b.metadata && a.tensors.size() == b.tensors.size(),
          "other metadata, or another number of tensors");
  for (const StoredTensor &tensor : a.tensors) {
    const StoredTensor *other = b.find(tensor.name);
    require(other && other->type == tensor.type &&
                other->shape == tensor.shape &&
                std::ranges::equal(other->bytes, tensor.bytes),
            "another tensor " + printable(tensor.name));
  }
}

bool readers::safetensors(Bytes bytes) {
  const path file = fileOf("x.safetensors", textOf(bytes));
  const auto read = readFile(file, /*requireChecksum=*/false);
  const auto strict = readFile(file, /*requireChecksum=*/true);
  require(read || !strict, "only the stricter reading succeeds");
  if (!read) {
    return false;
  }
  size_t size = 0;
  for (const StoredTensor &tensor : read->tensors) {
    const auto length = static_cast<int64_t>(tensor.bytes.size());
    require(elementsOf(tensor.shape) * sizeOf(tensor.type) == length,
            "the shape is not that of the bytes");
    size += tensor.bytes.size();
  }
  require(size <= bytes.size(), "tensors beyond the file");
  if (const auto again = writtenAgain(*read)) {
    requireSame(*read, readSafetensors(*again));
  }
  return true;
}

/// Returns the model of the runtime's tests, in that type.
static plan::Plan planOf(const char *type) {
  nlohmann::json json = runtime::test::samplePlan();
  json["type"] = type;
  json["imports"] = {{{"network", "Enc"}, {"of", "Of"}, {"source", ""}}};
  return plan::planFrom(json.dump());
}

namespace {

/// A model and its memory, which a failed load must leave alone.
struct Model {
  const plan::Plan &plan;
  plan::Artifact artifact;
  std::vector<char> region;

  explicit Model(const plan::Plan &plan)
      : plan(plan),
        artifact(plan::artifactFrom(runtime::test::sampleArtifact().dump(),
                                    plan, GM_ABI_VERSION)),
        region(artifact.stateBytes, 'x') {}

  State state() { return {plan, artifact, region.data()}; }

  /// Runs `load`, and tells whether it succeeded.
  template <typename Load> bool loads(Load load) {
    const std::vector<char> before = region;
    const bool done = succeeds(ExitCheckpoint, [&] { load(*this); });
    require(done || region == before, "a failed load has changed the state");
    return done;
  }
};

} // namespace

static bool readCheckpoint(const path &file) {
  static const plan::Plan plan = planOf("f32");
  bool taken = false;
  for (Purpose purpose : {Purpose::Resume, Purpose::Sample}) {
    Model model(plan), other(plan);
    RunState run;
    if (!model.loads([&](Model &m) {
          run = loadCheckpoint(file, m.state(), purpose);
        })) {
      continue;
    }
    taken = true;
    succeeds(ExitCheckpoint, [&] { checkDatasets(run, {}); });
    other.region = model.region; // the optimiser's part need not be there
    const path saved = fileOf("saved.safetensors", "");
    saveCheckpoint(saved, model.state(), run);
    RunState again = loadCheckpoint(saved, other.state(), purpose);
    again.gmcVersion = run.gmcVersion; // that of the writer
    require(again == run && other.region == model.region,
            "saved and loaded it is another state");
  }
  return taken;
}

bool readers::checkpoint(Bytes bytes) {
  const path file = fileOf("run.safetensors", textOf(bytes));
  bool taken = readCheckpoint(file);
  if (const auto read = readFile(file, /*requireChecksum=*/false)) {
    if (const auto again = writtenAgain(*read)) {
      taken |= readCheckpoint(*again);
    }
  }
  return taken;
}

bool readers::weights(Bytes bytes) {
  const path file = fileOf("weights.safetensors", textOf(bytes));
  static const plan::Plan plans[] = {planOf("f32"), planOf("f64")};
  bool taken = false;
  for (const plan::Plan &plan : plans) {
    taken |= Model(plan).loads([&](Model &m) {
      importWeights(m.state(), {{"Enc", file.string()}});
    });
  }
  return taken;
}

} // namespace gmc::fuzz
