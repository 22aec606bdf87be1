//===- CsvFormat.cpp - tables of numbers as text --------------------------===//
//
// Numbers with commas between them, a record a line. A first line without any
// number is a header; it holds no record. The fields of the record take the
// columns from left to right, as many as they have numbers.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"
#include "runtime/data/LineReader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace gmc::runtime {

static std::string_view trimmed(std::string_view text) {
  const char *blanks = " \t";
  size_t first = text.find_first_not_of(blanks);
  size_t last = text.find_last_not_of(blanks);
  return first == std::string_view::npos ? ""
                                         : text.substr(first, last - first + 1);
}

/// Reads a number; one beyond the range of f64 is infinite or next to 0.
static std::optional<double> numberOf(std::string_view cell) {
  double number = 0;
  // from_chars takes no plus.
  if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-') {
    cell.remove_prefix(1);
  }
  const char *last = cell.data() + cell.size();
  auto [end, error] = std::from_chars(cell.data(), last, number);
  if (cell.empty() || end != last || error == std::errc::invalid_argument) {
    return std::nullopt;
  }
  return error == std::errc() ? number
                              : std::strtod(std::string(cell).c_str(), nullptr);
}

static std::vector<std::string_view> cellsOf(std::string_view line) {
  std::vector<std::string_view> cells;
  for (;;) {
    size_t comma = line.find(',');
    cells.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) {
      return cells;
    }
    line.remove_prefix(comma + 1);
  }
}

namespace {

/// Where the numbers of a line go.
struct Table {
  const std::vector<plan::Field> &specs;
  std::vector<int64_t> widths; ///< columns that each field takes
  int64_t columns = 0;
  bool begun = false; ///< a line was read
  Fields fields;
};

} // namespace

static Table tableFor(const std::vector<plan::Field> &specs) {
  Table table{specs, {}, 0, false, {}};
  for (const plan::Field &spec : specs) {
    table.widths.push_back(elementsOf(spec.shape));
    table.columns += table.widths.back();
    table.fields.push_back({spec, {}, Stored::Double});
  }
  return table;
}

/// Returns the cells of a header that name `field`: `x`, else `x0`, `x_1`,
/// `x[2]`.
static std::vector<size_t> headsOf(const plan::Field &field,
                                   const std::vector<std::string_view> &cells) {
  auto named = [&](const char *ending) {
    std::vector<size_t> places;
    for (size_t i = 0; i < cells.size(); ++i) {
      std::string_view cell = cells[i];
      const bool isQuoted = cell.size() >= 2 && cell.front() == '"';
      cell = isQuoted ? cell.substr(1, cell.size() - 2) : cell;
      if (cell.starts_with(field.name) &&
          cell.find_first_not_of(ending, field.name.size()) ==
              std::string_view::npos) {
        places.push_back(i);
      }
    }
    return places;
  };
  const auto exact = named("");
  return exact.empty() ? named("0123456789_.[]") : exact;
}

/// Refuses a header that names all columns of a field, or every field, but in
/// another order: the columns would fill the wrong ones.
static void checkHeader(const Table &table, const LineReader &lines,
                        const std::vector<std::string_view> &cells) {
  std::vector<std::vector<size_t>> heads;
  for (const plan::Field &field : table.specs) {
    heads.push_back(headsOf(field, cells));
  }
  const bool all = std::none_of(heads.begin(), heads.end(),
                                [](const auto &one) { return one.empty(); });
  const bool moved = all && !std::is_sorted(heads.begin(), heads.end(),
                                            [](const auto &a, const auto &b) {
                                              return a.front() < b.front();
                                            });
  int64_t start = 0;
  for (size_t i = 0; i < heads.size(); ++i) {
    const int64_t width = table.widths[i];
    const bool isWhole = width > 1 && int64_t(heads[i].size()) == width;
    if ((moved || isWhole) && int64_t(heads[i].front()) != start) {
      fail(ExitData,
           "{}:{}: `{}` in column {} of the header is a name of field `{}`, "
           "which takes columns {} to {}; fields take the columns from the "
           "left: declare them in the order of the file",
           lines.name(), lines.number(), printable(cells[heads[i].front()]),
           heads[i].front() + 1, table.specs[i].name, start + 1, start + width);
    }
    start += width;
  }
}

/// Adds the record of one line; the first line may be a header.
static void addLine(Table &table, const LineReader &lines) {
  auto cells = cellsOf(lines.line());
  if (static_cast<int64_t>(cells.size()) != table.columns) {
    fail(ExitData, "{}:{}: has {} columns, the fields of the model take {}",
         lines.name(), lines.number(), cells.size(), table.columns);
  }
  const bool isFirst = !std::exchange(table.begun, true);
  if (isFirst && std::none_of(cells.begin(), cells.end(), numberOf)) {
    checkHeader(table, lines, cells);
    return;
  }
  std::vector<double> numbers;
  for (size_t i = 0; i < cells.size(); ++i) {
    auto number = numberOf(cells[i]);
    if (!number || !std::isfinite(*number)) {
      fail(ExitData, "{}:{}: `{}` in column {} is {}", lines.name(),
           lines.number(), printable(cells[i]), i + 1,
           number ? "not finite" : "no number");
    }
    numbers.push_back(*number);
  }
  size_t next = 0;
  for (size_t i = 0; i < table.fields.size(); ++i) {
    for (int64_t j = 0; j < table.widths[i]; ++j) {
      appendNumber(table.fields[i].bytes, numbers[next++]);
    }
  }
}

Fields readCsvPart(const PartRequest &request) {
  LineReader lines(partOf(request));
  Table table = tableFor(request.spec.fields);
  while (lines.next()) {
    if (!trimmed(lines.line()).empty()) {
      addLine(table, lines);
    }
  }
  if (table.fields[0].bytes.empty()) {
    fail(ExitData, "{}: has no records", lines.name());
  }
  Fields fields;
  for (DatasetField &field : table.fields) {
    // A crop is cut out of a larger image.
    fields.push_back(fieldOf(
        field.spec, {field.stored, field.spec.shape, std::move(field.bytes)},
        lines.name()));
  }
  return fields;
}

} // namespace gmc::runtime
