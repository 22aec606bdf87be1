#!/usr/bin/python3
"""Faults inside MLIR and LLVM: gmc says that it is to blame, saves what the
phase was given, leaves no executable and exits with 70; without memory, 6.

Fault.cpp, preloaded, stands in front of functions of the shared libraries, so
gmc itself knows nothing of it.
"""
import os
import subprocess
import tempfile
from pathlib import Path

from driver import (GMC, INTERNAL, MEMORY, OK, VAE, DriverTest, cap_memory,
                    main)

# Where: the macro that puts a fault there, the phase that it is in.
PLACES = {"number": "check", "patterns": "differentiate", "translate": "llvm",
          "verify": "llvm", "split": "object", "parse": "object", "options": "link"}


class CrashTest(DriverTest):
    """Rows C28, C30 of the table of bad inputs."""

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.library = {}
        for place in PLACES:
            cls.library[place] = Path(scratch.name, f"{place}.so")
            subprocess.run(
                ["/usr/bin/c++", "-shared", "-fPIC", "-O1",
                 "-Wno-return-type-c-linkage", f"-DFAULT_{place.upper()}",
                 Path(__file__).with_name("Fault.cpp"), "-o",
                 cls.library[place]], check=True)

    def faulty(self, place, kind, *more):
        return {"env": {**os.environ, "LD_PRELOAD": str(self.library[place]),
                        "FAULT": f"{place}:{kind}"}}

    def check_internal(self, place, kind, *arguments):
        text = self.expect(
            INTERNAL, "compile", "small.gm", "-o", "out", *arguments,
            says=["internal error", f"phase `{PLACES[place]}`", "bug in gmc",
                  "out.reproducer.mlir"], **self.faulty(place, kind))
        self.assertEqual(self.left(), {"out.reproducer.mlir"})
        saved = self.folder / "out.reproducer.mlir"
        done = subprocess.run([GMC.with_name("gmc-opt"), saved],
                              capture_output=True, check=False)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn(b"module", done.stdout)
        saved.unlink()
        return text

    def test_c28_crashes(self):
        """In a pass, between the passes, on the main thread and on others; each
        would end the process."""
        for place in PLACES:
            if place == "number":
                continue  # nothing has been made yet that could be saved
            for kind in ("segv", "abort", "trap", "fatal", "throw"):
                with self.subTest(place=place, kind=kind):
                    text = self.check_internal(place, kind)
                    if kind == "fatal":
                        self.assertIn("a fault was put in", text)

    def test_c28_front_end(self):
        for command in (("compile", "small.gm", "-o", "out"),
                        ("check", "small.gm"), ("explain", "small.gm"),
                        ("fmt", "small.gm")):
            for kind in ("segv", "abort", "throw"):
                with self.subTest(command=command[0], kind=kind):
                    self.expect(INTERNAL, *command,
                                says=["internal error", "bug in gmc"],
                                **self.faulty("number", kind))
                    self.assertEqual(self.left(), set())

    def test_c28_failures(self):
        self.check_internal("translate", "failure")

    def test_c28_older_files_stay(self):
        self.text("out", "older")
        self.expect(INTERNAL, "compile", "small.gm", "-o", "out",
                    **self.faulty("split", "segv"))
        self.assertEqual((self.folder / "out").read_text(), "older")

    def test_c28_reproducer_that_cannot_be_saved(self):
        """Its name is taken by a folder; it is not promised."""
        (self.folder / "out.reproducer.mlir").mkdir()
        for place in ("patterns", "translate"):
            with self.subTest(place=place):
                text = self.expect(INTERNAL, "compile", "small.gm", "-o", "out",
                                   **self.faulty(place, "segv"))
                self.assertNotIn("and `out.reproducer.mlir`", text)

    def test_c28_no_fault_no_error(self):
        """The stand-in alone breaks nothing: what is seen is the fault."""
        self.expect(OK, "compile", "small.gm", "-o", "out",
                    **self.faulty("verify", "none"))
        self.train("./out")

    def test_c30_memory_is_over(self):
        for place in PLACES:
            for kind in ("memory", "new"):
                with self.subTest(place=place, kind=kind):
                    self.expect(MEMORY, "compile", "small.gm", "-o", "out",
                                says="out of memory",
                                **self.faulty(place, kind))
                    self.assertEqual(self.left(), set())

    def test_c30_bounded_memory(self):
        """Ever less address space: whole, or refused with a message."""
        whole, codes = None, set()
        for megabytes in (4000, 700, 600, 560, 520, 480, 460, 440, 430, 420,
                          410, 400, 390, 380, 370, 360):
            with self.subTest(megabytes=megabytes):
                done = self.gmc("compile", VAE, "-o", "out",
                                memory=megabytes << 20)
                if done.returncode == 127:
                    break  # the libraries themselves do not fit
                codes.add(done.returncode)
                self.assertIn(done.returncode, (OK, MEMORY), done.stdout)
                if done.returncode == OK:
                    made = (self.folder / "out").read_bytes()
                    whole = whole or made
                    self.assertEqual(made, whole)
                    (self.folder / "out").unlink()
                else:
                    self.assertIn(b"memory", done.stdout)
                self.assertEqual(self.left(), set())
        self.assertEqual(codes, {OK, MEMORY})


if __name__ == "__main__":
    main()
