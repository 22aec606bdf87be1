//===- PngBytes.h - PNG pictures put together by hand -----------*- C++ -*-===//
#ifndef GMC_TESTS_RUNTIME_DATA_PNGBYTES_H
#define GMC_TESTS_RUNTIME_DATA_PNGBYTES_H

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gmc::runtime::test {

inline std::string bigEndian(uint32_t number) {
  std::string bytes;
  for (int shift : {24, 16, 8, 0}) {
    bytes += static_cast<char>(number >> shift);
  }
  return bytes;
}

/// A chunk with its length and checksum.
inline std::string chunk(const std::string &type, const std::string &data) {
  std::string body = type + data;
  auto sum = crc32(0, reinterpret_cast<const Bytef *>(body.data()),
                   static_cast<uInt>(body.size()));
  return bigEndian(static_cast<uint32_t>(data.size())) + body +
         bigEndian(static_cast<uint32_t>(sum));
}

/// `bytes` as one zlib stream.
inline std::string deflated(const std::string &bytes) {
  uLongf size = compressBound(bytes.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef *>(out.data()), &size,
           reinterpret_cast<const Bytef *>(bytes.data()), bytes.size());
  out.resize(size);
  return out;
}

inline const std::string pngSignature = "\x89PNG\r\n\x1a\n";

inline std::string ihdr(uint32_t width, uint32_t height, int depth, int colour,
                        int interlace = 0) {
  std::string data = bigEndian(width) + bigEndian(height);
  for (int byte : {depth, colour, 0, 0, interlace}) {
    data += static_cast<char>(byte);
  }
  return chunk("IHDR", data);
}

/// Rows without filters: a zero before each.
inline std::string unfiltered(const std::vector<std::string> &rows) {
  std::string bytes;
  for (const std::string &row : rows) {
    bytes += '\0';
    bytes += row;
  }
  return bytes;
}

/// A whole picture; `before` are chunks between IHDR and IDAT.
inline std::string png(uint32_t width, uint32_t height, int depth, int colour,
                       const std::vector<std::string> &rows,
                       const std::string &before = "") {
  return pngSignature + ihdr(width, height, depth, colour) + before +
         chunk("IDAT", deflated(unfiltered(rows))) + chunk("IEND", "");
}

} // namespace gmc::runtime::test

#endif // GMC_TESTS_RUNTIME_DATA_PNGBYTES_H
