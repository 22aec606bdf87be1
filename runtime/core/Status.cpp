//===- Status.cpp - text that is safe to print
//-----------------------------===//

#include "runtime/core/Status.h"

namespace gmc::runtime {

std::string printable(std::string_view text, size_t limit) {
  std::string result;
  for (unsigned char c : text) {
    if (result.size() >= limit) {
      return result + "...";
    }
    if (c < 0x20 || c >= 0x7f) {
      result += fmt::format("\\x{:02x}", c);
    } else {
      result += static_cast<char>(c);
    }
  }
  return result;
}

} // namespace gmc::runtime
