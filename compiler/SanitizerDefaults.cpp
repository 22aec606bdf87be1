//===- SanitizerDefaults.cpp - what AddressSanitizer leaves alone ---------===//
//
// libMLIR, libLLVM and lld are built without the sanitizers and share LLVM's
// inline allocators with the programs that link them: one side would poison
// what the other hands out.
//
//===----------------------------------------------------------------------===//
extern "C" const char *__asan_default_options() {
  return "allow_user_poisoning=0";
}
