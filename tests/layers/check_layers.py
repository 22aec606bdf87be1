#!/usr/bin/python3
"""Checks which folder includes which: the layers of gmc as a table.

Includes are written from the repository root, so an include line is a
statement of dependency. A folder may include itself, its subfolders, and what
its row names; a file belongs to the longest row that is a prefix of its path.
A folder with code and without a row is an error: a new folder says where it
stands. `--self-test` shows that each rule can fail.
"""
import re
import sys
import tempfile
from pathlib import Path

# What a row may include of gmc, beside its own folder.
LAYERS = {
    # The language knows text alone: neither compiler nor runtime.
    "dsl/diagnostics.def": [],
    "dsl/base": ["dsl/diagnostics.def"],
    "dsl/lex": ["dsl/base"],
    "dsl/ast": ["dsl/base"],
    "dsl/parse": ["dsl/base", "dsl/lex", "dsl/ast"],
    "dsl/program": ["dsl/base", "runtime/plan"],
    "dsl/sema": ["dsl/base", "dsl/ast", "dsl/program", "runtime/plan",
                 "runtime/abi/names.def"],
    "dsl/library": ["dsl/base", "dsl/ast", "dsl/program", "dsl/sema"],
    "dsl": [],

    # The compiler. NN never sees GM, differentiation sees NN alone (the request
    # `nn.gradient` and the ops that gradients are made of), code generation
    # knows neither models nor derivatives.
    "compiler/Interfaces": [],
    "compiler/Dialect/NN": ["compiler/Interfaces"],
    "compiler/Dialect/RT": ["compiler/Interfaces"],
    "compiler/Dialect/GM": ["compiler/Interfaces", "compiler/Dialect/NN"],
    "compiler/Import": ["dsl/base", "dsl/program", "runtime/plan",
                        "compiler/Dialect"],
    "compiler/Autodiff/Rules": ["compiler/Autodiff", "compiler/Interfaces",
                                "compiler/Dialect/NN"],
    "compiler/Autodiff": ["compiler/Interfaces", "compiler/Dialect/NN"],
    "compiler/Conversion/GMToRT": ["compiler/Interfaces", "compiler/Dialect",
                                   "compiler/Conversion/NNToLinalg"],
    "compiler/Conversion/NNToLinalg": ["compiler/Interfaces",
                                       "compiler/Dialect/NN",
                                       "compiler/Dialect/RT"],
    "compiler/Conversion": [],
    "compiler/Codegen/CPU": ["compiler/Codegen", "compiler/Dialect/RT",
                             "runtime/abi"],
    "compiler/Codegen": ["compiler/Dialect/RT"],
    "compiler/Pipeline": ["compiler/Interfaces", "compiler/Dialect",
                          "compiler/Autodiff", "compiler/Conversion",
                          "compiler/Codegen"],
    # The driver writes the plan and reads it back as a trainer will.
    "compiler/Driver": ["dsl", "compiler", "runtime/abi", "runtime/plan"],
    "compiler": [],

    # The runtime of a trainer: never compiler, language or MLIR.
    "runtime/abi": [],
    # Names alone, which a text may not give: the language reads them too.
    "runtime/abi/names.def": [],
    # What a run does: language, compiler and runtime build on it.
    "runtime/plan": [],
    "runtime/core": ["runtime/abi", "runtime/plan"],
    "runtime/data": ["runtime/abi", "runtime/plan", "runtime/core"],
    "runtime/io": ["runtime/abi", "runtime/plan", "runtime/core"],
    "runtime/cpu": ["runtime/abi", "runtime/core"],
    "runtime/train": ["runtime"],
    "runtime": [],

    # Nothing depends on these, they may see everything.
    "tools": ["dsl", "compiler", "runtime"],
    "tests": ["dsl", "compiler", "runtime", "tests"],
}

# Headers of others that a folder may include, as prefixes; `std` stands for
# the C++, C and POSIX headers.
LIBRARIES = {
    "dsl": ["std", "fmt/"],
    "compiler": ["std", "fmt/", "mlir/", "llvm/", "lld/", "nlohmann/"],
    "runtime": ["std", "fmt/", "nlohmann/", "CLI/", "png.h", "zlib.h",
                "xxhash.h", "Eigen/"],
    "tools": ["std", "fmt/", "mlir/", "llvm/", "lld/", "CLI/", "nlohmann/"],
    "tests": None,
}

