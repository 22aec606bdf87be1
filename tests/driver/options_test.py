#!/usr/bin/python3
"""The command line: wrong, contradictory and unknown options, and what every
phase prints.
"""
import json
import re
import subprocess

from driver import (GAN, GMC, MODEL, OK, SANITIZED, SMALL, USAGE, VAE,
                    DriverTest, main)

# compiler/Pipeline/phases.def, and something that each leaves.
TEXT = {"parse": "minimize", "check": "program"}
MLIR = {"import": "nn.", "objectives": "nn.", "differentiate": "nn.",
        "fuse": "nn.", "kernels": "rt.launch", "codegen": "llvm.func"}

# A number with a range in many places.
LIMITS = """\
hyper clipped = 1, kept = 1, chance = 0.5, top = 1, wide = 1, tau = 1
hyper slow = 0.9, lasts = 5, first = 1, end = 1, half = 1, grows = 0.1
hyper given = 0.1, both = 1
param a : f32 = 1
state q : f32 = 0.3
state t : f32 = 0.5
net F(x: f32[1]) -> f32 { linear(x, 1) }
ema G = average of F, decay slow
step fit(cool) {
  b ~ Bernoulli(chance)
  u ~ Uniform(0, top)
  n ~ Normal(0, wide)
  o ~ Bernoulli(logits: a) by gumbel(tau)
  r = ramp(0 -> 1, over lasts rounds) + ramp(first -> 2, over 9 rounds, shape: exp)
  g ~ Gamma(2, half / 2)
  d ~ Bernoulli(q)
  c ~ Bernoulli(logits: a) by gumbel(cool)
  q <- q + grows
  minimize a^2 + b + u + n + o + r + g + d + c over a using sgd(1e-3), clip clipped, keep in [-0.5, kept]
  minimize F(ones(1))^2 over F using sgd(1e-3), clip ramp(1 -> end, over 2 rounds), keep in [-both, both]
}
train { fit(t); t <- t - given - 0.05 } for 4 rounds
proc show(n = 2, v = 1) batch n {
  z ~ Laplace(0, v)
  w ~ Normal(0, var: 2 * v - 1)
  emit csv(z + w + G(ones(1)))
}
"""


