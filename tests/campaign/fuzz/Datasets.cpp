//===- Datasets.cpp - files as the data of a model ------------------------===//
#include "tests/campaign/fuzz/Datasets.h"

#include "runtime/core/Random.h"
#include "runtime/data/ItemFile.h"

#include <cmath>
#include <functional>

namespace gmc::fuzz {

using namespace runtime;
using std::filesystem::path;

plan::Field numbersOf(const std::string &name, Shape shape) {
  plan::Field field;
  field.name = name;
  field.shape = std::move(shape);
  return field;
}

plan::Field labelOf(const std::string &name, int64_t classes) {
  plan::Field field = numbersOf(name, {});
  field.classes = classes;
  return field;
}

/// Images of other extents than the files': what is there is not looked at.
static std::vector<plan::Field> imagesFor(const Shape &shape) {
  const bool hasChannels = shape.size() == 3;
  plan::Field image = numbersOf("x", {hasChannels ? shape[0] : 1, 3, 5});
  image.image = image.resize = true;
  std::vector<plan::Field> fields = {image};
  image.shape = {image.shape[0], 2, 2};
  image.cropFrom = 4;
  image.flip = image.dequantize = true;
  image.mean.assign(image.shape[0], 0.5);
  image.deviation.assign(image.shape[0], 0.25);
  fields.push_back(image);
  return fields;
}

/// Returns all that models may declare.
static std::vector<plan::Field> fieldsFor(const Shape &shape) {
  std::vector<plan::Field> fields;
  if (shape.size() == 2 || shape.size() == 3) {
    fields = imagesFor(shape);
  }
  // What a text may declare: no axis is empty, no product beyond memory.
  int64_t count = 1;
  for (int64_t extent : shape) {
    if (extent < 1 || extent > (1 << 20) / count) {
      fields.push_back(numbersOf("x", {4}));
      return fields;
    }
    count *= extent;
  }
  plan::Field field = numbersOf("x", shape);
  fields.push_back(field);
  field.bounded = true;
  field.low = -1;
  fields.push_back(field);
  field.binary = true;
  field.low = 0;
  fields.push_back(field);
  field = numbersOf("x", {count});
  field.binarize = true;
  fields.push_back(field);
  if (count == 1) {
    fields.push_back(labelOf("x", 10));
  }
  return fields;
}

plan::Field fieldFor(const Shape &shape, Bytes bytes) {
  const std::vector<plan::Field> fields = fieldsFor(shape);
  return fields[fnv1a(textOf(bytes)) % fields.size()];
}

/// Looks at number `number` of `field` as the model sees it.
static void checkNumber(const plan::Field &field, double number) {
  require(std::isfinite(number), "a number that is not finite");
  if (field.classes > 0) {
    require(number >= 0 && number < double(field.classes) &&
                number == std::floor(number),
            fmt::format("label {} of {}", number, field.classes));
  } else if (field.isBinary() || field.binarize) {
    require(float(number) == float(field.low) ||
                float(number) == float(field.high),
            fmt::format("{} in a field of two values", number));
  } else if (field.bounded) {
    require(float(number) >= float(field.low) &&
                float(number) <= float(field.high),
            fmt::format("{} outside of the range", number));
  }
}

/// Converts records of `data`, all of small sets: time goes into many files.
template <typename T>
static void checkRecords(const Dataset &data, ScalarType type) {
  constexpr size_t most = 2048; // numbers of a field
  for (int64_t i = 0; i < data.fieldCount(); ++i) {
    std::vector<T> numbers(elementsOf(data.field(i).shape));
    const auto out = std::as_writable_bytes(std::span(numbers));
    const auto items =
        static_cast<int64_t>(1 + most / std::max<size_t>(numbers.size(), 1));
    for (int64_t item = 0; item < std::min(data.items(), items); ++item) {
      for (bool training : {false, true}) {
        data.convert(i, item, 7, 1, type, out, training);
        for (T number : numbers) {
          checkNumber(data.field(i), number);
        }
      }
    }
  }
}

/// Reads twice what `read` gives, and looks at it. Returns whether it is there.
static bool readTwice(const std::function<Dataset(ScalarType)> &read) {
  std::optional<Dataset> single, wide;
  const auto with = [&](std::optional<Dataset> &data, ScalarType type) {
    return succeeds(ExitData, [&] { data.emplace(read(type)); });
  };
  // Numbers beyond f32 are refused for a model of f32 alone.
  if (!with(single, ScalarType::F32)) {
    return false;
  }
  require(with(wide, ScalarType::F64), "refused when it is read again");
  require(single->items() == wide->items() &&
              single->digest() == wide->digest() && single->items() > 0,
          "read again it is another data set");
  checkRecords<float>(*single, ScalarType::F32);
  checkRecords<double>(*wide, ScalarType::F64);
  return true;
}

bool readAsDataset(const std::string &format,
                   const std::vector<plan::Field> &fields, const path &place) {
  plan::Dataset spec;
  spec.name = "d";
  spec.format = format;
  spec.source = place.string();
  spec.fields = fields;
  const auto read = [&](const char *part) {
    return readTwice([&](ScalarType type) {
      return loadDataset(spec, part, std::nullopt, type);
    });
  };
  const bool isWhole = read("train");
  read("test");
  if (!isWhole) {
    return false;
  }
  spec.testShare = 0.25;
  read("train");
  read("test");
  spec.testShare = 0;
  spec.subset = 2;
  for (const plan::Field &field : fields) {
    if (field.classes > 0 && field.shape.empty()) {
      spec.filter = spec.balance = field.name;
      spec.leftOut = {0};
    }
  }
  read("train");
  return true;
}

bool readAsItems(const plan::Field &item, const path &place) {
  return readTwice([&](ScalarType type) {
    return readItems(item, "draw", "x", place, type);
  });
}

} // namespace gmc::fuzz
