//===- ProcedureVerb.cpp - the verbs that a model brings along ------------===//
//
// Runs the entry of a procedure as often as its count needs, on the first items
// of the splits it reads, and writes what it emits.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/train/Console.h"
#include "runtime/train/Emission.h"
#include "runtime/train/Signals.h"
#include "runtime/train/Verbs.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace gmc::runtime {

namespace {

/// A procedure with its arguments.
struct Procedure {
  const ProcedureSpec &spec;
  const EntrySpec &entry;
  int64_t count; ///< examples wanted
  /// First item of each data argument: a second one of the same field goes on
  /// where the first one ends (interpolation needs two different images).
  std::vector<int64_t> firstItem;
};

} // namespace

static Procedure describe(const Request &request) {
  const ProcedureSpec &spec =
      request.manifest.procedures[request.options.procedure];
  const EntrySpec &entry = request.manifest.entries[spec.entry];
  Procedure procedure{spec, entry, entry.batch, {}};
  for (const ProcedureArgument &argument : spec.arguments) {
    if (argument.kind == ProcedureArgument::Kind::Count) {
      procedure.count = int64_t(request.options.arguments.at(argument.name));
    }
  }
  std::map<std::string, int64_t> used;
  for (const ProcedureArgument &argument : spec.arguments) {
    if (argument.kind == ProcedureArgument::Kind::Data) {
      int64_t &taken = used[fmt::format("{}.{}.{}", argument.dataset,
                                        argument.split, argument.field)];
      procedure.firstItem.push_back(taken);
      taken += procedure.count;
    }
  }
  return procedure;
}

/// Writes `entry.batch` items from `first` on into the input; rows past `valid`
/// repeat the last one.
static void fillInput(Machine &machine, const Dataset &dataset,
                      const ProcedureArgument &argument, const EntrySpec &entry,
                      int64_t first, int64_t valid) {
  if (first + valid > dataset.items()) {
    fail(ExitUsage, "{} has {} items, item {} is asked for", dataset.stream(),
         dataset.items(), first + valid);
  }
  const Slot &slot = entry.inputs[argument.input];
  const int64_t bytes = elementsOf(dataset.field(argument.field).shape) *
                        sizeOf(machine.manifest.type);
  if (elementsOf(slot.shape) * sizeOf(machine.manifest.type) !=
      entry.batch * bytes) {
    fail(ExitInternal, "input `{}` of `{}` is not a batch of {}",
         printable(slot.name), printable(entry.name), dataset.stream());
  }
  for (int64_t row = 0; row < entry.batch; ++row) {
    const int64_t item = first + std::min(row, valid - 1);
    auto *place = reinterpret_cast<std::byte *>(machine.arena.data()) +
                  slot.offset + row * bytes;
    dataset.convert(argument.field, item, machine.seed, 0,
                    machine.manifest.type, {place, size_t(bytes)});
  }
}

/// Runs all batches; false where a signal asked to stop.
static bool runBatches(const Procedure &procedure, Machine &machine,
                       DataShelf &shelf, std::vector<Collected> &outputs) {
  const int64_t batch = procedure.entry.batch;
  for (int64_t done = 0; done < procedure.count; done += batch) {
    if (stopSignal() != 0) {
      return false;
    }
    const int64_t valid = std::min(batch, procedure.count - done);
    size_t dataArgument = 0;
    for (const ProcedureArgument &argument : procedure.spec.arguments) {
      if (argument.kind == ProcedureArgument::Kind::Data) {
        fillInput(machine, shelf.get(argument.dataset, argument.split),
                  argument, procedure.entry,
                  procedure.firstItem[dataArgument++] + done, valid);
      }
    }
    machine.runEntry(procedure.spec.entry,
                     evaluationOf(uint64_t(done / batch)));
    for (size_t i = 0; i < outputs.size(); ++i) {
      collect(outputs[i], machine, procedure.entry.outputs[i], valid);
    }
  }
  return true;
}

/// Where emission `index` goes: `--output`, or samples/ under the procedure's
/// name; the second and later ones have a number.
static std::filesystem::path pathOf(const Request &request,
                                    const ProcedureSpec &spec, size_t index) {
  const std::string ending = endingOf(spec.emits[index]);
  const std::string number = index == 0 ? "" : fmt::format("-{}", index);
  if (request.options.output.empty()) {
    return request.options.folder.samples() / (spec.name + number + ending);
  }
  std::filesystem::path path = request.options.output;
  if (index > 0) {
    const std::string own = path.extension().string();
    path.replace_extension();
    path += number + (own.empty() ? ending : own);
  }
  return path;
}

int runProcedure(const Request &request) {
  const auto &[model, manifest, options] = request;
  const Procedure procedure = describe(request);
  for (size_t i = 0; i < procedure.spec.emits.size(); ++i) {
    pathOf(request, procedure.spec, i); // refuses what is not supported
  }
  Machine machine(manifest, model, options.threads);
  const LoadedRun loaded = loadRun(request, machine, Purpose::Sample);
  machine.seed = options.seed.value_or(loaded.run.seed);
  restoreClocks(machine, loaded.run);
  for (const ProcedureArgument &argument : procedure.spec.arguments) {
    if (argument.kind == ProcedureArgument::Kind::Real ||
        argument.kind == ProcedureArgument::Kind::Text) {
      machine.scalars[argument.scalar] = options.arguments.at(argument.name);
    }
  }
  std::vector<Collected> outputs;
  for (const Slot &slot : procedure.entry.outputs) {
    outputs.push_back(collectionFor(slot, procedure.entry.batch));
  }
  DataShelf shelf(manifest, loaded.config.data);
  if (!runBatches(procedure, machine, shelf, outputs)) {
    return ExitSignal + stopSignal();
  }
  if (options.output.empty() && !procedure.spec.emits.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.folder.samples(), error);
    if (error) {
      fail(ExitInputOutput, "{}: the folder cannot be made: {}",
           printable(options.folder.samples().string(), 400), error.message());
    }
  }
  for (size_t i = 0; i < procedure.spec.emits.size(); ++i) {
    const std::filesystem::path path = pathOf(request, procedure.spec, i);
    writeEmission(procedure.spec.emits[i], manifest, outputs, path);
    out().print("{}", printable(path.string(), 4096));
  }
  return ExitOk;
}

} // namespace gmc::runtime
