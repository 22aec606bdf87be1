//===- Column.h - one field of all records, as a file holds it --*- C++ -*-===//
#ifndef GMC_RUNTIME_DATA_COLUMN_H
#define GMC_RUNTIME_DATA_COLUMN_H

#include "runtime/core/Shape.h"

#include <cstdint>
#include <cstring>
#include <vector>

namespace gmc::runtime {

/// How a number is kept: as wide as in its file.
enum class Stored : uint8_t { Byte, Word, Single, Double };

inline int64_t sizeOf(Stored stored) {
  constexpr int64_t sizes[] = {1, 2, 4, 8};
  return sizes[static_cast<int>(stored)];
}

/// Tells whether the numbers are grey values, 0 to 255 or 65535, that a range
/// of the model stands for.
inline bool isGrey(Stored stored) {
  return stored == Stored::Byte || stored == Stored::Word;
}

/// Records one after the other, each row-major.
struct Column {
  Stored stored = Stored::Byte;
  Shape shape; ///< of one record
  std::vector<uint8_t> bytes;

  int64_t recordBytes() const { return elementsOf(shape) * sizeOf(stored); }
  int64_t records() const {
    return static_cast<int64_t>(bytes.size()) / recordBytes();
  }
};

/// Returns number `index` of `bytes`.
inline double numberAt(const std::vector<uint8_t> &bytes, Stored stored,
                       int64_t index) {
  const uint8_t *place = bytes.data() + index * sizeOf(stored);
  auto read = [&](auto number) {
    std::memcpy(&number, place, sizeof number);
    return static_cast<double>(number);
  };
  switch (stored) {
  case Stored::Byte:
    return *place;
  case Stored::Word:
    return read(uint16_t());
  case Stored::Single:
    return read(float());
  case Stored::Double:
    return read(double());
  }
  return 0;
}

/// Appends `number` to `bytes`.
template <typename T> void appendNumber(std::vector<uint8_t> &bytes, T number) {
  size_t place = bytes.size();
  bytes.resize(place + sizeof number);
  std::memcpy(bytes.data() + place, &number, sizeof number);
}

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_COLUMN_H
