#!/usr/bin/python3
"""Executables for other processors: one that asks for what this machine lacks
says so and exits 8, any other runs; an older one gives the same numbers.

What an executable asks for is what it says itself (`info --json`), what the
machine has is what g++ finds, so no processor is known here. Where there is
qemu-x86_64 (Debian's qemu-user), the same holds on the processors that it
emulates.
"""
import json
import re
import shutil
import subprocess
import sys

from driver import DEVICE, OK, ROOT, SANITIZED, VAE, DriverTest, main

sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from trainer import largest_difference, write_idx  # noqa: E402

# LLVM's names, of two makers; their sets of features contain each other in
# part only.
PROCESSORS = ["x86-64-v3", "haswell", "znver3", "alderlake", "skylake-avx512",
              "icelake-server", "znver4", "znver5", "sapphirerapids",
              "diamondrapids"]
# QEMU's names; `qemu64` has no AVX at all.
EMULATED = ["qemu64", "Haswell", "Skylake-Server", "Icelake-Server",
            "EPYC-Milan", "max"]
MODEL = """data ring : ring() as f32[2]
net F(x: f32[2]) -> f32[2] { x |> linear(64) |> tanh |> linear(2) }
step fit(x) { minimize sum((F(x) - x)^2) over F using adam(1e-3) }
train { fit(next ring.train) } for 3 rounds, batch 16
"""


def unknown_names(cxx_says):
    """The names of features that this g++ does not know."""
    return set(re.findall(r"not valid: ([\w.-]+)", cxx_says))


class Asker:
    """A program that prints which of some features a processor has."""

    def __init__(self, folder, names):
        self.path, self.known = folder / "asker", set(names)
        while True:
            tests = "".join(f'  if (__builtin_cpu_supports("{name}"))'
                            f' puts("{name}");\n' for name in self.known)
            source = folder / "asker.cpp"
            source.write_text(f"#include <cstdio>\nint main() {{\n{tests}}}\n")
            done = subprocess.run(["g++", source, "-o", self.path], text=True,
                                  capture_output=True, check=False)
            if done.returncode == 0:
                return
            refused = unknown_names(done.stderr) & self.known
            if not refused:
                raise AssertionError(done.stderr)
            self.known -= refused

    def lacking(self, emulator):
        """Features that the processor lacks for certain."""
        has = subprocess.run([*emulator, self.path], text=True, check=True,
                             capture_output=True).stdout.split()
        return self.known - set(has)


class ProcessorTest(DriverTest):
    """Row C29 of the table of bad inputs."""

    def needs_of(self, executable):
        text = subprocess.run([executable, "info", "--json"], check=True,
                              cwd=self.folder, capture_output=True).stdout
        return set(json.loads(text)["features"])

    def compile_all(self):
        """Compiles the model for each processor; what each executable needs."""
        self.text("m.gm", MODEL)
        needs = {}
        for cpu in PROCESSORS:
            self.expect(OK, "compile", "m.gm", "-o", cpu, "--mcpu", cpu)
            needs[cpu] = self.needs_of(f"./{cpu}")
            self.assertLessEqual({"avx2", "fma"}, needs[cpu], cpu)
        return needs

    def check(self, cpu, needs, asker, emulator=()):
        """Trains for a round where that can go, and is refused elsewhere; what
        the executable lacks."""
        lacking = asker.lacking(emulator) & needs
        done = subprocess.run(
            [*emulator, f"./{cpu}", "train", "--steps", "1", "--threads", "1",
             "--overwrite", "--out", "run"], cwd=self.folder, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        text = done.stdout.decode("utf-8", "replace")
        self.assertIn(done.returncode, (OK, DEVICE), text)
        if done.returncode == OK:
            self.assertEqual(lacking, set(), text)
            return set()
        named = set(re.search(r"needs (.*?), which", text)[1].split(", "))
        # Of what g++ does not know, the executable's word is taken.
        self.assertEqual(named & asker.known, lacking, text)
        self.assertLessEqual(named, needs, text)
        return named

    def test_c29_other_than_this_machine(self):
        needs = self.compile_all()
        asker = Asker(self.folder, set().union(*needs.values()))
        self.assertLessEqual({"avx2", "fma", "avx512f"}, asker.known)
        for cpu, names in needs.items():
            with self.subTest(cpu=cpu):
                self.check(cpu, names, asker)
        emulator = shutil.which("qemu-x86_64")
        if not emulator or SANITIZED:
            # The address sanitizer's terabytes of shadow are real memory there.
            self.skipTest("other machines: there is no qemu-x86_64 here "
                          "(Debian's qemu-user), or the build has sanitizers")
        for machine in EMULATED:
            refused, prefix = 0, (emulator, "-cpu", machine)
            for cpu, names in needs.items():
                with self.subTest(cpu=cpu, machine=machine):
                    refused += bool(self.check(cpu, names, asker, prefix))
            # No emulator knows them all, and qemu64 knows none.
            self.assertGreater(refused, 0, machine)
            self.assertTrue(machine != "qemu64" or refused == len(needs))

    def test_c29_older_than_this_machine(self):
        write_idx(self.folder / "data", 28, 28)
        arguments = ["--data", str(self.folder / "data")]
        for flags in ((), ("--f64",)):
            kept = []
            for cpu in ("native", "x86-64-v3", "haswell"):
                with self.subTest(cpu=cpu, flags=flags):
                    name = f"{cpu}{''.join(flags)}"
                    self.expect(OK, "compile", VAE, "-o", name, "--batch", "8",
                                "--mcpu", cpu, *flags)
                    self.train(f"./{name}", steps=3, arguments=arguments)
                    kept.append(self.last_run / "checkpoint.safetensors")
            for other in kept[1:]:
                share, tensor = largest_difference(kept[0], other)
                self.assertLess(share, 1e-4, tensor)

    def trained(self, executable, arguments):
        """(the processor that the executable chose, its checkpoint)."""
        text = subprocess.run([f"./{executable}", "info", "--json"], check=True,
                              cwd=self.folder, capture_output=True).stdout
        self.train(f"./{executable}", steps=3, arguments=arguments)
        return json.loads(text)["target"], (self.last_run / "checkpoint.safetensors")

    def test_c29_several_in_one(self):
        """One executable for AVX2 and AVX-512 is, on each machine, the best of both."""
        write_idx(self.folder / "data", 28, 28)
        arguments = ["--data", str(self.folder / "data")]
        compiled = ["-o", "m", "--batch", "8", "--mcpu"]
        for cpus in (["x86-64-v3", "x86-64-v4"], ["diamondrapids", "x86-64-v3"]):
            with self.subTest(cpus=cpus):
                alone = {}
                for cpu in cpus:
                    self.expect(OK, "compile", VAE, *compiled, cpu)
                    (self.folder / "m").rename(self.folder / cpu)
                    if not Asker(self.folder, needs := self.needs_of(f"./{cpu}")
                                 ).lacking(()) & needs:
                        alone[cpu] = self.trained(cpu, arguments)[1].read_bytes()
                self.expect(OK, "compile", VAE, *compiled, ",".join(cpus))
                chosen, checkpoint = self.trained("m", arguments)
                self.assertIn(chosen, alone)
                wide = next(cpu for cpu in cpus if cpu != "x86-64-v3")
                self.assertEqual(chosen, wide if wide in alone else "x86-64-v3")
                self.assertEqual(checkpoint.read_bytes(), alone[chosen])


if __name__ == "__main__":
    main()
