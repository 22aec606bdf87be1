//===- Values.h - tensors, scalars and entries of a model -------*- C++ -*-===//
//
// What a model computes with, by name and logical shape: nothing here depends
// on the processor that it is compiled for.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_PLAN_VALUES_H
#define GMC_RUNTIME_PLAN_VALUES_H

#include "runtime/plan/Describe.h"

#include <map>
#include <optional>
#include <vector>

namespace gmc::plan {

using Shape = std::vector<int64_t>;
/// Numbers by name.
using Numbers = std::map<std::string, double>;

/// The type of all tensors of a model.
enum class ScalarType : uint8_t { F32, F64 };
constexpr auto wordsOf(ScalarType) {
  return std::to_array<Word>({{"f32"}, {"f64"}});
}

struct Initial {
  enum class Kind : uint8_t { Constant, Normal, Uniform, Orthogonal };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>(
        {{"constant", "`a`"},
         {"normal", "mean `a`, standard deviation `b`"},
         {"uniform", "of [`a`, `b`)"},
         {"orthogonal", "the rows of axis 0, or the columns of a matrix of all "
                        "others where these are fewer"}});
  }
  GMC_STRUCT(Initial, "Initial values of a tensor.");
  GMC_MEMBER(Kind, kind, "the distribution") = Kind::Constant;
  GMC_OPTION(double, a, "the constant, the mean or the lower end") = 0;
  GMC_OPTION(double, b, "the standard deviation or the upper end") = 0;
  GMC_OPTION(std::string, drawnAs,
             "the tensor whose draws these are; empty: its own") = "";
};

/// Names and shapes are PyTorch's: `Enc.linear0.weight` is [out, in].
struct Tensor {
  enum class Role : uint8_t { Parameter, Optimizer, State, Average };
  friend constexpr auto wordsOf(Role) {
    return std::to_array<Word>({{"parameter", "what `minimize` moves"},
                                {"optimizer", "a moment of an optimiser"},
                                {"state", "`state`, or what a layer keeps"},
                                {"average", "of an `ema`"}});
  }
  GMC_STRUCT(Tensor, "A tensor that lives from step to step, as checkpoints "
                     "hold it.");
  GMC_MEMBER(std::string, name, "of this tensor alone");
  GMC_MEMBER(Shape, shape, "extents, row-major in files");
  GMC_MEMBER(Role, role, "what changes it") = Role::Parameter;
  GMC_OPTION(std::string, network, "the net, instance or `param` that owns it");
  GMC_MEMBER(Initial, initial, "where it starts");
};

/// What a number may be.
struct Limits {
  GMC_STRUCT(Limits, "What a number may be.");
  GMC_OPTION(std::optional<double>, low, "the least");
  GMC_OPTION(std::optional<double>, high, "numbers are below this");
  GMC_OPTION(bool, open, "`low` itself is not allowed") = false;
  GMC_OPTION(bool, closed, "`high` itself is allowed") = false;

  /// No NaN is within any limits.
  bool hold(double number) const {
    return number == number &&
           (!low || (open ? number > *low : number >= *low)) &&
           (!high || (closed ? number <= *high : number < *high));
  }
};

/// Returns "greater than 0", "at least 0 and less than 1".
std::string spellingOf(const Limits &limits);

struct Counter {
  GMC_STRUCT(Counter, "Counts the updates that an optimiser has made.");
  GMC_MEMBER(std::string, name, "of the optimiser's state, `fit.adam`");
};

