//===- WeightsFile.cpp - weights that a run begins with -------------------===//
//
// A checkpoint of gmc or a safetensors file of another program, which has no
// checksum. Numbers of the other type are converted.
//
//===----------------------------------------------------------------------===//
#include "runtime/io/WeightsFile.h"

#include "runtime/core/Status.h"
#include "runtime/io/Safetensors.h"

#include <cstring>

namespace gmc::runtime {

namespace {

/// A tensor of the model and what it is filled with.
struct Filling {
  const plan::Tensor *tensor = nullptr;
  const StoredTensor *stored = nullptr;
};

} // namespace

/// Returns the bytes of `stored` as numbers of `type`.
static std::vector<std::byte> converted(const StoredTensor &stored,
                                        ScalarType type) {
  const int64_t count = elementsOf(stored.shape);
  std::vector<std::byte> bytes(count * sizeOf(type));
  dispatch(stored.type, [&](auto from) {
    dispatch(type, [&](auto to) {
      for (int64_t i = 0; i < count; ++i) {
        std::memcpy(&from, stored.bytes.data() + i * sizeof from, sizeof from);
        to = static_cast<decltype(to)>(from);
        std::memcpy(bytes.data() + i * sizeof to, &to, sizeof to);
      }
    });
  });
  return bytes;
}

/// Finds the tensors of one import; says in `lines` what does not fit.
static std::vector<Filling> fillingsOf(const plan::Import &import,
                                       const plan::Plan &plan,
                                       const SafetensorsFile &file,
                                       std::vector<std::string> &lines) {
  std::vector<Filling> fillings;
  for (const plan::Tensor &tensor : plan.tensors) {
    if (tensor.network != import.network ||
        tensor.role == plan::Tensor::Role::Optimizer) {
      continue;
    }
    const std::string bare = tensor.name.substr(import.network.size() + 1);
    const std::string name = import.of + "." + bare;
    const StoredTensor *stored = file.find(name);
    stored = stored ? stored : file.find(bare);
    if (!stored) {
      lines.push_back(fmt::format("{}: missing, `{}` has {}", name,
                                  import.network, spellingOf(tensor.shape)));
    } else if (stored->shape != tensor.shape) {
      lines.push_back(fmt::format(
          "{}: {}, `{}` has {}", printable(stored->name),
          spellingOf(stored->shape), import.network, spellingOf(tensor.shape)));
    }
    fillings.push_back({&tensor, stored});
  }
  return fillings;
}

static void fill(State &state, const Filling &filling) {
  const auto dense = converted(*filling.stored, state.plan.type);
  for (size_t i = 0; i < state.plan.tensors.size(); ++i) {
    const plan::Tensor &tensor = state.plan.tensors[i];
    if (&tensor == filling.tensor ||
        tensor.initial.drawnAs == filling.tensor->name) {
      state.store(i, dense);
    }
  }
}

static void importOne(const plan::Import &import, State &state,
                      const std::filesystem::path &path) {
  constexpr size_t shown = 20;
  const SafetensorsFile file = readSafetensors(path, /*requireChecksum=*/false);
  std::vector<std::string> lines;
  const auto fillings = fillingsOf(import, state.plan, file, lines);
  if (!lines.empty()) {
    const size_t total = lines.size();
    if (total > shown) {
      lines.resize(shown);
      lines.push_back(fmt::format("and {} more", total - shown));
    }
    fail(ExitCheckpoint,
         "{}: these are not weights of `{}`:\n  {}\nnothing was loaded; "
         "--weights {}=FILE names another file",
         printable(path.string(), 4096), import.of, fmt::join(lines, "\n  "),
         import.network);
  }
  for (const Filling &filling : fillings) {
    fill(state, filling);
  }
}

void importWeights(State state,
                   const std::map<std::string, std::string> &replaced) {
  for (const plan::Import &import : state.plan.imports) {
    const auto found = replaced.find(import.network);
    importOne(import, state,
              found == replaced.end() ? import.source : found->second);
  }
}

} // namespace gmc::runtime
