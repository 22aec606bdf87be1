//===- SafetensorsHeader.cpp - the JSON header of safetensors
//--------------===//

#include "runtime/io/SafetensorsHeader.h"

#include "runtime/core/Status.h"

#include <unordered_set>
#include <utility>

namespace gmc::runtime {

/// Axes of a tensor: more than any model has.
static constexpr size_t maximalRank = 32;

namespace {
class HeaderParser {
public:
  HeaderParser(std::string_view text, const std::string &file)
      : text(text), file(file) {}

  SafetensorsHeader parse();

private:
  template <typename... Args>
  [[noreturn]] void complain(fmt::format_string<Args...> format,
                             Args &&...args) const {
    fail(ExitCheckpoint, "{}: byte {} of the header: {}", file, position + 8,
         fmt::format(format, std::forward<Args>(args)...));
  }

  std::string seen() const;
  void skipSpace();
  bool take(char c);
  void expect(char c, const char *where);
  std::string string(const char *what);
  void escape(std::string &out);
  uint32_t hexDigits();
  void utf8(std::string &out);
  int64_t integer(const char *what);
  std::vector<int64_t> integers(const char *what, size_t limit);
  template <typename Body> void object(const char *what, Body body);
  void metadata(SafetensorsHeader &header);
  HeaderEntry entry(std::string name);

