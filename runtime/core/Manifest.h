//===- Manifest.h - what the compiled model says of itself ------*- C++ -*-===//
//
// The members of gmManifest as plain structs; runtime/abi/manifest.md gives
// their meaning. parseManifest checks every member, offset and index, so the
// rest of the runtime may rely on them.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_CORE_MANIFEST_H
#define GMC_RUNTIME_CORE_MANIFEST_H

#include "runtime/core/ScalarType.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gmc::runtime {

using Shape = std::vector<int64_t>;

/// Returns the product of the extents; throws a Failure beyond 2^62.
int64_t elementsOf(const Shape &shape);

/// Returns "[1, 28, 28]".
std::string spellingOf(const Shape &shape);

struct Storage {
  enum class Layout : uint8_t { Dense, Panels };
  int64_t offset = 0; ///< bytes into the state region
  Layout layout = Layout::Dense;
  int axis = 0;      ///< Panels: the axis that the lanes run along, 0 or 1
  int64_t width = 1; ///< Panels: lanes of a panel
};

struct Initial {
  enum class Kind : uint8_t { Constant, Normal, Uniform, Orthogonal };
  Kind kind = Kind::Constant;
  double a = 0;        ///< value, mean or lower bound
  double b = 0;        ///< unused, standard deviation or upper bound
  std::string drawnAs; ///< the tensor whose draws these are; empty: its own
};

struct TensorSpec {
  std::string name;
  Shape shape;
  std::string role; ///< parameter, optimizer, state, average
  std::string network;
  Initial init;
  std::vector<Storage> storage; ///< at least one
};

/// What a number may be: from `low` on, not `low` itself where `open`, and
/// below `high`, or `high` too where `closed`.
struct Limits {
  std::optional<double> low, high;
  bool open = false, closed = false;

  bool hold(double number) const {
    return number == number &&
           (!low || (open ? number > *low : number >= *low)) &&
           (!high || (closed ? number <= *high : number < *high));
  }
};

/// Returns "greater than 0", "at least 0 and less than 1".
std::string spellingOf(const Limits &limits);

struct ScalarSpec {
  enum class Kind : uint8_t {
    Hyper,
    Rounds,
    Epochs,
    Examples,
    Records,
    Levels,
    Updates,
    Argument
  };
  Kind kind = Kind::Hyper;
  std::string name;      ///< Hyper, Argument; Levels: field or argument
  std::string stream;    ///< Epochs, Records: e.g. "fashion.train"; Levels:
                         ///< the data set, unless of a procedure
  std::string procedure; ///< Argument, Levels
  int64_t counter = 0;   ///< Updates
  double value = 0;      ///< Hyper, Argument, Levels: the default
  Limits limits;         ///< Hyper, Argument
  std::string takenBy;   ///< what asks for these: "`clip` in line 3"
  bool whole = false;    ///< Hyper: whole numbers only
};

struct FieldSpec {
  std::string name;
  Shape shape; ///< of one item
  bool image = false;
  double low = 0, high = 1; ///< byte 0 becomes low, byte 255 becomes high
  bool binarize = false;    ///< drawn anew each epoch
  int64_t classes = 0;      ///< > 0: labels or codes, whole numbers below it
  bool bounded = false;     ///< numbers of a file must lie in [low, high]
  bool binary = false;      ///< they are low or high, nothing between
  bool mask = false;        ///< 1 where a text has characters
  bool flip = false;        ///< mirrored in every other draw of training
  bool resize = false;      ///< images of other sizes are resampled
  int64_t cropFrom = 0;     ///< > 0: cut out of images of that height and width
  bool dequantize = false;  ///< bytes b become (b + u) / 256, u drawn anew
  std::vector<double> mean, deviation; ///< normalize: one, or one a channel

  bool isBinary() const { return binary || mask; }
};

struct DatasetSpec {
  std::string name, format, source;
  std::vector<FieldSpec> fields;
  std::map<std::string, double> settings; ///< of a built-in toy
  double testShare = 0; ///< > 0: of the records, cut off as the test part
  int64_t subset = 0;   ///< > 0: records that the training part keeps
  std::string balance;  ///< not empty: the label of which each class keeps as
                        ///< many
  std::string filter;   ///< not empty: a label, of whose classes the training
  std::vector<int64_t> leftOut; ///< part lacks these
  std::string of; ///< not empty: keeps what the subset of that set leaves
  std::vector<FieldSpec> record; ///< with `of`: all fields of that set
};

/// A tensor of the arena.
struct Slot {
  std::string name;
  int64_t offset = 0;
  Shape shape;
};

/// Random numbers of an execution: element e is that of Random.h for the site.
struct DrawSpec {
  std::string name; ///< path in the text, "fit/z"
  uint64_t site = 0;
  bool isNormal = false; ///< N(0, 1), else U(0, 1)
  Shape shape;
};

struct EntrySpec {
  enum class Kind : uint8_t { Step, Report, Procedure };
  struct Norm {
    std::string network;
    int64_t offset = 0;
  };
  /// A number that an execution computed and that must keep to limits.
  struct Limit {
    std::string name; ///< "`clip` in line 3"
    int64_t offset = 0;
    Limits limits;
  };
  Kind kind = Kind::Step;
  std::string name;
  std::string step; ///< what bodies of one step for two batches share
  int64_t batch = 1;
  std::vector<Slot> inputs, outputs;
  std::vector<Slot> monitors; ///< shape [], one number each
  std::vector<Norm> norms;
  std::vector<Limit> limits;
  std::vector<DrawSpec> draws;   ///< of steps
  std::vector<int64_t> counters; ///< indices into Manifest::counters
  int64_t flops = 0;
};

