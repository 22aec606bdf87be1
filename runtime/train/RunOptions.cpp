//===- RunOptions.cpp - the command line of a trainer ---------------------===//
//
// Verbs are sub-commands; each takes only the flags that mean something to it.
// The model's own knobs stand in --help with their defaults.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/RunOptions.h"

#include "runtime/core/Status.h"
#include "runtime/cpu/ThreadPool.h"
#include "runtime/train/Console.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace gmc::runtime {

namespace {

/// Flags that procedures have beside their arguments.
namespace flag {
#define GMC_FLAG(name, spelling, meaning) constexpr const char *name = spelling;
#include "runtime/abi/names.def"
} // namespace flag

/// What CLI11 fills before it is checked against the plan.
struct Raw {
  std::string out = "run", output;
  std::optional<std::string> dumpDraws;
  std::vector<std::string> data, sets, weights;
  std::optional<std::string> seed;
  std::optional<int64_t> threads, steps, saveEvery;
  std::optional<double> epochs, maxSeconds;
  bool overwrite = false, json = false;
  std::map<std::string, std::string> arguments, files;
};

} // namespace

/// Parses a whole number or a decimal one, whatever the locale.
static std::optional<double> parseNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

/// Returns the least number of changed letters between two words.
static size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

/// Returns "; did you mean `x`?" for the nearest of `names`, or "".
static std::string suggestion(std::string_view word,
                              const std::vector<std::string> &names) {
  const std::string *best = nullptr;
  size_t least = word.size() / 2 + 1;
  for (const std::string &name : names) {
    if (const size_t d = distance(word, name); d < least) {
      least = d;
      best = &name;
    }
  }
  return best == nullptr ? "" : fmt::format("; did you mean `{}`?", *best);
}

static std::vector<std::string> hyperNames(const plan::Plan &plan) {
  std::vector<std::string> names;
  for (const plan::Scalar &scalar : plan.scalars) {
    if (scalar.kind == plan::Scalar::Kind::Hyper) {
      names.push_back(scalar.name);
    }
  }
  return names;
}

static std::string hyperHelp(const plan::Plan &plan) {
  std::string text;
  for (const plan::Scalar &scalar : plan.scalars) {
    if (scalar.kind == plan::Scalar::Kind::Hyper) {
      text += fmt::format("  --set {}={}\n", scalar.name, scalar.value);
    }
  }
  for (const auto &[name, value] : plan.constants) {
    text += fmt::format("  {} = {} (const: gmc compile --const {}=..)\n", name,
                        value, name);
  }
  return text.empty() ? text : "\nKnobs of this model:\n" + text;
}

/// Adds --out, and what running the model needs.
static void addShared(CLI::App &verb, Raw &raw) {
  verb.add_option(flag::out, raw.out, "folder of the run")
      ->capture_default_str();
  verb.add_option(flag::threads, raw.threads,
                  "threads; 0 takes one for each core (the results are the "
                  "same for any number)")
      ->default_str("0");
  verb.add_option(flag::set, raw.sets, "hyper-parameter, NAME=VALUE")
      ->allow_extra_args(false);
}

static void addData(CLI::App &verb, Raw &raw) {
  verb.add_option(flag::data, raw.data,
                  "folder, or file of npy, csv and text, to read the data "
                  "from; NAME=PATH where there are several sets")
      ->allow_extra_args(false);
}

/// Adds what names other files for imported weights, where there are any.
static void addWeights(CLI::App &verb, Raw &raw, const plan::Plan &plan) {
  if (!plan.imports.empty()) {
    const plan::Import &first = plan.imports.front();
    verb.add_option("--weights", raw.weights,
                    fmt::format("file of a network's weights, as {}={}",
                                first.network, printable(first.source, 400)))
        ->allow_extra_args(false);
  }
}

static void addSeed(CLI::App &verb, Raw &raw) {
  verb.add_option(flag::seed, raw.seed, "seed of every random number");
}

/// Adds what bounds a run of training.
static void addTraining(CLI::App &verb, Raw &raw) {
  verb.add_option("--epochs", raw.epochs,
                  "epochs in all, from the run's first step");
  verb.add_option("--steps", raw.steps,
                  "steps in all; one step is one round of train {}");
  verb.add_option("--save-every", raw.saveEvery,
                  "also save after every N steps");
  verb.add_option("--max-seconds", raw.maxSeconds,
                  "end the training after this time, its reports included; "
                  "reports `at end` and the save come after it");
  verb.add_option("--dump-draws", raw.dumpDraws,
                  "folder that takes a file for each execution of a step: its "
                  "inputs, random numbers and losses");
}

