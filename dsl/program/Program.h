//===- Program.h - a checked program, written out ---------------*- C++ -*-===//
//
// What the front end hands to the compiler: every name resolved, every shape
// known, every net, block, def, distribution and loss written out into the
// core operations of ops.def. One Body for each thing that runs: a step, a
// group of report items, a procedure.
//
// A value's full shape is its named axes (batch among them) followed by its
// event axes. `batch` has a concrete extent here, Body::batch.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_DSL_PROGRAM_PROGRAM_H
#define GMC_DSL_PROGRAM_PROGRAM_H

#include "dsl/base/SourceRange.h"
#include "runtime/plan/Plan.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gmc::dsl {

// What a run does is the plan's (runtime/plan). Where it says an index of an
// entry, a program says an index into `steps`, `reportBodies` or
// `procedureBodies`.
using plan::Diagnosis;
using plan::Duration;
using plan::Emission;
using plan::Field;
using plan::Initial;
using plan::Limits;
using plan::Probe;
using plan::Procedure;
using plan::ProcedureArgument;
using plan::Report;
using plan::Scalar;
using plan::Statistic;
using plan::Train;
using plan::Turn;
using plan::TurnArgument;
using plan::Undiagnosed;

enum class Op : uint8_t {
#define GMC_OP(Name, spelling, operands, kind) Name,
#include "dsl/program/ops.def"
};

/// Returns the spelling of `op`, as in ops.def.
const char *spellingOf(Op op);

/// A named axis, e.g. `batch`, that is open on a value.
struct Axis {
  std::string name;
  int64_t extent = 0;
  bool operator==(const Axis &) const = default;
};

/// The type of a value: real numbers over named axes and an event shape.
struct Type {
  /// In one order for the whole program: `batch`, then the others by name.
  std::vector<Axis> axes;
  std::vector<int64_t> event; ///< empty: a single number
  bool operator==(const Type &) const = default;
  /// Returns the extents of the named axes, then those of the event.
  std::vector<int64_t> shape() const;
  int64_t elements() const;
};

/// Index of a node in its body.
using ValueId = uint32_t;

/// How a window goes over an image, for heights and widths.
struct Geometry {
  int64_t stride[2] = {1, 1};
  int64_t low[2] = {0, 0}, high[2] = {0, 0}; ///< zeros before and after
  int64_t dilation[2] = {1, 1};
  int64_t groups = 1;

  /// Returns how many windows of `taps` taps fit along axis `d` of `extent`;
  /// less than 1: none.
  int64_t windows(int d, int64_t extent, int64_t taps) const {
    int64_t left = extent + low[d] + high[d] - dilation[d] * (taps - 1) - 1;
    return left < 0 ? 0 : left / stride[d] + 1;
  }
};

struct Attributes {
  double value = 0;            ///< Constant, LeakyRelu, Polygamma
  int64_t index = 0;           ///< Parameter, Argument, Scalar
  std::vector<int64_t> dims{}; ///< Shape, Reduction and Contraction ops
  uint64_t site = 0;           ///< Random: 64-bit hash of the path of the draw
};

struct Node {
  Op op = Op::Constant;
  std::vector<ValueId> operands; ///< all of them earlier nodes of the body
  Attributes attrs;
  Type type;
  SourceRange where;
  std::string name; ///< the `.gm` variable it is bound to, or empty
};

/// A named value that leaves a body.
struct Output {
  std::string name;
  ValueId value = 0;
};

/// Where a body's argument comes from is said by the caller (the train program,
/// a report's data set, a procedure's `from`).
struct Argument {
  std::string name;
  Type type;
};

/// An optimiser applied to the parameters of one `minimize`.
struct Optimizer {
  enum class Kind : uint8_t { Sgd, Adam, AdamW, RmsProp } kind = Kind::Adam;
  static constexpr std::array words = {"sgd", "adam", "adamw", "rmsprop"};
  const char *word() const { return words[static_cast<size_t>(kind)]; }
  /// Name of the state: moments are stored as `<state>.<parameter>.m`. One
  /// `opt` used twice has one name; an anonymous one has its step's and number.
  std::string state;
  /// Hyper-parameters as single numbers of the body, by kind:
  ///   Sgd      lr, momentum, (nesterov below)
  ///   Adam     lr, b1, b2, eps
  ///   AdamW    lr, b1, b2, eps, weight_decay
  ///   RmsProp  lr, alpha, eps
  std::vector<ValueId> arguments;
  bool nesterov = false;
};

/// A single number that a run computes and that must keep to `limits`.
struct Limited {
  std::string what; ///< "`clip` in line 3"
  ValueId value = 0;
  Limits limits;
  SourceRange where;
};