  std::string_view text;
  const std::string &file;
  size_t position = 0;
};
} // namespace

/// Returns the next byte for a message.
std::string HeaderParser::seen() const {
  return position < text.size()
             ? fmt::format("`{}`", printable(text.substr(position, 1)))
             : "the end";
}

void HeaderParser::skipSpace() {
  while (position < text.size() &&
         std::string_view(" \t\r\n").find(text[position]) !=
             std::string_view::npos) {
    ++position;
  }
}

/// Skips space, then `c` if it is next.
bool HeaderParser::take(char c) {
  skipSpace();
  if (position < text.size() && text[position] == c) {
    ++position;
    return true;
  }
  return false;
}

void HeaderParser::expect(char c, const char *where) {
  if (!take(c)) {
    complain("expected `{}` {}, have {}", c, where, seen());
  }
}

/// Returns the four hex digits of an escape as a number.
uint32_t HeaderParser::hexDigits() {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i, ++position) {
    char c = position < text.size() ? text[position] : '\0';
    if (c >= '0' && c <= '9') {
      value = value * 16 + (c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value * 16 + (c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value = value * 16 + (c - 'A' + 10);
    } else {
      complain("expected a hex digit in an escape, have {}", seen());
    }
  }
  return value;
}

/// Appends `code` in UTF-8.
static void appendCode(std::string &out, uint32_t code) {
  auto tail = [&](int shift) {
    out += static_cast<char>(0x80 | (code >> shift & 0x3f));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Reads what follows a backslash.
void HeaderParser::escape(std::string &out) {
  char c = position < text.size() ? text[position] : '\0';
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (size_t i = letters.find(c); i != std::string_view::npos && c != '\0') {
    ++position;
    out += meanings[i];
    return;
  }
  if (c != 'u') {
    complain("an escape of {} is not JSON", seen());
  }
  ++position;
  uint32_t code = hexDigits();
  if (code >= 0xd800 && code < 0xdc00 && text.substr(position, 2) == "\\u") {
    position += 2;
    uint32_t low = hexDigits();
    if (low < 0xdc00 || low > 0xdfff) {
      complain("half of a surrogate pair");
    }
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  } else if (code >= 0xd800 && code < 0xe000) {
    complain("half of a surrogate pair");
  }
  appendCode(out, code);
}

/// Reads one character of two to four bytes, checked as the Unicode standard's
/// table 3-7 has it: no overlong form, no surrogate, nothing past U+10FFFF.
void HeaderParser::utf8(std::string &out) {
  auto byteAt = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  unsigned lead = byteAt(position), second = byteAt(position + 1);
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  bool good = lead >= 0xc2 && lead <= 0xf4;
  for (size_t i = 1; i < length; ++i) {
    good = good && byteAt(position + i) >> 6 == 2;
  }
  good = good && !(lead == 0xe0 && second < 0xa0) &&
         !(lead == 0xed && second > 0x9f) && !(lead == 0xf0 && second < 0x90) &&
         !(lead == 0xf4 && second > 0x8f);
  if (!good) {
    complain("{} is not UTF-8", seen());
  }
  out += text.substr(position, length);
  position += length;
}

std::string HeaderParser::string(const char *what) {
  if (!take('"')) {
    complain("expected {}, have {}", what, seen());
  }
  std::string out;
  while (position < text.size()) {
    unsigned char c = text[position];
    if (c == '"') {
      ++position;
      return out;
    }
    if (c < 0x20) {
      complain("a control character in a string: {}", seen());
    }
    if (c == '\\') {
      ++position;
      escape(out);
    } else if (c >= 0x80) {
      utf8(out);
    } else {
      out += text[position++];
    }
  }
  complain("a string without an end");
}

/// Reads an integer of 0 .. 2^63 - 1, in digits alone.
int64_t HeaderParser::integer(const char *what) {
  skipSpace();
  size_t start = position;
  int64_t value = 0;
  auto isDigit = [&] {
    return position < text.size() && text[position] >= '0' &&
           text[position] <= '9';
  };
  for (; isDigit(); ++position) {
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, text[position] - '0', &value)) {
      complain("a number of {} is over 2^63 - 1", what);
    }
  }
  if (position == start) {
    complain("{} takes integers of 0 and more, have {}", what, seen());
  }
  if (text[start] == '0' && position > start + 1) {
    complain("a number of {} has leading zeros", what);
  }
  if (position < text.size() &&
      std::string_view(".eE").find(text[position]) != std::string_view::npos) {
    complain("a number of {} is not an integer", what);
  }
  return value;
}

std::vector<int64_t> HeaderParser::integers(const char *what, size_t limit) {
  std::vector<int64_t> values;
  if (!take('[')) {
    complain("expected the array of {}, have {}", what, seen());
  }
  if (take(']')) {
    return values;
  }
  do {
    if (values.size() == limit) {
      complain("{} has more than {} numbers", what, limit);
    }
    values.push_back(integer(what));
  } while (take(','));
  expect(']', "after an array");
  return values;
}

/// Reads an object and calls body(key) at each value.
template <typename Body>
void HeaderParser::object(const char *what, Body body) {
  if (!take('{')) {
    complain("expected the object of {}, have {}", what, seen());
  }
  if (take('}')) {
    return;
  }
  std::unordered_set<std::string> keys;
  do {
    std::string key = string("a key in quotes");
    if (!keys.insert(key).second) {
      complain("the key `{}` stands twice in {}", printable(key), what);
    }
    expect(':', "after a key");
    body(std::move(key));
  } while (take(','));
  expect('}', "after an object");
}

void HeaderParser::metadata(SafetensorsHeader &header) {
  object("`__metadata__`", [&](std::string key) {
    skipSpace();
    size_t start = position + 1;
    std::string value = string("a string as a value of `__metadata__`");
    // Without escapes the value's characters are those of the text.
    if (key == "checksum" && position - start == value.size() + 1) {
      header.checksumPosition = start;
    }
    header.metadata.emplace(std::move(key), std::move(value));
  });
}

HeaderEntry HeaderParser::entry(std::string name) {
  HeaderEntry result;
  bool haveType = false, haveShape = false, haveOffsets = false;
  object("a tensor", [&](std::string key) {
    if (key == "dtype") {
      std::string type = string("the name of a dtype");
      if (type != "F32" && type != "F64") {
        complain("tensor `{}` has dtype `{}`, gmc reads F32 and F64",
                 printable(name), printable(type));
      }
      result.type = type == "F32" ? ScalarType::F32 : ScalarType::F64;
      haveType = true;
    } else if (key == "shape") {
      result.shape = integers("`shape`", maximalRank);
      haveShape = true;
    } else if (key == "data_offsets") {
      std::vector<int64_t> offsets = integers("`data_offsets`", 2);
      if (offsets.size() != 2) {
        complain("`data_offsets` takes two numbers");
      }
      result.begin = offsets[0];
      result.end = offsets[1];
      haveOffsets = true;
    } else {
      complain("tensor `{}` has the unknown field `{}`", printable(name),
               printable(key));
    }
  });
  if (!haveType || !haveShape || !haveOffsets) {
    complain("tensor `{}` has no `{}`", printable(name),
             !haveType    ? "dtype"
             : !haveShape ? "shape"
                          : "data_offsets");
  }
  result.name = std::move(name);
  return result;
}

SafetensorsHeader HeaderParser::parse() {
  SafetensorsHeader header;
  if (text.empty() || text[0] != '{') {
    complain("it must begin with `{{`, have {}", seen());
  }
  object("the header", [&](std::string key) {
    if (key == "__metadata__") {
      metadata(header);
    } else {
      header.entries.push_back(entry(std::move(key)));
    }
  });
  while (position < text.size() && text[position] == ' ') {
    ++position;
  }
  if (position < text.size()) {
    complain("{} after the last brace", seen());
  }
  return header;
}

SafetensorsHeader parseSafetensorsHeader(std::string_view text,
                                         const std::string &file) {
  return HeaderParser(text, file).parse();
}

} // namespace gmc::runtime
