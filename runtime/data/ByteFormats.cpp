//===- ByteFormats.cpp - IDX and CIFAR-10 sets
//-----------------------------===//
//
//   idx:      train-images-idx3-ubyte  train-labels-idx1-ubyte
//             t10k-images-idx3-ubyte   t10k-labels-idx1-ubyte   (raw or .gz)
//   cifar10:  data_batch_1.bin .. data_batch_5.bin, test_batch.bin: records of
//             a label and the red, green and blue plane of 32 x 32 pixels
//
//===----------------------------------------------------------------------===//
#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"
#include "runtime/data/IdxFile.h"

namespace gmc::runtime {

using std::filesystem::path;

/// Returns `folder / name`, or with .gz where only that is there.
static path findFile(const path &folder, const std::string &name) {
  for (const char *ending : {"", ".gz"}) {
    path file = folder / (name + ending);
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) {
      return file;
    }
  }
  fail(ExitInputOutput, "{}: neither it nor {}.gz is there",
       printed(folder / name), name);
}

Fields readIdxPart(const PartRequest &request) {
  Fields fields;
  for (const plan::Field &spec : request.spec.fields) {
    // A single number an item is a label, anything else an image.
    path file = findFile(
        request.place,
        std::string(request.test ? "t10k" : "train") +
            (spec.shape.empty() ? "-labels-idx1-ubyte" : "-images-idx3-ubyte"));
    IdxArray array = readIdx(file);
    Shape item(array.shape.begin() + 1, array.shape.end());
    fields.push_back(
        fieldOf(spec, {Stored::Byte, std::move(item), std::move(array.bytes)},
                printed(file)));
  }
  return fields;
}

static constexpr int64_t cifarPixels = 3 * 32 * 32;

/// Appends the labels and images of one file.
static void readCifarFile(const path &place, std::vector<uint8_t> &labels,
                          std::vector<uint8_t> &images) {
  InputFile file(place, ExitData);
  constexpr int64_t record = 1 + cifarPixels;
  if (file.size() == 0 || file.size() % record != 0) {
    fail(ExitData,
         "{}: has {} bytes, expected a multiple of {} (a label and 3 x 32 x 32 "
         "pixels)",
         file.name(), file.size(), record);
  }
  std::vector<uint8_t> bytes(record);
  for (int64_t i = 0; i < file.size() / record; ++i) {
    int64_t count = file.read(std::as_writable_bytes(std::span(bytes)));
    if (count != record) {
      fail(ExitData, "{}: cut: expected {} bytes, have {}", file.name(),
           file.size(), i * record + count);
    }
    labels.push_back(bytes[0]);
    images.insert(images.end(), bytes.begin() + 1, bytes.end());
  }
}

Fields readCifarPart(const PartRequest &request) {
  std::vector<uint8_t> labels, images;
  if (request.test) {
    readCifarFile(request.place / "test_batch.bin", labels, images);
  } else {
    for (int i = 1; i <= 5; ++i) {
      readCifarFile(request.place / fmt::format("data_batch_{}.bin", i), labels,
                    images);
    }
  }
  Fields fields;
  for (const plan::Field &spec : request.spec.fields) {
    Column column{Stored::Byte, {}, labels};
    if (!spec.shape.empty()) {
      column = {Stored::Byte, {3, 32, 32}, images};
    }
    fields.push_back(fieldOf(spec, std::move(column), printed(request.place)));
  }
  return fields;
}

} // namespace gmc::runtime
