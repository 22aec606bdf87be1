//===- RenderDiagnostic.cpp - a diagnostic as people see it ---------------===//
//
//   error[E0312]: shapes of `l1` disagree
//     --> cyclegan.gm:38:12
//      |
//   38 |   cyc = l1(Gba(fb), Gab(a)) + l1(Gab(fa), b)
//      |            ^^^^^^^  ^^^^^^
//      |            image[3,128,128]   image[3,256,256]
//      = note: `b` comes from folder("trainB") as image[3,256,256] (line 5)
//      = help: give data `a` and `b` the same `size`
//
// Every line that holds a range is shown once. Long lines are cut to a window
// around the primary range; labels that fall outside become notes. What does
// not print (tabs, hidden characters, broken bytes) is written out.
//
//===----------------------------------------------------------------------===//
#include "dsl/base/DiagnosticEngine.h"
#include "dsl/base/Unicode.h"

#include <algorithm>
#include <map>

namespace gmc::dsl {
namespace {

/// Bytes of a line shown at most, and how many of them before the first mark.
constexpr uint32_t windowBytes = 120;
constexpr uint32_t windowBefore = 40;
/// Labels share a line up to this column.
constexpr unsigned labelLineWidth = 100;
constexpr unsigned tabWidth = 4;

/// A label on its line, in columns of the printed text.
struct Mark {
  unsigned begin = 0;
  unsigned end = 0;
  std::string text;
};

/// A part of a line made fit to print, with the column of each of its bytes.
class PrintedLine {
public:
  PrintedLine(const SourceFile &file, SourceRange shownRange, SourceRange line)
      : range(shownRange) {
    if (range.begin > line.begin) {
      append("...", 3);
    }
    std::string_view bytes = file.text(range);
    for (size_t i = 0; i < bytes.size();) {
      DecodedChar c = decodeUtf8(bytes, i);
      columns.insert(columns.end(), c.length, width);
      appendChar(bytes.substr(i, c.length), c);
      i += c.length;
    }
    columns.push_back(width);
    if (range.end < line.end) {
      append("...", 3);
    }
  }

  const std::string &text() const { return printed; }
  unsigned columnOf(uint32_t offset) const {
    offset = std::clamp(offset, range.begin, range.end);
    return columns[offset - range.begin];
  }

private:
  void append(std::string_view text, unsigned columnCount) {
    printed += text;
    width += columnCount;
  }
  void appendChar(std::string_view bytes, DecodedChar c) {
    if (c.valid && c.codePoint == '\t') {
      unsigned blanks = tabWidth - width % tabWidth;
      append(std::string(blanks, ' '), blanks);
      return;
    }
    std::string text = shown(bytes);
    bool asIs = text == bytes;
    append(text, asIs ? columnsOf(c.codePoint) : text.size());
  }

  SourceRange range;
  std::string printed;
  std::vector<unsigned> columns;
  unsigned width = 0;
};

/// Returns the part of `line` to show so that `first` is seen.
SourceRange windowOf(const SourceFile &file, SourceRange line, uint32_t first) {
  if (line.end - line.begin <= windowBytes) {
    return line;
  }
  SourceRange window = line;
  if (first > line.begin + windowBefore) {
    window.begin = std::min(first - windowBefore, line.end - windowBytes);
  }
  window.end = std::min(window.begin + windowBytes, line.end);
  // Never begin or end within a character.
  auto continues = [&](uint32_t offset) {
    std::string_view byte = file.text({offset, offset + 1});
    return !byte.empty() &&
           (static_cast<unsigned char>(byte[0]) & 0xC0) == 0x80;
  };
  for (int i = 0; i < 3 && window.begin > line.begin; ++i) {
    window.begin -= continues(window.begin);
  }
  for (int i = 0; i < 3 && window.end < line.end; ++i) {
    window.end += continues(window.end);
  }
  return window;
}

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// Puts `piece` at `column` of `line`, which ends before it.
void place(std::string &line, unsigned &width, unsigned column,
           const std::string &piece) {
  line.append(column - width, ' ');
  line += piece;
  width = column;
  for (size_t i = 0; i < piece.size();) {
    DecodedChar c = decodeUtf8(piece, i);
    width += columnsOf(c.codePoint);
    i += c.length;
  }
}

/// Returns the line of carets under `marks`.
std::string caretLine(const std::vector<Mark> &marks) {
  std::string line;
  for (const Mark &mark : marks) {
    unsigned end = std::max(mark.end, mark.begin + 1);
    line.resize(std::max<size_t>(line.size(), end), ' ');
    std::fill(line.begin() + mark.begin, line.begin() + end, '^');
  }
  return line;
}

/// Returns the lines of label texts under the carets: all on one line where
/// they fit side by side, else one a line with the rightmost first.
std::vector<std::string> labelLines(const std::vector<Mark> &marks) {
  std::vector<Mark> labelled;
  std::copy_if(marks.begin(), marks.end(), std::back_inserter(labelled),
               [](const Mark &mark) { return !mark.text.empty(); });
  if (labelled.empty()) {
    return {};
  }
  std::string joined;
  unsigned width = 0;
  for (const Mark &mark : labelled) {
    unsigned column =
        joined.empty() ? mark.begin : std::max(mark.begin, width + 3);
    place(joined, width, column, mark.text);
  }
  if (labelled.size() == 1 || width <= labelLineWidth) {
    return {joined};
  }
  std::vector<std::string> lines;
  for (size_t last = labelled.size(); last-- > 0;) {
    std::string line;
    width = 0;
    for (size_t i = 0; i < last; ++i) {
      if (labelled[i].begin >= width &&
          labelled[i].begin < labelled[last].begin) {
        place(line, width, labelled[i].begin, "|");
      }
    }
    place(line, width, std::max(labelled[last].begin, width),
          labelled[last].text);
    lines.push_back(line);
  }
  return lines;
}

/// Renders one diagnostic; `run` is the table of contents.
class Renderer {
public:
  Renderer(const Diagnostic &diagnostic, const SourceFile &file)
      : diagnostic(diagnostic), file(file) {}

