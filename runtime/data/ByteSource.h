//===- ByteSource.h - bytes of a plain or a gzipped file --------*- C++ -*-===//
//
// One way to read both, for the readers of data formats.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_DATA_BYTESOURCE_H
#define GMC_RUNTIME_DATA_BYTESOURCE_H

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace gmc::runtime {

class ByteSource {
public:
  virtual ~ByteSource() = default;

  /// Fills `out`; returns less than its size only at the end of the data.
  /// Throws Failure 3 where gzip's own structure or checksum is broken, and
  /// Failure 5 where the device fails.
  virtual int64_t read(std::span<std::byte> out) = 0;
  /// Returns a bound of the bytes that the whole file can give.
  virtual int64_t largestSize() const = 0;
  /// Tells whether largestSize() is the exact number.
  virtual bool isExact() const = 0;
  /// Returns the path for messages.
  virtual const std::string &name() const = 0;
};

/// Opens `path`; it is unpacked if its name ends in .gz.
std::unique_ptr<ByteSource> openByteSource(const std::filesystem::path &path);

} // namespace gmc::runtime

#endif // GMC_RUNTIME_DATA_BYTESOURCE_H