/// The texts that an argument knows: "b or a".
static std::string choicesOf(const plan::ProcedureArgument &argument) {
  return fmt::format("{}", fmt::join(argument.choices, " or "));
}

static void addProcedure(CLI::App &verb, Raw &raw,
                         const plan::Procedure &procedure,
                         const plan::Plan &plan) {
  for (const plan::ProcedureArgument &argument : procedure.arguments) {
    using Kind = plan::ProcedureArgument::Kind;
    const std::string &name = argument.name;
    const bool isShort = name.size() == 1;
    const std::string flag = (isShort ? "-" + name + "," : "") + "--" + name;
    if (argument.kind == Kind::Data || argument.kind == Kind::File) {
      const std::string instead =
          fmt::format(" instead of {}.{}", argument.dataset, argument.split);
      verb.add_option(
          flag, raw.files[name],
          fmt::format("folder of PNG, or PNG, NPY, CSV or IDX file, of {}{}",
                      spellingOf(plan.itemOf(argument).shape),
                      argument.kind == Kind::Data ? instead : ", needed"));
      continue;
    }
    const bool isText = argument.kind == plan::ProcedureArgument::Kind::Text;
    const std::string what =
        argument.kind == plan::ProcedureArgument::Kind::Count ? "how many"
        : argument.kind == plan::ProcedureArgument::Kind::Fixed
            ? "fixed in the text"
        : isText               ? printable(choicesOf(argument), 400)
        : argument.classes > 0 ? "label"
                               : "number";
    verb.add_option(flag, raw.arguments[name], what)
        ->default_str(isText         ? argument.choices.front()
                      : argument.all ? "all"
                                     : fmt::format("{}", argument.value));
  }
  verb.add_option(flag::output, raw.output,
                  "file to write instead of OUT/samples/" + procedure.name +
                      ".*; of pictures NAME.npy, .csv and .idx take the "
                      "numbers");
}

static uint64_t parseSeed(std::string_view text) {
  uint64_t seed = 0;
  const char *last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seed);
  if (error != std::errc() || end != last) {
    fail(ExitUsage, "--seed {}: a whole number from 0 to 2^64 - 1 is wanted",
         printable(text));
  }
  return seed;
}

static uint64_t notNegative(const char *flag, int64_t value) {
  if (value < 0) {
    fail(ExitUsage, "{} {}: a number from 0 on is wanted", flag, value);
  }
  return uint64_t(value);
}

void checkRange(const std::string &text, double value,
                const plan::Scalar &scalar) {
  if (scalar.whole && value != std::floor(value)) {
    fail(ExitUsage, "{}: a whole number is wanted", text);
  }
  if (!scalar.limits.hold(value)) {
    fail(ExitUsage, "{}: {}it must be {}", text,
         scalar.takenBy.empty() ? ""
                                : printable(scalar.takenBy) + " takes it; ",
         spellingOf(scalar.limits));
  }
}

/// Splits NAME=VALUE settings and checks the names against the model's.
static void checkSets(const Raw &raw, const plan::Plan &plan,
                      RunOptions &options) {
  const std::vector<std::string> names = hyperNames(plan);
  for (const std::string &text : raw.sets) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) {
      fail(ExitUsage, "--set {}: NAME=VALUE is wanted", printable(text));
    }
    const std::string name = text.substr(0, equals);
    if (plan.constants.count(name) != 0) {
      fail(ExitUsage,
           "--set {}: `{}` is a const of {}; change it with `gmc compile "
           "--const {}`",
           printable(text), printable(name), printable(plan.source),
           printable(text));
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail(ExitUsage, "--set {}: the model has no hyper `{}`{}",
           printable(text), printable(name), suggestion(name, names));
    }
    const auto value = parseNumber(std::string_view(text).substr(equals + 1));
    if (!value) {
      fail(ExitUsage, "--set {}: a finite number is wanted after `=`",
           printable(text));
    }
    checkRange("--set " + printable(text), *value,
               *std::find_if(plan.scalars.begin(), plan.scalars.end(),
                             [&](const plan::Scalar &s) {
                               return s.kind == plan::Scalar::Kind::Hyper &&
                                      s.name == name;
                             }));
    options.hypers[name] = *value;
  }
}

