// Fault.cpp - a function of LLVM or MLIR that fails, preloaded by
// crash_test.py.
//
// Stands in front of functions of the shared libraries by their names; FAULT
// says where and how: "place:kind".
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace llvm {
[[noreturn]] void report_fatal_error(const char *reason, bool crash);
[[noreturn]] void report_bad_alloc_error(const char *reason, bool crash);
} // namespace llvm

namespace {

/// Fails as FAULT says. Returns for kind "failure".
void fail(const char *place) {
  const char *fault = getenv("FAULT");
  size_t length = strlen(place);
  if (!fault || strncmp(fault, place, length) != 0 || fault[length] != ':') {
    fprintf(stderr, "Fault.cpp: FAULT is not for %s\n", place);
    _Exit(99);
  }
  const char *kind = fault + length + 1;
  if (strcmp(kind, "segv") == 0) {
    *static_cast<volatile int *>(nullptr) = 1;
  } else if (strcmp(kind, "trap") == 0) {
    __builtin_trap();
  } else if (strcmp(kind, "abort") == 0) {
    abort();
  } else if (strcmp(kind, "fatal") == 0) {
    llvm::report_fatal_error("a fault was put in", true);
  } else if (strcmp(kind, "throw") == 0) {
    throw 1;
  } else if (strcmp(kind, "memory") == 0) {
    llvm::report_bad_alloc_error("a fault was put in", true);
  } else if (strcmp(kind, "new") == 0) {
    // Larger than any address space: the new-handler runs.
    volatile char *bytes = new char[size_t(1) << 62];
    bytes[0] = 1;
  }
}

} // namespace

extern "C" {
#ifdef FAULT_PATTERNS
/// mlir::applyPatternsGreedily(Region &, ..): inside passes.
char _ZN4mlir21applyPatternsGreedilyERNS_6RegionERKNS_23FrozenRewritePatternSet\
ENS_19GreedyRewriteConfigEPb() {
  fail("patterns");
  return 0;
}
#endif
#ifdef FAULT_NUMBER
/// std::from_chars(const char *, const char *, double &, chars_format): in the
/// language, which reads the text's numbers with it.
long _ZSt10from_charsPKcS0_RdSt12chars_format() {
  fail("number");
  return 0;
}
#endif
#ifdef FAULT_TRANSLATE
/// mlir::translateModuleToLLVMIR(..): nullptr is its failure.
void *_ZN4mlir23translateModuleToLLVMIREPNS_9OperationERN4llvm11LLVMContextENS2\
_9StringRefEb(void **result) {
  fail("translate");
  *result = nullptr;
  return result;
}
#endif
#ifdef FAULT_VERIFY
/// llvm::verifyModule(..): phase `llvm`; false is its success.
bool _ZN4llvm12verifyModuleERKNS_6ModuleEPNS_11raw_ostreamEPb() {
  fail("verify");
  return false;
}
#endif
#ifdef FAULT_SPLIT
/// llvm::SplitModule(..): phase `object`, on the main thread.
void _ZN4llvm11SplitModuleERNS_6ModuleEjNS_12function_refIFvSt10unique_ptrIS0_St1\
4default_deleteIS0_EEEEEbb() {
  fail("split");
}
#endif
#ifdef FAULT_OPTIONS
/// llvm::opt::OptTable::ParseArgs(..): lld alone calls it.
void _ZNK4llvm3opt8OptTable9ParseArgsENS_8ArrayRefIPKcEERjS6_NS0_10VisibilityE() {
  fail("options");
}
#endif
#ifdef FAULT_PARSE
/// llvm::parseBitcodeFile(..): in the threads that generate code.
void *
_ZN4llvm16parseBitcodeFileENS_15MemoryBufferRefERNS_11LLVMContextENS_15Par\
serCallbacksE() {
  fail("parse");
  abort();
}
#endif
}
