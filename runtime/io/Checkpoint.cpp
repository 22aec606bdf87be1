//===- Checkpoint.cpp - the saved state of a run
//---------------------------===//
//
// The metadata of a checkpoint are strings:
//
//   format, gmc, model, hash, type           what wrote it
//   seed, step                               decimal numbers
//   stream.NAME  "EPOCH INDEX"               position of a stream of examples
//   data.NAME    "ITEMS DIGEST"              identity of its data
//   counter.NAME N                           updates, executions, clocks
//   hyper.NAME   V                           hyper-parameters
//
//===----------------------------------------------------------------------===//

#include "runtime/io/Checkpoint.h"

#include "runtime/core/Status.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <set>

namespace gmc::runtime {

static constexpr const char *formatName = "gmc-checkpoint-1";
/// Lines of differences that a message shows.
static constexpr size_t shownDifferences = 20;

//===----------------------------------------------------------------------===//
// Saving
//===----------------------------------------------------------------------===//

static Metadata metadataOf(const plan::Plan &plan, const RunState &run) {
  Metadata metadata = {
      {"format", formatName},
      {"gmc", GMC_VERSION},
      {"model", plan.model},
      {"hash", plan.hash},
      {"type", spellingOf(plan.type)},
      {"seed", std::to_string(run.seed)},
      {"step", std::to_string(run.step)},
  };
  for (const auto &[name, position] : run.streams) {
    metadata["stream." + name] =
        fmt::format("{} {}", position.epoch, position.index);
  }
  for (const auto &[name, identity] : run.datasets) {
    metadata["data." + name] =
        fmt::format("{} {}", identity.items, identity.digest);
  }
  for (const auto &[name, count] : run.counters) {
    metadata["counter." + name] = std::to_string(count);
  }
  for (const auto &[name, value] : run.hypers) {
    metadata["hyper." + name] = fmt::format("{}", value);
  }
  return metadata;
}

void saveCheckpoint(const std::filesystem::path &path, const State &state,
                    const RunState &run) {
  const plan::Plan &plan = state.plan;
  int64_t total = 0;
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    // Each starts on a multiple of 8, whatever the one before is.
    total += (state.bytes(i) + 7) / 8 * 8;
  }
  std::vector<std::byte> dense(total);
  std::vector<TensorView> views;
  int64_t offset = 0;
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    auto place = std::span(dense).subspan(offset, state.bytes(i));
    state.fetch(i, place);
    views.push_back({plan.tensors[i].name, plan.tensors[i].shape, place});
    offset += (state.bytes(i) + 7) / 8 * 8;
  }
  writeSafetensors(path, plan.type, metadataOf(plan, run), views);
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

namespace {
/// Reads numbers out of the metadata's strings.
class MetadataReader {
public:
  MetadataReader(const Metadata &metadata, const std::string &file)
      : metadata(metadata), file(file) {}

  const std::string &text(const std::string &key) const {
    auto found = metadata.find(key);
    if (found == metadata.end()) {
      fail(ExitCheckpoint, "{}: its metadata has no `{}`", file, key);
    }
    return found->second;
  }

  template <typename T>
  T number(const std::string &key, std::string_view value) const {
    T result{};
    auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size()) {
      fail(ExitCheckpoint, "{}: the metadata's `{}` is `{}`, not a number",
           file, printable(key), printable(value));
    }
    return result;
  }

  /// Splits "A B".
  std::pair<std::string_view, std::string_view>
  pair(const std::string &key, std::string_view value) const {
    size_t space = value.find(' ');
    if (space == std::string_view::npos) {
      fail(ExitCheckpoint, "{}: the metadata's `{}` is `{}`, not two words",
           file, printable(key), printable(value));
    }
    return {value.substr(0, space), value.substr(space + 1)};
  }

private:
  const Metadata &metadata;
  const std::string &file;
};
} // namespace

/// Reads `run` out of the metadata.
static RunState runStateOf(const Metadata &metadata, const std::string &file) {
  MetadataReader reader(metadata, file);
  RunState run;
  run.gmcVersion = reader.text("gmc");
  run.seed = reader.number<uint64_t>("seed", reader.text("seed"));
  run.step = reader.number<uint64_t>("step", reader.text("step"));
  for (const auto &[key, value] : metadata) {
    size_t dot = key.find('.');
    if (dot == std::string::npos) {
      continue;
    }
    std::string kind = key.substr(0, dot), name = key.substr(dot + 1);
    if (kind == "stream") {
      auto [epoch, index] = reader.pair(key, value);
      run.streams[name] = {reader.number<uint64_t>(key, epoch),
                           reader.number<int64_t>(key, index)};
    } else if (kind == "data") {
      auto [items, digest] = reader.pair(key, value);
      run.datasets[name] = {reader.number<int64_t>(key, items),
                            std::string(digest)};
    } else if (kind == "counter") {
      run.counters[name] = reader.number<uint64_t>(key, value);
    } else if (kind == "hyper") {
      run.hypers[name] = reader.number<double>(key, value);
    }
  }
  return run;
}

