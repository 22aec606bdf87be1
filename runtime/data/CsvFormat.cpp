//===- CsvFormat.cpp - tables of numbers as text --------------------------===//
//
// Numbers with commas between them, a record a line; the first line may be a
// header, which is passed over. The fields of the record take the columns from
// left to right, as many as they have numbers.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"
#include "runtime/data/LineReader.h"

#include <charconv>
#include <optional>

namespace gmc::runtime {

static std::string_view trimmed(std::string_view text) {
  const char *blanks = " \t";
  size_t first = text.find_first_not_of(blanks);
  size_t last = text.find_last_not_of(blanks);
  return first == std::string_view::npos ? ""
                                         : text.substr(first, last - first + 1);
}

static std::optional<double> numberOf(std::string_view cell) {
  double number = 0;
  // from_chars takes no plus.
  if (!cell.empty() && cell.front() == '+') {
    cell.remove_prefix(1);
  }
  const char *last = cell.data() + cell.size();
  auto [end, error] = std::from_chars(cell.data(), last, number);
  bool ok = error == std::errc() && end == last;
  return ok ? std::optional(number) : std::nullopt;
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
  const std::vector<FieldSpec> &specs;
  std::vector<int64_t> widths; ///< columns that each field takes
  int64_t columns = 0;
  Fields fields;
};

} // namespace

static Table tableFor(const std::vector<FieldSpec> &specs) {
  Table table{specs, {}, 0, {}};
  for (const FieldSpec &spec : specs) {
    table.widths.push_back(elementsOf(spec.shape));
    table.columns += table.widths.back();
    table.fields.push_back({spec, {}, Stored::Double});
  }
  return table;
}

/// Adds the record of one line; the first line may be none.
static void addLine(Table &table, const LineReader &lines) {
  auto cells = cellsOf(lines.line());
  if (static_cast<int64_t>(cells.size()) != table.columns) {
    fail(ExitData, "{}:{}: has {} columns, the fields of the model take {}",
         lines.name(), lines.number(), cells.size(), table.columns);
  }
  std::vector<double> numbers;
  for (size_t i = 0; i < cells.size(); ++i) {
    auto number = numberOf(cells[i]);
    if (!number && lines.number() == 1) {
      return; // a header
    }
    if (!number) {
      fail(ExitData, "{}:{}: `{}` in column {} is no number", lines.name(),
           lines.number(), printable(cells[i]), i + 1);
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
  return std::move(table.fields);
}

} // namespace gmc::runtime
