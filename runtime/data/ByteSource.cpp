//===- ByteSource.cpp - bytes of a plain or a gzipped file
//-----------------===//

#include "runtime/data/ByteSource.h"

#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"

#include <zlib.h>

#include <algorithm>
#include <array>

namespace gmc::runtime {

namespace {
class PlainSource : public ByteSource {
public:
  explicit PlainSource(const std::filesystem::path &path)
      : file(path, ExitData) {}

  int64_t read(std::span<std::byte> out) override { return file.read(out); }
  int64_t largestSize() const override { return file.size(); }
  bool isExact() const override { return true; }
  const std::string &name() const override { return file.name(); }

private:
  InputFile file;
};

/// Unpacks as it reads. A file of several gzip members, one after the other,
/// is their contents joined, as for gzip itself.
class GzipSource : public ByteSource {
public:
  explicit GzipSource(const std::filesystem::path &path)
      : file(path, ExitData) {
    // 15 bits of window, and 16 for the gzip wrapper with its CRC.
    if (inflateInit2(&stream, 15 + 16) != Z_OK) {
      fail(ExitMemory, "{}: no memory to unpack it", file.name());
    }
  }
  ~GzipSource() override { inflateEnd(&stream); }

  int64_t read(std::span<std::byte> out) override;
  /// Deflate packs at most 1032 bytes into one (a match of 258 bytes takes
  /// two bits).
  int64_t largestSize() const override { return file.size() * 1032; }
  bool isExact() const override { return false; }
  const std::string &name() const override { return file.name(); }

private:
  bool refill();
  bool startMember();

  InputFile file;
  z_stream stream{};
  std::array<std::byte, 1 << 16> packed;
  bool betweenMembers = true, first = true;
};
} // namespace

/// Makes sure that packed bytes are at hand; returns false at the file's end.
bool GzipSource::refill() {
  if (stream.avail_in == 0) {
    stream.avail_in = static_cast<uInt>(file.read(packed));
    stream.next_in = reinterpret_cast<Bytef *>(packed.data());
  }
  return stream.avail_in > 0;
}

/// Goes to the next member; returns false where the file ends.
bool GzipSource::startMember() {
  if (!refill()) {
    if (first) {
      fail(ExitData, "{}: is empty, expected gzip data", file.name());
    }
    return false;
  }
  uint8_t seen = stream.next_in[0];
  if (seen != 0x1f && first) {
    fail(ExitData,
         "{}: is not gzip data although its name ends in .gz: it begins with "
         "0x{:02x}",
         file.name(), seen);
  }
  if (seen != 0x1f) {
    fail(ExitData, "{}: damaged: a byte 0x{:02x} follows the gzip data",
         file.name(), seen);
  }
  inflateReset(&stream);
  betweenMembers = first = false;
  return true;
}

int64_t GzipSource::read(std::span<std::byte> out) {
  constexpr size_t largest = size_t(1) << 30;
  size_t done = 0;
  while (done < out.size()) {
    if (betweenMembers && !startMember()) {
      break;
    }
    if (!refill()) {
      fail(ExitData, "{}: cut: its gzip data have no end", file.name());
    }
    auto room = static_cast<uInt>(std::min(out.size() - done, largest));
    stream.next_out = reinterpret_cast<Bytef *>(out.data() + done);
    stream.avail_out = room;
    int status = inflate(&stream, Z_NO_FLUSH);
    done += room - stream.avail_out;
    if (status == Z_STREAM_END) {
      betweenMembers = true;
    } else if (status == Z_MEM_ERROR) {
      fail(ExitMemory, "{}: no memory to unpack it", file.name());
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      fail(ExitData, "{}: damaged gzip data: {}", file.name(),
           stream.msg ? stream.msg : "a preset dictionary");
    }
  }
  return static_cast<int64_t>(done);
}

std::unique_ptr<ByteSource> openByteSource(const std::filesystem::path &path) {
  if (path.extension() == ".gz") {
    return std::make_unique<GzipSource>(path);
  }
  return std::make_unique<PlainSource>(path);
}

} // namespace gmc::runtime
