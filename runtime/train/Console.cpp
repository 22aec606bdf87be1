//===- Console.cpp - what a trainer says ----------------------------------===//
//
// Writes until everything is out or the reader has gone away.
//
//===----------------------------------------------------------------------===//
#include "runtime/train/Console.h"

#include <cerrno>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gmc::runtime {

void Console::write(std::string_view text) {
  while (!broken && !text.empty()) {
    const ssize_t done = ::write(descriptor, text.data(), text.size());
    if (done < 0 && errno == EINTR) {
      continue;
    }
    if (done <= 0) {
      broken = true;
      return;
    }
    text.remove_prefix(size_t(done));
  }
}

bool Console::isTerminal() const { return isatty(descriptor) == 1; }

size_t Console::columns() const {
  winsize size{};
  const bool known =
      ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

Console &out() {
  static Console console(STDOUT_FILENO);
  return console;
}

Console &err() {
  static Console console(STDERR_FILENO);
  return console;
}

} // namespace gmc::runtime
