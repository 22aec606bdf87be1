//===- TensorFiles.cpp - safetensors, checkpoints, weights ----------------===//
#include "runtime/core/Tensor.h"
#include "runtime/io/Checkpoint.h"
#include "runtime/io/WeightsFile.h"
#include "tests/campaign/fuzz/Harness.h"
#include "tests/runtime/core/SampleManifest.h"

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
static Manifest manifestOf(const char *type) {
  nlohmann::json json = runtime::test::sampleManifest();
  json["type"] = type;
  json["imports"] = {{{"network", "Enc"}, {"of", "Of"}, {"source", ""}}};
  return parseManifest(json.dump());
}

namespace {

/// A model and its memory, which a failed load must leave alone.
struct Model {
  const Manifest &manifest;
  std::vector<char> state;

  explicit Model(const Manifest &manifest)
      : manifest(manifest), state(manifest.stateBytes, 'x') {}

  /// Runs `load`, and tells whether it succeeded.
  template <typename Load> bool loads(Load load) {
    const std::vector<char> before = state;
    const bool done = succeeds(ExitCheckpoint, [&] { load(*this); });
    require(done || state == before, "a failed load has changed the state");
    return done;
  }
};

} // namespace

static bool readCheckpoint(const path &file) {
  static const Manifest manifest = manifestOf("f32");
  bool taken = false;
  for (Purpose purpose : {Purpose::Resume, Purpose::Sample}) {
    Model model(manifest), other(manifest);
    RunState run;
    if (!model.loads([&](Model &m) {
          run = loadCheckpoint(file, m.manifest, m.state.data(), purpose);
        })) {
      continue;
    }
    taken = true;
    succeeds(ExitCheckpoint, [&] { checkDatasets(run, {}); });
    other.state = model.state; // the optimiser's part need not be there
    const path saved = fileOf("saved.safetensors", "");
    saveCheckpoint(saved, model.manifest, model.state.data(), run);
    RunState again =
        loadCheckpoint(saved, other.manifest, other.state.data(), purpose);
    again.gmcVersion = run.gmcVersion; // that of the writer
    require(again == run && other.state == model.state,
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
  static const Manifest manifests[] = {manifestOf("f32"), manifestOf("f64")};
  bool taken = false;
  for (const Manifest &manifest : manifests) {
    taken |= Model(manifest).loads([&](Model &m) {
      importWeights(m.manifest, {{"Enc", file.string()}}, m.state.data());
    });
  }
  return taken;
}

} // namespace gmc::fuzz
