//===- SafetensorsHeader.h - the JSON header of safetensors -----*- C++ -*-===//
//
// A parser for exactly the JSON that a safetensors header may be:
//
//   { "__metadata__": {"key": "text", ..},
//     "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, .. }
//
// Its depth is fixed, so nothing recurses; its memory is in proportion to the
// header. It also tells where the text of the checksum stands, which a general
// JSON parser would not.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_IO_SAFETENSORSHEADER_H
#define GMC_RUNTIME_IO_SAFETENSORSHEADER_H

#include "runtime/core/Shape.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gmc::runtime {

struct HeaderEntry {
  std::string name;
  ScalarType type = ScalarType::F32;
  Shape shape;
  int64_t begin = 0, end = 0; ///< bytes of the data
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata; ///< with `checksum`
  std::vector<HeaderEntry> entries;            ///< in the order of the text
  /// Where the characters of the checksum begin in the text.
  std::optional<size_t> checksumPosition;
};

/// Parses `text`. Throws Failure 4 that begins with `file` and gives the byte.
SafetensorsHeader parseSafetensorsHeader(std::string_view text,
                                         const std::string &file);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_SAFETENSORSHEADER_H