  std::string run() {
    collectLines();
    uint32_t lastLine = labelsOfLine.rbegin()->first;
    gutter = std::to_string(lastLine).size();
    header();
    for (auto &[line, labels] : labelsOfLine) {
      showLine(line, labels);
    }
    footer();
    return out;
  }

private:
  using Labels = std::vector<const Diagnostic::Label *>;

  void collectLines() {
    auto add = [&](const Diagnostic::Label &label) {
      labelsOfLine[file.lineOf(label.range.begin)].push_back(&label);
    };
    add(diagnostic.primary);
    for (const Diagnostic::Label &label : diagnostic.labels) {
      add(label);
    }
  }

  void header() {
    const char *severity =
        diagnostic.severity() == Severity::Error ? "error" : "warning";
    LineColumn place = file.lineColumn(diagnostic.primary.range.begin);
    out += fmt::format("{}[{}]: {}\n", severity, diagnostic.code(),
                       diagnostic.message);
    out += fmt::format("{:{}}--> {}:{}:{}\n", "", gutter,
                       shown(file.name(), 200), place.line, place.column);
    out += fmt::format("{:{}} |\n", "", gutter);
  }

  void showLine(uint32_t number, Labels &labels) {
    if (previousLine != 0 && number > previousLine + 1) {
      out += "...\n";
    }
    previousLine = number;
    std::stable_sort(labels.begin(), labels.end(), [](auto *a, auto *b) {
      return a->range.begin < b->range.begin;
    });
    SourceRange line = file.lineRange(number);
    SourceRange window = windowOf(file, line, focusOf(labels));
    PrintedLine printed(file, window, line);
    out += trimmed(fmt::format("{:>{}} | {}", number, gutter, printed.text()));
    out += '\n';
    std::vector<Mark> marks;
    for (const Diagnostic::Label *label : labels) {
      // An empty line has its mark at its begin, one past the end likewise.
      bool seen = label->range.begin >= window.begin &&
                  label->range.begin <= window.end;
      if (seen) {
        marks.push_back({printed.columnOf(label->range.begin),
                         printed.columnOf(label->range.end), label->text});
      } else {
        noteOutside(*label);
      }
    }
    margin(caretLine(marks));
    for (const std::string &text : labelLines(marks)) {
      margin(text);
    }
  }

  /// Returns the offset that must be in the window: the first label's, unless
  /// the primary one would then be outside.
  uint32_t focusOf(const Labels &labels) const {
    uint32_t first = labels.front()->range.begin;
    for (const Diagnostic::Label *label : labels) {
      bool fits = label->range.end < first + windowBytes - windowBefore;
      if (label == &diagnostic.primary && !fits) {
        return label->range.begin;
      }
    }
    return first;
  }

  void noteOutside(const Diagnostic::Label &label) {
    LineColumn place = file.lineColumn(label.range.begin);
    outside.push_back(fmt::format("{}:{}: `{}`{}{}", place.line, place.column,
                                  shown(file.text(label.range)),
                                  label.text.empty() ? "" : ": ", label.text));
  }

  void margin(const std::string &text) {
    out += trimmed(fmt::format("{:{}} | {}", "", gutter, text)) + "\n";
  }

  void footer() {
    auto line = [&](const char *word, const std::string &text) {
      out += fmt::format("{:{}} = {}: {}\n", "", gutter, word, text);
    };
    for (const std::string &text : outside) {
      line("note", text);
    }
    for (const std::string &text : diagnostic.notes) {
      line("note", text);
    }
    for (const std::string &text : diagnostic.helps) {
      line("help", text);
    }
  }

  const Diagnostic &diagnostic;
  const SourceFile &file;
  std::map<uint32_t, Labels> labelsOfLine;
  std::vector<std::string> outside;
  std::string out;
  unsigned gutter = 1;
  uint32_t previousLine = 0;
};

} // namespace

std::string renderDiagnostic(const Diagnostic &diagnostic,
                             const SourceFile &file) {
  return Renderer(diagnostic, file).run();
}

} // namespace gmc::dsl