/// Returns e.g. "f32 [400, 784]".
static std::string describe(ScalarType type, const Shape &shape) {
  return fmt::format("{} {}", spellingOf(type), spellingOf(shape));
}

namespace {

/// What the model and a file do not share.
struct Differences {
  std::vector<std::string> changed;        ///< lines: tensors of other types
  std::vector<const StoredTensor *> gone;  ///< the file's alone
  std::vector<const plan::Tensor *> added; ///< the model's alone
  std::vector<std::string> moments;        ///< lines: what optimisers keep
};

} // namespace

/// True where `name` is what an optimiser keeps of another tensor of the file:
/// STATE.TENSOR.MOMENT.
static bool isMoment(std::string_view name, const SafetensorsFile &file) {
  const size_t last = name.rfind('.');
  return last != std::string_view::npos &&
         std::any_of(file.tensors.begin(), file.tensors.end(),
                     [&](const StoredTensor &tensor) {
                       return name.substr(0, last).ends_with("." + tensor.name);
                     });
}

static constexpr const char *isGone = "only in the checkpoint";
static constexpr const char *isNew = "new in the model";

static std::string lineOf(std::string_view name, ScalarType type,
                          const Shape &shape, const char *what) {
  return fmt::format("{}: {}, {}", printable(name), describe(type, shape),
                     what);
}

static Differences compare(const SafetensorsFile &file, const plan::Plan &plan,
                           Purpose purpose) {
  Differences found;
  std::set<std::string_view> known;
  for (const plan::Tensor &tensor : plan.tensors) {
    const StoredTensor *have = file.find(tensor.name);
    known.insert(tensor.name);
    if (have == nullptr && tensor.role == plan::Tensor::Role::Optimizer) {
      if (purpose == Purpose::Resume) {
        found.moments.push_back(
            lineOf(tensor.name, plan.type, tensor.shape, isNew));
      }
    } else if (have == nullptr) {
      found.added.push_back(&tensor);
    } else if (have->type != plan.type || have->shape != tensor.shape) {
      found.changed.push_back(fmt::format("{}: {}, the model has {}",
                                          tensor.name,
                                          describe(have->type, have->shape),
                                          describe(plan.type, tensor.shape)));
    }
  }
  for (const StoredTensor &tensor : file.tensors) {
    if (known.count(tensor.name) != 0) {
      continue;
    }
    if (isMoment(tensor.name, file)) {
      found.moments.push_back(
          lineOf(tensor.name, tensor.type, tensor.shape, isGone));
    } else {
      found.gone.push_back(&tensor);
    }
  }
  return found;
}

/// Returns "Enc.linear1.weight is Enc.m.weight, .." for those that may have
/// been renamed: of one net and shape, and either the layer is another or the
/// tensor in it; in the order of both.
static std::string renamesOf(const Differences &found) {
  std::string text;
  const auto net = [](std::string_view name) {
    return name.substr(0, name.find('.'));
  };
  const auto layer = [](std::string_view name) {
    return name.substr(0, name.rfind('.'));
  };
  const auto last = [](std::string_view name) {
    return name.substr(name.rfind('.') + 1);
  };
  std::vector<const StoredTensor *> left = found.gone;
  for (const plan::Tensor *added : found.added) {
    const auto old =
        std::find_if(left.begin(), left.end(), [&](const StoredTensor *gone) {
          return gone->shape == added->shape &&
                 net(gone->name) == net(added->name) &&
                 (last(gone->name) == last(added->name) ||
                  layer(gone->name) == layer(added->name));
        });
    if (old != left.end()) {
      text += fmt::format("{}{} is {}", text.empty() ? "" : ", ",
                          printable((*old)->name), added->name);
      left.erase(old);
    }
  }
  return text;
}

