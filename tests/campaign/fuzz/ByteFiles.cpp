//===- ByteFiles.cpp - IDX, NPY and CIFAR files ---------------------------===//
#include "runtime/data/IdxFile.h"
#include "runtime/data/NpyFile.h"
#include "tests/campaign/fuzz/Datasets.h"

#include <zlib.h>

namespace gmc::fuzz {

using namespace runtime;
using std::filesystem::path;

/// Returns the product of `shape`, which a reader has checked.
static uint64_t productOf(const Shape &shape, uint64_t product) {
  for (int64_t extent : shape) {
    product *= static_cast<uint64_t>(extent);
  }
  return product;
}

/// Returns a file of `bytes`, packed.
static path gzipOf(const std::string &name, std::string_view bytes) {
  const path file = fileOf(name, "");
  gzFile out = gzopen(file.c_str(), "wb1");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  require(gzclose(out) == Z_OK, "cannot write " + file.string());
  return file;
}

bool readers::idx(Bytes bytes) {
  const std::string_view text = textOf(bytes);
  const bool isPacked = text.starts_with("\x1f\x8b");
  const std::string ending = isPacked ? ".gz" : "";
  const path file = fileOf("items" + ending, text);
  IdxArray array;
  if (!succeeds(ExitData, [&] { array = readIdx(file); })) {
    readAsItems(numbersOf("x", {4}), file);
    return false;
  }
  require(productOf(array.shape, 1) == array.bytes.size(),
          "the shape is not that of the bytes");
  if (!isPacked) {
    const IdxArray again = readIdx(gzipOf("items.gz", text));
    require(again.shape == array.shape && again.bytes == array.bytes,
            "packed it is another array");
  }
  // Labels have no .gz here: one part of a pair may be packed.
  const path images = fileOf("idx/train-images-idx3-ubyte" + ending, text);
  for (const char *name : {"t10k-images-idx3-ubyte", "train-labels-idx1-ubyte",
                           "t10k-labels-idx1-ubyte"}) {
    fileOf("idx/" + (name + ending), text);
  }
  const Shape item(array.shape.begin() + 1, array.shape.end());
  const plan::Field field = fieldFor(item, bytes);
  const bool taken = readAsDataset("idx", {field}, images.parent_path());
  readAsDataset("idx", {field, labelOf("y", 10)}, images.parent_path());
  readAsItems(field, file);
  std::filesystem::remove_all(images.parent_path());
  return taken;
}

/// Holds that images which keep to a range do so when they are resampled.
static void readInRange(const Column &column, const path &file) {
  plan::Field field = numbersOf("x", column.shape);
  field.bounded = true;
  field.low = -1;
  if (column.shape.size() == 3 && readAsItems(field, file)) {
    field.shape = {column.shape[0], 3, 5};
    field.image = field.resize = true;
    require(readAsItems(field, file), "resampled it leaves its range");
  }
}

bool readers::npy(Bytes bytes) {
  const path file = fileOf("train.npy", textOf(bytes));
  fileOf("test.npy", textOf(bytes));
  Column column;
  if (!succeeds(ExitData, [&] { column = readNpy(file); })) {
    readAsItems(numbersOf("x", {4}), file);
    return false;
  }
  const auto size = static_cast<uint64_t>(sizeOf(column.stored));
  require(column.records() > 0 &&
              productOf(column.shape, size) * column.records() ==
                  column.bytes.size(),
          "the shape is not that of the bytes");
  const path both = fileOf("train/x.npy", textOf(bytes)).parent_path();
  for (const char *name : {"train/y.npy", "test/x.npy", "test/y.npy"}) {
    fileOf(name, textOf(bytes));
  }
  readInRange(column, file);
  plan::Field field = fieldFor(column.shape, bytes);
  const bool taken = readAsDataset("npy", {field}, file);
  readAsItems(field, file);
  plan::Field second = field;
  second.name = "y";
  readAsDataset("npy", {field, second}, both);
  return taken;
}

bool readers::cifar(Bytes bytes) {
  path file = fileOf("cifar/test_batch.bin", textOf(bytes));
  for (int i = 1; i <= 5; ++i) {
    // One is shorter, so that the files of a part differ.
    const size_t cut = i == 3 && bytes.size() > 3073 ? 3073 : 0;
    fileOf(fmt::format("cifar/data_batch_{}.bin", i),
           textOf(bytes).substr(cut));
  }
  plan::Field image = numbersOf("x", {3, 32, 32});
  image.image = true;
  readAsDataset("cifar10", {labelOf("y", 256)}, file.parent_path());
  return readAsDataset("cifar10", {image, labelOf("y", 10)},
                       file.parent_path());
}

} // namespace gmc::fuzz
