//===- Target.cpp - the processor that code is generated for --------------===//
#include "compiler/Driver/Target.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

namespace gmc::driver {

namespace {

/// Returns what this processor has and lacks, as LLVM writes it: its model's
/// name alone may promise more than a virtual machine lets through.
std::string hostFeatures() {
  llvm::SubtargetFeatures features;
  for (const auto &[name, present] : llvm::sys::getHostCPUFeatures()) {
    features.AddFeature(name, present);
  }
  return features.getString();
}

/// Features that the generated code can come to use.
const char *const checkedFeatures[] = {
    "sse3",        "ssse3",        "sse4.1",       "sse4.2",
    "popcnt",      "avx",          "avx2",         "fma",
    "f16c",        "bmi",          "bmi2",         "lzcnt",
    "movbe",       "avx512f",      "avx512cd",     "avx512bw",
    "avx512dq",    "avx512vl",     "avx512ifma",   "avx512vbmi",
    "avx512vbmi2", "avx512vnni",   "avx512bitalg", "avx512vpopcntdq",
    "avx512bf16",  "avx512fp16",   "avxvnni",      "avxifma",
    "avxvnniint8", "avxneconvert", "gfni",         "vaes",
    "vpclmulqdq",  "avx10.1",      "avx10.2"};

/// Instructions of processors to come that the check at start does not know:
/// code does without them.
const char *const unusedFeatures =
    "-egpr,-push2pop2,-ppx,-ndd,-ccmp,-nf,-cf,-zu";

} // namespace

std::unique_ptr<Target> makeTarget(const std::string &cpu, std::string &error) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto target = std::make_unique<Target>();
  target->asked = cpu;
  bool native = cpu == "native";
  target->triple = llvm::sys::getDefaultTargetTriple();
  target->cpu = native ? llvm::sys::getHostCPUName().str() : cpu;
  llvm::Triple triple(target->triple);
  const llvm::Target *backend =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!backend) {
    return nullptr;
  }
  std::unique_ptr<llvm::MCSubtargetInfo> known(
      backend->createMCSubtargetInfo(triple, "", ""));
  if (!known->isCPUStringValid(target->cpu)) {
    error = "`" + cpu +
            "` is no processor that LLVM knows; `--mcpu native` is "
            "this machine's";
    return nullptr;
  }
  std::string features = native ? hostFeatures() : unusedFeatures;
  target->machine.reset(backend->createTargetMachine(
      triple, target->cpu, features, llvm::TargetOptions(), llvm::Reloc::PIC_,
      std::nullopt, llvm::CodeGenOptLevel::Default));
  const llvm::MCSubtargetInfo *info = target->machine->getMCSubtargetInfo();
  for (const char *feature : checkedFeatures) {
    if (info->checkFeatures(std::string("+") + feature)) {
      target->features.push_back(feature);
    }
  }
  if (!info->checkFeatures("+avx2") || !info->checkFeatures("+fma")) {
    error = "`" + target->cpu +
            "` has no AVX2 with FMA, which compiled models "
            "need";
    return nullptr;
  }
  target->lanesF32 = info->checkFeatures("+avx512f") ? 16 : 8;
  return target;
}

} // namespace gmc::driver
