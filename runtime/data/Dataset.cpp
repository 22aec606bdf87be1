//===- Dataset.cpp - the examples of one split
//-----------------------------===//

#include "runtime/data/Dataset.h"

#include "runtime/core/Checksum.h"
#include "runtime/core/Random.h"
#include "runtime/core/Status.h"

#include <algorithm>

namespace gmc::runtime {

Dataset::Dataset(std::string name, std::string split,
                 std::vector<DatasetField> given)
    : streamName(name + "." + split), fields(std::move(given)) {
  Checksum checksum;
  for (size_t i = 0; i < fields.size(); ++i) {
    checkField(fields[i], i == 0);
    checksum.update(std::as_bytes(std::span(fields[i].bytes)));
    tables.push_back(makeTable(fields[i].spec));
    sites.push_back(
        fnv1a("binarize " + streamName + "." + fields[i].spec.name));
  }
  digestText = checksum.hex();
}

void Dataset::checkField(const DatasetField &field, bool first) {
  const FieldSpec &spec = field.spec;
  int64_t size = elementsOf(spec.shape);
  auto bytes = static_cast<int64_t>(field.bytes.size());
  if (size == 0 || bytes % size != 0) {
    fail(ExitInternal, "{} bytes are not items of {}", bytes,
         spellingOf(spec.shape));
  }
  int64_t count = bytes / size;
  if (count == 0) {
    fail(ExitData, "data set {} has no items", streamName);
  }
  if (!first && count != itemCount) {
    fail(ExitData, "data set {} has {} items of `{}` but {} of `{}`",
         streamName, itemCount, fields.front().spec.name, count, spec.name);
  }
  itemCount = count;
  if (spec.classes > 0) {
    auto bad = std::find_if(field.bytes.begin(), field.bytes.end(),
                            [&](uint8_t b) { return b >= spec.classes; });
    if (bad != field.bytes.end()) {
      fail(ExitData,
           "data set {}: item {} has label {} in `{}`, expected 0 to "
           "{}",
           streamName, (bad - field.bytes.begin()) / size, *bad, spec.name,
           spec.classes - 1);
    }
  }
}

Dataset::Table Dataset::makeTable(const FieldSpec &spec) {
  Table table;
  for (int b = 0; b < 256; ++b) {
    table.values[b] =
        spec.classes > 0 ? b : spec.low + (spec.high - spec.low) * b / 255;
    // w < b 2^32 / 255 has probability b / 255, exactly 0 and 1 at the ends.
    table.thresholds[b] = (static_cast<uint64_t>(b) << 32) / 255;
  }
  return table;
}

/// Writes high where the draw of a pixel falls below its byte's probability.
template <typename T>
static void binarize(std::span<const uint8_t> bytes, const Draw &draw,
                     const std::array<uint64_t, 256> &thresholds, T low, T high,
                     T *out) {
  std::array<uint32_t, 64> words;
  for (size_t start = 0; start < bytes.size(); start += words.size()) {
    size_t count = std::min(words.size(), bytes.size() - start);
    draw.words(start, std::span(words).first(count));
    for (size_t i = 0; i < count; ++i) {
      out[start + i] = words[i] < thresholds[bytes[start + i]] ? high : low;
    }
  }
}

void Dataset::convert(int64_t field, int64_t item, uint64_t seed,
                      uint64_t epoch, ScalarType type,
                      std::span<std::byte> out) const {
  const DatasetField &source = fields[field];
  const Table &table = tables[field];
  int64_t size = elementsOf(source.spec.shape);
  if (static_cast<int64_t>(out.size()) != size * sizeOf(type)) {
    fail(ExitInternal, "an item of {} bytes for {} numbers", out.size(), size);
  }
  auto bytes = std::span(source.bytes).subspan(item * size, size);
  dispatch(type, [&](auto zero) {
    using T = decltype(zero);
    T *numbers = reinterpret_cast<T *>(out.data());
    if (source.spec.binarize) {
      uint64_t execution =
          static_cast<uint64_t>(item) << 32 | (epoch & 0xffffffff);
      Draw draw{seed, execution, sites[field]};
      binarize(bytes, draw, table.thresholds, static_cast<T>(source.spec.low),
               static_cast<T>(source.spec.high), numbers);
      return;
    }
    for (int64_t i = 0; i < size; ++i) {
      numbers[i] = static_cast<T>(table.values[bytes[i]]);
    }
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