# Closed to what stands above one kind of machine: no thread, no memory of the
# host, no instruction of a processor. First matching row counts.
MACHINE = ["thread", "pthread.h", "omp.h", "immintrin.h", "x86intrin.h",
           "sys/mman.h", "mlir/Dialect/MemRef/", "mlir/Dialect/LLVMIR/",
           "mlir/Dialect/Vector/", "mlir/Dialect/Bufferization/",
           "mlir/Dialect/GPU/", "mlir/Dialect/OpenMP/", "mlir/Dialect/Async/",
           "mlir/Conversion/", "mlir/Target/"]
CLOSED_TO_MACHINE = ["dsl", "compiler/Import", "compiler/Interfaces",
                     "compiler/Dialect/NN", "compiler/Dialect/GM",
                     "compiler/Autodiff", "runtime/abi", "runtime/plan"]

SUFFIXES = {".h", ".cpp", ".c", ".td", ".def", ".inc"}
INCLUDE = re.compile(r'^\s*#?\s*include\s*(["<])([^">]+)[">]')
POSIX = re.compile(r"[a-z0-9_]+(\.h)?|(sys|linux|arpa|netinet)/[a-z0-9_]+\.h")
OTHERS_PLAIN = {"png.h", "zlib.h", "xxhash.h"}


def row_of(path, table):
    """The longest key of `table` that is `path` or a folder above it."""
    keys = [key for key in table if path == key or path.startswith(key + "/")]
    return max(keys, key=len, default=None)


def is_within(path, folder):
    return path == folder or path.startswith(folder + "/")


def is_standard(header):
    return header not in OTHERS_PLAIN and POSIX.fullmatch(header) is not None


def check_own(path, header):
    """Why `path` may not include gmc's `header`, or None."""
    row = row_of(path, LAYERS)
    allowed = [row] + LAYERS[row]
    # A row's own folder does not open the subfolders that have a row.
    target = row_of(header, LAYERS)
    if target is None:
        return f"`{header}` stands in no layer"
    if target == row or any(is_within(header, one) for one in LAYERS[row]):
        return None
    return f"{row} may include {', '.join(allowed)}, not `{header}`"


def check_library(path, header):
    """Why `path` may not include another's `header`, or None."""
    closed = row_of(path, CLOSED_TO_MACHINE)
    if closed and any(header == one or one[-1] == "/" and header.startswith(one)
                      for one in MACHINE):
        return f"{closed} stands above any one machine, `{header}` does not"
    allowed = LIBRARIES[path.split("/")[0]]
    if allowed is None or any(
            is_standard(header) if one == "std" else header == one
            or one.endswith("/") and header.startswith(one)
            for one in allowed):
        return None
    return f"{path.split('/')[0]} may include {', '.join(allowed)}; " \
           f"not <{header}>"


def check_file(root, path):
    """Every wrong include of one file, as `path:line: reason`."""
    row = row_of(path, LAYERS)
    lines = (root / path).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        header = match.group(2)
        top = header.split("/")[0]
        if row is None:
            reason = "this folder has no row in tests/layers/check_layers.py"
        elif "/" in header and top in LIBRARIES:
            reason = check_own(path, header)
        elif match.group(1) == '"' and "/" not in header:
            reason = f"write `{header}` from the repository root"
        else:
            reason = check_library(path, header)
        if reason:
            yield f"{path}:{number}: {reason}"


def check(root):
    """(number of files read, list of errors) of the tree at `root`."""
    errors, count = [], 0
    for top in LIBRARIES:
        for file in sorted((root / top).rglob("*")):
            if file.suffix in SUFFIXES and file.is_file():
                count += 1
                errors += check_file(root, file.relative_to(root).as_posix())
    return count, errors


