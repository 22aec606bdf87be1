//===- Rates.cpp - what optimisers take, from round to round --------------===//
//
// An argument of an optimiser that is computed from hypers and clocks is tried
// at moments of the training, with the hypers' defaults (R-opt-1). What a run
// makes of it is looked at there.
//
//===----------------------------------------------------------------------===//
#include "dsl/program/ScalarMath.h"
#include "dsl/sema/Passes.h"

#include <algorithm>
#include <cmath>

namespace gmc::dsl {
namespace {

/// How many moments of the training are tried.
constexpr int moments = 256;

/// Returns how long the longest `train` lasts that is counted as `scalar` is;
/// nothing where none is.
std::optional<double> lengthOf(const Program &program, const Scalar &scalar) {
  using Unit = Duration::Unit;
  const Unit unit = scalar.kind == Scalar::Kind::Rounds   ? Unit::Rounds
                    : scalar.kind == Scalar::Kind::Epochs ? Unit::Epochs
                                                          : Unit::Examples;
  std::optional<double> length;
  for (const Train &train : program.trains) {
    const Duration &duration = train.duration;
    if (duration.unit == unit && duration.stream == scalar.stream) {
      length = std::max(length.value_or(0), duration.count);
    }
  }
  return length;
}

/// Computes nodes of a body that are made of constants, hypers and clocks.
class Moment {
public:
  Moment(const Program &program, const Body &body, double share)
      : program(program), body(body), share(share) {}

  /// Nothing where a node is made of something else, or of a clock whose end
  /// is not known.
  std::optional<double> numberOf(ValueId id) {
    auto known = numbers.find(id);
    if (known == numbers.end()) {
      known = numbers.emplace(id, compute(body.nodes[id])).first;
    }
    return known->second;
  }

private:
  std::optional<double> compute(const Node &node) {
    if (node.op == Op::Constant) {
      return node.attrs.value;
    }
    if (node.op == Op::Scalar) {
      return scalarOf(program.scalars[node.attrs.index]);
    }
    std::vector<double> operands;
    for (ValueId operand : node.operands) {
      auto number = numberOf(operand);
      if (!number) {
        return std::nullopt;
      }
      operands.push_back(*number);
    }
    if (node.type != Type{} || operands.empty() || node.op >= Op::Broadcast) {
      return std::nullopt;
    }
    if (operands.size() == 3) {
      return operands[0] != 0 ? operands[1] : operands[2];
    }
    return operands.size() == 2
               ? computeBinary(node.op, operands[0], operands[1])
               : computeUnary(node.op, operands[0], node.attrs.value);
  }

  std::optional<double> scalarOf(const Scalar &scalar) {
    if (scalar.kind == Scalar::Kind::Hyper) {
      return scalar.value;
    }
    if (scalar.kind == Scalar::Kind::Records ||
        scalar.kind == Scalar::Kind::Levels) {
      return std::nullopt; // a run counts them
    }
    if (share == 0) {
      return 0;
    }
    auto length = lengthOf(program, scalar);
    if (!length) {
      return std::nullopt;
    }
    const double time = share * *length;
    return scalar.kind == Scalar::Kind::Rounds ? std::floor(time) : time;
  }

  const Program &program;
  const Body &body;
  double share; ///< of the training
  std::map<ValueId, std::optional<double>> numbers;
};

/// Reports what an argument becomes at the first moment that it cannot take.
void checkArgument(Module &module, const Body &body,
                   const OptimizerArgument &argument, ValueId id) {
  for (int i = 0; i < moments; ++i) {
    const double share = double(i) / moments;
    auto number = Moment(module.program, body, share).numberOf(id);
    if (!number) {
      return;
    }
    // A rate may end at 0.
    if (*number >= 0 && (!argument.below1 || *number < 1)) {
      continue;
    }
    module.report(Diag::RateRange, body.nodes[id].where, argument.name, *number)
        .label(i == 0
                   ? "from the start on"
                   : fmt::format("after {:.0f} % of the training", share * 100))
        .help(argument.below1 ? "it must be at least 0 and less than 1 all the "
                                "way"
                              : "it must be at least 0 all the way");
    return;
  }
}

} // namespace

void checkRates(Module &module) {
  for (const Body &body : module.program.steps) {
    for (const Minimize &minimize : body.minimizers) {
      const auto &arguments = argumentsOf(minimize.optimizer.kind);
      for (size_t i = 0; i < arguments.size(); ++i) {
        ValueId id = minimize.optimizer.arguments[i];
        if (!body.nodes[id].operands.empty()) {
          checkArgument(module, body, arguments[i], id);
        }
      }
    }
  }
}

} // namespace gmc::dsl