/// Returns lines for the tensors that the model and the file do not share.
static std::vector<std::string> differencesOf(const SafetensorsFile &file,
                                              const plan::Plan &plan,
                                              Purpose purpose) {
  const Differences found = compare(file, plan, purpose);
  std::vector<std::string> lines = found.changed;
  if (const std::string renames = renamesOf(found); !renames.empty()) {
    lines.push_back("perhaps renamed: " + printable(renames, 1000));
  }
  for (const StoredTensor *tensor : found.gone) {
    lines.push_back(lineOf(tensor->name, tensor->type, tensor->shape, isGone));
  }
  for (const plan::Tensor *tensor : found.added) {
    lines.push_back(lineOf(tensor->name, plan.type, tensor->shape, isNew));
  }
  // They follow from the tensors that they belong to.
  if (lines.empty()) {
    return found.moments;
  }
  if (!found.moments.empty()) {
    lines.push_back(fmt::format("{} tensors of optimisers that only one of "
                                "them has",
                                found.moments.size()));
  }
  return lines;
}

/// Returns the metadata that differ from the model's, as lines.
static std::vector<std::string> foreignMetadata(const Metadata &metadata,
                                                const plan::Plan &plan) {
  const std::pair<const char *, std::string> expected[] = {
      {"format", formatName},
      {"model", plan.model},
      {"hash", plan.hash},
      {"type", spellingOf(plan.type)},
  };
  std::vector<std::string> lines;
  const auto hash = metadata.find("hash");
  const bool sameText = hash != metadata.end() && hash->second == plan.hash;
  for (const auto &[key, value] : expected) {
    auto found = metadata.find(key);
    // The name is that of a file, which may be renamed.
    if (sameText && std::string_view(key) == "model") {
      continue;
    }
    std::string have = found == metadata.end()
                           ? "missing"
                           : fmt::format("`{}`", printable(found->second));
    if (found == metadata.end() || found->second != value) {
      lines.push_back(
          fmt::format("{}: {}, the model has `{}`", key, have, value));
    }
  }
  return lines;
}

/// Throws one message with all `lines`, if there are any.
static void failWithDifferences(const std::string &head,
                                std::vector<std::string> lines,
                                const char *help) {
  if (lines.empty()) {
    return;
  }
  size_t total = lines.size();
  if (total > shownDifferences) {
    lines.resize(shownDifferences);
    lines.push_back(fmt::format("and {} more", total - shownDifferences));
  }
  fail(ExitCheckpoint, "{}\n  {}\n{}", head, fmt::join(lines, "\n  "), help);
}

RunState loadCheckpoint(const std::filesystem::path &path, State state,
                        Purpose purpose) {
  const plan::Plan &plan = state.plan;
  std::string name = printable(path.string(), 4096);
  SafetensorsFile file = readSafetensors(path);
  std::vector<std::string> lines = foreignMetadata(file.metadata, plan);
  std::vector<std::string> tensors = differencesOf(file, plan, purpose);
  lines.insert(lines.end(), tensors.begin(), tensors.end());
  failWithDifferences(
      name + ": is the checkpoint of another model:", std::move(lines),
      "the text, the constants or the batch changed since; nothing was loaded");
  RunState run = runStateOf(file.metadata, name);

  // All is checked; now the state may change. The copy is aligned, which the
  // bytes of a file need not be.
  std::vector<std::byte> dense;
  for (size_t i = 0; i < plan.tensors.size(); ++i) {
    if (const StoredTensor *stored = file.find(plan.tensors[i].name)) {
      dense.assign(stored->bytes.begin(), stored->bytes.end());
      state.store(i, dense);
    }
  }
  return run;
}

/// Returns e.g. "60000 items, digest 0123..".
static std::string describe(const DatasetIdentity &identity) {
  return fmt::format("{} items, digest {}", identity.items,
                     printable(identity.digest));
}

void checkDatasets(const RunState &run,
                   const std::map<std::string, DatasetIdentity> &atHand) {
  std::vector<std::string> lines;
  for (const auto &[name, identity] : atHand) {
    auto found = run.datasets.find(name);
    if (found == run.datasets.end()) {
      lines.push_back(fmt::format("{}: not used by the run", name));
    } else if (found->second != identity) {
      lines.push_back(fmt::format("{}: {}; the run has {}", name,
                                  describe(identity), describe(found->second)));
    }
  }
  for (const auto &[name, identity] : run.datasets) {
    if (!atHand.contains(name)) {
      lines.push_back(fmt::format("{}: not at hand; the run has {}",
                                  printable(name), describe(identity)));
    }
  }
  failWithDifferences("the data are not those of the run:", std::move(lines),
                      "give the run's own data with --data");
}

} // namespace gmc::runtime
