//===- NpyFile.h - the NPY format -------------------------------*- C++ -*-===//
//
// Reads arrays as NumPy saves them, versions 1 to 3: a magic, a header that is
// a Python dictionary of three keys, the data. The header is parsed by a
// grammar of its own and never evaluated; sizes are checked against the file
// before memory is asked for (rows D6-D10). Types: little-endian f4 and f8,
// and u1; C order.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_DATA_NPYFILE_H
#define GMC_RUNTIME_DATA_NPYFILE_H

#include "runtime/data/Column.h"

#include <filesystem>
#include <string_view>

namespace gmc::runtime {

/// What the header of an NPY file says.
struct NpyHeader {
  Stored stored = Stored::Byte;
  Shape shape;
};

/// Parses the text of a header; `file` is for messages. Throws Failure 3.
NpyHeader parseNpyHeader(std::string_view text, const std::string &file);

/// Reads `path`; the first axis counts the records.
Column readNpy(const std::filesystem::path &path);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_NPYFILE_H
