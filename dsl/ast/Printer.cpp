//===- Printer.cpp - lines and comments -----------------------------------===//
#include "dsl/ast/Printer.h"

#include "dsl/ast/PrinterInternals.h"

#include <algorithm>
#include <limits>

namespace gmc::dsl::ast {

std::string print(const File &file) { return Printer(file).run(); }

std::string Printer::run() {
  const uint32_t end = std::numeric_limits<uint32_t>::max();
  bool first = true;
  for (size_t i = 0; i < file.declarations.size(); ++i) {
    const Decl &node = *file.declarations[i];
    ownLineComments(node.range.begin, first);
    if (!out.empty()) {
      newLine();
    }
    bool atTop = out.empty();
    if (node.placement.blankBefore && !atTop) {
      newLine();
    }
    declaration(node);
    bool last = i + 1 == file.declarations.size();
    trailingComment(last ? end : file.declarations[i + 1]->range.begin);
    first = false;
  }
  ownLineComments(end, first);
  return out.empty() ? out : out + "\n";
}

void Printer::newLine() {
  // A blank line has no indent.
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
  out.append(2 * indent, ' ');
}

void Printer::trailingComment(uint32_t end) {
  if (commentBefore(end) && !file.comments[comment].ownLine) {
    put("  ");
    put(file.comments[comment++].text);
  }
}

void Printer::ownLineComments(uint32_t end, bool first) {
  while (commentBefore(end)) {
    const Comment &next = file.comments[comment++];
    if (!out.empty()) {
      newLine();
    }
    if (next.blankBefore && !first) {
      newLine();
    }
    put(next.text);
    first = false;
  }
}

void Printer::breakLine(uint32_t next) {
  trailingComment(next);
  ownLineComments(next, true);
  newLine();
}

bool Printer::lineBeginsWithin(uint32_t from, uint32_t to) const {
  auto first =
      std::lower_bound(file.lineBegins.begin(), file.lineBegins.end(), from);
  return first != file.lineBegins.end() && *first <= to;
}

void Printer::gap(bool broken, uint32_t next) {
  if (!broken) {
    return put(" ");
  }
  ++indent;
  breakLine(next);
  --indent;
}

void Printer::clause(std::string_view word, uint32_t next) {
  // Nothing but the word stands between what is printed and `next`.
  gap(lineBeginsWithin(reached, next), next);
  put(word);
  put(" ");
  reached = next;
}

void Printer::comma(uint32_t next) {
  put(",");
  gap(lineBeginsWithin(next, next), next);
}

} // namespace gmc::dsl::ast
