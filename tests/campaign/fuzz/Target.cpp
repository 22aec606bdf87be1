//===- Target.cpp - one reader as a libFuzzer target ----------------------===//
#include "tests/campaign/fuzz/Harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  gmc::fuzz::readers::GMC_FUZZED({data, size});
  return 0;
}
