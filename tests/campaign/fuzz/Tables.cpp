//===- Tables.cpp - CSV files and texts -----------------------------------===//
#include "tests/campaign/fuzz/Datasets.h"

#include <algorithm>

namespace gmc::fuzz {

using namespace runtime;
using std::filesystem::path;

bool readers::csv(Bytes bytes) {
  const path file = fileOf("train.csv", textOf(bytes));
  // The other part begins elsewhere, so that it may lack the header.
  fileOf("test.csv", textOf(bytes.subspan(bytes.size() / 2)));
  const size_t begin =
      std::min(textOf(bytes).find_first_not_of("\r\n \t"), bytes.size());
  const std::string_view rest = textOf(bytes.subspan(begin));
  const std::string_view line = rest.substr(0, rest.find('\n'));
  const int64_t columns = 1 + std::count(line.begin(), line.end(), ',');
  const plan::Field field = fieldFor({columns}, bytes);
  const bool taken = readAsDataset("csv", {field}, file);
  readAsItems(field, file);
  if (columns > 1) {
    readAsDataset("csv", {numbersOf("x", {columns - 1}), labelOf("y", 3)},
                  file);
    readAsDataset("csv", {labelOf("y", 3), numbersOf("x", {columns - 1})},
                  file);
  }
  if (columns % 2 == 0) {
    readAsDataset("csv", {fieldFor({1, 2, columns / 2}, bytes)}, file);
  }
  return taken;
}

bool readers::text(Bytes bytes) {
  const path file = fileOf("train.txt", textOf(bytes));
  fileOf("test.txt", textOf(bytes.subspan(bytes.size() / 2)));
  plan::Field codes = numbersOf("x", {24}), mask = numbersOf("m", {24});
  codes.classes = 40;
  mask.mask = true;
  const bool taken = readAsDataset("text", {codes, mask}, file);
  readAsDataset("text", {codes}, file);
  plan::Dataset spec;
  spec.name = "d";
  spec.format = "text";
  spec.source = file.string();
  std::vector<std::string> characters;
  if (succeeds(ExitData,
               [&] { characters = loadCharacters(spec, std::nullopt); })) {
    require(std::is_sorted(characters.begin(), characters.end()),
            "the characters are not in the order of Unicode");
    for (const std::string &one : characters) {
      require(textOf(bytes).find(one) != std::string_view::npos,
              "a character that the text has not");
    }
  }
  return taken;
}

} // namespace gmc::fuzz
