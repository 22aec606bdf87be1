"""How lit runs the tests that are files: .mlir and .gm with RUN lines in their
comments, and .test, which has nothing but RUN lines and what they check.

Substitutions: %s the test, %S its folder, %t a scratch path of its own, %python.
Features for REQUIRES: a processor's (avx2, avx512f), sanitize, root, torch.
"""
import os
import subprocess

import lit.formats

config.name = "gmc"
config.test_format = lit.formats.ShTest(execute_external=True)
config.suffixes = [".mlir", ".gm", ".test"]
config.excludes = ["Inputs", "findings", "unit", "layers", "twins"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.gmc_build_root, "tests", "lit")

# Only the programs of this build and LLVM's own test tools, ahead of all else.
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.gmc_build_root, "bin"), config.llvm_tools,
     config.environment["PATH"]])
# A variable of one function's checks never leaks into the next, and a prefix
# that no line uses is an error: a misspelt check cannot pass.
config.environment["FILECHECK_OPTS"] = \
    "-enable-var-scope --allow-unused-prefixes=false"
# The same messages on every machine.
config.environment["LC_ALL"] = "C.UTF-8"
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions.append(("%python", config.python))
config.substitutions.append(("%gmc_source", config.gmc_source_root))

with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
    flags = next((line for line in cpuinfo if line.startswith("flags")), "")
config.available_features.update({"avx2", "avx512f"} & set(flags.split()))
if config.sanitize:
    config.available_features.add("sanitize")
if os.geteuid() == 0:
    config.available_features.add("root")
if subprocess.run([config.python, "-c", "import torch"],
                  capture_output=True, check=False).returncode == 0:
    config.available_features.add("torch")

# No test hangs for good; lit needs psutil to end a whole group of processes.
timeout_works, _ = lit_config.maxIndividualTestTimeIsSupported
if timeout_works:
    lit_config.maxIndividualTestTime = 600
