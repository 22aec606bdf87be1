//===- TextFormat.cpp - lines of characters -------------------------------===//
//
// A record is a line that is not empty, as codes: 1, the line's characters, 2,
// then 0 up to the length that the model takes. The characters of the whole
// file, of the part `train` where the parts are two files, have the codes from
// 3 on, in the order of Unicode. A mask is 1 where a code is not 0.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/core/Utf8.h"
#include "runtime/data/Formats.h"
#include "runtime/data/LineReader.h"

#include <map>
#include <set>

namespace gmc::runtime {

static constexpr uint16_t pad = 0, begin = 1, end = 2, firstCharacter = 3;

/// Decodes a line of UTF-8.
static std::u32string decode(const LineReader &lines) {
  const std::string_view text = lines.line();
  std::u32string result;
  for (size_t i = 0; i < text.size();) {
    const auto code = nextCharacter(text, i);
    if (!code) {
      fail(ExitData, "{}:{}: byte 0x{:02x} at column {} is not UTF-8",
           lines.name(), lines.number(), static_cast<uint8_t>(text[i]), i + 1);
    }
    result += *code;
  }
  return result;
}

/// Encodes a character as UTF-8.
static std::string encoded(char32_t c) {
  const int length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  if (length == 1) {
    return {char(c)};
  }
  std::string bytes(length, '\0');
  for (int i = length - 1; i > 0; --i) {
    bytes[i] = char(0x80 | (c & 0x3f));
    c >>= 6;
  }
  bytes[0] = char(0xf00 >> length | c); // As many ones as bytes, then a zero.
  return bytes;
}

/// Returns the characters of the lines of `file`, in the order of Unicode.
static std::set<char32_t> charactersIn(const std::filesystem::path &file) {
  LineReader lines(file);
  std::set<char32_t> found;
  while (lines.next()) {
    for (char32_t c : decode(lines)) {
      found.insert(c);
    }
  }
  return found;
}

std::vector<std::string> charactersOf(const PartRequest &request) {
  std::vector<std::string> result;
  for (char32_t c : charactersIn(request.place)) {
    result.push_back(encoded(c));
  }
  return result;
}

namespace {

/// The fields that a text fills.
struct TextFields {
  int64_t codes = -1, mask = -1;
  int64_t length = 0, classes = 0;
};

} // namespace

static TextFields fieldsOf(const plan::Dataset &spec) {
  TextFields found;
  for (size_t i = 0; i < spec.fields.size(); ++i) {
    const plan::Field &field = spec.fields[i];
    bool isRow = field.shape.size() == 1;
    int64_t &place = field.mask ? found.mask : found.codes;
    if (!isRow || (!field.mask && field.classes == 0) || place >= 0) {
      fail(ExitData,
           "data set `{}`: a text gives codes and their mask, not "
           "`{}`",
           spec.name, field.name);
    }
    place = static_cast<int64_t>(i);
  }
  if (found.codes < 0 ||
      (found.mask >= 0 &&
       spec.fields[found.mask].shape != spec.fields[found.codes].shape)) {
    fail(ExitData,
         "data set `{}`: a text gives codes `int[T]`, and a mask of "
         "the same length",
         spec.name);
  }
  found.length = spec.fields[found.codes].shape[0];
  found.classes = spec.fields[found.codes].classes;
  return found;
}

/// Returns the codes of a model's characters; throws where it declares fewer.
static std::map<char32_t, uint16_t> codesOf(const PartRequest &request,
                                            const TextFields &wanted) {
  std::map<char32_t, uint16_t> codes;
  int64_t next = firstCharacter;
  for (char32_t c : charactersIn(request.place)) {
    codes[c] = uint16_t(next++);
  }
  if (next > wanted.classes || next > 65536) {
    fail(ExitData,
         "{}: has {} different characters, with padding, begin and end {} "
         "codes; the model declares `{}` in 0..<{}",
         printed(request.place), codes.size(), next,
         request.spec.fields[wanted.codes].name, wanted.classes);
  }
  return codes;
}

/// Appends the line as a record; throws where it is too long, or has a
/// character that is none of the part `train`.
static void appendLine(Fields &fields, const TextFields &wanted,
                       const LineReader &lines,
                       const std::map<char32_t, uint16_t> &codes) {
  const std::u32string record = decode(lines);
  const auto size = static_cast<int64_t>(record.size());
  if (size == 0) {
    return;
  }
  if (size + 2 > wanted.length) {
    fail(ExitData,
         "{}:{}: has {} characters, with begin and end {}; `{}` of the model "
         "has room for {}",
         lines.name(), lines.number(), size, size + 2,
         fields[wanted.codes].spec.name, wanted.length);
  }
  for (int64_t i = 0; i < wanted.length; ++i) {
    uint16_t code = i == 0 ? begin : i == size + 1 ? end : pad;
    if (i > 0 && i <= size) {
      const auto known = codes.find(record[i - 1]);
      if (known == codes.end()) {
        fail(ExitData,
             "{}:{}: character {} is `{}`, which the data for training lack",
             lines.name(), lines.number(), i,
             printable(encoded(record[i - 1])));
      }
      code = known->second;
    }
    appendNumber(fields[wanted.codes].bytes, code);
    if (wanted.mask >= 0) {
      fields[wanted.mask].bytes.push_back(code != pad);
    }
  }
}

Fields readTextPart(const PartRequest &request) {
  const TextFields wanted = fieldsOf(request.spec);
  const auto codes = codesOf(request, wanted);
  LineReader lines(partOf(request));
  Fields fields;
  for (const plan::Field &spec : request.spec.fields) {
    fields.push_back({spec, {}, spec.mask ? Stored::Byte : Stored::Word});
  }
  while (lines.next()) {
    appendLine(fields, wanted, lines, codes);
  }
  if (fields[wanted.codes].bytes.empty()) {
    fail(ExitData, "{}: has no lines", lines.name());
  }
  return fields;
}

} // namespace gmc::runtime
