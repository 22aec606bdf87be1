//===- IdxFile.cpp - the IDX format
//----------------------------------------===//

#include "runtime/data/IdxFile.h"

#include "runtime/core/Status.h"
#include "runtime/data/ByteSource.h"

#include <algorithm>
#include <array>
#include <new>

namespace gmc::runtime {

static constexpr size_t maximalRank = 8;
static constexpr uint8_t unsignedByte = 0x08;

static std::span<std::byte> bytesOf(std::span<uint8_t> values) {
  return std::as_writable_bytes(values);
}

/// Reads the two zero bytes, the type and the rank; returns the rank.
static size_t readMagic(ByteSource &source) {
  std::array<uint8_t, 4> magic{};
  if (int64_t count = source.read(bytesOf(magic)); count != 4) {
    fail(ExitData, "{}: expected 4 bytes of an IDX header, have {}",
         source.name(), count);
  }
  auto seen = fmt::format("{:02x}", fmt::join(magic, " "));
  if (magic[0] == 0x1f && magic[1] == 0x8b) {
    fail(ExitData, "{}: is gzip data; give it a name that ends in .gz",
         source.name());
  }
  if (magic[0] != 0 || magic[1] != 0) {
    fail(ExitData, "{}: begins with {}, an IDX file with 00 00", source.name(),
         seen);
  }
  if (magic[2] != unsignedByte) {
    fail(ExitData,
         "{}: begins with {}: type code 0x{:02x}; gmc reads 0x08, "
         "unsigned bytes",
         source.name(), seen, magic[2]);
  }
  if (magic[3] == 0 || magic[3] > maximalRank) {
    fail(ExitData, "{}: begins with {}: {} axes, expected 1 to {}",
         source.name(), seen, magic[3], maximalRank);
  }
  return magic[3];
}

/// Reads the extents, 32-bit big-endian numbers.
static Shape readExtents(ByteSource &source, size_t rank) {
  std::array<uint8_t, 4 * maximalRank> bytes{};
  auto wanted = bytesOf(std::span(bytes).first(4 * rank));
  if (int64_t count = source.read(wanted);
      count != static_cast<int64_t>(wanted.size())) {
    fail(ExitData, "{}: expected {} bytes of an IDX header, have {}",
         source.name(), 4 + wanted.size(), 4 + count);
  }
  Shape shape;
  for (size_t i = 0; i < rank; ++i) {
    const uint8_t *b = bytes.data() + 4 * i;
    shape.push_back(int64_t(b[0]) << 24 | b[1] << 16 | b[2] << 8 | b[3]);
  }
  return shape;
}

/// Returns the product of the extents.
static int64_t dataBytes(const ByteSource &source, const Shape &shape) {
  int64_t product = 1;
  for (int64_t extent : shape) {
    if (__builtin_mul_overflow(product, extent, &product)) {
      fail(ExitData, "{}: its header gives {}, over 2^63 bytes", source.name(),
           spellingOf(shape));
    }
  }
  return product;
}

/// Reads the data in growing pieces: a header that promises more than the file
/// holds does not get its memory.
static std::vector<uint8_t> readData(ByteSource &source, int64_t total) {
  std::vector<uint8_t> bytes;
  int64_t piece = int64_t(1) << 20, have = 0;
  if (source.isExact()) {
    piece = total;
  }
  while (have < total) {
    int64_t wanted = std::min(total - have, piece);
    bytes.resize(have + wanted);
    int64_t count = source.read(bytesOf(std::span(bytes).subspan(have)));
    have += count;
    if (count != wanted) {
      fail(ExitData, "{}: cut: expected {} bytes of data, have {}",
           source.name(), total, have);
    }
    piece = have;
  }
  return bytes;
}

static IdxArray readArray(ByteSource &source) {
  IdxArray array;
  size_t rank = readMagic(source);
  array.shape = readExtents(source, rank);
  int64_t total = dataBytes(source, array.shape);
  // What takes the array counts items by the numbers of one.
  if (total == 0) {
    fail(ExitData, "{}: has no items: its shape is {}", source.name(),
         spellingOf(array.shape));
  }
  int64_t header = 4 + 4 * static_cast<int64_t>(rank);
  int64_t room = source.largestSize() - header;
  if (source.isExact() && total != room) {
    fail(ExitData, "{}: {}expected {} bytes after the header {}, have {}",
         source.name(), total > room ? "cut: " : "", total,
         spellingOf(array.shape), room);
  }
  if (total > room) {
    fail(ExitData,
         "{}: its header gives {}, {} bytes; so small a gzip file cannot hold "
         "more than {}",
         source.name(), spellingOf(array.shape), total, room);
  }
  array.bytes = readData(source, total);
  // One byte more tells of surplus data, and makes gzip check its CRC.
  uint8_t surplus = 0;
  if (source.read(bytesOf(std::span(&surplus, 1))) != 0) {
    fail(ExitData, "{}: expected {} bytes after the header {}, have more",
         source.name(), total, spellingOf(array.shape));
  }
  return array;
}

IdxArray readIdx(const std::filesystem::path &path) {
  auto source = openByteSource(path);
  try {
    return readArray(*source);
  } catch (const std::bad_alloc &) {
    fail(ExitMemory, "{}: no memory for its data", source->name());
  }
}

} // namespace gmc::runtime
