//===- Diagnostic.cpp - the message table ---------------------------------===//
#include "dsl/base/Diagnostic.h"

#include <cstddef>
#include <iterator>

namespace gmc::dsl {

static constexpr DiagInfo table[] = {
#define GMC_DIAG(Name, code, severity, text)                                   \
  {#Name, code, Severity::severity, text},
#include "dsl/diagnostics.def"
};

const DiagInfo &infoOf(Diag diag) { return table[static_cast<size_t>(diag)]; }

unsigned diagCount() { return std::size(table); }

} // namespace gmc::dsl