# (file, include line, whether it is right)
EXAMPLES = [
    ("dsl/lex/Lexer.cpp", '#include "dsl/base/SourceFile.h"', True),
    ("dsl/lex/Lexer.cpp", "#include <string_view>", True),
    ("dsl/lex/Lexer.cpp", "#include <fmt/format.h>", True),
    ("dsl/base/A.h", '#include "dsl/lex/Lexer.h"', False),
    ("dsl/ast/Node.h", '#include "dsl/lex/Lexer.h"', False),
    ("dsl/parse/Parser.cpp", '#include "dsl/sema/Sema.h"', False),
    ("dsl/program/Program.h", '#include "dsl/ast/Node.h"', False),
    ("dsl/sema/Sema.cpp", '#include "dsl/program/Program.h"', True),
    ("dsl/sema/Sema.cpp", '#include "llvm/ADT/StringRef.h"', False),
    ("dsl/sema/Sema.cpp", "#include <png.h>", False),
    ("dsl/sema/Sema.cpp", "#include <thread>", False),
    ("dsl/sema/Sema.cpp", '#include "Sema.h"', False),
    ("compiler/Import/Import.cpp", '#include "dsl/program/Program.h"', True),
    ("compiler/Import/Import.cpp", '#include "dsl/ast/Node.h"', False),
    ("compiler/Import/Import.cpp", '#include "dsl/sema/Sema.h"', False),
    ("compiler/Import/Import.cpp", '#include "runtime/abi/gmAbi.h"', False),
    ("compiler/Dialect/NN/IR/NN.td",
     'include "compiler/Dialect/GM/IR/GM.td"', False),
    ("compiler/Dialect/GM/IR/GM.td",
     'include "compiler/Dialect/NN/IR/NN.td"', True),
    ("compiler/Autodiff/Differentiate.cpp",
     '#include "compiler/Dialect/GM/IR/GMOps.h"', False),
    ("compiler/Autodiff/Differentiate.cpp",
     '#include "compiler/Autodiff/Rules/RegisterRules.h"', False),
    ("compiler/Autodiff/Rules/Shape.cpp",
     '#include "compiler/Dialect/NN/IR/NNOps.h"', True),
    ("compiler/Autodiff/Differentiate.cpp",
     '#include "mlir/Dialect/MemRef/IR/MemRef.h"', False),
    ("compiler/Conversion/NNToLinalg/Product.cpp",
     '#include "compiler/Dialect/GM/IR/GMDialect.h"', False),
    ("compiler/Conversion/Vector/Fuse.cpp",
     '#include "compiler/Dialect/NN/IR/NNDialect.h"', False),
    ("compiler/Codegen/CPU/Pack.cpp",
     '#include "compiler/Dialect/NN/IR/NNOps.h"', False),
    ("compiler/Codegen/CPU/Pack.cpp", '#include "runtime/abi/gmAbi.h"', True),
    ("compiler/Codegen/CPU/Pack.cpp", '#include "runtime/core/Tensor.h"',
     False),
    ("compiler/Pipeline/Pipeline.cpp", '#include "compiler/Driver/Link.h"',
     False),
    ("compiler/Driver/Link.cpp", '#include "dsl/sema/Sema.h"', True),
    ("compiler/Driver/Link.cpp", "#include <CLI/CLI.hpp>", False),
    ("runtime/core/Tensor.h", '#include "runtime/abi/gmAbi.h"', True),
    ("runtime/core/Tensor.h", '#include "runtime/io/Checkpoint.h"', False),
    ("runtime/data/Idx.cpp", '#include "runtime/cpu/ThreadPool.h"', False),
    ("runtime/train/Main.cpp", '#include "runtime/io/Checkpoint.h"', True),
    ("runtime/train/Main.cpp", '#include "dsl/base/SourceRange.h"', False),
    ("runtime/train/Main.cpp", '#include "compiler/Driver/Link.h"', False),
    ("runtime/io/Png.cpp", "#include <mlir/IR/Builders.h>", False),
    ("runtime/io/Png.cpp", "#include <sys/stat.h>", True),
    ("dsl/base/A.h", '#include "tools/gmc/Options.h"', False),
    ("compiler/Fusion/Fuse.cpp", '#include "compiler/Driver/Link.h"', False),
]


def self_test():
    """Each example, alone in a tree, is found right or wrong as it says."""
    wrong = []
    for path, line, right in EXAMPLES:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, path)
            file.parent.mkdir(parents=True)
            file.write_text("// Example.\n" + line + "\n", encoding="utf-8")
            count, errors = check(Path(folder))
        if count != 1 or (not errors) != right:
            wrong.append(f"{path}: {line}: expected "
                         f"{'no error' if right else 'an error'}, got {errors}")
    print("\n".join(wrong) or f"{len(EXAMPLES)} examples are judged rightly")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    count, errors = check(Path(__file__).resolve().parents[2])
    print("\n".join(errors))
    print(f"{count} files, {len(errors)} wrong includes")
    return 1 if errors or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
