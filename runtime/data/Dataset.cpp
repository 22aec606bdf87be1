//===- Dataset.cpp - the records of one part
//-------------------------------===//

#include "runtime/data/Dataset.h"

#include "runtime/core/Checksum.h"
#include "runtime/core/Random.h"
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"

#include <algorithm>
#include <cmath>

namespace gmc::runtime {

Dataset::Dataset(std::string name, std::string split,
                 std::vector<DatasetField> given, ScalarType type)
    : setName(std::move(name)), streamName(setName + "." + split),
      fields(std::move(given)), windowSite(fnv1a("window " + streamName)) {
  itemCount = checkFields(streamName, fields, type);
  Checksum checksum;
  for (const DatasetField &field : fields) {
    checksum.update(std::as_bytes(std::span(field.bytes)));
    tops.push_back(greyTop(field));
    tables.push_back(makeTable(field.spec, tops.back()));
    sites.push_back(fnv1a("binarize " + streamName + "." + field.spec.name));
  }
  digestText = checksum.hex();
}

int64_t Dataset::greyLevels(int64_t field) const {
  return isGrey(fields[field].stored) ? static_cast<int64_t>(tops[field]) + 1
                                      : 0;
}

Dataset::Table Dataset::makeTable(const plan::Field &spec, double top) {
  Table table;
  for (int b = 0; b < 256; ++b) {
    table.values[b] =
        spec.classes > 0 ? b : spec.low + (spec.high - spec.low) * b / top;
    // w < b 2^32 / 255 has probability b / 255, exactly 0 and 1 at the ends.
    table.thresholds[b] = (static_cast<uint64_t>(b) << 32) / 255;
  }
  return table;
}

Dataset::Window Dataset::windowOf(const DatasetField &field, int64_t item,
                                  uint64_t seed, uint64_t epoch,
                                  bool training) const {
  const plan::Field &spec = field.spec;
  Window window;
  if (!spec.image) {
    window.width = window.keptWidth = elementsOf(spec.shape);
    return window;
  }
  const Shape &kept = field.keptShape();
  window.planes = spec.shape[0];
  window.height = spec.shape[1];
  window.width = spec.shape[2];
  window.keptHeight = kept[1];
  window.keptWidth = kept[2];
  int64_t freeHeight = kept[1] - window.height,
          freeWidth = kept[2] - window.width;
  window.top = freeHeight / 2;
  window.left = freeWidth / 2;
  if (training && (spec.flip || spec.cropFrom > 0)) {
    uint64_t execution =
        static_cast<uint64_t>(item) << 32 | (epoch & 0xffffffff);
    PhiloxBlock words = Draw{seed, execution, windowSite}.block(0);
    // The high half of word * count is uniform on 0 .. count - 1.
    auto place = [](uint32_t word, int64_t count) {
      return static_cast<int64_t>(word * static_cast<uint64_t>(count) >> 32);
    };
    window.mirrored = spec.flip && words[0] >> 31 != 0;
    window.top = place(words[1], freeHeight + 1);
    window.left = place(words[2], freeWidth + 1);
  }
  return window;
}

/// Returns the random bits w below which a number gives high: w < p 2^32.
static uint64_t thresholdOf(const DatasetField &field, double number) {
  const plan::Field &spec = field.spec;
  if (field.stored == Stored::Word) {
    return (static_cast<uint64_t>(number) << 32) / 65535;
  }
  return static_cast<uint64_t>((number - spec.low) / (spec.high - spec.low) *
                               0x1p32);
}

/// Writes high where the draw of a pixel falls below its probability.
void Dataset::binarize(int64_t field, std::span<double> numbers, uint64_t seed,
                       uint64_t execution) const {
  const DatasetField &source = fields[field];
  const Table &table = tables[field];
  Draw draw{seed, execution, sites[field]};
  std::array<uint32_t, 64> words;
  for (size_t start = 0; start < numbers.size(); start += words.size()) {
    size_t count = std::min(words.size(), numbers.size() - start);
    draw.words(start, std::span(words).first(count));
    for (size_t i = 0; i < count; ++i) {
      const double number = numbers[start + i];
      uint64_t threshold = source.stored == Stored::Byte
                               ? table.thresholds[static_cast<size_t>(number)]
                               : thresholdOf(source, number);
      numbers[start + i] =
          words[i] < threshold ? source.spec.high : source.spec.low;
    }
  }
}

/// Maps grey values onto the range of the model.
void Dataset::mapGrey(int64_t field, std::span<double> numbers, uint64_t seed,
                      uint64_t execution) const {
  const DatasetField &source = fields[field];
  const plan::Field &spec = source.spec;
  const double width = spec.high - spec.low;
  const double top = tops[field];
  if (spec.dequantize) {
    Draw draw{seed, execution, sites[field]};
    std::array<uint32_t, 64> words;
    for (size_t start = 0; start < numbers.size(); start += words.size()) {
      size_t count = std::min(words.size(), numbers.size() - start);
      draw.words(start, std::span(words).first(count));
      for (size_t i = 0; i < count; ++i) {
        double uniform = (words[i] + 0.5) * 0x1p-32;
        double &number = numbers[start + i];
        number = spec.low + width * (number + uniform) / (top + 1);
      }
    }
  } else if (source.stored == Stored::Byte) {
    for (double &number : numbers) {
      number = tables[field].values[static_cast<size_t>(number)];
    }
  } else {
    for (double &number : numbers) {
      number = spec.low + width * number / top;
    }
  }
}

/// Tells whether an item is its bytes, looked up one after the other.
static bool isPlain(const DatasetField &field) {
  const plan::Field &spec = field.spec;
  return field.stored == Stored::Byte && !spec.binarize && !spec.dequantize &&
         !spec.flip && spec.cropFrom == 0 && spec.mean.empty();
}

void Dataset::convert(int64_t field, int64_t item, uint64_t seed,
                      uint64_t epoch, ScalarType type, std::span<std::byte> out,
                      bool training) const {
  const DatasetField &source = fields[field];
  const plan::Field &spec = source.spec;
  int64_t size = elementsOf(spec.shape);
  if (static_cast<int64_t>(out.size()) != size * sizeOf(type)) {
    fail(ExitInternal, "an item of {} bytes for {} numbers", out.size(), size);
  }
  const uint64_t execution =
      static_cast<uint64_t>(item) << 32 | (epoch & 0xffffffff);
  if (isPlain(source)) {
    auto bytes = std::span(source.bytes).subspan(item * size, size);
    const Table &table = tables[field];
    dispatch(type, [&](auto zero) {
      using T = decltype(zero);
      T *numbers = reinterpret_cast<T *>(out.data());
      for (int64_t i = 0; i < size; ++i) {
        numbers[i] = static_cast<T>(table.values[bytes[i]]);
      }
    });
    return;
  }
  const Window window = windowOf(source, item, seed, epoch, training);
  // A buffer of the thread: batches are made without asking for memory.
  thread_local std::vector<double> buffer;
  buffer.resize(size);
  int64_t start = item * elementsOf(source.keptShape());
  double *place = buffer.data();
  for (int64_t plane = 0; plane < window.planes; ++plane) {
    for (int64_t y = 0; y < window.height; ++y) {
      int64_t row =
          start +
          (plane * window.keptHeight + window.top + y) * window.keptWidth +
          window.left;
      for (int64_t x = 0; x < window.width; ++x) {
        int64_t column = window.mirrored ? window.width - 1 - x : x;
        *place++ = numberAt(source.bytes, source.stored, row + column);
      }
    }
  }
  if (spec.binarize) {
    binarize(field, buffer, seed, execution);
  } else if (spec.classes == 0 && isGrey(source.stored)) {
    mapGrey(field, buffer, seed, execution);
  }
  if (!spec.mean.empty()) {
    auto parts = static_cast<int64_t>(spec.mean.size());
    for (int64_t i = 0; i < size; ++i) {
      int64_t part = i / (size / parts);
      buffer[i] = (buffer[i] - spec.mean[part]) / spec.deviation[part];
    }
  }
  dispatch(type, [&](auto zero) {
    using T = decltype(zero);
    std::copy(buffer.begin(), buffer.end(), reinterpret_cast<T *>(out.data()));
  });
}

void checkTrainable(const Dataset &dataset, int64_t batch) {
  if (dataset.items() < batch) {
    fail(ExitData,
         "data set {} has {} items, one batch takes {}; compile the model with "
         "--batch {} or less, or give more data",
         dataset.stream(), dataset.items(), batch, dataset.items());
  }
}

} // namespace gmc::runtime