static void checkData(const Raw &raw, const plan::Plan &plan,
                      RunOptions &options) {
  std::vector<std::string> names;
  for (const plan::Dataset &dataset : plan.datasets) {
    names.push_back(dataset.name);
  }
  for (const std::string &text : raw.data) {
    const size_t equals = text.find('=');
    const std::string name =
        equals == std::string::npos ? "" : text.substr(0, equals);
    if (plan.findDataset(name) != nullptr) {
      options.data[name] = text.substr(equals + 1);
    } else if (names.size() == 1) {
      options.data[names[0]] = text;
    } else if (names.empty()) {
      fail(ExitUsage, "--data {}: this model reads no data", printable(text));
    } else {
      fail(ExitUsage,
           "--data {}: there are several data sets; say NAME=DIR "
           "with one of {}",
           printable(text), fmt::join(names, ", "));
    }
  }
}

/// Splits NETWORK=FILE settings and checks the networks.
static void checkWeights(const Raw &raw, const plan::Plan &plan,
                         RunOptions &options) {
  std::vector<std::string> names;
  for (const plan::Import &import : plan.imports) {
    names.push_back(import.network);
  }
  for (const std::string &text : raw.weights) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (equals == std::string::npos ||
        std::find(names.begin(), names.end(), name) == names.end()) {
      fail(ExitUsage, "--weights {}: NETWORK=FILE with one of {} is wanted",
           printable(text), fmt::join(names, ", "));
    }
    options.weights[name] = text.substr(equals + 1);
  }
}

/// Returns the place of a text among those that the argument knows.
static double parseChoice(const plan::ProcedureArgument &argument,
                          const std::string &text) {
  const auto place =
      std::find(argument.choices.begin(), argument.choices.end(), text);
  if (place == argument.choices.end()) {
    fail(ExitUsage, "--{} {}: {} is wanted", argument.name, printable(text),
         printable(choicesOf(argument), 400));
  }
  return double(place - argument.choices.begin());
}

/// Throws where nothing says how many `all` are.
static void requireItems(const plan::Procedure &procedure,
                         const plan::ProcedureArgument &count) {
  using Kind = plan::ProcedureArgument::Kind;
  if (std::none_of(procedure.arguments.begin(), procedure.arguments.end(),
                   [](const plan::ProcedureArgument &argument) {
                     return argument.kind == Kind::Data ||
                            argument.kind == Kind::File;
                   })) {
    fail(ExitUsage, "--{} all: `{}` reads no data", count.name,
         printable(procedure.name));
  }
}

static void checkArguments(const Raw &raw, const plan::Plan &plan,
                           const plan::Procedure &procedure,
                           RunOptions &options) {
  using Kind = plan::ProcedureArgument::Kind;
  for (const plan::ProcedureArgument &argument : procedure.arguments) {
    if (argument.kind == Kind::Data || argument.kind == Kind::File) {
      const std::string &file = raw.files.at(argument.name);
      if (!file.empty()) {
        options.files[argument.name] = file;
      } else if (argument.kind == Kind::File) {
        fail(ExitUsage,
             "`{0}` reads its `{1}` from a file: --{1} FILE is wanted, items "
             "of {2}",
             printable(procedure.name), argument.name,
             spellingOf(argument.item.shape));
      }
      continue;
    }
    const auto given = raw.arguments.find(argument.name);
    if (given == raw.arguments.end() || given->second.empty()) {
      options.arguments[argument.name] = argument.value;
      continue;
    }
    options.countGiven |= argument.kind == Kind::Count;
    if (argument.kind == Kind::Count && given->second == "all") {
      requireItems(procedure, argument);
      options.arguments[argument.name] = 0;
      continue;
    }
    if (argument.kind == Kind::Text) {
      options.arguments[argument.name] = parseChoice(argument, given->second);
      continue;
    }
    const std::optional<double> value = parseNumber(given->second);
    const bool isCount = argument.kind == Kind::Count;
    if (!value || (isCount && (*value < 1 || *value > 1e6 ||
                               *value != std::floor(*value)))) {
      fail(ExitUsage, "--{} {}: {} is wanted", argument.name,
           printable(given->second),
           isCount ? "a whole number from 1 to 1000000, or `all` of its data,"
                   : "a finite number");
    }
    if (argument.classes > 0 &&
        (*value < 0 || *value >= double(argument.classes) ||
         *value != std::floor(*value))) {
      fail(ExitUsage, "--{} {}: a whole number from 0 to {} is wanted",
           argument.name, printable(given->second), argument.classes - 1);
    }
    if (argument.kind == Kind::Fixed && *value != argument.value) {
      fail(ExitUsage,
           "--{} {}: it shapes the compiled code and is {}; change its default "
           "in the text and compile again",
           argument.name, printable(given->second), argument.value);
    }
    if (argument.kind == Kind::Real) {
      checkRange(
          fmt::format("--{} {}", argument.name, printable(given->second)),
          *value, plan.scalars[argument.scalar]);
    }
    options.arguments[argument.name] = *value;
  }
}

