//===- Data.h - data sets of a model ----------------------------*- C++ -*-===//
#ifndef GMC_RUNTIME_PLAN_DATA_H
#define GMC_RUNTIME_PLAN_DATA_H

#include "runtime/plan/Values.h"

#include <utility>

namespace gmc::plan {

struct Field {
  GMC_STRUCT(Field, "One field of the records of a data set.");
  GMC_MEMBER(std::string, name, "as the text has it");
  GMC_OPTION(Shape, shape, "of one item");
  GMC_OPTION(bool, image, "an image: [channels, height, width]") = false;
  GMC_OPTION(double, low, "byte 0 becomes this") = 0;
  GMC_OPTION(double, high, "the largest byte becomes this") = 1;
  GMC_OPTION(bool, bounded,
             "numbers of a file must lie in [low, high]; bytes are mapped onto "
             "it anyway") = false;
  GMC_OPTION(bool, binary,
             "every number is low or high: grey levels 0 and the largest, of "
             "0 and 1 also 0 and 1") = false;
  GMC_OPTION(bool, binarize,
             "a Bernoulli draw of the grey level, anew each epoch") = false;
  GMC_OPTION(int64_t, classes,
             "n: a label or codes, whole numbers below n, as they are") = 0;
  GMC_OPTION(bool, mask, "0 or 1: where a text has characters") = false;
  GMC_OPTION(bool, flip,
             "mirrored left to right in every other draw of training") = false;
  GMC_OPTION(bool, resize,
             "images of any size are resampled to the shape") = false;
  GMC_OPTION(int64_t, cropFrom,
             "n: images are resampled to [channels, n, n], the shape is cut "
             "out") = 0;
  GMC_OPTION(
      bool, dequantize,
      "grey level b of 0 .. m becomes low + (high - low)(b + u)/(m + 1), "
      "u drawn") = false;
  GMC_OPTION(std::vector<double>, mean,
             "one, or one a channel: (x - mean)/deviation comes last");
  GMC_OPTION(std::vector<double>, deviation, "as many");

  /// Tells whether a file must hold two values only.
  bool isBinaryInFiles() const { return (binary && !binarize) || mask; }
  /// Tells whether the model sees two values only: 0 and 1 unless the range
  /// says others.
  bool isBinary() const { return binary || binarize || mask; }
  /// Returns the ends of what the model sees, `mean` and `deviation` included.
  std::pair<double, double> shownRange() const;
};

struct Dataset {
  GMC_STRUCT(Dataset, "A data set: its parts are `train` and `test`.");
  GMC_MEMBER(std::string, name, "as in `--data NAME=DIR`");
  GMC_MEMBER(std::string, format,
             "`idx cifar10 npy folder csv text`, or built in: `ring grid "
             "gaussians swiss_roll moons`");
  GMC_OPTION(std::string, source, "what the text names; built in: empty");
  GMC_MEMBER(std::vector<Field>, fields, "what turns may take");
  GMC_OPTION(Numbers, settings, "of a built-in one");
  GMC_OPTION(double, testShare,
             "this share of the records is the part `test`, the others are "
             "`train`") = 0;
  GMC_OPTION(int64_t, subset, "n: `train` keeps n records") = 0;
  GMC_OPTION(std::string, balance,
             "the label of which each class keeps as many");
  GMC_OPTION(std::string, filter, "the label by which `train` is chosen");
  GMC_OPTION(std::vector<int64_t>, leftOut,
             "classes of `filter` that `train` lacks");
  GMC_OPTION(std::string, of,
             "a data set of which this has what its `subset` leaves");
  GMC_OPTION(std::vector<Field>, record, "with `of`: all fields of that set");
};

struct Pool {
  GMC_STRUCT(Pool, "Examples of earlier rounds, kept in a tensor "
                   "[capacity, event..].");
  GMC_MEMBER(std::string, name, "as the text has it");
  GMC_MEMBER(Index<Tensor>, tensor, "where they are kept");
  GMC_OPTION(double, replace, "chance of giving an earlier example") = 0.5;
};

struct Import {
  GMC_STRUCT(Import, "A network whose weights start as a file holds them.");
  GMC_MEMBER(std::string, network, "whose tensors are filled");
  GMC_MEMBER(std::string, of, "the net whose names they have in the file");
  GMC_MEMBER(std::string, source, "the file that the text names");
};

} // namespace gmc::plan

#endif // GMC_RUNTIME_PLAN_DATA_H
