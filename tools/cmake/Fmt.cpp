//===- Fmt.cpp - the functions of fmt, compiled once ------------*- C++ -*-===//
//
// Debian has fmt as a shared library and as headers. A trainer needs glibc and
// nothing else, and fmt's header-only form doubles the time to compile of every
// file that formats. This is its third form, a static library: the definitions
// that fmt's own headers hold, and the two templates that they declare extern.
//
//===----------------------------------------------------------------------===//
#include <fmt/format-inl.h>

namespace fmt::detail {
template auto thousands_sep_impl<char>(locale_ref)
    -> thousands_sep_result<char>;
template auto decimal_point_impl<char>(locale_ref) -> char;
} // namespace fmt::detail