static void checkTraining(const Raw &raw, RunOptions &options) {
  options.dumpDraws = raw.dumpDraws.value_or("");
  if (raw.dumpDraws && raw.dumpDraws->empty()) {
    fail(ExitUsage, "--dump-draws: the name of a folder is wanted");
  }
  if (raw.epochs && !(*raw.epochs >= 0 && std::isfinite(*raw.epochs))) {
    fail(ExitUsage, "--epochs {}: a number from 0 on is wanted", *raw.epochs);
  }
  if (raw.maxSeconds &&
      !(*raw.maxSeconds >= 0 && std::isfinite(*raw.maxSeconds))) {
    fail(ExitUsage, "--max-seconds {}: a number from 0 on is wanted",
         *raw.maxSeconds);
  }
  options.epochs = raw.epochs;
  options.maxSeconds = raw.maxSeconds;
  if (raw.steps) {
    options.steps = notNegative("--steps", *raw.steps);
  }
  if (raw.saveEvery) {
    options.saveEvery = notNegative("--save-every", *raw.saveEvery);
  }
}

static RunOptions checkRaw(const Raw &raw, Verb verb, size_t procedure,
                           const plan::Plan &plan) {
  RunOptions options;
  options.verb = verb;
  options.procedure = procedure;
  if (raw.out.empty()) {
    fail(ExitUsage, "--out: the name of a folder is wanted");
  }
  options.folder.path = raw.out;
  options.output = raw.output;
  options.overwrite = raw.overwrite;
  options.json = raw.json;
  if (raw.seed) {
    options.seed = parseSeed(*raw.seed);
  }
  if (raw.threads) {
    const uint64_t threads = notNegative("--threads", *raw.threads);
    options.threads =
        unsigned(std::min<uint64_t>(threads, ThreadPool::maxThreads));
  }
  checkTraining(raw, options);
  checkSets(raw, plan, options);
  checkData(raw, plan, options);
  checkWeights(raw, plan, options);
  if (verb == Verb::Procedure) {
    checkArguments(raw, plan, plan.procedures[procedure], options);
  }
  return options;
}

namespace {

/// The verbs of one model.
struct Verbs {
  CLI::App app;
  Raw raw;
  std::vector<std::pair<CLI::App *, std::pair<Verb, size_t>>> list;
  bool collapse = false; ///< `diagnose collapse`

  CLI::App *add(const std::string &name, const std::string &help, Verb verb,
                size_t procedure = 0) {
    CLI::App *command = app.add_subcommand(name, help);
    list.push_back({command, {verb, procedure}});
    return command;
  }

  /// Adds a verb that every trainer has.
  CLI::App *add(Verb verb) {
    switch (verb) {
#define GMC_VERB(Name, name, help)                                             \
  case Verb::Name:                                                             \
    return add(name, help, verb);
#include "runtime/abi/names.def"
    default:
      fail(ExitInternal, "a verb without a name");
    }
  }
};

} // namespace

