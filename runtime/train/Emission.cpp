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
#include "runtime/io/Scatter.h"
#include "runtime/train/Frechet.h"

#include <algorithm>

namespace gmc::runtime {

Collected collectionFor(const plan::Slot &slot, int64_t batch) {
  Collected collected;
  collected.perExample = !slot.shape.empty() && slot.shape[0] == batch;
  collected.itemShape = slot.shape;
  if (collected.perExample) {
    collected.itemShape.erase(collected.itemShape.begin());
  }
  return collected;
}

void collect(Collected &collected, const Machine &machine,
             const plan::Slot &slot, int64_t valid) {
  if (!collected.perExample && collected.items > 0) {
    return; // a value of the whole batch: the first one stands
  }
  const int64_t items = collected.perExample ? valid : 1;
  const int64_t count = items * elementsOf(collected.itemShape);
  for (int64_t i = 0; i < count; ++i) {
    collected.numbers.push_back(machine.number(slot, i));
  }
  collected.items += items;
}

static bool isPicture(const plan::Emission &emission) {
  using Kind = plan::Emission::Kind;
  return emission.kind == Kind::Grid || emission.kind == Kind::Row ||
         emission.kind == Kind::Scatter;
}

bool isPrinted(const plan::Emission &emission) {
  return emission.kind == plan::Emission::Kind::Frechet;
}

std::string endingOf(const plan::Emission &emission) {
  switch (emission.kind) {
  case plan::Emission::Kind::Grid:
  case plan::Emission::Kind::Row:
  case plan::Emission::Kind::Scatter:
    return ".png";
  case plan::Emission::Kind::Npy:
    return ".npy";
  case plan::Emission::Kind::Csv:
    return ".csv";
  case plan::Emission::Kind::Text:
    return ".txt";
  case plan::Emission::Kind::Idx:
  case plan::Emission::Kind::Frechet:
    return "";
  }
  fail(ExitInternal, "an `emit` of an unknown kind");
}

/// Returns the endings that files of `emission` may have, its own first; a
/// folder has any name.
static std::vector<std::string> endingsFor(const plan::Emission &emission) {
  const std::string own = endingOf(emission);
  if (emission.kind == plan::Emission::Kind::Scatter) {
    return {own, ".npy", ".csv"};
  }
  if (isPicture(emission)) {
    return {own, ".npy", ".csv", ".idx"};
  }
  if (emission.kind == plan::Emission::Kind::Npy) {
    return {own, ".csv"};
  }
  if (emission.kind == plan::Emission::Kind::Csv) {
    return {own, ".txt", ".dat"};
  }
  if (emission.kind == plan::Emission::Kind::Text) {
    return {own, ".tsv", ".md", ".log"};
  }
  return {};
}

std::optional<std::string> formOf(const plan::Emission &emission,
                                  const std::filesystem::path &path) {
  std::string ending = path.extension().string();
  for (char &c : ending) {
    c = c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  }
  const auto endings = endingsFor(emission);
  if (endings.empty() || ending.empty()) {
    return endingOf(emission);
  }
  return std::find(endings.begin(), endings.end(), ending) != endings.end()
             ? std::optional(ending)
             : std::nullopt;
}

void checkEnding(const plan::Emission &emission,
                 const std::filesystem::path &path) {
  if (!formOf(emission, path)) {
    fail(ExitUsage,
         "--output {}: `emit {}` writes no `{}`; the name of its file ends in "
         "{}",
         printable(path.string(), 4096), wordOf(emission.kind),
         printable(path.extension().string()),
         fmt::join(endingsFor(emission), ", "));
  }
}

/// Returns the extents {channels, height, width} of the images in an item.
static Shape imageShapeOf(const Collected &output, const plan::Plan &plan) {
  const Shape &shape = output.itemShape;
  const size_t rank = shape.size();
  if (rank >= 3 && (shape[rank - 3] == 1 || shape[rank - 3] == 3)) {
    return {shape[rank - 3], shape[rank - 2], shape[rank - 1]};
  }
  const int64_t last = rank == 0 ? 0 : shape[rank - 1];
  for (const plan::Dataset &dataset : plan.datasets) {
    for (const plan::Field &field : dataset.fields) {
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
static ImageBatch imagesOf(const Collected &output,
                           const plan::Emission &emission,
                           const plan::Plan &plan) {
  const Shape shape = imageShapeOf(output, plan);
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

static void writePicture(const plan::Emission &emission, const plan::Plan &plan,
                         const std::vector<const Collected *> &outputs,
                         const std::filesystem::path &path) {
  if (emission.kind == plan::Emission::Kind::Scatter) {
    std::vector<std::span<const double>> sets;
    for (const Collected *output : outputs) {
      sets.emplace_back(output->numbers);
    }
    return writePng(path, drawScatter(sets));
  }
  std::vector<ImageBatch> batches;
  const bool isRow = emission.kind == plan::Emission::Kind::Row;
  for (const Collected *output : outputs) {
    ImageBatch images = imagesOf(*output, emission, plan);
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
      fail(ExitUsage, "`emit {}` of {} and of {} images", wordOf(emission.kind),
           batches[0].count, batch.count);
    }
  }
  writePng(path, layOutGrid(batches, isRow ? 1 : 0));
}

/// NPY version 1.0: magic, header of a Python dictionary padded to 64 bytes,
/// the numbers row-major.
///
/// Several outputs of one shape stand side by side on an axis of their own.
static void writeNpy(const plan::Plan &plan,
                     const std::vector<const Collected *> &outputs,
                     const std::filesystem::path &path) {
  const Collected &first = *outputs.front();
  std::string shape = fmt::format("{},", first.items);
  if (outputs.size() > 1) {
    shape += fmt::format(" {},", outputs.size());
  }
  for (int64_t extent : first.itemShape) {
    shape += fmt::format(" {},", extent);
  }
  for (const Collected *output : outputs) {
    if (output->itemShape != first.itemShape) {
      fail(ExitUsage, "{}: one array cannot hold {} and {}",
           printable(path.string(), 4096), spellingOf(first.itemShape),
           spellingOf(output->itemShape));
    }
  }
  std::string header = fmt::format(
      "{{'descr': '<f{}', 'fortran_order': False, 'shape': ({}), }}",
      sizeOf(plan.type), shape);
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
  const int64_t width = elementsOf(first.itemShape);
  dispatch(plan.type, [&](auto zero) {
    std::vector<decltype(zero)> numbers;
    numbers.reserve(first.items * width * outputs.size());
    for (int64_t item = 0; item < first.items; ++item) {
      for (const Collected *output : outputs) {
        const auto from = output->numbers.begin() + item * width;
        numbers.insert(numbers.end(), from, from + width);
      }
    }
    file.write(std::as_bytes(std::span(numbers)));
  });
  file.commit();
}

/// Returns "item,NAME,.."; an output of several numbers has NAME0, NAME1, ..
static std::string headerOf(const std::vector<std::string> &names,
                            const std::vector<const Collected *> &outputs) {
  std::string text = "item";
  for (size_t i = 0; i < names.size(); ++i) {
    const int64_t width = elementsOf(outputs[i]->itemShape);
    for (int64_t j = 0; j < width; ++j) {
      text += "," + names[i] + (width == 1 ? "" : std::to_string(j));
    }
  }
  return text + "\n";
}

static void writeCsv(const std::vector<std::string> &names,
                     const std::vector<const Collected *> &outputs,
                     const std::filesystem::path &path) {
  std::string text = names.empty() ? "" : headerOf(names, outputs);
  for (int64_t item = 0; item < outputs[0]->items; ++item) {
    std::string line = names.empty() ? "" : std::to_string(item);
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

/// The characters of a row of codes up to the code for the end. Codes that
/// stand for none are shown as U+FFFD.
static std::string spelled(const double *codes, int64_t count,
                           const std::vector<std::string> &characters) {
  constexpr int64_t end = 2, first = 3;
  std::string text;
  for (int64_t i = 0; i < count && codes[i] != end; ++i) {
    const auto place = static_cast<int64_t>(codes[i]) - first;
    if (place >= static_cast<int64_t>(characters.size())) {
      text += "\xef\xbf\xbd";
    } else if (place >= 0) {
      text += characters[place];
    }
  }
  return text;
}

std::string textOf(const plan::Emission &emission,
                   const std::vector<Collected> &outputs,
                   const std::vector<std::string> &characters) {
  std::string text;
  const int64_t lines = outputs[emission.outputs.at(0)].items;
  for (int64_t item = 0; item < lines; ++item) {
    for (size_t i = 0; i < emission.outputs.size(); ++i) {
      const Collected &output = outputs[emission.outputs[i]];
      const int64_t width = elementsOf(output.itemShape);
      const int64_t row = std::min(item, output.items - 1);
      text += i == 0 ? "" : "\t";
      text += spelled(output.numbers.data() + row * width, width, characters);
    }
    text += '\n';
  }
  return text;
}

/// Writes an IDX file of bytes: two zeros, the code of bytes, the number of
/// axes, the extents in 32 bits, the highest byte first.
static void writeIdx(const Shape &shape, const std::vector<uint8_t> &bytes,
                     const std::filesystem::path &path) {
  std::string header = {0, 0, 8, char(shape.size())};
  for (int64_t extent : shape) {
    for (int shift : {24, 16, 8, 0}) {
      header += char(extent >> shift & 0xff);
    }
  }
  AtomicFile file(path);
  file.write(header);
  file.write(std::as_bytes(std::span(bytes)));
  file.commit();
}

/// Writes pictures as bytes 0 to 255: [n, h, w], or [n, channels, h, w].
static void writePictures(const ImageBatch &images,
                          const std::filesystem::path &path) {
  std::vector<uint8_t> bytes;
  bytes.reserve(images.pixels.size());
  for (float pixel : images.pixels) {
    bytes.push_back(toByte(pixel, images.low, images.high));
  }
  Shape shape = {images.count, images.height, images.width};
  if (images.channels != 1) {
    shape.insert(shape.begin() + 1, images.channels);
  }
  writeIdx(shape, bytes, path);
}

/// Writes pictures and, if there are any, their labels under the names of
/// `idx`.
static void writeSet(const plan::Emission &emission, const plan::Plan &plan,
                     const std::vector<const Collected *> &outputs,
                     const std::filesystem::path &path) {
  AtomicFolder folder(path);
  writePictures(imagesOf(*outputs[0], emission, plan),
                folder.place() / "train-images-idx3-ubyte");
  if (outputs.size() > 1) {
    std::vector<uint8_t> labels;
    for (double number : outputs[1]->numbers) {
      if (!(number >= 0 && number <= 255)) {
        fail(ExitUsage, "{}: a label is {}; `idx` holds 0 to 255",
             printable(path.string(), 4096), number);
      }
      labels.push_back(static_cast<uint8_t>(number));
    }
    writeIdx({outputs[1]->items}, labels,
             folder.place() / "train-labels-idx1-ubyte");
  }
  folder.commit();
}

double numberOf(const plan::Emission &emission,
                const std::vector<Collected> &outputs) {
  const Collected &first = outputs[emission.outputs.at(0)],
                  &second = outputs[emission.outputs.at(1)];
  if (first.items < 2 || second.items < 2) {
    fail(ExitUsage,
         "a Fréchet distance of {} and {} examples: two are the "
         "least that have a covariance",
         first.items, second.items);
  }
  return frechetDistance(first.numbers, second.numbers, first.itemShape[0]);
}

void writeEmission(const plan::Emission &emission, const plan::Plan &plan,
                   const std::vector<Collected> &outputs,
                   const std::filesystem::path &path) {
  std::vector<const Collected *> chosen;
  for (int64_t index : emission.outputs) {
    chosen.push_back(&outputs[index]);
  }
  if (chosen.empty()) {
    fail(ExitInternal, "an `emit` without outputs");
  }
  const std::string ending =
      formOf(emission, path).value_or(endingOf(emission));
  if (ending == ".npy") {
    writeNpy(plan, chosen, path);
  } else if (ending == ".csv" || emission.kind == plan::Emission::Kind::Csv) {
    writeCsv(emission.names, chosen, path);
  } else if (emission.kind == plan::Emission::Kind::Idx) {
    writeSet(emission, plan, chosen, path);
  } else if (ending == ".idx") {
    if (chosen.size() > 1) {
      fail(ExitUsage,
           "{}: one IDX file holds one picture an example, these "
           "are {}; NPY holds them all",
           printable(path.string(), 4096), chosen.size());
    }
    writePictures(imagesOf(*chosen[0], emission, plan), path);
  } else {
    writePicture(emission, plan, chosen, path);
  }
}

} // namespace gmc::runtime
