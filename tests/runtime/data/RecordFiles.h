//===- RecordFiles.h - what the tests of the formats share ------*- C++ -*-===//
#ifndef GMC_TESTS_RUNTIME_DATA_RECORDFILES_H
#define GMC_TESTS_RUNTIME_DATA_RECORDFILES_H

#include "runtime/data/Dataset.h"
#include "tests/runtime/core/Expect.h"

#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace gmc::runtime::test {

inline plan::Field numbers(const std::string &name, Shape shape) {
  plan::Field field;
  field.name = name;
  field.shape = std::move(shape);
  return field;
}

inline plan::Field picture(Shape shape) {
  plan::Field field = numbers("x", std::move(shape));
  field.image = true;
  return field;
}

inline plan::Field label(const std::string &name, int64_t classes) {
  plan::Field field = numbers(name, {});
  field.classes = classes;
  return field;
}

inline plan::Dataset dataset(const std::string &format,
                             const std::string &source,
                             std::vector<plan::Field> fields) {
  plan::Dataset spec;
  spec.name = "d";
  spec.format = format;
  spec.source = source;
  spec.fields = std::move(fields);
  return spec;
}

inline Dataset load(const plan::Dataset &spec, const char *part = "train") {
  return loadDataset(spec, part, std::nullopt);
}

/// The numbers of one record's field as the model gets them.
inline std::vector<double> numbersOf(const Dataset &data, int64_t item,
                                     int64_t field = 0, uint64_t epoch = 0,
                                     bool training = false, uint64_t seed = 0) {
  std::vector<double> result(elementsOf(data.field(field).shape));
  data.convert(field, item, seed, epoch, ScalarType::F64,
               std::as_writable_bytes(std::span(result)), training);
  return result;
}

/// `values` as they lie in memory.
template <typename T> std::string bytesOf(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

} // namespace gmc::runtime::test

#endif // GMC_TESTS_RUNTIME_DATA_RECORDFILES_H