/// An argument of an optimiser: numbers from 0 on, not 0 itself where `open`,
/// and below 1 where `below1`.
struct OptimizerArgument {
  std::string_view name;
  double otherwise = 0; ///< the default; negative: it must be given
  bool open = false, below1 = false;
  Limits limits() const {
    return {0, below1 ? std::optional<double>(1) : std::nullopt, open, false};
  }
};

/// Returns the arguments of an optimiser in the order of Optimizer::arguments.
const std::vector<OptimizerArgument> &argumentsOf(Optimizer::Kind kind);

/// `minimize` or `maximize`.
struct Minimize {
  ValueId objective = 0; ///< type {} : the batch's mean has been taken
  bool maximize = false;
  std::vector<std::string> networks; ///< the names in `over`, as written
  std::vector<uint32_t> parameters;  ///< indices of what they own
  Optimizer optimizer;
  std::optional<ValueId> clip; ///< global norm over all of `parameters`
  /// `keep in [low, high]`: where every element is put after the update.
  std::optional<std::pair<ValueId, ValueId>> keep;
  /// `when c`: where c is 0, nothing of this moves, its optimiser included.
  std::optional<ValueId> when;
  SourceRange where;
};

/// `k <- e`, or what a layer keeps from call to call: the state's value from
/// the end of the body on. The body reads the old one.
struct Update {
  uint32_t parameter = 0;
  ValueId value = 0; ///< of the state's type
  SourceRange where;
};

/// Moves an `ema` once, after the updates of a step that trains its net:
/// to := decay to + (1 - decay) from; a state is copied.
struct AverageMove {
  std::string name;               ///< of the `ema`
  std::vector<uint32_t> from, to; ///< parameters, in pairs
  ValueId decay = 0;              ///< a single number
};

struct Body {
  std::string name;
  /// Steps: the name without what tells apart the bodies of one step for two
  /// batches: `fit` of `fit` and of `fit.batch64`.
  std::string step;
  int64_t batch = 1; ///< extent of `batch`
  std::vector<Argument> arguments;
  std::vector<Node> nodes;
  std::vector<Minimize> minimizers;  ///< steps only
  std::vector<Update> updates;       ///< steps only
  std::vector<AverageMove> averages; ///< steps only
  std::vector<Limited> limited;      ///< steps and procedures
  /// Of each site of a Random node, the path that it is a hash of: "fit/z".
  std::map<uint64_t, std::string> drawPaths;
  /// Steps: values that leave the step, in the order of its signature.
  /// Reports: one number an example, or a single number, an item.
  /// Procedures: what is emitted; named axes first (`batch`, then those of the
  /// comprehensions, e.g. `t`), then the event: [batch, t, 1, 28, 28].
  std::vector<Output> outputs;
  /// Steps: single numbers worth a place in the progress line and in
  /// metrics.csv: the objectives and the named terms they are made of.
  std::vector<Output> monitors;
};

/// A tensor that lives from step to step.
struct Parameter : plan::Tensor {
  SourceRange where;
};

/// A number with a name: a const.
struct NamedConstant {
  std::string name;
  double value = 0;
};

struct Dataset : plan::Dataset {
  bool rest = false; ///< it keeps what another one leaves
  SourceRange where;
};

/// `pool P(50, replace: 0.5)`: a pool of the plan once a swap says the event.
struct Pool {
  std::string name;
  int64_t capacity = 0;
  double replace = 0.5;
  std::optional<uint32_t> planned; ///< index into Program::pools
};

struct Program {
  std::string file;
  /// Of reports over data and of diagnoses: that of the first `train` that says
  /// one.
  int64_t batch = 1;
  std::vector<NamedConstant> constants;
  std::vector<Parameter> parameters;
  std::vector<Scalar> scalars;
  std::vector<Dataset> datasets;
  std::vector<plan::Pool> pools; ///< those that a turn swaps through
  std::vector<plan::Import> imports;
  /// What runs, entries of the plan in this order: steps, then bodies of
  /// reports, then those of procedures.
  ///
  /// Steps: those of the text, each for every batch of a `train` that calls it,
  /// and `train.when0`, `train.update0`, .., which are made of expressions in
  /// `train`.
  std::vector<Body> steps;
  std::vector<Body> reportBodies;
  std::vector<Body> procedureBodies;
  std::vector<Train> trains;
  std::vector<Report> reports;
  std::vector<Diagnosis> diagnoses;
  std::vector<Undiagnosed> undiagnosed;
  std::vector<Procedure> procedures;
};

} // namespace gmc::dsl

#endif // GMC_DSL_PROGRAM_PROGRAM_H
