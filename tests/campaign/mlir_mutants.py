#!/usr/bin/python3
"""Campaign of IR: the modules of the .mlir tests, damaged token by token, all in one
process of gmc-opt.

    tests/campaign/mlir_mutants.py --count 100000 [--seed 1] [--first N] [--passes]
        [--findings FOLDER] [--build FOLDER]

gmc-opt ends with 0 or 1: what is wrong is an error of the parser or of a verifier. With
--passes a test's modules go through the passes of its RUN line, a process for each test.
A process that ends otherwise is run again with fewer modules until one is left: that is
the finding, and the others go on without it.
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from campaign import ROOT, Campaign, main, run  # noqa: E402

SECONDS = 3600  # of a processor, for all modules of a process
MARK = "// -----"
TOKEN = re.compile(r'\s*(?:"[^"\n]*"|[%@^#!][\w.$-]*|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?'
                   r"|[A-Za-z_][\w.$]*|->|::|\S)")
EXTREMES = """0 1 -1 2 7 4294967296 9223372036854775807 -9223372036854775808 1e308 0.0
0x7FF8000000000000 true unit "" "a" f32 f64 i1 i32 i64 index bf16 none tensor<f32>
tensor<*xf32> tensor<?xf32> tensor<0xf32> tensor<4x4xf64> memref<4xf32> memref<?x?xf32>
memref<4x4xf32> vector<4xf32> () [] {} < > x : , = -> ^bb0 @missing %0 %missing
array<i64> array<i64:0,-1> affine_map<(d0)->(d0)> dense<0.0>""".split()
MOST = 20  # findings, after which a campaign stops
# MLIR 22.1's own parsers crash while they word an error: of iterator_types, of
# dimensions, of an array whose type has no width.
UPSTREAM = re.compile(r"mlir::linalg::(Generic|Reduce|Broadcast)Op::parse"
                      r"|mlir::detail::Parser::parseDenseArrayAttr")


class Test:
    """The modules of a test, as tokens, and the passes that it runs."""

    def __init__(self, file):
        text = file.read_text()
        command = re.search(r"RUN: gmc-opt (.*?)(?:\||$)", text, re.M)
        words = command[1].split() if command else []
        self.passes = [word for word in words if word.startswith("--") and
                       word not in ("--split-input-file", "--verify-diagnostics")]
        plain = [re.sub(r"//.*", "", part) for part in text.split(MARK)]
        self.modules = [tokens for tokens in map(TOKEN.findall, plain) if tokens]


def corpus():
    tests = [Test(file) for file in sorted(ROOT.glob("tests/compiler/**/*.mlir"))]
    return [test for test in tests if test.modules]


def damage(pick, tokens, others):
    """One to four changes of a copy of `tokens`."""
    tokens = list(tokens)
    for _ in range(pick.choice([1, 1, 1, 2, 2, 4])):
        at = pick.randrange(len(tokens))
        way = pick.randrange(8)
        if way == 0:
            del tokens[at:at + pick.choice([1, 1, 3, 10])]
        elif way == 1:
            tokens.insert(at, tokens[at])
        elif way == 2:
            tokens[at] = pick.choice(pick.choice(others))
        elif way == 3:
            tokens[at] = " " + pick.choice(EXTREMES)
        elif way == 4:
            other = pick.choice(others)
            begin = pick.randrange(len(other))
            tokens[at:at] = other[begin:begin + pick.choice([2, 5, 20])]
        elif way == 5:  # a name or a number of the same module in another's place
            same = [token for token in tokens
                    if token.strip()[:1] == tokens[at].strip()[:1]]
            tokens[at] = pick.choice(same)
        elif way == 6:  # another number, also within a shape
            tokens[at] = re.sub(r"\d+", lambda found: pick.choice(
                ["0", "1", "3", "1000000", found[0]]), tokens[at])
        else:
            tokens[at] = tokens[at].replace("f32", pick.choice(["f64", "i32", "f32"]))
        if not tokens:
            return [" x"]
    return tokens


class Modules:
    """What one process is given: modules by the numbers of their cases."""

    def __init__(self, campaign, passes):
        self.campaign, self.passes, self.texts = campaign, passes, {}

    def run(self, cases):
        file = self.campaign.scratch / "modules.mlir"
        file.write_text(f"\n{MARK}\n".join(self.texts[case] for case in cases))
        command = [self.campaign.gmc.with_name("gmc-opt"), file, "--split-input-file",
                   "-o", "/dev/null", *self.passes]
        return command, run(command, self.campaign.scratch, SECONDS)

    def near_end(self, cases, said):
        """The cases from the last one that gmc-opt said an error of, a hundred at most."""
        lines = re.findall(r"modules\.mlir:(\d+):", said)
        at, line = 0, int(lines[-1]) if lines else 1
        for at, case in enumerate(cases):
            line -= self.texts[case].count("\n") + 2
            if line <= 0:
                break
        return cases[at:at + 100]

    def first_wrong(self, cases, said):
        """The first of the cases at which the process ends as it must not."""
        near = self.near_end(cases, said)
        if not self.run(near)[1].expected({0, 1}):
            cases = near
        low, high = 0, len(cases)  # cases[:low] are well, cases[:high] are not
        while high - low > 1:
            middle = (low + high) // 2
            if self.run(cases[:middle])[1].expected({0, 1}):
                low = middle
            else:
                high = middle
        return cases[high - 1]

    def check(self):
        cases = sorted(self.texts)
        while cases and len(self.campaign.state["findings"]) < MOST:
            done = self.run(cases)[1]
            if done.expected({0, 1}):
                return
            case = self.first_wrong(cases, done.said)
            command, done = self.run([case])
            if UPSTREAM.search(done.said):
                self.campaign.state["upstream"] += 1
            else:
                self.campaign.find(case, "gmc-opt", command, done, [command[1]])
            cases = cases[cases.index(case) + 1:]


def main_campaign():
    campaign = Campaign("mlir", ["passes", "upstream"], [("--passes", {"action": "store_true"})])
    if not campaign.options.count:
        sys.exit("--count says how many modules the one process reads")
    tests = corpus()
    everything = [module for test in tests for module in test.modules]
    for cases in campaign.cases(campaign.options.count):
        processes = {}
        for case in cases:
            pick = campaign.random(case)
            test = pick.choice(tests)
            passes = test.passes if campaign.options.passes else []
            modules = processes.setdefault(tuple(passes), Modules(campaign, passes))
            modules.texts[case] = "".join(
                damage(pick, pick.choice(test.modules), everything))
        for modules in processes.values():
            modules.check()
        campaign.state["passes"] = sum(map(bool, processes))
    return campaign.finish()


if __name__ == "__main__":
    main(main_campaign)
