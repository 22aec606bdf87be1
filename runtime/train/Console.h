//===- Console.h - what a trainer says --------------------------*- C++ -*-===//
//
// Text goes to the terminal by write(2), whole. A reader that has gone away
// (a closed pipe, a full device) never stops a training run: the console falls
// silent and remembers that.
//
//===----------------------------------------------------------------------===//
#ifndef GMC_RUNTIME_TRAIN_CONSOLE_H
#define GMC_RUNTIME_TRAIN_CONSOLE_H

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace gmc::runtime {

class Console {
public:
  /// Writes to file descriptor `descriptor`.
  explicit Console(int descriptor) : descriptor(descriptor) {}

  void write(std::string_view text);
  /// Writes a formatted line; short lines allocate nothing.
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args &&...args) {
    fmt::memory_buffer line;
    fmt::format_to(fmt::appender(line), format, std::forward<Args>(args)...);
    line.push_back('\n');
    write({line.data(), line.size()});
  }
  /// True once a write has failed.
  bool isBroken() const { return broken; }
  bool isTerminal() const;
  /// The width of the terminal in characters; 80 where it is not known.
  size_t columns() const;

private:
  int descriptor;
  bool broken = false;
};

/// Standard output and standard error.
Console &out();
Console &err();

} // namespace gmc::runtime

#endif // GMC_RUNTIME_TRAIN_CONSOLE_H
