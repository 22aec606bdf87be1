//===- Metrics.cpp - metrics.csv
//-------------------------------------------===//

#include "runtime/io/Metrics.h"

#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"
#include "runtime/io/AtomicFile.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace gmc::runtime {

/// Returns the header row.
static std::string headerOf(const std::vector<std::string> &columns) {
  std::string row = column::step;
  for (const std::string &column : columns) {
    row += "," + column;
  }
  return row + "\n";
}

/// Opens `path` to append to it.
static int openToAppend(const std::filesystem::path &path) {
  int descriptor = open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor < 0) {
    fail(ExitInputOutput, "{}: cannot be opened: {}",
         printable(path.string(), 4096), std::strerror(errno));
  }
  return descriptor;
}

MetricsFile::MetricsFile(int descriptor, std::vector<std::string> columns)
    : descriptor(descriptor), columns(std::move(columns)) {}

MetricsFile::~MetricsFile() {
  if (descriptor >= 0) {
    close(descriptor);
  }
}

MetricsFile::MetricsFile(MetricsFile &&other) noexcept
    : descriptor(std::exchange(other.descriptor, -1)),
      columns(std::move(other.columns)), error(std::move(other.error)) {}

MetricsFile &MetricsFile::operator=(MetricsFile &&other) noexcept {
  std::swap(descriptor, other.descriptor);
  std::swap(columns, other.columns);
  std::swap(error, other.error);
  return *this;
}

MetricsFile MetricsFile::create(const std::filesystem::path &path,
                                std::vector<std::string> columns) {
  writeFileAtomically(path, headerOf(columns));
  return MetricsFile(openToAppend(path), std::move(columns));
}

size_t wholeRows(std::string_view text) {
  // Without a newline it is npos + 1, which is 0.
  return text.substr(0, text.find('\0')).rfind('\n') + 1;
}

/// Returns how much of `text`, whole rows after a header of `header` bytes,
/// belongs to steps up to `step`.
static size_t keptLength(std::string_view text, size_t header, uint64_t step,
                         const std::string &file) {
  size_t kept = header, line = 2;
  for (size_t end; (end = text.find('\n', kept)) != std::string_view::npos;
       kept = end + 1, ++line) {
    uint64_t row = 0;
    auto [after, error] =
        std::from_chars(text.data() + kept, text.data() + end, row);
    if (error != std::errc() || (after != text.data() + end && *after != ',')) {
      fail(ExitInputOutput,
           "{}:{}: the row does not begin with a step; move the file away to "
           "go on with a new one",
           file, line);
    }
    if (row > step) {
      break;
    }
  }
  return kept;
}

MetricsFile MetricsFile::resume(const std::filesystem::path &path,
                                std::vector<std::string> columns,
                                uint64_t step) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return create(path, std::move(columns));
  }
  std::string text, header = headerOf(columns);
  {
    InputFile file(path, ExitInputOutput);
    text.resize(file.size());
    text.resize(file.read(std::as_writable_bytes(std::span(text))));
    if (!text.starts_with(header)) {
      fail(ExitInputOutput,
           "{}: its header is not that of this run, `{}`; move the file away "
           "to go on with a new one",
           file.name(), header.substr(0, header.size() - 1));
    }
    const std::string_view whole(text.data(), wholeRows(text));
    size_t kept = keptLength(whole, header.size(), step, file.name());
    if (kept == text.size()) {
      return MetricsFile(openToAppend(path), std::move(columns));
    }
    text.resize(kept);
  }
  writeFileAtomically(path, text);
  return MetricsFile(openToAppend(path), std::move(columns));
}

bool MetricsFile::append(uint64_t step,
                         const std::map<std::string, double> &values) {
  std::string row = std::to_string(step);
  size_t used = 0;
  for (const std::string &column : columns) {
    row += ",";
    if (auto found = values.find(column); found != values.end()) {
      row += fmt::format("{}", found->second);
      ++used;
    }
  }
  row += "\n";
  if (used != values.size()) {
    fail(ExitInternal, "a row of metrics has a column that the header lacks");
  }
  struct stat before {};
  if (fstat(descriptor, &before) != 0) {
    error = std::strerror(errno);
    return false;
  }
  ssize_t count;
  do {
    count = write(descriptor, row.data(), row.size());
  } while (count < 0 && errno == EINTR);
  if (count == static_cast<ssize_t>(row.size())) {
    return true;
  }
  error = std::strerror(count < 0 ? errno : ENOSPC);
  // Half a row must not stay; where even this fails, a resume cuts it.
  if (count > 0 && ftruncate(descriptor, before.st_size) != 0) {
    error = std::strerror(errno);
  }
  return false;
}

bool MetricsFile::sync() {
  if (fdatasync(descriptor) == 0) {
    return true;
  }
  error = std::strerror(errno);
  return false;
}

} // namespace gmc::runtime
