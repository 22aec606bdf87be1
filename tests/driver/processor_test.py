#!/usr/bin/python3
"""Executables for other processors: one that this machine lacks says so and
exits 8, one that is older gives the same numbers.
"""
import re
import sys
from pathlib import Path

from driver import DEVICE, OK, ROOT, VAE, DriverTest, main

sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from trainer import largest_difference, write_idx  # noqa: E402

# LLVM's names of processors, newest first, and /proc/cpuinfo's names of
# features that the code for them may use.
PROCESSORS = {
    "diamondrapids": {"avx10_2", "amx_tile"},
    "sapphirerapids": {"amx_tile", "avx512_fp16", "avx_vnni"},
    "znver5": {"avx_vnni", "avx512_vp2intersect"},
    "skylake-avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
    "znver4": {"avx512_bf16", "avx512_vbmi2", "avx512_vnni"},
}


def host_features():
    text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    return set(re.search(r"(?m)^flags\s*:(.*)$", text)[1].split())


class ProcessorTest(DriverTest):
    """Row C29 of the table of bad inputs."""

    def test_c29_newer_than_this_machine(self):
        lacking = [name for name, features in PROCESSORS.items()
                   if features - host_features()]
        if not lacking:
            self.skipTest("this machine has it all")
        refused = 0
        for name in lacking:
            with self.subTest(cpu=name):
                self.expect(OK, "compile", VAE, "-o", "vae", "--mcpu", name)
                write_idx(self.folder / "data", 28, 28)
                text = self.train("./vae", code=DEVICE, arguments=[
                    "--data", str(self.folder / "data")])
                self.assertRegex(text, r"avx|amx|vnni|vp2")
                refused += 1
        self.assertTrue(refused)

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


if __name__ == "__main__":
    main()
