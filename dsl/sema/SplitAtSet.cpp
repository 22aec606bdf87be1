//===- SplitAtSet.cpp - what a report makes of statistics over a set ------===//
//
// What needs a statistic goes into a second body, which runs once the set has
// been gone through.
//
//===----------------------------------------------------------------------===//
#include "dsl/sema/SplitAtSet.h"

#include <algorithm>

namespace gmc::dsl {
namespace {

/// Which nodes of a body are made of statistics, and which of examples.
class Origins {
public:
  Origins(const Body &body, const std::vector<SetStatistic> &statistics)
      : ofSet(body.nodes.size()), ofExample(body.nodes.size()) {
    std::vector<bool> isStatistic(body.arguments.size());
    for (const SetStatistic &statistic : statistics) {
      isStatistic[statistic.argument] = true;
    }
    for (size_t i = 0; i < body.nodes.size(); ++i) {
      const Node &node = body.nodes[i];
      ofSet[i] = node.op == Op::Argument && isStatistic[node.attrs.index];
      ofExample[i] =
          node.op == Op::RandomNormal || node.op == Op::RandomUniform ||
          (node.op == Op::Argument && !ofSet[i]) || !node.type.axes.empty();
      for (ValueId operand : node.operands) {
        ofSet[i] = ofSet[i] || ofSet[operand];
        ofExample[i] = ofExample[i] || ofExample[operand];
      }
    }
  }

  std::vector<bool> ofSet, ofExample;
};

/// The first node that both are operands of; ranges of a later one say less.
SourceRange whereBothMeet(const Body &body, const Origins &origins,
                          ValueId value) {
  for (size_t i = 0; i <= value; ++i) {
    if (origins.ofSet[i] && origins.ofExample[i]) {
      return body.nodes[i].where;
    }
  }
  return body.nodes[value].where;
}

} // namespace

std::optional<Body> splitAtSet(Elaborator &e, Report &report) {
  Body &body = e.body;
  if (e.setStatistics.empty()) {
    return std::nullopt;
  }
  const Origins origins(body, e.setStatistics);
  std::vector<Output> early, late;
  for (const Output &output : body.outputs) {
    if (!origins.ofSet[output.value]) {
      early.push_back(output);
      continue;
    }
    if (origins.ofExample[output.value]) {
      e.module
          .report(Diag::SetThenExample,
                  whereBothMeet(body, origins, output.value), output.name)
          .help("take the statistic last, or make what follows of "
                "statistics, parameters and numbers alone");
      return std::nullopt;
    }
    late.push_back(output);
  }
  Body end = body;
  end.outputs = std::move(late);
  end.drawPaths.clear();
  prune(end);
  dropUnusedArguments(end);
  body.outputs = std::move(early);
  for (const Argument &argument : end.arguments) {
    const auto it =
        std::find_if(e.setStatistics.begin(), e.setStatistics.end(),
                     [&](const SetStatistic &s) {
                       return body.arguments[s.argument].name == argument.name;
                     });
    if (origins.ofSet[it->value]) {
      e.module
          .report(Diag::SetAxes, body.nodes[it->value].where,
                  "the value is made of another statistic over it")
          .help("one walk over the set takes all statistics");
      return std::nullopt;
    }
    body.outputs.push_back({argument.name, it->value});
    report.statistics.push_back(it->kind);
  }
  return end;
}

} // namespace gmc::dsl
