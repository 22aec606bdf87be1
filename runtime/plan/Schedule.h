//===- Schedule.h - what a run does, in which order -------------*- C++ -*-===//
#ifndef GMC_RUNTIME_PLAN_SCHEDULE_H
#define GMC_RUNTIME_PLAN_SCHEDULE_H

#include "runtime/plan/Data.h"

namespace gmc::plan {

struct Duration {
  enum class Unit : uint8_t { Rounds, Epochs, Examples };
  friend constexpr auto wordsOf(Unit) {
    return std::to_array<Word>({{"rounds"}, {"epochs"}, {"examples"}});
  }
  GMC_STRUCT(Duration, "How long something lasts, or how often it comes.");
  GMC_MEMBER(double, count, "how many") = 0;
  GMC_MEMBER(Unit, unit, "of what") = Unit::Epochs;
  GMC_OPTION(std::string, stream, "epochs: of this, `fashion.train`");
};

struct TurnArgument {
  enum class Kind : uint8_t { Next, Same, Value, Pool };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>(
        {{"next", "the next batch of `dataset`"},
         {"same", "the batch of `dataset` that was taken last"},
         {"value", "`value`, which an earlier turn of the round gave"},
         {"pool", "`value`, swapped through `pool`"}});
  }
  GMC_STRUCT(TurnArgument, "Where an input of a turn's entry comes from.");
  GMC_MEMBER(Kind, kind, "next, same, value or pool") = Kind::Next;
  GMC_OPTION(std::string, dataset, "next, same");
  GMC_OPTION(std::string, split, "next, same: `train` or `test`");
  GMC_OPTION(int64_t, field, "next, same: which field of the record") = 0;
  GMC_OPTION(std::string, value, "value, pool: its name");
  GMC_OPTION(Index<Pool>, pool, "pool: which one");
};

struct Turn {
  enum class Kind : uint8_t { Call, Repeat, Every, When, Draw, Once };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>(
        {{"call", "runs `entry`"},
         {"repeat", "runs `turns` `count` times"},
         {"every", "runs `turns` where a multiple of `every` is passed"},
         {"when", "runs `turns` where the only output of `entry` is not 0"},
         {"draw", "names fields of data, and what pools give"},
         {"once", "a call, if no entry of that step has run in this run"}});
  }
  GMC_STRUCT(Turn, "A statement of `train`.");
  GMC_MEMBER(Kind, kind, "what it does") = Kind::Call;
  GMC_OPTION(Index<Entry>, entry, "call, when, once");
  GMC_OPTION(std::vector<TurnArgument>, arguments,
             "call, when, once: of each input; draw: of each result");
  GMC_OPTION(std::vector<std::string>, results,
             "call: names of the outputs; draw: of what is drawn");
  GMC_OPTION(int64_t, count, "repeat: how often") = 0;
  GMC_OPTION(Duration, every, "every: whole rounds where the unit is rounds");
  GMC_OPTION(std::vector<Turn>, turns, "repeat, every, when");
};

struct Train {
  GMC_STRUCT(Train, "A `train` of the text; they run one after the other.");
  GMC_OPTION(std::string, name, "empty for the only one");
  GMC_MEMBER(int64_t, batch, "examples that a turn takes from data") = 1;
  GMC_OPTION(std::vector<Turn>, turns, "one round");
  GMC_MEMBER(Duration, duration, "when it ends");
};

/// What is taken over all examples of a set, entry by entry of the event.
enum class Statistic : uint8_t { Mean, Var, Min, Max, Frechet };
constexpr auto wordsOf(Statistic) {
  return std::to_array<Word>(
      {{"mean"},
       {"var", "divided by n"},
       {"min"},
       {"max"},
       {"frechet", "the Fréchet distance of the first half of an example's "
                   "numbers from the second, one number"}});
}

struct SetWalk {
  GMC_STRUCT(
      SetWalk,
      "A set that an entry is run over, batch after batch. A last batch "
      "that is not full is run whole: the rows left over repeat its last "
      "example, and what they give is ignored.");
  GMC_MEMBER(Index<Entry>, entry, "what runs");
  GMC_OPTION(std::string, dataset, "empty: it takes no data");
  GMC_OPTION(std::string, split, "`train` or `test`");
  GMC_OPTION(std::vector<int64_t>, fields, "of each input, which field");
};

struct Report {
  GMC_STRUCT(Report, "A line `report`. An output of the entry is an item: a "
                     "number, or one an example, of which the mean is shown.");
  GMC_MEMBER(SetWalk, walk, "what is run over which set");
  GMC_OPTION(std::vector<Statistic>, statistics,
             "of the entry's last outputs, as many, what is taken of each over "
             "the set");
  GMC_OPTION(Index<Entry>, end,
             "the entry that takes the statistics; its outputs are items too");
  GMC_OPTION(std::vector<std::string>, values,
             "without data: what turns of `train` gave, for each input");
  GMC_OPTION(Index<Train>, train, "whose values these are");
  GMC_OPTION(std::optional<Duration>, every, "absent: once, after training");
};

struct Probe {
  enum class Kind : uint8_t { Latent, Codes, Spread, Critic, Posterior };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>(
        {{"latent", "one output [event..]: the divergence of each unit"},
         {"codes", "one output [n]: the share of each entry of a table among "
                   "those chosen"},
         {"spread", "two: an example made of draws, one of the data"},
         {"critic", "two: a net's score of an example of the data, and of one "
                    "made of draws"},
         {"posterior", "two [event..]: mean and deviation of a code that the "
                       "text draws itself"}});
  }
  GMC_STRUCT(Probe, "A place where generative models break. Outputs have the "
                    "batch in front.");
  GMC_MEMBER(Kind, kind, "what is looked at") = Kind::Latent;
  GMC_MEMBER(std::string, name, "of the latent, the table, the net");

  size_t outputs() const {
    return kind == Kind::Latent || kind == Kind::Codes ? 1 : 2;
  }
};

struct Diagnosis {
  GMC_STRUCT(Diagnosis, "What `diagnose collapse` looks at in one step. The "
                        "outputs of the entry are those of the probes.");
  GMC_MEMBER(SetWalk, walk, "what is run over which set");
  GMC_MEMBER(std::string, step, "the step's name");
  GMC_OPTION(std::vector<Probe>, probes, "in the order of the outputs");
};

struct Undiagnosed {
  GMC_STRUCT(Undiagnosed, "A step of which `diagnose collapse` says nothing.");
  GMC_MEMBER(std::string, step, "the step's name");
  GMC_MEMBER(std::string, why, "the reason, a sentence");
};

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_SCHEDULE_H
