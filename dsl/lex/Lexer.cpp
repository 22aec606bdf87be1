//===- Lexer.cpp - text to tokens -----------------------------------------===//
//
// One pass, one character of look-ahead (two at `..`). Newlines are no tokens:
// each token knows whether it is the first of its line, and the parser decides
// where that ends a statement.
//
//===----------------------------------------------------------------------===//
#include "dsl/lex/Lexer.h"

#include "dsl/base/Unicode.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace gmc::dsl {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }

/// Returns the kind of the word `text`: a reserved one, or a name.
TokenKind wordKind(std::string_view text) {
  static const std::unordered_map<std::string_view, TokenKind> words = {
#define GMC_WORD(Name, spelling) {spelling, TokenKind::Name##Word},
#include "dsl/lex/tokens.def"
  };
  auto found = words.find(text);
  return found == words.end() ? TokenKind::Name : found->second;
}

/// What writers used to other languages type, and what to type here.
const char *habitHelp(uint32_t codePoint) {
  switch (codePoint) {
  case '\'':
  case 0x2018:
  case 0x2019:
  case 0x201C:
  case 0x201D:
    return "strings stand in straight double quotes: \"name\"";
  case '&':
    return "the word is `and`";
  case '|':
    return "a pipe is `|>`, and the word for alternatives is `or`";
  case '!':
    return "the word is `not`";
  case 0x2212:
  case 0x2013:
  case 0x2014:
    return "a minus is `-`";
  case 0x00D7:
  case 0x00B7:
    return "a product is `*`";
  case 0x2192:
    return "an arrow is `->`";
  case 0x2190:
    return "an arrow is `<-`";
  case 0x2264:
    return "write `<=`";
  case 0x2265:
    return "write `>=`";
  case 0x00A0:
    return "this is a no-break space; write a plain one";
  case '\\':
    return "a line goes on by itself after an operator and within `( )` and "
           "`[ ]`";
  default:
    return nullptr;
  }
}

class Lexer {
public:
  Lexer(const SourceFile &source, DiagnosticEngine &diagnostics)
      : text(source.text()), diagnostics(diagnostics) {}

  LexResult run() {
    while (!diagnostics.tooManyErrors()) {
      skipBlanks();
      if (position == text.size()) {
        break;
      }
      begin = position;
      if (peek() == '#') {
        lexComment();
      } else {
        TokenKind kind = lexToken();
        add(kind);
      }
    }
    begin = position;
    add(TokenKind::EndOfFile);
    return std::move(result);
  }

private:
  char peek(size_t ahead = 0) const {
    return position + ahead < text.size() ? text[position + ahead] : '\0';
  }
  bool accept(char c) {
    bool found = peek() == c && position < text.size();
    position += found;
    return found;
  }
  SourceRange here() const { return {begin, position}; }

