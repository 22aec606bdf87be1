//===- Dump.cpp - a program as readable text ------------------------------===//
//
// A flat listing: declarations first, then every body with its nodes. Meant for
// people and for tests that compare whole programs.
//
//===----------------------------------------------------------------------===//
#include "dsl/program/Dump.h"

#include <fmt/format.h>

#include <iterator>

namespace gmc::dsl {
namespace {

using Out = std::back_insert_iterator<std::string>;

std::string list(const std::vector<int64_t> &numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

/// Returns the attributes that `node`'s op uses, each with a leading space.
std::string attributes(const Node &node) {
  switch (node.op) {
  case Op::Constant:
  case Op::LeakyRelu:
  case Op::Polygamma:
    return fmt::format(" {}", node.attrs.value);
  case Op::Parameter:
  case Op::Argument:
  case Op::Scalar:
    return fmt::format(" #{}", node.attrs.index);
  case Op::RandomNormal:
  case Op::RandomUniform:
    return fmt::format(" site {:016x}", node.attrs.site);
  default:
    return node.attrs.dims.empty() ? "" : " " + list(node.attrs.dims);
  }
}

void dumpNode(Out out, ValueId id, const Node &node) {
  fmt::format_to(out, "    %{} = {}{}", id, spellingOf(node.op),
                 attributes(node));
  const char *separator = " ";
  for (ValueId operand : node.operands) {
    fmt::format_to(out, "{}%{}", separator, operand);
    separator = ", ";
  }
  fmt::format_to(out, " : {}", dump(node.type));
  if (!node.name.empty()) {
    fmt::format_to(out, "  # {}", node.name);
  }
  fmt::format_to(out, "\n");
}

void dumpMinimize(Out out, const Minimize &minimize) {
  const Optimizer &optimizer = minimize.optimizer;
  fmt::format_to(out, "    {} %{} over {} parameters [{}] using {} \"{}\" (",
                 minimize.maximize ? "maximize" : "minimize",
                 minimize.objective, fmt::join(minimize.networks, ", "),
                 fmt::join(minimize.parameters, ","), optimizer.word(),
                 optimizer.state);
  const char *separator = "";
  for (ValueId argument : optimizer.arguments) {
    fmt::format_to(out, "{}%{}", separator, argument);
    separator = ", ";
  }
  fmt::format_to(out, "){}", optimizer.nesterov ? " nesterov" : "");
  if (minimize.clip) {
    fmt::format_to(out, " clip %{}", *minimize.clip);
  }
  if (minimize.keep) {
    fmt::format_to(out, " keep in [%{}, %{}]", minimize.keep->first,
                   minimize.keep->second);
  }
  if (minimize.when) {
    fmt::format_to(out, " when %{}", *minimize.when);
  }
  fmt::format_to(out, "\n");
}

void dumpMoves(Out out, const Body &body) {
  for (const Update &update : body.updates) {
    fmt::format_to(out, "    update #{} <- %{}\n", update.parameter,
                   update.value);
  }
  for (const AverageMove &average : body.averages) {
    fmt::format_to(out, "    average {} decay %{} of [{}] in [{}]\n",
                   average.name, average.decay, fmt::join(average.from, ","),
                   fmt::join(average.to, ","));
  }
}

void dumpOutputs(Out out, const char *word,
                 const std::vector<Output> &outputs) {
  for (const Output &output : outputs) {
    fmt::format_to(out, "    {} {} = %{}\n", word, output.name, output.value);
  }
}

std::string dump(const Duration &duration) {
  std::string text =
      fmt::format("{} {}", duration.count, wordOf(duration.unit));
  return duration.stream.empty() ? text : text + " of " + duration.stream;
}

std::string dump(const TurnArgument &argument, const Program &program) {
  switch (argument.kind) {
  case TurnArgument::Kind::Value:
    return argument.value;
  case TurnArgument::Kind::Pool:
    return fmt::format("{}.swap({})", program.pools[argument.pool].name,
                       argument.value);
  default:
    return fmt::format("{} {}.{}:{}",
                       argument.kind == TurnArgument::Kind::Next ? "next"
                                                                 : "same",
                       argument.dataset, argument.split, argument.field);
  }
}

void dumpTurns(Out out, const std::vector<Turn> &turns, const Program &program,
               int depth) {
  for (const Turn &turn : turns) {
    fmt::format_to(out, "{:{}}", "", 4 + 2 * depth);
    if (turn.kind == Turn::Kind::Repeat || turn.kind == Turn::Kind::Every) {
      fmt::format_to(out, "{} {}\n", wordOf(turn.kind),
                     turn.kind == Turn::Kind::Repeat
                         ? std::to_string(turn.count)
                         : dump(turn.every));
      dumpTurns(out, turn.turns, program, depth + 1);
      continue;
    }
    std::vector<std::string> arguments;
    for (const TurnArgument &argument : turn.arguments) {
      arguments.push_back(dump(argument, program));
    }
    std::string callee =
        turn.kind == Turn::Kind::Draw ? "" : program.steps[turn.entry].name;
    fmt::format_to(out, "{}{}{}{}({})\n",
                   turn.kind == Turn::Kind::When   ? "when "
                   : turn.kind == Turn::Kind::Once ? "once "
                                                   : "",
                   fmt::join(turn.results, ", "),
                   turn.results.empty() ? "" : " = ", callee,
                   fmt::join(arguments, ", "));
    dumpTurns(out, turn.turns, program, depth + 1);
  }
}

void dumpField(Out out, const Field &field) {
  if (field.mask || field.classes > 0) {
    fmt::format_to(out, "    {} {}{}", field.name,
                   field.mask            ? "mask"
                   : field.shape.empty() ? "label"
                                         : "int",
                   list(field.shape));
    if (field.classes > 0) {
      fmt::format_to(out, " of {} classes", field.classes);
    }
    fmt::format_to(out, "\n");
    return;
  }
  const bool isSet = field.binary && !field.binarize;
  fmt::format_to(out, "    {} {}{} in {}{}, {}{}{}{}{}{}", field.name,
                 field.image ? "image" : "f32", list(field.shape),
                 isSet ? '{' : '[', field.low, field.high, isSet ? '}' : ']',
                 field.binarize ? " binarize" : "", field.flip ? " flip" : "",
                 field.resize ? " resize" : "",
                 field.dequantize ? " dequantize" : "");
  if (field.cropFrom > 0) {
    fmt::format_to(out, " crop from {}", field.cropFrom);
  }
  if (!field.mean.empty()) {
    fmt::format_to(out, " mean [{}] std [{}]", fmt::join(field.mean, ","),
                   fmt::join(field.deviation, ","));
  }
  fmt::format_to(out, "\n");
}

void dumpDataset(Out out, const Dataset &dataset) {
  fmt::format_to(out, "  data {} : {}(", dataset.name, dataset.format);
  const char *separator = "";
  for (const auto &[name, value] : dataset.settings) {
    fmt::format_to(out, "{}{}: {}", separator, name, value);
    separator = ", ";
  }
  if (dataset.settings.empty()) {
    fmt::format_to(out, "\"{}\"", dataset.source);
  }
  fmt::format_to(out, ")");
  if (dataset.testShare > 0) {
    fmt::format_to(out, " test {}", dataset.testShare);
  }
  if (dataset.subset > 0) {
    fmt::format_to(
        out, " {} {}{}",
        dataset.rest ? "rest of " + dataset.of + " beside" : "subset",
        dataset.subset,
        dataset.balance.empty() ? "" : " balanced by " + dataset.balance);
  }
  if (!dataset.filter.empty()) {
    fmt::format_to(out, " without {} of {}", list(dataset.leftOut),
                   dataset.filter);
  }
  fmt::format_to(out, "\n");
  for (const Field &field : dataset.fields) {
    dumpField(out, field);
  }
}

void dumpDeclarations(Out out, const Program &program) {
  for (const NamedConstant &constant : program.constants) {
    fmt::format_to(out, "  constant {} = {}\n", constant.name, constant.value);
  }
  for (size_t i = 0; i < program.parameters.size(); ++i) {
    const Parameter &parameter = program.parameters[i];
    fmt::format_to(
        out, "  {} #{} {} {} of {}: {} {} {}{}{}\n", wordOf(parameter.role), i,
        parameter.name, list(parameter.shape), parameter.network,
        wordOf(parameter.initial.kind), parameter.initial.a,
        parameter.initial.b, parameter.initial.drawnAs.empty() ? "" : " as ",
        parameter.initial.drawnAs);
  }
  for (const plan::Pool &pool : program.pools) {
    fmt::format_to(out, "  pool {}({}, replace: {})\n", pool.name,
                   program.parameters[pool.tensor].shape[0], pool.replace);
  }
  for (size_t i = 0; i < program.scalars.size(); ++i) {
    const Scalar &scalar = program.scalars[i];
    fmt::format_to(out, "  scalar #{} {} {} = {}{}{}\n", i, wordOf(scalar.kind),
                   scalar.name, scalar.value,
                   scalar.stream.empty() ? "" : " of " + scalar.stream,
                   scalar.procedure.empty() ? "" : " of " + scalar.procedure);
  }
  for (const plan::Import &import : program.imports) {
    fmt::format_to(out, "  weights of {} as {} in \"{}\"\n", import.network,
                   import.of, import.source);
  }
  for (const Dataset &dataset : program.datasets) {
    dumpDataset(out, dataset);
  }
}

void dumpRuns(Out out, const Program &program) {
  for (const Train &train : program.trains) {
    fmt::format_to(
        out, "  train {} for {}{}\n", train.name, dump(train.duration),
        train.batch == program.batch ? ""
                                     : fmt::format(", batch {}", train.batch));
    dumpTurns(out, train.turns, program, 0);
  }
  for (const Report &report : program.reports) {
    std::string from =
        fmt::format("on {}.{} fields [{}]", report.walk.dataset,
                    report.walk.split, fmt::join(report.walk.fields, ","));
    if (!report.values.empty()) {
      from = fmt::format("of {} in train #{}", fmt::join(report.values, ", "),
                         report.train.value);
    }
    fmt::format_to(out, "  report body {} {} {}\n", report.walk.entry.value,
                   from,
                   report.every ? "every " + dump(*report.every) : "at end");
    if (report.end.isSet()) {
      fmt::format_to(out, "    then body {} of", report.end.value);
      for (Statistic statistic : report.statistics) {
        fmt::format_to(out, " {}", wordOf(statistic));
      }
      fmt::format_to(out, " over the set\n");
    }
  }
  for (const Diagnosis &diagnosis : program.diagnoses) {
    fmt::format_to(out, "  diagnosis body {} of {} on {}.{} fields [{}]",
                   diagnosis.walk.entry.value, diagnosis.step,
                   diagnosis.walk.dataset, diagnosis.walk.split,
                   fmt::join(diagnosis.walk.fields, ","));
    for (const Probe &probe : diagnosis.probes) {
      fmt::format_to(out, " {} {}", wordOf(probe.kind), probe.name);
    }
    fmt::format_to(out, "\n");
  }
  for (const Procedure &procedure : program.procedures) {
    fmt::format_to(out, "  proc {} body {} batch {}\n", procedure.name,
                   procedure.entry.value,
                   program.procedureBodies[procedure.entry].batch);
    for (const ProcedureArgument &argument : procedure.arguments) {
      fmt::format_to(out, "    {} {}", wordOf(argument.kind), argument.name);
      if (argument.kind == ProcedureArgument::Kind::Data) {
        fmt::format_to(out, " from {}.{}:{} argument {}\n", argument.dataset,
                       argument.split, argument.field, argument.input);
      } else if (argument.kind == ProcedureArgument::Kind::File) {
        fmt::format_to(out, " {} argument {}\n", list(argument.item.shape),
                       argument.input);
      } else if (argument.all) {
        fmt::format_to(out, " = all\n");
      } else if (argument.kind == ProcedureArgument::Kind::Text) {
        fmt::format_to(out, " = {}\n", fmt::join(argument.choices, " or "));
      } else {
        fmt::format_to(out, " = {}\n", argument.value);
      }
    }
    for (const Emission &emit : procedure.emissions) {
      fmt::format_to(out, "    emit {} outputs [{}] in [{}, {}]\n",
                     wordOf(emit.kind), fmt::join(emit.outputs, ","), emit.low,
                     emit.high);
    }
  }
}

} // namespace

std::string dump(const Type &type) {
  std::string text = "f32";
  if (!type.event.empty()) {
    text += list(type.event);
  }
  if (!type.axes.empty()) {
    text += "{";
    for (size_t i = 0; i < type.axes.size(); ++i) {
      text += fmt::format("{}{}: {}", i == 0 ? "" : ", ", type.axes[i].name,
                          type.axes[i].extent);
    }
    text += "}";
  }
  return text;
}

std::string dump(const Body &body) {
  std::string text;
  Out out(text);
  fmt::format_to(out, "  body {}\n", body.name);
  for (size_t i = 0; i < body.arguments.size(); ++i) {
    fmt::format_to(out, "    argument #{} {} : {}\n", i, body.arguments[i].name,
                   dump(body.arguments[i].type));
  }
  for (ValueId id = 0; id < body.nodes.size(); ++id) {
    dumpNode(out, id, body.nodes[id]);
  }
  for (const Minimize &minimize : body.minimizers) {
    dumpMinimize(out, minimize);
  }
  dumpMoves(out, body);
  dumpOutputs(out, "output", body.outputs);
  dumpOutputs(out, "monitor", body.monitors);
  return text;
}

std::string dump(const Program &program) {
  std::string text;
  Out out(text);
  fmt::format_to(out, "program {} batch {}\n", program.file, program.batch);
  dumpDeclarations(out, program);
  for (const auto *bodies :
       {&program.steps, &program.reportBodies, &program.procedureBodies}) {
    for (const Body &body : *bodies) {
      text += dump(body);
    }
  }
  dumpRuns(out, program);
  return text;
}

} // namespace gmc::dsl
