#!/usr/bin/python3
"""A trainer's object that is missing or damaged, disks that are full, and signals at
any moment: what is wrong is named, nothing partial stands under the final name, and no
temporary file is left.
"""
import os
import random
import signal
import subprocess
import time

from driver import GMC, IO, OK, SANITIZED, SLOWER, VAE, DriverTest, main


class LinkTest(DriverTest):
    """Rows C25, C26 of the table of bad inputs."""

    def test_c25_no_other_program(self):
        """No compiler, no linker: gmc is the only program that runs."""
        done = subprocess.run(
            ["strace", "-f", "-qq", "-e", "trace=execve,fork,vfork", "-o", "calls", GMC,
             "compile", "small.gm"], cwd=self.folder, check=False,
            env={"ASAN_OPTIONS": "detect_leaks=0"},  # LeakSanitizer traces as well
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120 * SLOWER)
        self.assertEqual(done.returncode, OK, done.stdout)
        calls = (self.folder / "calls").read_text().splitlines()
        self.assertEqual([call for call in calls if "(" in call], calls[:1])
        self.train("./small")

    def test_c25_temporary_folder_is_absent(self):
        for place in ("/nowhere", "", "relative", "/dev/null"):
            with self.subTest(place=place):
                self.expect(OK, "compile", "small.gm",
                            env={**os.environ, "TMPDIR": place})
                self.train("./small")

    def without_trainer(self, damage=None):
        """What gmc says where its trainer.o is absent or damaged."""
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "gmc").write_bytes(GMC.read_bytes())
        (self.folder / "bin" / "gmc").chmod(0o755)
        if damage:
            (self.folder / "lib").mkdir()
            whole = (GMC.parents[1] / "lib" / "trainer.o").read_bytes()
            (self.folder / "lib" / "trainer.o").write_bytes(damage(whole))
        self.text("out", "older")
        done = subprocess.run(["bin/gmc", "compile", "small.gm", "-o", "out"],
                              cwd=self.folder, check=False, capture_output=True)
        self.assertEqual(done.returncode, IO, done.stderr)
        self.assertEqual((self.folder / "out").read_text(), "older")
        self.assertEqual(self.left() - {"lib"}, {"bin", "out"})
        return done.stderr.decode(errors="replace")

    def test_c25_trainer_is_absent(self):
        self.assertIn("found no trainer.o", self.without_trainer())

    def test_c25_trainer_is_empty(self):
        self.assertIn("lib/trainer.o", self.without_trainer(lambda whole: b""))

    def test_c25_trainer_is_of_something_else(self):
        self.assertIn("lib/trainer.o", self.without_trainer(lambda whole: b"nonsense"))

    def test_c25_trainer_is_cut_off(self):
        self.assertIn("lib/trainer.o", self.without_trainer(
            lambda whole: whole[:len(whole) // 2]))

    def test_c25_trainer_is_of_another_gmc(self):
        self.assertIn("undefined symbol", self.without_trainer(
            lambda whole: whole.replace(b"gmArtifacts", b"gmArtefacts")))

    def test_c25_disk_is_full(self):
        """A bound on the size of files stands for it."""
        self.text("out", "older")
        done = subprocess.run(
            ["bash", "-c", 'ulimit -f 8; trap "" XFSZ; exec "$@"', "-", GMC,
             "compile", VAE, "-o", "out"], cwd=self.folder, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        self.assertEqual(done.returncode, IO, done.stdout)
        self.assertEqual((self.folder / "out").read_text(), "older")
        self.assertEqual(self.left(), {"out"})

    def start(self, *arguments, **options):
        return subprocess.Popen([GMC, *arguments], cwd=self.folder,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, **options)

    def until(self, done, what):
        end = time.monotonic() + 60
        while not done():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.01)

    def test_c26_ignored_signals_stay_ignored(self):
        with self.start("compile", VAE, "-o", "out", preexec_fn=lambda:
                        signal.signal(signal.SIGHUP, signal.SIG_IGN)) as gmc:
            time.sleep(0.1)
            gmc.send_signal(signal.SIGHUP)
            said, _ = gmc.communicate(timeout=60 * SLOWER)
            self.assertEqual(gmc.returncode, OK, said)
        self.assertTrue(os.access(self.folder / "out", os.X_OK))

    def test_c26_signals_at_any_moment(self):
        """Seeded moments over a whole compilation: the executable is whole or
        absent; only SIGKILL may leave the temporary file."""
        pick = random.Random(26)
        start = time.monotonic()
        self.expect(OK, "compile", VAE, "-o", "whole")
        whole = (self.folder / "whole").read_bytes()
        length = time.monotonic() - start
        times = 1 if SANITIZED else 7
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGKILL] * times:
            # A third of them while it links and writes: the end.
            moment = length * (pick.random() if pick.random() < 0.67
                               else 0.85 + 0.2 * pick.random())
            with self.subTest(signal=number, moment=moment):
                with self.start("compile", VAE, "-o", "out") as process:
                    time.sleep(moment)
                    process.send_signal(number)
                    self.assertIn(process.wait(60), (OK, -number))
                out = self.folder / "out"
                if out.exists():
                    self.assertEqual(out.read_bytes(), whole)
                    out.unlink()
                left = self.left() - {"whole"}
                if number == signal.SIGKILL:
                    left = {name for name in left
                            if not name.startswith(".gmc-")}
                    for name in self.left() - left - {"whole"}:
                        (self.folder / name).unlink()
                self.assertEqual(left, set())

    def test_c26_two_at_one_output(self):
        running = [self.start("compile", "small.gm", "-o", "out")
                   for _ in range(6)]
        for process in running:
            said, _ = process.communicate(timeout=120)
            self.assertEqual(process.returncode, OK, said)
        self.assertEqual(self.left(), {"out"})
        self.train("./out")

    def test_c26_while_it_runs(self):
        """An executable that runs is replaced, not written into."""
        self.expect(OK, "compile", "small.gm", "-o", "out")
        with subprocess.Popen([self.folder / "out", "train", "--steps",
                               "1000000000", "--out",
                               self.folder / "run-long"],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as trainer:
            self.until((self.folder / "run-long").exists, "no run")
            self.expect(OK, "compile", "small.gm", "-o", "out")
            trainer.kill()
        self.train("./out")


if __name__ == "__main__":
    main()
