//===- Procedure.h - what a trainer can be asked to do ----------*- C++ -*-===//
#ifndef GMC_RUNTIME_PLAN_PROCEDURE_H
#define GMC_RUNTIME_PLAN_PROCEDURE_H

#include "runtime/plan/Data.h"

namespace gmc::plan {

struct ProcedureArgument {
  enum class Kind : uint8_t { Count, Fixed, Real, Data, Text, File };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>(
        {{"count", "how many examples; any number"},
         {"fixed", "a number that shapes depend on"},
         {"real", "a number, given as `scalar`"},
         {"data", "an example of a data set, given as `input`"},
         {"text", "one of `choices`, whose place is given as `scalar`"},
         {"file", "what a file holds, given as `input`"}});
  }
  GMC_STRUCT(ProcedureArgument, "A flag of a procedure's verb.");
  GMC_MEMBER(Kind, kind, "what it takes") = Kind::Count;
  GMC_MEMBER(std::string, name, "of the flag");
  GMC_OPTION(double, value, "the default") = 0;
  GMC_OPTION(bool, all, "count: by default as many as the data have") = false;
  GMC_OPTION(int64_t, classes, "real, fixed: a whole number below this") = 0;
  GMC_OPTION(std::vector<std::string>, choices, "text: the default first");
  GMC_OPTION(Index<Scalar>, scalar, "real, text: which scalar it is");
  GMC_OPTION(int64_t, input, "data, file: which input of the entry") = 0;
  GMC_OPTION(std::string, dataset, "data: where the example is from");
  GMC_OPTION(std::string, split, "data: `train` or `test`");
  GMC_OPTION(int64_t, field, "data: which field of the record") = 0;
  GMC_OPTION(Field, item, "file: what an item of it is");
};

struct Emission {
  enum class Kind : uint8_t {
    Grid,
    Row,
    Npy,
    Csv,
    Idx,
    Frechet,
    Text,
    Scatter
  };
  friend constexpr auto wordsOf(Kind) {
    return std::to_array<Word>(
        {{"grid", "a picture of all examples, side by side"},
         {"row", "a picture with a row an example"},
         {"npy", "an array"},
         {"csv", "a table"},
         {"idx", "a folder of images and, if wanted, labels"},
         {"frechet", "the distance of two sets of features"},
         {"text", "rows of codes as characters"},
         {"scatter", "points of the plane"}});
  }
  GMC_STRUCT(Emission, "Something that a procedure writes.");
  GMC_MEMBER(Kind, kind, "its form") = Kind::Grid;
  GMC_MEMBER(std::vector<int64_t>, outputs, "of the entry, in order");
  GMC_OPTION(std::vector<std::string>, texts,
             "of each output, how the text writes it");
  GMC_OPTION(std::vector<std::string>, names,
             "csv: of the columns; empty: no header");
  GMC_OPTION(double, low, "this is black") = 0;
  GMC_OPTION(double, high, "this is white") = 1;
  GMC_OPTION(std::string, dataset, "text: whose characters the codes are");
};

struct Procedure {
  GMC_STRUCT(Procedure, "A `proc`: a verb of the trainer.");
  GMC_MEMBER(Index<Entry>, entry, "what runs, batch after batch");
  GMC_MEMBER(std::string, name, "the verb");
  GMC_OPTION(std::vector<ProcedureArgument>, arguments, "its flags");
  GMC_OPTION(std::vector<Emission>, emissions, "what it writes");
};

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_PROCEDURE_H
