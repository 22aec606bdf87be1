//===- Pictures.cpp - PNG files and folders of them -----------------------===//
#include "runtime/data/PngFile.h"
#include "tests/campaign/fuzz/Datasets.h"

#include <zlib.h>

namespace gmc::fuzz {

using namespace runtime;
using std::filesystem::path;

static uint32_t bigEndian(const std::string &bytes, size_t place) {
  uint32_t number = 0;
  for (size_t i = place; i < place + 4; ++i) {
    number = number << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return number;
}

/// Returns `bytes` with the right checksum after every chunk that is whole:
/// what is changed in a chunk is otherwise not looked at. What follows the last
/// chunk of a picture is none of it.
static std::string withChecksums(std::string bytes) {
  bool isEnd = false;
  for (size_t place = 8; !isEnd && place + 12 <= bytes.size();) {
    const size_t length = bigEndian(bytes, place);
    if (length > bytes.size() - place - 12) {
      break;
    }
    isEnd = bytes.compare(place + 4, 4, "IEND") == 0;
    const auto *body = reinterpret_cast<const Bytef *>(bytes.data()) + place;
    const auto sum = crc32(0, body + 4, static_cast<uInt>(length + 4));
    place += 8 + length;
    for (int shift : {24, 16, 8, 0}) {
      bytes[place++] = static_cast<char>(sum >> shift);
    }
  }
  return bytes;
}

static bool readPicture(const path &file, Bytes bytes) {
  // A model's shape bounds what is asked for; here this does.
  constexpr int64_t most = 1 << 22;
  const auto accept = [](const Shape &shape) {
    if (elementsOf(shape) > most) {
      fail(ExitData, "larger than any picture of the corpus");
    }
  };
  Column column;
  if (!succeeds(ExitData, [&] { column = readPng(file, accept); })) {
    readAsItems(numbersOf("x", {4}), file);
    return false;
  }
  require(column.shape.size() == 3 && column.records() == 1,
          "a picture is one record of three axes");
  require(readPng(file, accept).bytes == column.bytes,
          "read again it is another picture");
  const plan::Field field = fieldFor(column.shape, bytes);
  const bool taken = readAsItems(field, file);
  if (field.image) {
    readAsDataset("folder", {field}, file.parent_path());
    readAsDataset("folder", {field, labelOf("y", 2)},
                  file.parent_path().parent_path() / "train");
  }
  return taken;
}

bool readers::png(Bytes bytes) {
  const std::string sound = withChecksums(std::string(textOf(bytes)));
  for (const char *name :
       {"train/a/1.png", "train/b/1.png", "train/b/2.png", "test/a/1.png"}) {
    fileOf(name, sound);
  }
  if (sound != textOf(bytes)) {
    const path broken = fileOf("train.png", textOf(bytes));
    require(!succeeds(ExitData, [&] { readPng(broken, [](const Shape &) {}); }),
            "a wrong checksum is not seen");
  }
  return readPicture(fileOf("pictures/train-1.png", sound), bytes);
}

} // namespace gmc::fuzz
