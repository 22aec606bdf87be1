//===- FieldCheck.cpp - whether data are what the model declares ----------===//
//
// How numbers are stored is known only here, so what cannot act on them, or
// would pass them unseen, is refused here:
//
//                     grey levels of 8, 16 bits    floating-point numbers
//   label, codes      whole numbers below their classes
//   {a, b}, mask      0 and the largest, 0 and 1   a or b
//   binarize          a probability b / largest    a probability in [low, high]
//   dequantize        fills its level              refused
//   [a, b]            mapped onto it               in it
//
// and what the model sees is finite in its type.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"

#include <cmath>

namespace gmc::runtime {

namespace {

/// The numbers of one field, with the words that messages are made of.
struct Numbers {
  const std::string &stream;
  const DatasetField &field;
  ScalarType type;
  const plan::Field &spec = field.spec;
  int64_t size = elementsOf(field.keptShape());
  int64_t count =
      static_cast<int64_t>(field.bytes.size()) / sizeOf(field.stored);

  double at(int64_t index) const {
    return numberAt(field.bytes, field.stored, index);
  }
  std::string where(int64_t index) const {
    return size == 1
               ? fmt::format("in `{}`", spec.name)
               : fmt::format("at place {} of `{}`", index % size, spec.name);
  }
  /// Returns `bound` as the file can hold it: 0.1 in f4 is above 0.1 in f8.
  double stored(double bound) const {
    return field.stored == Stored::Single ? double(float(bound)) : bound;
  }
  /// Returns number `index` as `normalize` leaves it.
  double normalized(double number, int64_t index) const {
    if (spec.mean.empty()) {
      return number;
    }
    const auto parts = static_cast<int64_t>(spec.mean.size());
    const int64_t part = index % size / std::max<int64_t>(size / parts, 1);
    return (number - spec.mean[part]) / spec.deviation[part];
  }
  /// Tells whether the model's type holds it: from half a step above the
  /// largest f32 on, numbers are rounded to infinity.
  bool isHeld(double number) const {
    return type == ScalarType::F32 ? std::abs(number) < 0x1.ffffffp127
                                   : std::isfinite(number);
  }

  void checkClasses() const;
  void checkBinary() const;
  void checkGrey() const;
  void checkReal() const;
};

} // namespace

void Numbers::checkClasses() const {
  for (int64_t i = 0; i < count; ++i) {
    const double number = at(i);
    if (!(number >= 0 && number < static_cast<double>(spec.classes)) ||
        number != std::floor(number)) {
      fail(ExitData,
           "data set {}: item {} has label {} in `{}`, expected 0 to {}",
           stream, i / size, number, spec.name, spec.classes - 1);
    }
    if (type == ScalarType::F32 && double(float(number)) != number) {
      fail(ExitData,
           "data set {}: item {} has label {} in `{}`, which f32 does not "
           "hold; compile the model with --f64",
           stream, i / size, int64_t(number), spec.name);
    }
  }
}

void Numbers::checkBinary() const {
  const double low = isGrey(field.stored) ? 0 : stored(spec.low);
  const double high = isGrey(field.stored) ? greyTop(field) : stored(spec.high);
  for (int64_t i = 0; i < count; ++i) {
    const double number = at(i);
    if (number == low || number == high) {
      continue;
    }
    const double top = field.stored == Stored::Byte ? 255 : 65535;
    const bool unit = spec.low == 0 && spec.high == 1;
    fail(ExitData, "data set {}: item {} has {} {}, {}{}{}", stream, i / size,
         number, where(i),
         spec.mask ? "which is a mask of 0 and 1"
                   : fmt::format("which the model declares in {{{},{}}}",
                                 spec.low, spec.high),
         isGrey(field.stored) ? fmt::format(": grey levels are 0 and {}{}", top,
                                            unit ? ", or 0 and 1" : "")
                              : "",
         unit && !spec.mask
             ? "; `binarize(each epoch)` draws 0 or 1 of what lies between"
             : "");
  }
}

/// All that the model can see of a channel lies between its ends.
void Numbers::checkGrey() const {
  for (int64_t i = 0; i < std::min(size, count); ++i) {
    for (double end : {spec.low, spec.high}) {
      if (!isHeld(normalized(end, i))) {
        fail(ExitData,
             "data set {}: `{}` is declared in [{}, {}], which reaches beyond "
             "the largest {}",
             stream, spec.name, spec.low, spec.high, spellingOf(type));
      }
    }
  }
}

void Numbers::checkReal() const {
  int64_t broken = 0, first = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double number = at(i);
    if (!std::isfinite(number) || !isHeld(normalized(number, i))) {
      first = broken++ == 0 ? i : first;
    } else if ((spec.bounded || spec.binarize) &&
               !(number >= stored(spec.low) && number <= stored(spec.high))) {
      fail(ExitData,
           "data set {}: item {} has {} {}, which the model declares in "
           "[{}, {}]{}",
           stream, i / size, number, where(i), spec.low, spec.high,
           spec.binarize ? ": `binarize` takes it as a probability" : "");
    }
  }
  if (broken > 0) {
    const double number = at(first);
    fail(
        ExitData,
        "data set {}: {} of the {} numbers of `{}` are not finite{}; the first "
        "one, {}, stands in item {}, place {}",
        stream, broken, count, spec.name,
        std::isfinite(number)
            ? fmt::format(" in {}{}", spellingOf(type),
                          spec.mean.empty() ? "" : ", normalized")
            : "",
        number, first / size, first % size);
  }
}