struct Scalar {
  enum class Kind : uint8_t {
    Hyper,
    Rounds,
    Epochs,
    Examples,
    Records,
    Levels,
    Argument,
    Updates
  };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>(
        {{"hyper", "a `hyper`"},
         {"rounds", "rounds of the current `train` completed so far"},
         {"epochs", "the same in fractional epochs of `stream`"},
         {"examples", "the same in examples"},
         {"records", "how many records `stream` has"},
         {"levels", "grey levels of the files of field `name` of data set "
                    "`stream`, or of argument `name` of `procedure`"},
         {"argument", "a run-time number of `procedure`"},
         {"updates", "updates that `counter` counts, this one included"}});
  }
  GMC_STRUCT(Scalar, "A single number that the runtime supplies at every "
                     "execution, an f64: `scalars[i]` of the frame.");
  GMC_MEMBER(Kind, kind, "where it comes from") = Kind::Hyper;
  GMC_OPTION(std::string, name, "of the hyper, argument or field");
  GMC_OPTION(double, value, "the default") = 0;
  GMC_OPTION(std::string, stream, "`fashion.train`; levels: `fashion`");
  GMC_OPTION(std::string, procedure, "the procedure that it is given to");
  GMC_OPTION(Limits, limits, "hyper, argument: of what it is used for");
  GMC_OPTION(std::string, takenBy, "what asks for these: `clip` in line 3");
  GMC_OPTION(bool, whole, "hyper: whole numbers only") = false;
  GMC_OPTION(Index<Counter>, counter, "updates: which counter");
};

struct Slot {
  GMC_STRUCT(Slot, "A tensor that an entry reads or gives, dense row-major in "
                   "the arena. Its first dimension is the batch where the "
                   "shape starts with the entry's `batch`.");
  GMC_MEMBER(std::string, name, "as the text has it");
  GMC_OPTION(Shape, shape, "empty: a single number");
  GMC_MEMBER(int64_t, number, "its place in `slots` of an artifact") = 0;
};

struct LimitedSlot {
  GMC_STRUCT(LimitedSlot, "A number that an execution computes and that must "
                          "keep to limits.");
  GMC_MEMBER(Slot, slot, "named as messages name it: `clip` in line 3");
  GMC_MEMBER(Limits, limits, "what it may be");
};

struct Draw {
  enum class Kind : uint8_t { Normal, Uniform };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>(
        {{"normal", "of mean 0 and variance 1"}, {"uniform", "of (0, 1)"}});
  }
  GMC_STRUCT(Draw, "Random numbers of an execution. Element e is that of the "
                   "site and of the execution's key, whatever the processor.");
  GMC_MEMBER(std::string, name, "path in the text, `fit/z`");
  GMC_MEMBER(uint64_t, site, "hash of the path") = 0;
  GMC_MEMBER(Kind, kind, "the distribution") = Kind::Normal;
  GMC_OPTION(Shape, shape, "empty: a single number");
};

/// A step that runs in batches of two sizes has an entry for each.
struct Entry {
  enum class Kind : uint8_t { Step, Report, Procedure };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>({{"step"}, {"report"}, {"procedure"}});
  }
  GMC_STRUCT(Entry, "What runs as a whole: a step, a report or a procedure.");
  GMC_MEMBER(Kind, kind, "what it is") = Kind::Step;
  GMC_MEMBER(std::string, name, "`fit`, or `fit.batch64`");
  GMC_MEMBER(std::string, step, "what entries of one step share: `fit`");
  GMC_MEMBER(int64_t, batch, "examples of an execution") = 1;
  GMC_OPTION(std::vector<Slot>, inputs, "written before it runs");
  GMC_OPTION(std::vector<Slot>, outputs, "read after it has run");
  GMC_OPTION(std::vector<Slot>, monitors, "single numbers to show and keep");
  GMC_OPTION(std::vector<Slot>, norms,
             "2-norm of the gradients of the network "
             "`name`, an f64 each");
  GMC_OPTION(std::vector<LimitedSlot>, limits, "what must hold of numbers");
  GMC_OPTION(std::vector<Draw>, draws, "steps: what it draws");
  GMC_OPTION(std::vector<Index<Counter>>, counters,
             "each is raised by one at an execution");
  GMC_OPTION(int64_t, flops, "of its products") = 0;
};

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_VALUES_H
