//===- ProcedureVerb.cpp - the verbs that a model brings along ------------===//
//
// Runs the entry of a procedure as often as its count needs, on the first items
// of the splits or files it reads, and writes what it emits.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/data/ItemFile.h"
#include "runtime/io/AtomicFile.h"
#include "runtime/train/Console.h"
#include "runtime/train/Emission.h"
#include "runtime/train/Signals.h"
#include "runtime/train/Verbs.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>

namespace gmc::runtime {

namespace {

/// An argument that a batch of items fills.
struct Source {
  const plan::ProcedureArgument &argument;
  const Dataset *items = nullptr;
  int64_t field = 0;
  int64_t first = 0; ///< item of the first example
};

/// A procedure with its arguments.
struct Procedure {
  const plan::Procedure &spec;
  const plan::Entry &entry;
  int64_t count = 0; ///< examples wanted
  std::vector<Source> sources;
  std::vector<std::unique_ptr<Dataset>> files; ///< read for this run
};

} // namespace

/// Finds what fills the arguments: files of the command line, or data sets.
static void openSources(const Request &request, DataShelf &shelf,
                        Procedure &procedure) {
  using Kind = plan::ProcedureArgument::Kind;
  const auto &files = request.options.files;
  for (const plan::ProcedureArgument &argument : procedure.spec.arguments) {
    if (argument.kind != Kind::Data && argument.kind != Kind::File) {
      continue;
    }
    const auto file = files.find(argument.name);
    if (file == files.end()) {
      const Dataset &items = shelf.get(argument.dataset, argument.split);
      procedure.sources.push_back({argument, &items, argument.field, 0});
      continue;
    }
    // A file in the place of a data set has the draws of that.
    const bool isData = argument.kind == Kind::Data;
    procedure.files.push_back(std::make_unique<Dataset>(
        readItems(request.model.plan.itemOf(argument),
                  isData ? argument.dataset : procedure.spec.name,
                  isData ? argument.split : argument.name, file->second,
                  request.model.plan.type)));
    procedure.sources.push_back({argument, procedure.files.back().get(), 0, 0});
  }
}

/// Writes how many grey levels the sources tell apart into the scalars that ask
/// for it.
static void setLevels(Machine &machine, const Procedure &procedure) {
  for (size_t i = 0; i < machine.scalars.size(); ++i) {
    const plan::Scalar &scalar = machine.plan.scalars[i];
    for (const Source &source : procedure.sources) {
      if (scalar.kind == plan::Scalar::Kind::Levels &&
          scalar.procedure == procedure.spec.name &&
          scalar.name == source.argument.name) {
        machine.scalars[i] = double(source.items->greyLevels(source.field));
      }
    }
  }
}

/// Returns how many examples the sources have: arguments of one field of a set
/// take its items one after the other (interpolation needs two different
/// images).
static int64_t roomOf(const Procedure &procedure) {
  std::map<std::pair<const Dataset *, int64_t>, int64_t> uses;
  for (const Source &source : procedure.sources) {
    ++uses[{source.items, source.field}];
  }
  int64_t room = INT64_MAX;
  for (const auto &[source, count] : uses) {
    room = std::min(room, source.first->items() / count);
  }
  return room;
}

/// Decides how many examples there are, and where each source begins.
static void choose(const RunOptions &options, Procedure &procedure) {
  const int64_t room = roomOf(procedure);
  procedure.count = procedure.entry.batch;
  for (const plan::ProcedureArgument &argument : procedure.spec.arguments) {
    if (argument.kind == plan::ProcedureArgument::Kind::Count) {
      const auto given = int64_t(options.arguments.at(argument.name));
      procedure.count = given == 0 ? room : given;
    }
  }
  if (!options.countGiven && !procedure.files.empty()) {
    procedure.count = std::min(procedure.count, room);
  }
  std::map<std::pair<const Dataset *, int64_t>, int64_t> used;
  for (Source &source : procedure.sources) {
    int64_t &taken = used[{source.items, source.field}];
    source.first = taken;
    taken += procedure.count;
    if (procedure.count == 0 || taken > source.items->items()) {
      fail(ExitUsage, "{} has {} items, item {} is asked for",
           source.items->stream(), source.items->items(),
           std::max<int64_t>(taken, 1));
    }
  }
}

/// Writes `entry.batch` items from `first` on into the input; rows past `valid`
/// repeat the last one.
static void fillInput(Machine &machine, const Source &source,
                      const plan::Entry &entry, int64_t first, int64_t valid) {
  const plan::Slot &slot = entry.inputs[source.argument.input];
  const int64_t bytes = elementsOf(source.items->field(source.field).shape) *
                        sizeOf(machine.plan.type);
  if (machine.bytes(slot) != entry.batch * bytes) {
    fail(ExitInternal, "input `{}` of `{}` is not a batch of {}",
         printable(slot.name), printable(entry.name), source.items->stream());
  }
  std::vector<std::byte> example(static_cast<size_t>(bytes));
  for (int64_t row = 0; row < entry.batch; ++row) {
    const int64_t item = first + std::min(row, valid - 1);
    source.items->convert(source.field, item, machine.seed, 0,
                          machine.plan.type, example);
    machine.write(slot, example, row * bytes);
  }
}

/// Runs all batches; false where a signal asked to stop.
static bool runBatches(const Procedure &procedure, Machine &machine,
                       std::vector<Collected> &outputs) {
  const int64_t batch = procedure.entry.batch;
  for (int64_t done = 0; done < procedure.count; done += batch) {
    if (stopSignal() != 0) {
      return false;
    }
    const int64_t valid = std::min(batch, procedure.count - done);
    for (const Source &source : procedure.sources) {
      fillInput(machine, source, procedure.entry, source.first + done, valid);
    }
    machine.runEntry(procedure.spec.entry,
                     evaluationOf(uint64_t(done / batch)));
    machine.checkLimits(procedure.spec.entry, 0);
    for (size_t i = 0; i < outputs.size(); ++i) {
      collect(outputs[i], machine, procedure.entry.outputs[i], valid);
    }
  }
  return true;
}

/// Where emission `index` goes: `--output`, or samples/ under the procedure's
/// name; the second and later ones have a number, and the ending of the first
/// where that is one of theirs.
static std::filesystem::path pathOf(const Request &request,
                                    const plan::Procedure &spec, size_t index) {
  const std::string ending = endingOf(spec.emissions[index]);
  const std::string number = index == 0 ? "" : fmt::format("-{}", index);
  if (request.options.output.empty()) {
    return request.options.folder.samples() / (spec.name + number + ending);
  }
  std::filesystem::path path = request.options.output;
  if (index > 0) {
    const bool fits = formOf(spec.emissions[index], path).has_value();
    const std::string own = path.extension().string();
    path.replace_extension();
    path += number + (own.empty() || !fits ? ending : own);
  }
  return path;
}

/// Writes and prints what a `text` shows. Its codes are those of the training's
/// data: other data would give them other characters.
static void writeText(const plan::Emission &emission, DataShelf &shelf,
                      const RunState &run,
                      const std::vector<Collected> &outputs,
                      const std::filesystem::path &path) {
  const Dataset &data = shelf.get(emission.dataset, "train");
  const auto trained = run.datasets.find(data.stream());
  if (trained != run.datasets.end() &&
      trained->second != DatasetIdentity{data.items(), data.digest()}) {
    fail(ExitData,
         "{}: these data are not those of the training, so their characters "
         "have other codes",
         data.stream());
  }
  const std::string text =
      textOf(emission, outputs, shelf.characters(emission.dataset));
  writeFileAtomically(path, text);
  std::string shown = text;
  for (char &c : shown) {
    // The terminal must take no commands from the data.
    const auto byte = static_cast<unsigned char>(c);
    c = (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f ? '?' : c;
  }
  out().print("{}", shown.substr(0, shown.size() - 1)); // It adds the last end.
}

/// Refuses, before anything runs, what cannot be written: forms that are not
/// supported, a set under a name that is taken, a file of what is printed.
static void checkPlaces(const Request &request, const plan::Procedure &spec) {
  bool anyFile = false;
  for (size_t i = 0; i < spec.emissions.size(); ++i) {
    const std::filesystem::path path = pathOf(request, spec, i);
    checkEnding(spec.emissions[i], path);
    if (spec.emissions[i].kind == plan::Emission::Kind::Idx) {
      refuseTakenName(path);
    }
    anyFile |= !isPrinted(spec.emissions[i]);
  }
  if (!anyFile && !request.options.output.empty()) {
    fail(ExitUsage, "--output {}: `{}` prints its result and writes no file",
         printable(request.options.output, 4096), printable(spec.name));
  }
}

/// Returns what the text calls output `index`: its column, else its expression.
static std::string textOfOutput(const Procedure &procedure, size_t index) {
  for (const plan::Emission &emission : procedure.spec.emissions) {
    for (size_t i = 0; i < emission.outputs.size(); ++i) {
      const auto &words =
          emission.names.empty() ? emission.texts : emission.names;
      if (emission.outputs[i] == int64_t(index) && i < words.size()) {
        return words[i];
      }
    }
  }
  return procedure.entry.outputs[index].name;
}

/// Says which outputs hold numbers that are not finite: they are written as
/// they are, but nobody sees them in a picture or among thousands.
static void warnOfNotFinite(const Procedure &procedure,
                            const std::vector<Collected> &outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::vector<double> &numbers = outputs[i].numbers;
    const auto wrong =
        std::count_if(numbers.begin(), numbers.end(),
                      [](double number) { return !std::isfinite(number); });
    if (wrong > 0) {
      err().print("warning: {} of the {} numbers of `{}` are not finite", wrong,
                  numbers.size(), printable(textOfOutput(procedure, i)));
    }
  }
}

/// Prints a number with all that it hangs on; returns the exit code.
static int printNumber(const plan::Emission &emission,
                       const Procedure &procedure, const Request &request,
                       const RunState &run,
                       const std::vector<Collected> &outputs) {
  std::string from;
  for (const Source &source : procedure.sources) {
    const auto file = request.options.files.find(source.argument.name);
    from += fmt::format("{} {}, ", source.argument.name,
                        file == request.options.files.end()
                            ? source.items->stream()
                            : printable(file->second, 4096));
  }
  const double number = numberOf(emission, outputs);
  out().print("{} {}", wordOf(emission.kind), number);
  out().print("  {} against {}, {} numbers of {} examples; {}weights of {}, "
              "step {}",
              printable(emission.texts.at(0), 400),
              printable(emission.texts.at(1), 400),
              outputs[emission.outputs[0]].itemShape[0], procedure.count, from,
              printable(request.options.folder.checkpoint().string(), 4096),
              run.step);
  return std::isfinite(number) ? ExitOk : ExitNotFinite;
}

int runProcedure(const Request &request) {
  const auto &[model, options] = request;
  const plan::Plan &plan = model.plan;
  const plan::Procedure &spec = plan.procedures[options.procedure];
  Procedure procedure{spec, plan.entries[spec.entry], 0, {}, {}};
  checkPlaces(request, spec);
  Machine machine(model, options.threads);
  const LoadedRun loaded = loadRun(request, machine, Purpose::Sample);
  machine.seed = options.seed.value_or(loaded.run.seed);
  restoreClocks(machine, loaded.run);
  for (const plan::ProcedureArgument &argument : spec.arguments) {
    if (argument.kind == plan::ProcedureArgument::Kind::Real ||
        argument.kind == plan::ProcedureArgument::Kind::Text) {
      machine.scalars[argument.scalar] = options.arguments.at(argument.name);
    }
  }
  std::vector<Collected> outputs;
  for (const plan::Slot &slot : procedure.entry.outputs) {
    outputs.push_back(collectionFor(slot, procedure.entry.batch));
  }
  DataShelf shelf(plan, loaded.config.data);
  openSources(request, shelf, procedure);
  setLevels(machine, procedure);
  choose(options, procedure);
  if (!runBatches(procedure, machine, outputs)) {
    return ExitSignal + stopSignal();
  }
  warnOfNotFinite(procedure, outputs);
  int code = ExitOk;
  for (size_t i = 0; i < spec.emissions.size(); ++i) {
    if (isPrinted(spec.emissions[i])) {
      code = std::max(code, printNumber(spec.emissions[i], procedure, request,
                                        loaded.run, outputs));
      continue;
    }
    if (options.output.empty()) {
      makeFolders(options.folder.samples());
    }
    const std::filesystem::path path = pathOf(request, spec, i);
    if (spec.emissions[i].kind == plan::Emission::Kind::Text) {
      writeText(spec.emissions[i], shelf, loaded.run, outputs, path);
    } else {
      writeEmission(spec.emissions[i], plan, outputs, path);
    }
    out().print("{}", printable(path.string(), 4096));
  }
  return code;
}

} // namespace gmc::runtime
