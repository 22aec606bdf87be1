//===- DataFiles.h - IDX files made for a test ------------------*- C++ -*-===//
#ifndef GMC_TESTS_RUNTIME_DATA_DATAFILES_H
#define GMC_TESTS_RUNTIME_DATA_DATAFILES_H

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gmc::runtime::test {

/// Returns an IDX header of type `type`.
inline std::string idxHeader(const std::vector<uint32_t> &extents,
                             char type = 8) {
  std::string header = {0, 0, type, static_cast<char>(extents.size())};
  for (uint32_t extent : extents) {
    for (int shift : {24, 16, 8, 0}) {
      header += static_cast<char>(extent >> shift);
    }
  }
  return header;
}

/// Returns `count` bytes 0, 1, 2, ...
inline std::string ramp(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) {
    bytes += static_cast<char>(i);
  }
  return bytes;
}

/// Returns `bytes` as one gzip member.
inline std::string gzip(const std::string &bytes) {
  z_stream stream{};
  EXPECT_EQ(
      deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
      Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

} // namespace gmc::runtime::test

#endif // GMC_TESTS_RUNTIME_DATA_DATAFILES_H
