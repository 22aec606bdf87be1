//===- TextFormat.cpp - lines of characters -------------------------------===//
//
// A record is a line that is not empty, as codes: 1, the line's characters, 2,
// then 0 up to the length that the model takes. The characters of the whole
// file have the codes from 3 on, in the order of Unicode. A mask is 1 where a
// code is not 0.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include "runtime/data/Formats.h"
#include "runtime/data/LineReader.h"

#include <map>

namespace gmc::runtime {

static constexpr uint16_t pad = 0, begin = 1, end = 2, firstCharacter = 3;

/// Decodes a line of UTF-8.
static std::u32string decode(const LineReader &lines) {
  std::string_view text = lines.line();
  std::u32string result;
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i]);
    const int length = lead < 0x80                   ? 1
                       : lead >= 0xc2 && lead < 0xe0 ? 2
                       : lead >= 0xe0 && lead < 0xf0 ? 3
                       : lead >= 0xf0 && lead < 0xf5 ? 4
                                                     : 0;
    char32_t code = length < 2 ? lead : lead & (0x7f >> length);
    bool ok = length > 0 && i + length <= text.size();
    for (int j = 1; ok && j < length; ++j) {
      const auto byte = static_cast<uint8_t>(text[i + j]);
      ok = (byte & 0xc0) == 0x80;
      code = code << 6 | (byte & 0x3f);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (!ok || code < least[length] || code > 0x10ffff ||
        (code >= 0xd800 && code < 0xe000)) {
      fail(ExitData, "{}:{}: byte 0x{:02x} at column {} is not UTF-8",
           lines.name(), lines.number(), lead, i + 1);
    }
    result += code;
    i += length;
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

static TextFields fieldsOf(const DatasetSpec &spec) {
  TextFields found;
  for (size_t i = 0; i < spec.fields.size(); ++i) {
    const FieldSpec &field = spec.fields[i];
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

Fields readTextPart(const PartRequest &request) {
  const TextFields found = fieldsOf(request.spec);
  LineReader lines(partOf(request));
  std::vector<std::u32string> records;
  std::map<char32_t, uint16_t> codes;
  while (lines.next()) {
    std::u32string record = decode(lines);
    if (record.empty()) {
      continue;
    }
    if (static_cast<int64_t>(record.size()) + 2 > found.length) {
      fail(ExitData,
           "{}:{}: has {} characters, with begin and end {}; `{}` of the model "
           "has room for {}",
           lines.name(), lines.number(), record.size(), record.size() + 2,
           request.spec.fields[found.codes].name, found.length);
    }
    for (char32_t c : record) {
      codes.emplace(c, 0);
    }
    records.push_back(std::move(record));
  }
  if (records.empty()) {
    fail(ExitData, "{}: has no lines", lines.name());
  }
  const auto needed = static_cast<int64_t>(codes.size()) + firstCharacter;
  if (needed > found.classes || needed > 65536) {
    fail(ExitData,
         "{}: has {} different characters, with padding, begin and end {} "
         "codes; the model declares `{}` in 0..<{}",
         lines.name(), codes.size(), needed,
         request.spec.fields[found.codes].name, found.classes);
  }
  uint16_t next = firstCharacter;
  for (auto &[character, code] : codes) {
    code = next++;
  }
  Fields fields;
  for (const FieldSpec &spec : request.spec.fields) {
    fields.push_back({spec, {}, spec.mask ? Stored::Byte : Stored::Word});
  }
  for (const std::u32string &record : records) {
    for (int64_t i = 0; i < found.length; ++i) {
      auto size = static_cast<int64_t>(record.size());
      uint16_t code = i == 0          ? begin
                      : i <= size     ? codes[record[i - 1]]
                      : i == size + 1 ? end
                                      : pad;
      appendNumber(fields[found.codes].bytes, code);
      if (found.mask >= 0) {
        fields[found.mask].bytes.push_back(code != pad);
      }
    }
  }
  return fields;
}

} // namespace gmc::runtime
