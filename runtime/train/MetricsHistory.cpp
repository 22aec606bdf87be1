//===- MetricsHistory.cpp - the rows that a run left behind ---------------===//
//
// metrics.csv has no quoting, so a row is split at its commas.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/MetricsHistory.h"

#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"
#include "runtime/io/AtomicFile.h"
#include "runtime/io/Metrics.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace gmc::runtime {

static std::vector<std::string> split(std::string_view text, char mark) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = text.find(mark);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

namespace {
/// metrics.csv, as far as its rows are whole, as cells.
class Table {
public:
  explicit Table(const std::filesystem::path &path) {
    InputFile file(path, ExitInputOutput);
    std::string text(size_t(file.size()), '\0');
    text.resize(size_t(file.read(std::as_writable_bytes(std::span(text)))));
    text.resize(wholeRows(text));
    lines = split(text, '\n');
    lines.pop_back(); // after the last newline
    columns = lines.empty() ? lines : split(lines[0], ',');
    const auto found = std::find(columns.begin(), columns.end(), column::final);
    finalColumn = size_t(found - columns.begin());
  }

  bool isFinal(const std::vector<std::string> &cells) const {
    return finalColumn < cells.size() && !cells[finalColumn].empty();
  }

  std::vector<std::string> lines, columns; ///< the header is the first line

private:
  size_t finalColumn;
};
} // namespace

std::optional<PresentColumns>
presentColumns(const std::filesystem::path &metrics,
               const std::vector<std::string> &columns, uint64_t step) {
  std::error_code error;
  if (!std::filesystem::exists(metrics, error)) {
    return std::nullopt;
  }
  const Table table(metrics);
  std::vector<std::string> expected{column::step};
  expected.insert(expected.end(), columns.begin(), columns.end());
  if (table.columns != expected) {
    return std::nullopt;
  }
  PresentColumns present;
  for (size_t i = 1; i < table.lines.size(); ++i) {
    const std::vector<std::string> cells = split(table.lines[i], ',');
    auto &found = table.isFinal(cells) ? present.final : present.due;
    for (size_t j = 1; j < std::min(cells.size(), expected.size()); ++j) {
      if (cells[0] == std::to_string(step) && !cells[j].empty()) {
        found.insert(expected[j]);
      }
    }
  }
  return present;
}

void dropFinalRows(const std::filesystem::path &metrics) {
  const Table table(metrics);
  std::string kept;
  bool any = false;
  for (const std::string &line : table.lines) {
    const bool isHeader = &line == &table.lines.front();
    if (!isHeader && table.isFinal(split(line, ','))) {
      any = true;
    } else {
      kept += line + '\n';
    }
  }
  if (any) {
    writeFileAtomically(metrics, kept);
  }
}

} // namespace gmc::runtime
