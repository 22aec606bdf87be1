//===- Emission.cpp - what a procedure leaves behind ----------------------===//
//
// Pictures need [channels, height, width]: an output of another shape is taken
// for the image of a data set that has as many pixels.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Emission.h"

#include "runtime/core/Status.h"
#include "runtime/io/AtomicFile.h"
#include "runtime/io/ImageGrid.h"

#include <algorithm>

namespace gmc::runtime {

Collected collectionFor(const Slot &slot, int64_t batch) {
  Collected collected;
  collected.perExample = !slot.shape.empty() && slot.shape[0] == batch;
  collected.itemShape = slot.shape;
  if (collected.perExample) {
    collected.itemShape.erase(collected.itemShape.begin());
  }
  return collected;
}

void collect(Collected &collected, const Machine &machine, const Slot &slot,
             int64_t valid) {
  if (!collected.perExample && collected.items > 0) {
    return; // a value of the whole batch: the first one stands
  }
  const int64_t items = collected.perExample ? valid : 1;
  const int64_t count = items * elementsOf(collected.itemShape);
  const int64_t width = sizeOf(machine.manifest.type);
  for (int64_t i = 0; i < count; ++i) {
    collected.numbers.push_back(machine.number(slot.offset + i * width));
  }
  collected.items += items;
}

std::string endingOf(const Emission &emission) {
  if (emission.kind == "grid" || emission.kind == "row") {
    return ".png";
  }
  if (emission.kind == "npy" || emission.kind == "csv") {
    return "." + emission.kind;
  }
  fail(ExitUsage, "`emit {}` is not supported yet", printable(emission.kind));
}

/// Returns the extents {channels, height, width} of the images in an item.
static Shape imageShapeOf(const Collected &output, const Manifest &manifest) {
  const Shape &shape = output.itemShape;
  const size_t rank = shape.size();
  if (rank >= 3 && (shape[rank - 3] == 1 || shape[rank - 3] == 3)) {
    return {shape[rank - 3], shape[rank - 2], shape[rank - 1]};
  }
  const int64_t last = rank == 0 ? 0 : shape[rank - 1];
  for (const DatasetSpec &dataset : manifest.datasets) {
    for (const FieldSpec &field : dataset.fields) {
      if (field.image && last > 0 && elementsOf(field.shape) == last) {
        return field.shape;
      }
    }
  }
  fail(ExitUsage,
       "an output of shape {} is no picture: [1, height, width] or [3, height, "
       "width] is",
       spellingOf(shape));
}

/// The images of one output, in order; an item may hold several.
static ImageBatch imagesOf(const Collected &output, const Emission &emission,
                           const Manifest &manifest) {
  const Shape shape = imageShapeOf(output, manifest);
  ImageBatch images;
  images.channels = shape[0];
  images.height = shape[1];
  images.width = shape[2];
  images.low = emission.low;
  images.high = emission.high;
  images.count = int64_t(output.numbers.size()) / elementsOf(shape);
  images.pixels.assign(output.numbers.begin(), output.numbers.end());
  return images;
}

/// Cuts image `i` of every item out of `images`, so that those of one item
/// stand side by side.
static std::vector<ImageBatch> sideBySide(const ImageBatch &images,
                                          int64_t items) {
  const int64_t each = images.count / items;
  const int64_t pixels = images.channels * images.height * images.width;
  std::vector<ImageBatch> result;
  for (int64_t i = 0; i < each; ++i) {
    ImageBatch column = images;
    column.count = items;
    column.pixels.clear();
    for (int64_t item = 0; item < items; ++item) {
      const auto first = images.pixels.begin() + (item * each + i) * pixels;
      column.pixels.insert(column.pixels.end(), first, first + pixels);
    }
    result.push_back(std::move(column));
  }
  return result;
}

static void writePicture(const Emission &emission, const Manifest &manifest,
                         const std::vector<const Collected *> &outputs,
                         const std::filesystem::path &path) {
  std::vector<ImageBatch> batches;
  const bool isRow = emission.kind == "row";
  for (const Collected *output : outputs) {
    ImageBatch images = imagesOf(*output, emission, manifest);
    if (isRow) {
      for (ImageBatch &column : sideBySide(images, output->items)) {
        batches.push_back(std::move(column));
      }
    } else {
      batches.push_back(std::move(images));
    }
  }
  for (const ImageBatch &batch : batches) {
    if (batch.count != batches[0].count) {
      fail(ExitUsage, "`emit {}` of {} and of {} images", emission.kind,
           batches[0].count, batch.count);
    }
  }
  writePng(path, layOutGrid(batches, isRow ? 1 : 0));
}

/// NPY version 1.0: magic, header of a Python dictionary padded to 64 bytes,
/// the numbers row-major.
static void writeNpy(const Manifest &manifest, const Collected &output,
                     const std::filesystem::path &path) {
  std::string shape = fmt::format("{},", output.items);
  for (int64_t extent : output.itemShape) {
    shape += fmt::format(" {},", extent);
  }
  std::string header = fmt::format(
      "{{'descr': '<f{}', 'fortran_order': False, 'shape': ({}), }}",
      sizeOf(manifest.type), shape);
  while ((10 + header.size() + 1) % 64 != 0) {
    header += ' ';
  }
  header += '\n';
  AtomicFile file(path);
  const char start[] = {'\x93',
                        'N',
                        'U',
                        'M',
                        'P',
                        'Y',
                        1,
                        0,
                        char(header.size() & 0xff),
                        char(header.size() >> 8)};
  file.write(std::string_view(start, sizeof start));
  file.write(header);
  dispatch(manifest.type, [&](auto zero) {
    const std::vector<decltype(zero)> numbers(output.numbers.begin(),
                                              output.numbers.end());
    file.write(std::as_bytes(std::span(numbers)));
  });
  file.commit();
}

static void writeCsv(const std::vector<const Collected *> &outputs,
                     const std::filesystem::path &path) {
  std::string text;
  for (int64_t item = 0; item < outputs[0]->items; ++item) {
    std::string line;
    for (const Collected *output : outputs) {
      const int64_t width = elementsOf(output->itemShape);
      const int64_t row = std::min(item, output->items - 1);
      for (int64_t i = 0; i < width; ++i) {
        line += fmt::format("{}{}", line.empty() ? "" : ",",
                            output->numbers[row * width + i]);
      }
    }
    text += line + "\n";
  }
  writeFileAtomically(path, text);
}

void writeEmission(const Emission &emission, const Manifest &manifest,
                   const std::vector<Collected> &outputs,
                   const std::filesystem::path &path) {
  std::vector<const Collected *> chosen;
  for (int64_t index : emission.outputs) {
    chosen.push_back(&outputs[index]);
  }
  if (chosen.empty()) {
    fail(ExitInternal, "an `emit` without outputs");
  }
  if (emission.kind == "npy") {
    writeNpy(manifest, *chosen[0], path);
  } else if (emission.kind == "csv") {
    writeCsv(chosen, path);
  } else {
    writePicture(emission, manifest, chosen, path);
  }
}

} // namespace gmc::runtime
