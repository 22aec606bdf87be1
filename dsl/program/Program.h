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

/// What a number may be: from `low` on, not `low` itself where `open`, and
/// below `high`, or `high` too where `closed`.
struct Limits {
  std::optional<double> low, high;
  bool open = false, closed = false;
  bool operator==(const Limits &) const = default;
  bool hold(double number) const {
    return !(number != number) && // no number is within
           (!low || (open ? number > *low : number >= *low)) &&
           (!high || (closed ? number <= *high : number < *high));
  }
};

/// Returns "greater than 0", "at least 0 and less than 1".
std::string spellingOf(const Limits &limits);

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

struct InitialValue {
  enum class Kind : uint8_t {
    Constant,
    Normal,
    Uniform,
    Orthogonal, ///< the rows, or the columns where these are fewer
  } kind = Kind::Constant;
  static constexpr std::array words = {"constant", "normal", "uniform",
                                       "orthogonal"};
  const char *word() const { return words[static_cast<size_t>(kind)]; }
  double a = 0; ///< the constant, the mean, or the lower end
  double b = 0; ///< the standard deviation, or the upper end
};

/// A tensor that lives from step to step. Names and layouts are PyTorch's:
/// `Enc.linear0.weight` is [out, in].
struct Parameter {
  enum class Role : uint8_t {
    Parameter, ///< what `minimize` moves
    State,     ///< `state`, or what a layer keeps
    Average,   ///< of an `ema`
  } role = Role::Parameter;
  static constexpr std::array words = {"parameter", "state", "average"};
  const char *word() const { return words[static_cast<size_t>(role)]; }
  std::string name;
  std::string network; ///< the net, instance or `param` that owns it
  std::vector<int64_t> shape;
  InitialValue initial;
  SourceRange where;
  /// Of an `ema`: the tensor whose initial values it has; else empty.
  std::string startsAs;
};

/// A single number that the runtime supplies at every execution of a body, in
/// double precision.
struct Scalar {
  enum class Kind : uint8_t {
    Hyper,        ///< a `hyper`; `value` is its default
    Rounds,       ///< rounds of the current `train` completed so far
    Epochs,       ///< the same in fractional epochs of `stream`
    Examples,     ///< the same in examples
    Records,      ///< how many `stream` has
    Levels,       ///< grey levels of the files of field `name` of data set
                  ///< `stream`, or of the argument `name` of procedure `owner`
    ProcArgument, ///< a run-time number of the procedure `owner`
  } kind = Kind::Hyper;
  static constexpr std::array words = {
      "hyper", "rounds", "epochs", "examples", "records", "levels", "argument"};
  const char *word() const { return words[static_cast<size_t>(kind)]; }
  std::string name;
  double value = 0;
  std::string stream;  ///< Epochs, Records: "fashion.train"
  std::string owner;   ///< Levels, ProcArgument
  Limits limits;       ///< Hyper, ProcArgument: of what it is used for,
  std::string takenBy; ///< "`clip` in line 3"
  bool whole = false;  ///< Hyper: declared `int`
};

/// A number with a name: a const, a setting of a built-in data set.
struct NamedConstant {
  std::string name;
  double value = 0;
};

/// One field of a record of a data set.
struct DataField {
  std::string name;
  std::string dataset; ///< whose field it is
  std::vector<int64_t> event;
  bool image = false;
  double low = 0, high = 1; ///< bytes 0..255 are mapped onto this range
  bool bounded = false;     ///< the text says the range: numbers must obey it
  bool binary = false;      ///< declared `in {a, b}`: one or the other
  bool binarize = false;    ///< Bernoulli draw of the grey value, each epoch
  int64_t classes = 0;      ///< > 0: whole numbers below it, as `label[10]`
  bool mask = false;        ///< 0 or 1: where a text has characters
  bool flip = false;        ///< mirrored in training, by a draw
  bool resize = false;      ///< images of any size are resampled
  int64_t cropFrom = 0;     ///< > 0: cut out of an image of that extent
  bool dequantize = false;  ///< noise of one grey level is added
  std::vector<double> mean, deviation; ///< normalize: of all or each channel

