//===- NpyFile.cpp - the NPY format ---------------------------------------===//
//
//   header = "{" { key ":" value "," } "}" blanks
//   value  = STRING | "True" | "False" | "(" { digits "," } ")"
//
// The last comma of either list may be left out, but for a tuple of one.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/NpyFile.h"

#include "runtime/core/InputFile.h"
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"

#include <array>
#include <cctype>
#include <set>

namespace gmc::runtime {

namespace {

class HeaderParser {
public:
  HeaderParser(std::string_view text, const std::string &file)
      : text(text), file(file) {}

  NpyHeader parse();

private:
  template <typename... Args>
  [[noreturn]] void complain(fmt::format_string<Args...> format,
                             Args &&...args) const {
    fail(ExitData, "{}: damaged NPY header, at its character {}: {}", file,
         place, fmt::format(format, std::forward<Args>(args)...));
  }

  void skipBlanks() {
    while (place < text.size() && (text[place] == ' ' || text[place] == '\n')) {
      ++place;
    }
  }
  bool accept(char c) {
    skipBlanks();
    bool found = place < text.size() && text[place] == c;
    place += found;
    return found;
  }
  void expect(char c) {
    if (!accept(c)) {
      complain("expected `{}`, have `{}`", c,
               place < text.size() ? printable(text.substr(place, 1)) : "");
    }
  }
  std::string string();
  bool boolean();
  Shape tuple();
  void member(NpyHeader &header);

