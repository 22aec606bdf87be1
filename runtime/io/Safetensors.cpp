//===- Safetensors.cpp - the tensor file format
//----------------------------===//
//
// The checksum is XXH3-128 of the whole file, the length of the header
// included, with the 32 digits of the checksum itself taken as `0`.
//
//===----------------------------------------------------------------------===//

#include "runtime/io/Safetensors.h"

#include "runtime/core/Checksum.h"
#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"
#include "runtime/io/AtomicFile.h"
#include "runtime/io/SafetensorsHeader.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <new>

namespace gmc::runtime {

/// The format's own limit of the header.
static constexpr uint64_t maximalHeader = 100'000'000;
static constexpr size_t lengthBytes = 8;
static constexpr size_t alignment = 64;
static constexpr size_t digits = 32;

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

/// Returns the header, padded so that the data starts on a multiple of 64.
static std::string headerText(ScalarType type, const Metadata &metadata,
                              std::span<const TensorView> tensors) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  json["__metadata__"] = metadata;
  json["__metadata__"]["checksum"] = std::string(digits, '0');
  int64_t offset = 0;
  for (const TensorView &tensor : tensors) {
    int64_t bytes = static_cast<int64_t>(tensor.bytes.size());
    if (bytes != elementsOf(tensor.shape) * sizeOf(type)) {
      fail(ExitInternal, "tensor {} is given with {} bytes", tensor.name,
           bytes);
    }
    json[tensor.name] = {{"dtype", type == ScalarType::F32 ? "F32" : "F64"},
                         {"shape", tensor.shape},
                         {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = json.dump();
  size_t padded =
      (text.size() + lengthBytes + alignment - 1) / alignment * alignment;
  text.resize(padded - lengthBytes, ' ');
  return text;
}

/// Returns `value` as eight bytes, little-endian.
static std::string lengthText(uint64_t value) {
  std::string bytes;
  for (size_t i = 0; i < lengthBytes; ++i) {
    bytes += static_cast<char>(value >> 8 * i);
  }
  return bytes;
}

void writeSafetensors(const std::filesystem::path &path, ScalarType type,
                      const Metadata &metadata,
                      std::span<const TensorView> tensors) {
  std::string header = headerText(type, metadata, tensors);
  std::string start = lengthText(header.size()) + header;
  Checksum checksum;
  checksum.update(std::as_bytes(std::span(start)));
  for (const TensorView &tensor : tensors) {
    checksum.update(tensor.bytes);
  }
  // Parsing our own text finds the place of the digits, and checks the text.
  auto parsed = parseSafetensorsHeader(header, path.string());
  start.replace(lengthBytes + *parsed.checksumPosition, digits, checksum.hex());

  AtomicFile file(path);
  file.write(start);
  for (const TensorView &tensor : tensors) {
    file.write(tensor.bytes);
  }
  file.commit();
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

const StoredTensor *SafetensorsFile::find(std::string_view name) const {
  for (const StoredTensor &tensor : tensors) {
    if (tensor.name == name) {
      return &tensor;
    }
  }
  return nullptr;
}

/// Reads the length of the header and checks it against the file's.
static size_t readHeaderLength(InputFile &file,
                               std::span<std::byte, lengthBytes> bytes) {
  if (file.read(bytes) != lengthBytes) {
    fail(ExitCheckpoint,
         "{}: has {} bytes, a safetensors file starts with the 8 bytes of its "
         "header's length",
         file.name(), file.size());
  }
  uint64_t length = 0;
  for (size_t i = 0; i < lengthBytes; ++i) {
    length |= std::to_integer<uint64_t>(bytes[i]) << 8 * i;
  }
  if (length == 0) {
    fail(ExitCheckpoint, "{}: the header's length is 0", file.name());
  }
  if (length > maximalHeader) {
    fail(ExitCheckpoint,
         "{}: the header's length is {}, the format's limit is {} bytes",
         file.name(), length, maximalHeader);
  }
  if (length > static_cast<uint64_t>(file.size()) - lengthBytes) {
    fail(ExitCheckpoint,
         "{}: the header's length is {}, only {} bytes follow it", file.name(),
         length, file.size() - static_cast<int64_t>(lengthBytes));
  }
  return length;
}

/// Checks that `entry` is as long as its shape says.
static void checkLength(const HeaderEntry &entry, const std::string &file) {
  std::string name = printable(entry.name);
  if (entry.begin > entry.end) {
    fail(ExitCheckpoint, "{}: tensor `{}` begins at {} and ends before, at {}",
         file, name, entry.begin, entry.end);
  }
  int64_t bytes = sizeOf(entry.type);
  for (int64_t extent : entry.shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) {
      fail(ExitCheckpoint, "{}: tensor `{}` of shape {} is over 2^63 bytes",
           file, name, spellingOf(entry.shape));
    }
  }
  if (bytes != entry.end - entry.begin) {
    fail(ExitCheckpoint,
         "{}: tensor `{}` of shape {} takes {} bytes, its offsets span {}",
         file, name, spellingOf(entry.shape), bytes, entry.end - entry.begin);
  }
}

/// Sorts `entries` by place and checks that they tile the data exactly.
static void checkTiling(std::vector<HeaderEntry> &entries, int64_t dataBytes,
                        const std::string &file) {
  std::sort(entries.begin(), entries.end(),
            [](const HeaderEntry &a, const HeaderEntry &b) {
              return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
            });
  int64_t end = 0;
  for (const HeaderEntry &entry : entries) {
    std::string name = printable(entry.name);
    if (entry.end > dataBytes) {
      fail(ExitCheckpoint,
           "{}: tensor `{}` ends at byte {}, the data has {}; the file is cut",
           file, name, entry.end, dataBytes);
    }
    if (entry.begin < end) {
      fail(ExitCheckpoint,
           "{}: tensor `{}` at byte {} overlaps the one before, which ends at "
           "{}",
           file, name, entry.begin, end);
    }
    if (entry.begin > end) {
      fail(ExitCheckpoint, "{}: {} unused bytes before tensor `{}`", file,
           entry.begin - end, name);
    }
    end = entry.end;
  }
  if (end != dataBytes) {
    fail(ExitCheckpoint, "{}: {} bytes follow the last tensor", file,
         dataBytes - end);
  }
}

/// Checks the checksum of the whole file in `bytes`.
static void checkChecksum(std::span<const std::byte> bytes,
                          const SafetensorsHeader &header, bool required,
                          const std::string &file) {
  auto found = header.metadata.find("checksum");
  if (found == header.metadata.end()) {
    if (required) {
      fail(ExitCheckpoint,
           "{}: has no checksum: it is damaged, or not a checkpoint of gmc",
           file);
    }
    return;
  }
  if (!header.checksumPosition || found->second.size() != digits) {
    fail(ExitCheckpoint, "{}: the checksum is not 32 hex digits", file);
  }
  size_t position = lengthBytes + *header.checksumPosition;
  std::string zeros(digits, '0');
  Checksum checksum;
  checksum.update(bytes.first(position));
  checksum.update(std::as_bytes(std::span(zeros)));
  checksum.update(bytes.subspan(position + digits));
  if (checksum.hex() != found->second) {
    fail(ExitCheckpoint,
         "{}: the checksum does not agree, the file is damaged: it says {}, "
         "its bytes give {}",
         file, printable(found->second), checksum.hex());
  }
}

/// Reads the rest of `file` into `buffer`, which holds `done` bytes so far.
static void readRest(InputFile &file, std::vector<std::byte> &buffer,
                     size_t done) {
  size_t wanted = buffer.size() - done;
  auto count = file.read(std::span(buffer).subspan(done));
  if (count != static_cast<int64_t>(wanted)) {
    fail(ExitCheckpoint, "{}: became shorter while it was read", file.name());
  }
}

static SafetensorsFile readAll(InputFile &file, bool requireChecksum) {
  SafetensorsFile result;
  std::array<std::byte, lengthBytes> length;
  size_t start = lengthBytes + readHeaderLength(file, length);
  std::vector<std::byte> &buffer = result.buffer;
  buffer.resize(start);
  std::copy(length.begin(), length.end(), buffer.begin());
  readRest(file, buffer, lengthBytes);
  std::string_view text(reinterpret_cast<const char *>(buffer.data()), start);
  SafetensorsHeader header =
      parseSafetensorsHeader(text.substr(lengthBytes), file.name());
  int64_t dataBytes = file.size() - static_cast<int64_t>(start);
  for (const HeaderEntry &entry : header.entries) {
    checkLength(entry, file.name());
  }
  checkTiling(header.entries, dataBytes, file.name());

  buffer.resize(file.size());
  readRest(file, buffer, start);
  checkChecksum(buffer, header, requireChecksum, file.name());
  auto data = std::span<const std::byte>(buffer).subspan(start);
  for (HeaderEntry &entry : header.entries) {
    result.tensors.push_back(
        {std::move(entry.name), entry.type, std::move(entry.shape),
         data.subspan(entry.begin, entry.end - entry.begin)});
  }
  header.metadata.erase("checksum");
  result.metadata = std::move(header.metadata);
  return result;
}

SafetensorsFile readSafetensors(const std::filesystem::path &path,
                                bool requireChecksum) {
  InputFile file(path, ExitInputOutput);
  try {
    return readAll(file, requireChecksum);
  } catch (const std::bad_alloc &) {
    fail(ExitMemory, "{}: no memory for its {} bytes", file.name(),
         file.size());
  }
}

} // namespace gmc::runtime