  /// Tells whether the model sees two values: 0 and 1 unless the range says
  /// others.
  bool isBinary() const { return binary || binarize || mask; }
  /// Returns the ends of what the model sees, `normalize` included.
  std::pair<double, double> shownRange() const;
};

struct Dataset {
  std::string name;              ///< as in `--data NAME=DIR`
  std::string format;            ///< "idx"
  std::string source;            ///< the string in the text, "fashion-mnist"
  std::string of;                ///< `rest of` this one
  std::vector<DataField> record; ///< rest: the fields of that one, all of them
  std::vector<DataField> fields;
  std::vector<NamedConstant> settings; ///< of a built-in one
  double testShare = 0;                ///< > 0: of the records, the part `test`
  int64_t subset = 0;  ///< > 0: records that the part `train` keeps
  bool rest = false;   ///< it keeps the others
  std::string balance; ///< the label of which each class keeps as many
  std::string filter;  ///< the label by which the part `train` is chosen
  std::vector<int64_t> leftOut; ///< classes of `filter` that `train` lacks
  SourceRange where;
};

/// `pool P(50, replace: 0.5)`: examples of earlier rounds.
struct Pool {
  std::string name;
  int64_t capacity = 0;
  double replace = 0.5;            ///< chance of giving an earlier example
  std::optional<uint32_t> storage; ///< parameter [capacity, event..], role
                                   ///< State, once a swap says the event
};

/// Where one argument of a called step comes from.
struct TurnArgument {
  enum class Kind : uint8_t { Next, Same, Value, Pool } kind = Kind::Next;
  std::string dataset, split; ///< Next, Same: "fashion", "train"
  uint32_t field = 0;         ///< which field of the record
  std::string value;          ///< Value, Pool: name bound by an earlier turn
  uint32_t pool = 0;          ///< Pool: `P.swap(value)`
};

struct Duration {
  double count = 0;
  enum class Unit : uint8_t { Rounds, Epochs, Examples } unit = Unit::Epochs;
  static constexpr std::array words = {"rounds", "epochs", "examples"};
  const char *word() const { return words[static_cast<size_t>(unit)]; }
  std::string stream; ///< Epochs: the stream that owns the epoch
};

/// A statement of `train { }`.
struct Turn {
  /// Draw: `x = next s`. Once: a call, in the first round that comes to it.
  /// When: runs `body` where the only output of `step` is
  /// not 0. An update `k <- e` is the Call of a step made of it.
  enum class Kind : uint8_t { Call, Repeat, Every, When, Draw, Once };
  static constexpr std::array words = {"call", "repeat", "every",
                                       "when", "draw",   "once"};
  const char *word() const { return words[static_cast<size_t>(kind)]; }
  Kind kind = Kind::Call;
  uint32_t step = 0; ///< Call, When, Once: index into Program::steps
  std::vector<TurnArgument> arguments; ///< Call, When, Once; Draw: of each
                                       ///< result, a field or from a pool
  std::vector<std::string> results;    ///< names for outputs, or for fields
  int64_t count = 0;                   ///< Repeat: times
  Duration every;                      ///< Every: whole ones where rounds
  std::vector<Turn> body;
};

struct Train {
  std::string name; ///< empty for the only one
  std::vector<Turn> turns;
  Duration duration;
  int64_t batch = 1;
};

/// What is taken over all examples of a set, entry by entry of the event;
/// `var` divides by n.
///
/// Frechet: the Fréchet distance of the first half of the entries from the
/// second, over all examples, one number.
enum class Statistic : uint8_t { Mean, Var, Min, Max, Frechet };

/// Returns `mean`, `var`, ...
const char *spellingOf(Statistic statistic);

/// A line `report`: `body` has one argument a field of `dataset` that it uses.
struct Report {
  uint32_t body = 0; ///< index into Program::reportBodies
  /// Of the body's last outputs, what is taken of each over the set; it is the
  /// argument of this number of the body `end`, whose outputs are items too.
  std::vector<Statistic> statistics;
  std::optional<uint32_t> end;  ///< index into Program::reportBodies
  std::string dataset, split;   ///< empty: no data (items of no example)
  std::vector<uint32_t> fields; ///< field of each argument of the body
  /// Without data: what turns of `train` number `train` gave, for each
  /// argument.
  std::vector<std::string> values;
  uint32_t train = 0;
  std::optional<Duration> every; ///< nothing: at the end
};

