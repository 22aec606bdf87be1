//===- CheckEncoding.cpp - is this text at all? ---------------------------===//
//
// Comes before everything else, over the whole file, comments and strings
// included: a character that reorders or hides text is dangerous wherever it
// stands. A file that is no text gets one message, not twenty.
//
//===----------------------------------------------------------------------===//
#include "dsl/base/Unicode.h"
#include "dsl/lex/Lexer.h"

namespace gmc::dsl {

/// Reports bytes that are not UTF-8, with a guess at what the file is.
static void reportInvalid(const SourceFile &source, uint32_t offset,
                          DiagnosticEngine &diagnostics) {
  uint32_t byte = static_cast<unsigned char>(source.text()[offset]);
  auto message =
      diagnostics.report(Diag::InvalidUtf8, {offset, offset + 1}, byte, offset);
  std::string_view text = source.text();
  if (text.substr(0, 2) == "\xFF\xFE" || text.substr(0, 2) == "\xFE\xFF") {
    message.help("the file looks like UTF-16; save it as UTF-8");
  } else {
    message.help("save the file as UTF-8");
  }
}

/// Says whether `c` at `offset` may stand in a text; reports it if not.
/// `stop` is set when the file is no text and the rest is of no interest.
static bool checkCharacter(const SourceFile &source, uint32_t offset,
                           DecodedChar c, DiagnosticEngine &diagnostics,
                           bool &stop) {
  SourceRange range{offset, offset + c.length};
  if (!c.valid) {
    reportInvalid(source, offset, diagnostics);
    stop = true;
    return false;
  }
  if (c.codePoint == 0) {
    diagnostics.report(Diag::NulByte, range, offset)
        .help("a `.gm` file is text; is this the right file?");
    stop = true;
    return false;
  }
  if (c.codePoint == '\n' || c.codePoint == '\t') {
    return true;
  }
  if (c.codePoint == '\r') {
    if (source.text().substr(offset + 1, 1) == "\n") {
      return true;
    }
    diagnostics.report(Diag::LoneCarriageReturn, range, offset)
        .help("end lines with LF or CR LF");
    stop = true;
    return false;
  }
  if (c.codePoint < 0x20 || (c.codePoint >= 0x7F && c.codePoint <= 0x9F)) {
    diagnostics.report(Diag::ControlCharacter, range,
                       codePointName(c.codePoint));
    return false;
  }
  if (const char *name = hiddenCharacterName(c.codePoint)) {
    diagnostics
        .report(Diag::HiddenCharacter, range, codePointName(c.codePoint), name)
        .note("it can make a text look different from what it says")
        .help("remove it");
    return false;
  }
  return true;
}

bool checkEncoding(const SourceFile &source, DiagnosticEngine &diagnostics) {
  std::string_view text = source.text();
  if (text.size() > maxFileBytes) {
    diagnostics.report(Diag::FileTooLarge, {0, 0}, text.size(), maxFileBytes);
    return false;
  }
  bool clean = true;
  bool stop = false;
  for (uint32_t offset = 0; offset < text.size() && !stop;) {
    DecodedChar c = decodeUtf8(text, offset);
    bool good = checkCharacter(source, offset, c, diagnostics, stop);
    clean = clean && good;
    stop = stop || diagnostics.tooManyErrors();
    offset += c.length;
  }
  return clean;
}

} // namespace gmc::dsl