  void skipBlanks() {
    for (; position < text.size(); ++position) {
      char c = text[position];
      newlines += c == '\n';
      if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
        return;
      }
    }
  }

  void add(TokenKind kind) {
    bool first = newlines > 0 || result.tokens.empty();
    result.tokens.push_back({kind, first, newlines > 1, here()});
    newlines = 0;
  }

  void lexComment() {
    size_t end = text.find('\n', position);
    position = end == std::string_view::npos ? text.size() : end;
    uint32_t last = position;
    while (text[last - 1] == ' ' || text[last - 1] == '\t' ||
           text[last - 1] == '\r') {
      --last;
    }
    bool atStart = result.tokens.empty() && result.comments.empty();
    bool ownLine = newlines > 0 || atStart;
    result.comments.push_back({{begin, last}, ownLine, newlines > 1});
    newlines = 0;
  }

  TokenKind lexToken() {
    char c = peek();
    if (isNameStart(c)) {
      return lexWord();
    }
    if (isDigit(c) || (c == '.' && isDigit(peek(1)))) {
      return lexNumber();
    }
    if (c == '"') {
      return lexString();
    }
    return lexMark();
  }

  TokenKind lexWord() {
    while (isNamePart(peek())) {
      ++position;
    }
    if (position - begin > maxNameBytes) {
      diagnostics.report(Diag::NameTooLong, here(), position - begin,
                         maxNameBytes);
      return TokenKind::Error;
    }
    return wordKind(text.substr(begin, position - begin));
  }

  void skipDigits() {
    while (isDigit(peek())) {
      ++position;
    }
  }

  TokenKind lexNumber() {
    bool pointFirst = peek() == '.';
    skipDigits();
    bool integer = true;
    if (peek() == '.' && isDigit(peek(1))) {
      integer = false;
      ++position;
      skipDigits();
    }
    bool signedExponent =
        (peek(1) == '-' || peek(1) == '+') && isDigit(peek(2));
    if ((peek() == 'e' || peek() == 'E') &&
        (isDigit(peek(1)) || signedExponent)) {
      integer = false;
      position += 2;
      skipDigits();
    }
    if (isNamePart(peek())) {
      while (isNamePart(peek())) {
        ++position;
      }
      return reportNumberForm();
    }
    if (pointFirst) {
      diagnostics.report(Diag::NumberWithoutDigit, here(), shown(slice()))
          .help(fmt::format("write `0{}`", shown(slice())));
      return TokenKind::Error;
    }
    if (slice().size() > 1 && slice()[0] == '0' && isDigit(slice()[1])) {
      diagnostics.report(Diag::LeadingZero, here(), shown(slice()))
          .help("numbers are decimal; leave the zeros out");
      return TokenKind::Error;
    }
    return checkNumberRange(integer);
  }

  std::string_view slice() const {
    return text.substr(begin, position - begin);
  }

  TokenKind reportNumberForm() {
    std::string_view number = slice();
    auto message =
        diagnostics.report(Diag::MalformedNumber, here(), shown(number));
    if (number.find('_') != std::string_view::npos) {
      message.help("digits stand together: 40000");
    } else if (number[0] == '0' && number.size() > 1 && number[1] == 'x') {
      message.help("numbers are decimal");
    } else {
      message.help("a number looks like 20, 0.5 or 1e-3; a name begins with a "
                   "letter");
    }
    return TokenKind::Error;
  }

  TokenKind checkNumberRange(bool integer) {
    NumberValue number = numberValue(slice());
    if (integer && number.value > maxInteger) {
      diagnostics.report(Diag::IntegerTooLarge, here(), shown(slice()))
          .note("whole numbers end at 2^53 = 9007199254740992");
      return TokenKind::Error;
    }
    if (std::isinf(number.value)) {
      diagnostics.report(Diag::NumberTooLarge, here(), shown(slice()))
          .note("numbers end at about 1.8e308");
      return TokenKind::Error;
    }
    bool zero = slice()
                    .substr(0, slice().find_first_of("eE"))
                    .find_first_of("123456789") == std::string_view::npos;
    // A number below the smallest normal one would lose digits.
    if (!zero && number.value < std::numeric_limits<double>::min()) {
      diagnostics.report(Diag::NumberTooSmall, here(), shown(slice()))
          .note("numbers other than 0 begin at about 2.2e-308");
      return TokenKind::Error;
    }
    return TokenKind::Number;
  }

  TokenKind lexString() {
    bool good = true;
    ++position;
    while (true) {
      if (position == text.size() || peek() == '\n') {
        while (position > begin + 1 && text[position - 1] == '\r') {
          --position;
        }
        diagnostics.report(Diag::UnterminatedString, here())
            .label("begins here and does not end on this line")
            .help("close it with `\"`");
        return TokenKind::Error;
      }
      if (accept('"')) {
        return good ? TokenKind::String : TokenKind::Error;
      }
      if (accept('\\')) {
        good = lexEscape() && good;
      } else {
        ++position;
      }
    }
  }

  bool lexEscape() {
    char c = peek();
    if (c == '"' || c == '\\' || c == 'n' || c == 't') {
      ++position;
      return true;
    }
    if (c == '\n' || position == text.size()) {
      return false;
    }
    uint32_t length = decodeUtf8(text, position).length;
    SourceRange escape{position - 1, position + length};
    position += length;
    diagnostics
        .report(Diag::UnknownEscape, escape,
                shown(text.substr(escape.begin, escape.end - escape.begin)))
        .help("escapes are \\\" \\\\ \\n \\t");
    return false;
  }

  TokenKind lexMark() {
    // The longest mark that fits, e.g. `..<` before `..`.
    struct Mark {
      std::string_view spelling;
      TokenKind kind;
    };
    static constexpr Mark marks[] = {
#define GMC_MARK(Name, spelling) {spelling, TokenKind::Name},
#include "dsl/lex/tokens.def"
    };
    const Mark *best = nullptr;
    for (const Mark &mark : marks) {
      if (text.substr(position, mark.spelling.size()) == mark.spelling &&
          (!best || mark.spelling.size() > best->spelling.size())) {
        best = &mark;
      }
    }
    if (!best) {
      return reportCharacter();
    }
    position += best->spelling.size();
    return best->kind;
  }

  TokenKind reportCharacter() {
    DecodedChar c = decodeUtf8(text, position);
    position += c.length;
    // One message for a word in other letters, not one a letter.
    while (static_cast<unsigned char>(peek()) >= 0x80 || isNamePart(peek())) {
      if (c.codePoint < 0x80) {
        break;
      }
      ++position;
    }
    // `&&` and `||` are one slip.
    bool doubled = (c.codePoint == '&' || c.codePoint == '|') &&
                   peek() == static_cast<char>(c.codePoint);
    position += doubled;
    c.length += doubled;
    SourceRange range{begin, begin + c.length};
    std::string letter = shown(text.substr(begin, c.length));
    if (c.codePoint < 0x80) {
      auto message =
          diagnostics.report(Diag::UnexpectedCharacter, range, letter);
      if (const char *help = habitHelp(c.codePoint)) {
        message.help(help);
      }
      return TokenKind::Error;
    }
    auto message = diagnostics.report(Diag::NonAsciiCharacter, range, letter,
                                      codePointName(c.codePoint));
    const char *help = habitHelp(c.codePoint);
    message.help(help ? help
                      : "names are made of the letters a-z, A-Z, digits and "
                        "`_`; other letters may stand in strings and comments");
    return TokenKind::Error;
  }

  std::string_view text;
  DiagnosticEngine &diagnostics;
  LexResult result;
  uint32_t position = 0;
  uint32_t begin = 0;
  uint32_t newlines = 0; ///< since the last token or comment
};

} // namespace

LexResult lex(const SourceFile &source, DiagnosticEngine &diagnostics) {
  return Lexer(source, diagnostics).run();
}

NumberValue numberValue(std::string_view text) {
  NumberValue number;
  // from_chars knows no locale: a decimal comma cannot creep in.
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (error == std::errc::result_out_of_range) {
    // It leaves the value alone both above and below the range; the exponent's
    // sign tells which.
    bool tiny = text.find("e-") != std::string_view::npos ||
                text.find("E-") != std::string_view::npos ||
                text.substr(0, 2) == "0.";
    number.value = tiny ? 0 : std::numeric_limits<double>::infinity();
  }
  number.integer = text.find_first_of(".eE") == std::string_view::npos;
  return number;
}

std::string stringValue(std::string_view text) {
  std::string out;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    char c = text[++i];
    out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  return out;
}

} // namespace gmc::dsl
