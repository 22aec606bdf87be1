//===- Safetensors.h - the tensor file format -------------------*- C++ -*-===//
//
// Writing, and strict reading, of safetensors: 8 bytes of header length, a
// JSON header, the tensors row-major and without holes. The reader takes
// nothing on trust: sizes are checked before memory is asked for, each breach
// has its own message, and the checksum of the header and the data must agree.
// All breaches are Failure 4; a file that cannot be opened is Failure 5.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_IO_SAFETENSORS_H
#define GMC_RUNTIME_IO_SAFETENSORS_H

#include "runtime/core/Shape.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace gmc::runtime {

/// The strings under `__metadata__`, `checksum` apart.
using Metadata = std::map<std::string, std::string>;

/// A tensor to be written; `bytes` is row-major.
struct TensorView {
  std::string name;
  Shape shape;
  std::span<const std::byte> bytes;
};

/// A tensor that was read, in memory of the file object.
struct StoredTensor {
  std::string name;
  ScalarType type = ScalarType::F32;
  Shape shape;
  std::span<const std::byte> bytes;
};

/// A whole file in memory; the tensors point into `buffer`.
struct SafetensorsFile {
  Metadata metadata;
  std::vector<StoredTensor> tensors; ///< in the order of their data
  std::vector<std::byte> buffer;

  const StoredTensor *find(std::string_view name) const;
};

/// Writes tensors of one type and metadata, atomically. The header is padded
/// with spaces so that the data starts on a multiple of 64.
void writeSafetensors(const std::filesystem::path &path, ScalarType type,
                      const Metadata &metadata,
                      std::span<const TensorView> tensors);

/// Reads `path`, checking everything (rows K1-K7, K9). Files of other
/// programs, which have no checksum, are taken only if `requireChecksum` is
/// false.
SafetensorsFile readSafetensors(const std::filesystem::path &path,
                                bool requireChecksum = true);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_IO_SAFETENSORS_H