struct KernelSpec {
  int64_t entry = 0;
  std::string name, kind;
  int64_t m = 0, n = 0, k = 0, flops = 0;
};

/// Examples of earlier rounds; they lie in a tensor of the state.
struct PoolSpec {
  std::string name;
  int64_t tensor = 0;   ///< dense, [capacity, event..]
  int64_t capacity = 1; ///< its first extent
  double replace = 0.5; ///< chance of giving a stored example
};

struct Duration {
  double count = 0;
  std::string unit;   ///< rounds, epochs, examples
  std::string stream; ///< of epochs
};

struct CallArgument {
  enum class Kind : uint8_t { Next, Same, Value, Pool };
  Kind kind = Kind::Next;
  std::string dataset, split; ///< Next, Same
  int64_t field = 0;          ///< Next, Same
  std::string name;           ///< Value, Pool
  int64_t pool = 0;           ///< Pool: what `name` is swapped through
};

struct Turn {
  enum class Kind : uint8_t { Call, Repeat, Every, When, Draw, Once };
  Kind kind = Kind::Call;
  int64_t entry = 0; ///< Call; Once: unless it has run; When: its first output
                     ///< is the condition
  std::vector<std::string> results;    ///< Call, Draw
  std::vector<CallArgument> arguments; ///< Call, When, Once; Draw: each result
  int64_t count = 1;                   ///< Repeat
  Duration every;                      ///< Every
  std::vector<Turn> turns;
};

struct TrainSpec {
  std::string name;
  int64_t batch = 1;
  std::vector<Turn> turns;
  Duration duration;
};

/// What is taken over all examples of a set.
enum class Statistic : uint8_t { Mean, Var, Min, Max, Frechet };

/// A set that an entry is run over.
struct SetWalk {
  int64_t entry = 0;
  std::string dataset, split;
  std::vector<int64_t> fields; ///< of each input
};

/// What `diagnose collapse` looks at; its outputs are those of
/// runtime/abi/manifest.md.
struct Probe {
  enum class Kind : uint8_t { Latent, Codes, Spread, Critic, Posterior };
  Kind kind = Kind::Latent;
  std::string name;
};

/// A step of which `diagnose collapse` can say nothing.
struct UndiagnosedSpec {
  std::string step, why;
};

/// How many outputs a probe has.
constexpr size_t outputsOf(Probe::Kind kind) {
  return kind == Probe::Kind::Latent || kind == Probe::Kind::Codes ? 1 : 2;
}

struct DiagnosisSpec {
  SetWalk walk;
  std::string step;
  std::vector<Probe> probes;
};

struct ReportSpec {
  SetWalk walk; ///< no data set: what `values` says
  /// Taken of the entry's last outputs, as many; inputs of the entry `end`.
  std::vector<Statistic> statistics;
  int64_t end = -1;                ///< whose outputs are items too; -1: none
  std::vector<std::string> values; ///< no data: what turns gave, each input
  int64_t train = 0;               ///< of which `train`
  bool atEnd = false;              ///< else every `every`
  Duration every;
};

struct ProcedureArgument {
  enum class Kind : uint8_t { Count, Data, Fixed, Real, Text, File };
  Kind kind = Kind::Count;
  std::string name;
  double value = 0;                 ///< Count, Fixed, Real: the default
  bool all = false;                 ///< Count: by default what data there are
  std::string dataset, split;       ///< Data
  int64_t field = 0;                ///< Data
  int64_t input = 0;                ///< Data, File
  FieldSpec item;                   ///< File
  int64_t scalar = 0;               ///< Real, Text: index into scalars
  int64_t classes = 0;              ///< > 0: a whole number below it
  std::vector<std::string> choices; ///< Text: the default comes first
};

struct Emission {
  std::string kind; ///< grid, row, ...
  std::vector<int64_t> outputs;
  std::vector<std::string> texts; ///< of each output: its expression
  std::vector<std::string> names; ///< csv: of the columns; empty: no header
  double low = 0, high = 1;
  std::string dataset; ///< text: whose characters the codes are
};

struct ProcedureSpec {
  int64_t entry = 0;
  std::string name;
  std::vector<ProcedureArgument> arguments;
  std::vector<Emission> emits;
};

/// A network whose weights a file holds, under the names of the net `of`.
struct ImportSpec {
  std::string network, of, source;
};

struct Manifest {
  std::string model, source, hash;
  ScalarType type = ScalarType::F32;
  std::string triple, cpu;
  std::vector<std::string> features;
  std::string pipeline;
  int64_t batch = 1;
  int64_t stateBytes = 0, arenaBytes = 0;
  std::map<std::string, double> constants;
  std::vector<TensorSpec> tensors;
  std::vector<std::string> counters;
  std::vector<ScalarSpec> scalars;
  std::vector<DatasetSpec> datasets;
  std::vector<EntrySpec> entries;
  std::vector<KernelSpec> kernels;
  std::vector<PoolSpec> pools;
  std::vector<ImportSpec> imports;
  std::vector<TrainSpec> trains;
  std::vector<ReportSpec> reports;
  std::vector<DiagnosisSpec> diagnoses;
  std::vector<UndiagnosedSpec> undiagnosed;
  std::vector<ProcedureSpec> procedures;

  /// Returns the data set of that name, or null.
  const DatasetSpec *findDataset(std::string_view name) const;
};

/// Returns what an item of an argument `Data` or `File` is.
const FieldSpec &itemOf(const ProcedureArgument &argument,
                        const Manifest &manifest);

/// Parses and checks `json`. Throws Failure 70 where it breaks its contract:
/// the text is the compiler's, so that is a bug, and the message names the
/// member (e.g. `tensors[3].storage[0].offset`).
Manifest parseManifest(std::string_view json);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_CORE_MANIFEST_H