class OptionsTest(DriverTest):
    """Row C24 of the table of bad inputs, and --stop-after."""

    def test_c24_wrong_usage(self):
        small = "small.gm"
        for arguments, says in (
                ((), "subcommand"),
                (("frob",), "subcommand"),
                (("compile",), "FILE"),
                (("compile", small, "other.gm"), "other.gm"),
                (("compile", small, "--zap"), "--zap"),
                (("compile", small, "--stop-after"), "--stop-after"),
                (("compile", small, "--stop-after", "nope"), "no phase `nope`"),
                (("compile", small, "--stop-after", "parse", "-o", "x"),
                 "--stop-after"),
                (("compile", small, "--target", "cuda"), "not supported yet"),
                (("compile", small, "--target", "nope"), "nope"),
                (("compile", small, "--mcpu", "nonsense"), "nonsense"),
                (("compile", small, "--mcpu", ""), "processor"),
                (("compile", small, "--mcpu", "x86-64"), "AVX2"),
                (("compile", small, "--mcpu", "x86-64-v3,nonsense"), "nonsense"),
                (("compile", small, "--mcpu", "x86-64-v3,x86-64-v3"), "twice"),
                (("compile", small, "--mcpu", "pentium"), "AVX2"),
                (("compile", small, "-O1"), "-O"),
                (("compile", small, "-O", "x"), "-O"),
                (("compile", small, "-O0", "-O2"), "-O"),
                (("compile", small, "--batch", "0"), "--batch"),
                (("compile", small, "--batch", "-3"), "--batch"),
                (("compile", small, "--batch", "x"), "--batch"),
                (("compile", small, "--batch", "1.5"), "--batch"),
                (("compile", small, "--batch", "2", "--batch", "3"), "--batch"),
                (("compile", small, "--max-memory", "0"), "--max-memory"),
                (("compile", small, "--max-memory", "-1"), "--max-memory"),
                (("compile", small, "--max-memory", "x"), "--max-memory"),
                (("compile", small, "--max-memory"), "--max-memory"),
                (("check", small, "--max-memory", "8"), "--max-memory"),
                (("compile", small, "-o", "a", "-o", "b"), "--output"),
                (("compile", small, "--const", "a"), "NAME=VALUE"),
                (("compile", small, "--const", "a="), "NAME=VALUE"),
                (("compile", small, "--const", "=1"), ""),
                (("compile", small, "--const", "a=1x"), "NAME=VALUE"),
                (("compile", small, "--const", "a=1", "--const", "a=2"),
                 "twice"),
                (("compile", small, "--const", "nope=1"), "`--const nope`"),
                (("compile", small, "--const", "rate=1"), "`--const rate`"),
                (("check", small, "--const", "nope=1"), "`--const nope`"),
                (("check", small, "--mcpu", "native"), "--mcpu"),
                (("check", small, "-o", "x"), "-o"),
                (("explain", small, "-o", "x"), "-o"),
                (("explain", small, "--stop-after", "parse"), "--stop-after"),
                (("fmt", small, "--const", "a=1"), "--const"),
                (("fmt", small, "compile", small), "compile")):
            with self.subTest(arguments=arguments):
                self.expect(USAGE, *arguments, says=says)
        self.assertEqual(self.left(), set())

    def test_c24_a_batch_past_any_number(self):
        for batch in ("16777217", "9" * 30):
            self.expect(MODEL, "compile", "small.gm", "--batch", batch,
                        says="a batch of")

    def test_check_takes_several_texts(self):
        """An error in one is no reason to leave out the next."""
        self.text("bad.gm", "train { } for 1 rounds; wibble\n")
        self.text("worse.gm", "param a : f32 = b\n")
        self.expect(OK, "check", "small.gm", "small.gm")
        self.expect(MODEL, "check", "bad.gm", "small.gm", "worse.gm",
                    says=("--> bad.gm", "--> worse.gm"))
        self.expect(5, "check", "none.gm", "bad.gm",
                    says=("`none.gm`", "--> bad.gm"))

    def test_a_batch_for_every_train(self):
        """Without --batch a step has a body for each batch, with it one; these
        are other models."""
        self.text("two.gm", SMALL + "train more { both() } for 3 rounds, "
                  "batch 4\n")
        text = self.expect(OK, "explain", "two.gm",
                           says="batch 1 in `train`, batch 4 in more\n")
        self.assertIn("step both.batch4: minimizes over theta", text)
        text = self.expect(OK, "explain", "two.gm", "--batch", "3",
                           says="two.gm, batch 3\n")
        self.assertNotIn("both.batch", text)
        hashes = set()
        for flags in ((), ("--batch", "1"), ("--batch", "4")):
            self.expect(OK, "compile", "two.gm", "-o", "two", *flags)
            info = subprocess.check_output(["./two", "info", "--json"],
                                           cwd=self.folder, timeout=60)
            hashes.add(json.loads(info)["hash"])
        self.assertEqual(len(hashes), 3)

    def test_the_hash_is_of_what_trains(self):
        """A run stays that of a text which asks for more; of no other."""
        def hash_of(text, name="h"):
            self.text(f"{name}.gm", text)
            self.expect(OK, "compile", f"{name}.gm", "-o", name)
            info = subprocess.check_output([f"./{name}", "info", "--json"],
                                           cwd=self.folder, timeout=60)
            return json.loads(info)["hash"]

        first = hash_of(SMALL)
        asked = ("# A comment.\n" + SMALL.replace(" = ", "  =  ")
                 + "\nreport now = sum(psi) every 1 round\n"
                 + "proc show(n = 1) batch n { emit csv(sum(psi)) }\n")
        self.assertEqual(first, hash_of(asked, "other"))
        self.assertNotEqual(first, hash_of(
            SMALL.replace("theta)", "theta + psi)"), "changed"))
        for command, code in ((["./h", "train", "--steps", "2"], 0),
                              (["./other", "show"], 0),
                              (["./changed", "resume"], 4)):
            done = subprocess.run(command, cwd=self.folder, timeout=60,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stderr)

    def test_memory_that_is_allowed(self):
        """It is bounded from the first phase on; turns of a scan are written out
        line by line."""
        self.text("turns.gm", "param a : f32[4] = 1\nstep fit() {\n"
                  "  h = scan t in 0..<220 carry h = a {\n"
                  "    g = scan s in 0..<220 carry g = h {\n"
                  "      g <- tanh(g * a + h)\n    }\n    h <- g\n  }\n"
                  "  minimize sum(h) over a using sgd(1e-3)\n}\n"
                  "train { fit() } for 1 rounds, batch 1\n")
        for arguments in (("compile", "turns.gm", "-o", "out"),
                          ("explain", "turns.gm")):
            text = self.expect(MODEL, *arguments, "--max-memory", "0.12",
                               says="gmc: more than the 0.12 GB of memory that "
                                    "--max-memory allows, in phase `")
            if not SANITIZED:
                self.assertRegex(text, "`check`, line [3-7] of the text\n$")
        self.expect(MODEL, "compile", "small.gm", "--max-memory", "1e-3",
                    says="0.001 GB")
        self.assertEqual(self.left(), {"turns.gm"})

    def test_c24_pairs_that_work(self):
        """Every two flags of compile that do not contradict."""
        flags = [("--f64",), ("-O0",), ("--batch", "3"), ("--target", "cpu"),
                 ("--max-memory", "4"),
                 ("--mcpu", "x86-64-v3"), ("--const", "k=2")]
        self.text("k.gm", "const k = 1\n" + SMALL.replace(
            "sum(psi * theta)", "sum(psi * theta) * k"))
        for i, first in enumerate(flags):
            for second in flags[i:]:
                with self.subTest(first=first, second=second):
                    both = first if first == second else first + second
                    self.expect(OK, "compile", "k.gm", "-o", "out", *both)
                    self.train("./out")

    def test_help_and_version(self):
        for arguments in (("--help",), ("compile", "--help"), ("--version",)):
            self.assertIn("gmc", self.expect(OK, *arguments))

    def phase(self, model, name, *flags):
        done = subprocess.run([GMC, "compile", model, "--stop-after", name,
                               *flags], cwd=self.folder, check=False,
                              capture_output=True, timeout=120)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertEqual(done.stderr, b"")
        self.assertEqual(self.left() - {"again.gm", "wrong.gm"}, set())
        return done.stdout

    def test_stop_after_text(self):
        for model in (VAE, GAN):
            for name, part in TEXT.items():
                with self.subTest(model=model.stem, phase=name):
                    self.assertIn(part, self.phase(model, name).decode())
            self.text("again.gm", self.phase(model, "parse"))
            self.assertEqual(self.phase("again.gm", "parse"),
                             self.phase(model, "parse"))
            self.expect(OK, "check", "again.gm")

    def test_stop_after_mlir(self):
        """What a phase prints is read and verified by gmc-opt."""
        for model in (VAE, GAN):
            for name, part in MLIR.items():
                for flags in ((), ("-O0",), ("--f64",)):
                    with self.subTest(model=model.stem, phase=name, f=flags):
                        text = self.phase(model, name, *flags)
                        self.assertIn(part, text.decode())
                        done = subprocess.run(
                            [GMC.with_name("gmc-opt")], input=text,
                            capture_output=True, check=False, timeout=120)
                        self.assertEqual(done.returncode, OK,
                                         done.stderr[-2000:])
                        self.assertEqual(done.stdout.count(part.encode()),
                                         text.count(part.encode()))

    def test_numbers_keep_to_their_ranges(self):
        """R-val-10: the flag of a run, and the step that computes a number."""
        self.text("limits.gm", LIMITS)
        self.expect(OK, "compile", "limits.gm", "-O0", "-o", "limits")
        run = 0
        for words, code, says in (
                ((), 0, ""),
                (("clipped=0",), 2, "`clip` in line"),
                (("clipped=-1",), 2, "greater than 0"),
                (("kept=-1",), 2, "greater than -0.5"),
                (("chance=1.5",), 2, "at least 0 and at most 1"),
                (("chance=1",), 0, ""),
                (("chance=-0.1",), 2, "--set chance=-0.1"),
                (("top=0",), 2, "`Uniform` in line"),
                (("wide=-1",), 2, "`std` of `Normal` in line"),
                (("tau=0",), 2, "the temperature in line"),
                (("slow=1",), 2, "the decay of `G` in line"),
                (("lasts=0",), 2, "`over` of a ramp in line"),
                (("first=-1",), 2, "an end of a ramp in line"),
                (("end=-1",), 2, "step 3: `clip` in line"),
                (("half=-1",), 2, "step 1: `rate` of `Gamma` in line"),
                (("grows=0.4",), 2, "step 3: a probability in line"),
                (("given=0.5",), 2, "step 2: the temperature in line"),
                (("both=-1",), 2, "step 1: the width of `keep in` in line")):
            with self.subTest(words=words):
                run += 1
                done = subprocess.run(
                    ["./limits", "train", "--out", f"run-{run}",
                     *(part for word in words for part in ("--set", word))],
                    cwd=self.folder, timeout=60, capture_output=True,
                    text=True)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(says, done.stderr)
                saved = self.folder / f"run-{run}" / "checkpoint.safetensors"
                self.assertEqual(saved.exists(), code == 0)
        for words, code, says in ((("--v", "2"), 0, ""),
                                  (("--v", "0"), 2, "--v 0: `scale` of"),
                                  (("--v", "0.25"), 2,
                                   "show: `var` of `Normal` in line")):
            with self.subTest(words=words):
                done = subprocess.run(
                    ["./limits", "show", "--out", "run-1", *words],
                    cwd=self.folder, timeout=60, capture_output=True,
                    text=True)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(says, done.stderr)

    def test_stop_after_machine_code(self):
        for model in (VAE, GAN):
            with self.subTest(model=model.stem):
                text = self.phase(model, "llvm").decode()
                self.assertRegex(text, r"(?m)^define ")
                self.assertIn("gmPlan", text)
                self.assertEqual(self.phase(model, "object")[:4], b"\x7fELF")

    def test_stop_after_link(self):
        """The last phase leaves what no --stop-after leaves."""
        self.expect(OK, "compile", "small.gm", "--stop-after", "link")
        self.train("./small")

    def test_wrong_text_stops_before(self):
        self.text("wrong.gm", "net")
        self.expect(MODEL, "compile", "wrong.gm", "--stop-after", "parse")
        self.text("wrong.gm", SMALL.replace("psi * theta", "psi * zeta"))
        self.phase("wrong.gm", "parse")
        for name in ("check", "import", "link"):
            self.expect(MODEL, "compile", "wrong.gm", "--stop-after", name)

    def test_output_that_is_closed(self):
        """Standard output that takes nothing is no crash."""
        for name in ("parse", "kernels", "llvm", "object"):
            with self.subTest(phase=name), open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [GMC, "compile", VAE, "--stop-after", name], stdout=full,
                    stderr=subprocess.PIPE, check=False, timeout=120)
                self.assertEqual(done.returncode, 5, done.stderr)
                self.assertTrue(re.search(rb"(?i)standard output|stdout",
                                          done.stderr), done.stderr)


if __name__ == "__main__":
    main()