  std::string_view text;
  const std::string &file;
  size_t place = 0;
  std::set<std::string> seen;
};

} // namespace

std::string HeaderParser::string() {
  skipBlanks();
  char quote = place < text.size() ? text[place] : ' ';
  size_t end = quote == '\'' || quote == '"' ? text.find(quote, place + 1)
                                             : std::string_view::npos;
  if (end == std::string_view::npos) {
    complain("expected a string");
  }
  std::string result(text.substr(place + 1, end - place - 1));
  place = end + 1;
  return result;
}

bool HeaderParser::boolean() {
  skipBlanks();
  for (bool value : {true, false}) {
    std::string_view word = value ? "True" : "False";
    if (text.substr(place, word.size()) == word) {
      place += word.size();
      return value;
    }
  }
  complain("expected True or False");
}

Shape HeaderParser::tuple() {
  Shape shape;
  expect('(');
  bool comma = true;
  while (!accept(')')) {
    if (!comma || shape.size() == 32) {
      complain("expected `)`");
    }
    size_t start = place;
    int64_t extent = 0;
    while (place < text.size() &&
           std::isdigit(static_cast<unsigned char>(text[place]))) {
      if (__builtin_mul_overflow(extent, 10, &extent) ||
          __builtin_add_overflow(extent, text[place] - '0', &extent)) {
        complain("an extent over 2^63");
      }
      ++place;
    }
    if (place == start) {
      complain("expected an extent in digits");
    }
    shape.push_back(extent);
    comma = accept(',');
  }
  if (shape.size() == 1 && !comma) {
    complain("expected `,` before `)`");
  }
  return shape;
}

/// Reads `key: value`.
void HeaderParser::member(NpyHeader &header) {
  std::string key = string();
  if (!seen.insert(key).second) {
    complain("the key `{}` is repeated", printable(key));
  }
  expect(':');
  if (key == "descr") {
    skipBlanks();
    if (place < text.size() && text[place] == '[') {
      fail(ExitData,
           "{}: holds records of several types; gmc reads <f4, <f8 "
           "and |u1",
           file);
    }
    std::string type = string();
    if (type != "<f4" && type != "<f8" && type != "|u1") {
      fail(ExitData,
           "{}: holds numbers of type `{}`; gmc reads <f4, <f8 and "
           "|u1",
           file, printable(type));
    }
    header.stored = type == "<f4"   ? Stored::Single
                    : type == "<f8" ? Stored::Double
                                    : Stored::Byte;
  } else if (key == "fortran_order") {
    if (boolean()) {
      fail(ExitData,
           "{}: is in Fortran order; gmc reads C order: save "
           "numpy.ascontiguousarray(a)",
           file);
    }
  } else if (key == "shape") {
    header.shape = tuple();
  } else {
    complain("the key `{}` is not known", printable(key));
  }
}

NpyHeader HeaderParser::parse() {
  NpyHeader header;
  expect('{');
  bool comma = true;
  while (!accept('}')) {
    if (!comma) {
      complain("expected `,` or `}}`");
    }
    member(header);
    comma = accept(',');
  }
  skipBlanks();
  if (place != text.size()) {
    complain("more follows the closing brace");
  }
  for (const char *key : {"descr", "fortran_order", "shape"}) {
    if (seen.count(key) == 0) {
      complain("the key `{}` is missing", key);
    }
  }
  return header;
}

NpyHeader parseNpyHeader(std::string_view text, const std::string &file) {
  return HeaderParser(text, file).parse();
}

/// Reads magic, version and length; returns the length of the header's text
/// and how many bytes stand in front of it.
static std::pair<int64_t, int64_t> readPreamble(InputFile &file) {
  std::array<uint8_t, 12> bytes{};
  auto read = [&](size_t from, size_t to) {
    auto part = std::span(bytes).subspan(from, to - from);
    if (file.read(std::as_writable_bytes(part)) != int64_t(to - from)) {
      fail(ExitData, "{}: cut: {} bytes are no NPY file", file.name(),
           file.size());
    }
  };
  read(0, 8);
  if (std::string_view(reinterpret_cast<char *>(bytes.data()), 6) !=
      "\x93NUMPY") {
    fail(ExitData, "{}: begins with {:02x}, an NPY file with 93 4e 55 4d 50 59",
         file.name(), fmt::join(std::span(bytes).first(6), " "));
  }
  const int version = bytes[6];
  if (version < 1 || version > 3) {
    fail(ExitData, "{}: has NPY version {}.{}; gmc reads 1 to 3", file.name(),
         version, bytes[7]);
  }
  const size_t end = version == 1 ? 10 : 12;
  read(8, end);
  int64_t length = 0;
  for (size_t i = end; i > 8; --i) {
    length = length << 8 | bytes[i - 1];
  }
  constexpr int64_t longest = 10000;
  if (length > file.size() - int64_t(end) || length > longest) {
    fail(ExitData,
         "{}: declares a header of {} bytes; the file has {} more, and gmc "
         "reads headers of at most {}",
         file.name(), length, file.size() - int64_t(end), longest);
  }
  return {length, int64_t(end)};
}

/// Checks the declared size against the file's; returns it in bytes.
static int64_t dataBytes(const InputFile &file, const NpyHeader &header,
                         int64_t room) {
  int64_t product = sizeOf(header.stored);
  for (int64_t extent : header.shape) {
    if (__builtin_mul_overflow(product, extent, &product)) {
      fail(ExitData, "{}: its header gives {}, over 2^63 bytes", file.name(),
           spellingOf(header.shape));
    }
  }
  if (product != room) {
    fail(ExitData, "{}: {}its header gives {}, {} bytes, but {} follow",
         file.name(), product > room ? "cut: " : "", spellingOf(header.shape),
         product, room);
  }
  if (header.shape.empty() || product == 0) {
    fail(ExitData, "{}: its shape {} holds no records", file.name(),
         spellingOf(header.shape));
  }
  return product;
}

Column readNpy(const std::filesystem::path &path) {
  InputFile file(path, ExitData);
  auto [length, start] = readPreamble(file);
  std::string text(length, '\0');
  if (file.read(std::as_writable_bytes(std::span(text))) != length) {
    fail(ExitData, "{}: cut within its header", file.name());
  }
  NpyHeader header = parseNpyHeader(text, file.name());
  int64_t total = dataBytes(file, header, file.size() - start - length);
  Column column{header.stored, {}, {}};
  column.shape.assign(header.shape.begin() + 1, header.shape.end());
  column.bytes.resize(total);
  int64_t count = file.read(std::as_writable_bytes(std::span(column.bytes)));
  if (count != total) {
    fail(ExitData,
         "{}: cut while it was read: expected {} bytes of data, have "
         "{}",
         file.name(), total, count);
  }
  return column;
}

/// A single field is the file itself; several are FIELD.npy of a folder.
Fields readNpyPart(const PartRequest &request) {
  const std::filesystem::path place = partOf(request);
  Fields fields;
  for (const plan::Field &spec : request.spec.fields) {
    auto path =
        request.spec.fields.size() == 1 ? place : place / (spec.name + ".npy");
    fields.push_back(fieldOf(spec, readNpy(path), printed(path)));
  }
  return fields;
}

} // namespace gmc::runtime
