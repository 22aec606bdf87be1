//===- Datasets.h - files as the data of a model ----------------*- C++ -*-===//
#ifndef GMC_TESTS_CAMPAIGN_FUZZ_DATASETS_H
#define GMC_TESTS_CAMPAIGN_FUZZ_DATASETS_H

#include "runtime/data/Dataset.h"
#include "tests/campaign/fuzz/Harness.h"

#include <filesystem>
#include <string>
#include <vector>

namespace gmc::fuzz {

plan::Field numbersOf(const std::string &name, runtime::Shape shape);
plan::Field labelOf(const std::string &name, int64_t classes);

/// Returns one of what models may declare records of `shape` as: numbers, flat
/// or not, in a range or of two values, images cut, resampled, mirrored. Which
/// one hangs on `bytes` alone: a file takes one way through the reader, and
/// soon.
plan::Field fieldFor(const runtime::Shape &shape, Bytes bytes);

/// Reads `fields` of `place` as a data set of that format: both parts, the part
/// `train` also cut into parts and subsets. Every record is looked at. Tells
/// whether `train` could be read.
bool readAsDataset(const std::string &format,
                   const std::vector<plan::Field> &fields,
                   const std::filesystem::path &place);

/// Reads `place` as a procedure's argument `--x PATH` would; tells whether it
/// could be read.
bool readAsItems(const plan::Field &item, const std::filesystem::path &place);

} // namespace gmc::fuzz

#endif // GMC_TESTS_CAMPAIGN_FUZZ_DATASETS_H