/// A place where generative models break, for `diagnose collapse`.
struct Probe {
  enum class Kind : uint8_t {
    Latent,    ///< divergence of each unit from its prior [batch, event..]
    Codes,     ///< share of each entry of a table among those chosen [batch, n]
    Spread,    ///< an example made of draws, one of the data
    Critic,    ///< a net's score of an example, of one made of draws [batch]
    Posterior, ///< mean and deviation of each unit of a code [batch, event..]
  } kind = Kind::Latent;
  static constexpr std::array words = {"latent", "codes", "spread", "critic",
                                       "posterior"};
  const char *word() const { return words[static_cast<size_t>(kind)]; }
  std::string name; ///< of the latent, the table, the net
};

/// What is looked at in one step: `body` has the step's arguments, its outputs
/// are those of the probes in their order, one or two each.
struct Diagnosis {
  uint32_t body = 0; ///< index into Program::reportBodies
  std::string step, dataset, split;
  std::vector<uint32_t> fields; ///< field of each argument of the body
  std::vector<Probe> probes;
};

/// A step of which `diagnose collapse` can say nothing, and the reason.
struct Undiagnosed {
  std::string step, why;
};

/// One picture, table, set, number or text that a procedure emits.
struct Emit {
  enum class Kind : uint8_t {
    Grid,
    Row,
    Npy,
    Csv,
    Idx,     ///< a folder of images and, if wanted, labels
    Frechet, ///< the distance of two sets of features
    Text,    ///< rows of codes as characters
    Scatter  ///< points of the plane
  } kind = Kind::Grid;
  static constexpr std::array words = {"grid", "row",     "npy",  "csv",
                                       "idx",  "frechet", "text", "scatter"};
  const char *word() const { return words[static_cast<size_t>(kind)]; }
  /// Outputs of the body shown side by side (`grid(x, y)`: pairs).
  std::vector<uint32_t> outputs;
  std::vector<std::string> texts; ///< of each output: how it is written
  /// Csv: names of the columns; empty, or one an output.
  std::vector<std::string> names;
  double low = 0, high = 1; ///< range of the pixels
  std::string dataset;      ///< Text: whose characters the codes are
};

/// An argument of a procedure.
struct ProcArgument {
  enum class Kind : uint8_t {
    Count, ///< the batch: `n = 64`; any number at run time
    Fixed, ///< a number that shapes depend on; fixed when compiled
    Real,  ///< a run-time number, bound to a Scalar of kind ProcArgument
    Data,  ///< `x from m.test`, bound to a body argument
    Text,  ///< one of `choices`, bound to a Scalar that is its place there
    File,  ///< `z: f32[20]`, bound to a body argument
  } kind = Kind::Count;
  static constexpr std::array words = {"count", "fixed", "real",
                                       "data",  "text",  "file"};
  const char *word() const { return words[static_cast<size_t>(kind)]; }
  std::string name;
  double value = 0;
  std::string dataset, split;
  uint32_t field = 0;    ///< Data: field of the record
  int64_t classes = 0;   ///< Real, Fixed: > 0: a whole number below it
  uint32_t argument = 0; ///< Data, File: index into Body::arguments
  bool all = false;      ///< Count: as many as the data have
  DataField item;        ///< File: what an item of it is
  /// Text: the default, and what the body compares it with.
  std::vector<std::string> choices;
};

struct Procedure {
  uint32_t body = 0; ///< index into Program::procedureBodies
  std::string name;
  std::vector<ProcArgument> arguments;
  std::vector<Emit> emits;
};

/// `net V : Classifier = weights("v.safetensors")`: where tensors of `network`
/// begin, and the net whose names they have there.
struct Import {
  std::string network, of, source;
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
  std::vector<Pool> pools;
  std::vector<Import> imports;
  /// Those of the text, each for every batch of a `train` that calls it, and
  /// `train.when0`, `train.update0`, .., which are made of expressions in
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