double greyTop(const DatasetField &field) {
  const double top = field.stored == Stored::Byte ? 255 : 65535;
  const plan::Field &spec = field.spec;
  if (!spec.isBinaryInFiles() || spec.low != 0 || spec.high != 1) {
    return top;
  }
  const auto count =
      static_cast<int64_t>(field.bytes.size()) / sizeOf(field.stored);
  for (int64_t i = 0; i < count; ++i) {
    if (numberAt(field.bytes, field.stored, i) > 1) {
      return top;
    }
  }
  return 1; // They are 0 and 1 as they stand.
}

/// Checks one field by itself.
static void checkField(const std::string &stream, const DatasetField &field,
                       ScalarType type) {
  const plan::Field &spec = field.spec;
  const Numbers numbers{stream, field, type};
  if (spec.dequantize && !isGrey(field.stored)) {
    fail(ExitData,
         "data set {}: `{}` holds floating-point numbers; `dequantize` fills "
         "grey levels of 8 or 16 bits, and these have none",
         stream, spec.name);
  }
  if (spec.classes > 0) {
    numbers.checkClasses();
  } else if (spec.isBinaryInFiles()) {
    numbers.checkBinary();
  } else if (isGrey(field.stored)) {
    numbers.checkGrey();
  } else {
    numbers.checkReal();
  }
}

int64_t checkFields(const std::string &stream,
                    const std::vector<DatasetField> &fields, ScalarType type) {
  int64_t items = 0;
  for (const DatasetField &field : fields) {
    const int64_t size = elementsOf(field.keptShape()) * sizeOf(field.stored);
    const auto bytes = static_cast<int64_t>(field.bytes.size());
    if (size == 0 || bytes % size != 0) {
      fail(ExitInternal, "{} bytes are not items of {}", bytes,
           spellingOf(field.spec.shape));
    }
    const int64_t count = bytes / size;
    if (count == 0) {
      fail(ExitData, "data set {} has no items", stream);
    }
    if (&field != fields.data() && count != items) {
      fail(ExitData, "data set {} has {} items of `{}` but {} of `{}`", stream,
           items, fields.front().spec.name, count, field.spec.name);
    }
    items = count;
    checkField(stream, field, type);
  }
  return items;
}

} // namespace gmc::runtime
