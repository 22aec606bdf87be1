#!/usr/bin/python3
"""Checks rules of the house that a script can see, over all files of gmc.

Each rule is a function from (path, text) to (line, reason) pairs. `--self-test`
shows that each rule finds what it is for and lets the right form pass.
"""
import re
import subprocess
import sys
from pathlib import Path

CODE = {".h", ".cpp", ".c", ".td", ".def", ".py"}
TESTS = {".gm", ".mlir", ".test"}
LARGEST = 1 << 20
ROOT = Path(__file__).resolve().parents[2]


def find(pattern, text):
    """(line number, matched text) of each place where `pattern` stands."""
    return [(text.count("\n", 0, match.start()) + 1, match.group())
            for match in re.finditer(pattern, text)]


def file_check(path, text):
    """A test with check lines pipes into FileCheck, or they check nothing."""
    if not (path.startswith("tests/") and Path(path).suffix in TESTS):
        return
    runs = "\n".join(re.findall(r"RUN:(.*)", text))
    piped = re.search(r"\|\s*FileCheck\b|\bFileCheck\b.*--?input-file", runs)
    prefixes = set(re.findall(r"--?check-prefix(?:es)?[= ]([\w,-]+)", runs))
    prefixes = {one for group in prefixes for one in group.split(",")}
    prefixes |= {"CHECK"}
    name = "|".join(re.escape(one) for one in sorted(prefixes))
    suffix = r"(?:-(?:NEXT|SAME|NOT|DAG|LABEL|EMPTY|COUNT-\d+))?"
    checks = find(rf"(?:#|//)\s*(?:{name}){suffix}:", text)
    if checks and not piped:
        yield checks[0][0], "check lines, but no RUN line pipes into FileCheck"
    if "FileCheck" in runs and not any("-NOT:" not in one for _, one in checks):
        yield 1, "FileCheck runs without a line that must be found"


def expected_failure(path, text):
    """A RUN line that ends in `|| true` cannot fail."""
    if path.startswith("tests/"):
        for line, _ in find(r"RUN:.*(\|\|\s*true|;\s*true)\s*$", text):
            yield line, "this RUN line cannot fail"


def machine_path(path, text):
    """A file of the project names no folder of one person's machine."""
    for line, found in find(r"(?<![\w.\-/}])/(home|root|work|mnt|media|Users)/",
                            text):
        if path != "tests/layers/check_house.py":
            yield line, f"`{found}` is a folder of one machine"


def to_do(path, text):
    """What is left to do has an issue."""
    for line, _ in find(r"\b(TODO(?!\(#\d+\))|FIXME|XXX)\b", text):
        if path != "tests/layers/check_house.py":
            yield line, "write TODO(#issue)"


def file_name(path, _):
    """A file is named after what it offers."""
    if re.search(r"util|misc", Path(path).name, re.IGNORECASE):
        yield 1, "name the file after what it offers"


def file_head(path, text):
    """A source says at its top what it does; generated headers are no files."""
    if Path(path).suffix in CODE:
        begin = re.sub(r"^#!.*\n", "", text).lstrip()
        if begin and not begin.startswith(("//", "/*", '"""', "#")) \
                or re.match(r"#(include|pragma|ifndef)", begin):
            yield 1, "the file has no comment at its head"


def merge_marker(_, text):
    """No merge was left half done."""
    for line, _ in find(r"(?m)^(<{7} |>{7} |={7}$)", text):
        yield line, "merge marker"


def link(path, text):
    """A link of a page leads to a file or folder of the tree."""
    if Path(path).suffix != ".md":
        return
    for line, found in find(r'\]\([^)\s]+\)|\bclick \w+ "[^"]+"', text):
        target = re.search(r'[("]([^)"]+)[)"]', found).group(1).split("#")[0]
        if target and not re.match(r"https?:", target) \
                and not (ROOT / Path(path).parent / target).exists():
            yield line, f"the link to `{target}` leads nowhere"


def rule_number(path, text):
    """A number of the language reference is given once: tests cite it."""
    if path == "dsl/language.md":
        seen = set()
        for line, found in find(r"\*\*R-[a-z]+-\d+", text):
            if found in seen:
                yield line, f"a second rule is numbered {found[2:]}"
            seen.add(found)


RULES = [rule_number, file_check, expected_failure, machine_path, to_do, file_name,
         file_head, merge_marker, link]


def project_files(root):
    """Tracked and new files, as git sees them; all but builds without git."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-coz", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [one for one in listed.stdout.split("\0")
                if one and (root / one).is_file()]
    files = (file.relative_to(root) for file in root.rglob("*")
             if file.is_file())
    return [file.as_posix() for file in files
            if not file.parts[0].startswith((".git", "build"))]


def check(path, text):
    """All that the rules find in one file."""
    return [f"{path}:{line}: {reason}"
            for rule in RULES for line, reason in rule(path, text)]


EXAMPLES = [
    ("tests/a.mlir", "// RUN: gmc-opt %s | FileCheck %s\n// CHECK: add\n", True),
    ("tests/a.mlir", "// RUN: gmc-opt %s\n// CHECK: add\n", False),
    ("tests/a.gm", "# RUN: gmc check %s\n# CHECK-NEXT: add\n", False),
    ("tests/a.gm", "# RUN: gmc check %s\n", True),
    ("tests/a.gm", "# RUN: gmc check %s | FileCheck %s\n# CHECK-NOT: x\n",
     False),
    ("tests/a.gm", "# RUN: gmc check %s | FileCheck --check-prefix=IR %s\n"
                   "# IR-LABEL: x\n", True),
    ("tests/a.gm", "# RUN: gmc check %s || true\n", False),
    ("dsl/a.cpp", "// Reads.\nint a; // " + "TODO: more\n", False),
    ("dsl/a.cpp", "// Reads.\n// " + "TODO(#12): more\n", True),
    ("dsl/a.cpp", "int a;\n", False),
    ("dsl/a.h", "#ifndef A_H\n", False),
    ("dsl/Utils.cpp", "// Reads.\n", False),
    ("tools/run", "cd /" + "home/me/gmc\n", False),
    ("tools/run", "ls a/work/b; cat /usr/share/x\n", True),
    ("tests/README.md", "[a](layers) [b](../README.md#top) [c](#d)\n", True),
    ("tests/README.md", "[a](nowhere/at-all)\n", False),
    ("README.md", 'click lex "nowhere/lex"\n', False),
    ("README.md", "<" * 7 + " HEAD\n", False),
    ("dsl/language.md", "- **R-net-1** a (R-net-2)\n- **R-net-2** b\n", True),
    ("dsl/language.md", "- **R-net-1** a\n- **R-net-1** b\n", False),
]


def self_test():
    wrong = [f"{path}: {text!r}: expected "
             f"{'no finding' if right else 'a finding'}"
             for path, text, right in EXAMPLES
             if (not check(path, text)) != right]
    print("\n".join(wrong) or f"{len(EXAMPLES)} examples are judged rightly")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    errors, files = [], project_files(ROOT)
    for path in files:
        data = (ROOT / path).read_bytes()
        if len(data) > LARGEST:
            errors.append(f"{path}: {len(data)} bytes, over {LARGEST}")
        if b"\0" not in data[:8192] and "/Inputs/" not in path:
            errors += check(path, data.decode("utf-8", errors="replace"))
    print("\n".join(errors))
    print(f"{len(files)} files, {len(errors)} findings")
    return 1 if errors or not files else 0


if __name__ == "__main__":
    sys.exit(main())
