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

static std::string readAll(const std::filesystem::path &path) {
  InputFile file(path, ExitInputOutput);
  std::string text(size_t(file.size()), '\0');
  text.resize(size_t(file.read(std::as_writable_bytes(std::span(text)))));
  return text;
}

std::set<std::string> dropFinalRows(const std::filesystem::path &metrics,
                                    uint64_t step) {
  std::set<std::string> present;
  std::error_code error;
  if (!std::filesystem::exists(metrics, error)) {
    return present;
  }
  const std::string text = readAll(metrics);
  std::vector<std::string> lines = split(text, '\n');
  const std::vector<std::string> columns = split(lines[0], ',');
  const auto found = std::find(columns.begin(), columns.end(), column::final);
  const size_t finalColumn = size_t(found - columns.begin());
  std::string kept = lines[0];
  // What stands after the last newline is half a row: it is not looked at.
  for (size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::vector<std::string> cells = split(lines[i], ',');
    if (finalColumn < cells.size() && !cells[finalColumn].empty()) {
      continue;
    }
    kept += '\n' + lines[i];
    for (size_t j = 1; j < std::min(cells.size(), columns.size()); ++j) {
      if (cells[0] == std::to_string(step) && !cells[j].empty()) {
        present.insert(columns[j]);
      }
    }
  }
  if (lines.size() > 1) {
    kept += '\n' + lines.back();
  }
  if (kept != text) {
    writeFileAtomically(metrics, kept);
  }
  return present;
}

} // namespace gmc::runtime