static void addVerbs(Verbs &verbs, const plan::Plan &plan) {
  Raw &raw = verbs.raw;
  CLI::App *train = verbs.add(Verb::Train);
  addShared(*train, raw);
  addData(*train, raw);
  addSeed(*train, raw);
  addTraining(*train, raw);
  addWeights(*train, raw, plan);
  train->add_flag("--overwrite", raw.overwrite,
                  "replace the run that is in the folder");
  train->footer(hyperHelp(plan));

  CLI::App *resume = verbs.add(Verb::Resume);
  addShared(*resume, raw);
  addData(*resume, raw);
  addSeed(*resume, raw);
  addTraining(*resume, raw);

  CLI::App *eval = verbs.add(Verb::Eval);
  addShared(*eval, raw);
  addData(*eval, raw);
  addSeed(*eval, raw);
  eval->add_flag("--json", raw.json, "print one JSON object");

  CLI::App *info = verbs.add(Verb::Info);
  addShared(*info, raw);
  info->add_flag("--json", raw.json, "print one JSON object");

  CLI::App *bench = verbs.add(Verb::Bench);
  addShared(*bench, raw);
  bench->add_flag("--json", raw.json, "print one JSON object");

  CLI::App *diagnose = verbs.add(Verb::DiagnoseGradients);
  CLI::App *gradients = diagnose->add_subcommand(
      "gradients", "norms of the gradients of each network over some steps");
  CLI::App *collapse = diagnose->add_subcommand(
      "collapse", "silent latents, dead codes, samples that are all one, a "
                  "critic that always wins: in the run's checkpoint");
  collapse->callback([&verbs] { verbs.collapse = true; });
  addShared(*collapse, raw);
  addData(*collapse, raw);
  addSeed(*collapse, raw);
  diagnose->require_subcommand(1);
  addShared(*gradients, raw);
  addData(*gradients, raw);
  addSeed(*gradients, raw);
  addWeights(*gradients, raw, plan);
  gradients->add_option("--steps", raw.steps, "how many steps")
      ->default_str("20");
}

static void addProcedures(Verbs &verbs, const plan::Plan &plan) {
  for (size_t i = 0; i < plan.procedures.size(); ++i) {
    const plan::Procedure &procedure = plan.procedures[i];
    for (const auto &[command, verb] : verbs.list) {
      if (command->get_name() == procedure.name) {
        fail(ExitInternal, "the procedure `{}` bears the name of a verb",
             printable(procedure.name));
      }
    }
    CLI::App *command =
        verbs.add(procedure.name, "procedure of the model", Verb::Procedure, i);
    addProcedure(*command, verbs.raw, procedure, plan);
    addShared(*command, verbs.raw);
    addData(*command, verbs.raw);
    addSeed(*command, verbs.raw);
  }
}

/// Throws for a first word that is no verb; CLI11 would only miss one.
static void checkVerb(const Verbs &verbs, int argc, char **argv) {
  if (argc < 2 || argv[1][0] == '-') {
    return;
  }
  std::vector<std::string> names;
  for (const auto &[command, verb] : verbs.list) {
    names.push_back(command->get_name());
  }
  if (std::find(names.begin(), names.end(), argv[1]) == names.end()) {
    fail(ExitUsage, "there is no verb `{}`{} (there are {})",
         printable(argv[1]), suggestion(argv[1], names),
         fmt::join(names, ", "));
  }
}

RunOptions parseCommandLine(int argc, char **argv, const plan::Plan &plan) {
  Verbs verbs;
  verbs.app.description(
      fmt::format("{}: a model compiled from {}", plan.model, plan.source));
  verbs.app.footer(hyperHelp(plan));
  verbs.app.set_help_flag(flag::help, "Print this help message and exit");
  verbs.app.require_subcommand(1);
  addVerbs(verbs, plan);
  addProcedures(verbs, plan);
  checkVerb(verbs, argc, argv);
  try {
    verbs.app.parse(argc, argv);
  } catch (const CLI::CallForHelp &) {
    out().write(verbs.app.help());
    return {};
  } catch (const CLI::ParseError &error) {
    fail(ExitUsage, "{} (--help lists what there is)",
         printable(error.what(), 400));
  }
  for (const auto &[command, verb] : verbs.list) {
    if (command->parsed()) {
      const Verb asked = verbs.collapse ? Verb::DiagnoseCollapse : verb.first;
      return checkRaw(verbs.raw, asked, verb.second, plan);
    }
  }
  fail(ExitUsage, "no verb is given (--help lists what there is)");
}

} // namespace gmc::runtime
