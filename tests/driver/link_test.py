#!/usr/bin/python3
"""Linkers that are missing, fail, are killed or hang, and signals at any moment:
the tool is named, nothing partial stands under the final name, and no
temporary folder is left.
"""
import os
import random
import signal
import subprocess
import time

from driver import GMC, IO, OK, VAE, DriverTest, main


class LinkTest(DriverTest):
    """Rows C25, C26 of the table of bad inputs."""

    def fails(self, tools, *says):
        """gmc names the tool; an older executable stays as it was."""
        self.text("out", "older")
        self.expect(IO, "compile", "small.gm", "-o", "out",
                    says=[f"{tools}/c++", *says], env=self.path_with(tools))
        self.assertEqual((self.folder / "out").read_text(), "older")
        self.assertEqual(self.left(), {"out", "tools"})

    def test_c25_linker_fails(self):
        self.fails(self.script("c++", "echo no such luck >&2; exit 3\n"),
                   "no such luck", "code 3")

    def test_c25_linker_is_killed(self):
        self.fails(self.script("c++", "echo half > program; kill -9 $$\n"),
                   "Killed")

    def test_c25_linker_crashes(self):
        self.fails(self.script("c++", "kill -SEGV $$\n"), "Segmentation fault")

    def test_c25_linker_is_no_program(self):
        tools = self.script("c++", "")
        (tools / "c++").write_bytes(b"\x7fELF nonsense")
        self.fails(tools, "cannot be started")

    def test_c25_linker_writes_nothing(self):
        self.fails(self.script("c++", "exit 0\n"), "wrote nothing")

    def test_c25_linker_says_bytes(self):
        self.fails(self.script("c++", "printf '\\377\\000%%s{}'; exit 1\n"))

    def test_c25_path_is_empty(self):
        """The compiler of the system is found without PATH."""
        for path in ({"PATH": ""}, {}, {"PATH": "/nowhere"}):
            with self.subTest(path=path):
                self.expect(OK, "compile", "small.gm", env=path)
                self.train("./small")

    def test_c25_path_is_relative(self):
        self.script("c++", 'exec /usr/bin/c++ "$@"\n')
        self.expect(OK, "compile", "small.gm", "-o", "out",
                    env={"PATH": "tools:/usr/bin:/bin"})
        self.train("./out")

    def test_c25_temporary_folder_is_absent(self):
        for place in ("/nowhere", "", "relative", "/dev/null"):
            with self.subTest(place=place):
                self.expect(OK, "compile", "small.gm",
                            env={**os.environ, "TMPDIR": place})
                self.train("./small")

    def test_c25_runtime_is_absent(self):
        """A gmc without its libraries says which one it looked for."""
        alone = self.folder / "tools"
        alone.mkdir()
        (alone / "gmc").write_bytes(GMC.read_bytes())
        (alone / "gmc").chmod(0o755)
        done = subprocess.run([alone / "gmc", "compile", "small.gm", "-o",
                               "out"], cwd=self.folder, check=False,
                              capture_output=True)
        self.assertEqual(done.returncode, IO, done.stderr)
        self.assertIn(b"libgmcRuntime.a", done.stderr)
        self.assertEqual(self.left(), {"tools"})

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

    def test_c26_signals_while_linking(self):
        """The linker, and what it started, end with gmc."""
        tools = self.script(
            "c++", "echo part > program\n"
            f"sleep 300 & echo $! > {self.folder}/inner; wait\n")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number):
                inner = self.folder / "inner"
                inner.unlink(missing_ok=True)
                with self.start("compile", "small.gm", "-o", "out",
                                env=self.path_with(tools)) as process:
                    self.until(lambda: inner.exists() and inner.read_text(),
                               "the linker did not start")
                    process.send_signal(number)
                    self.assertEqual(process.wait(20), -number)
                self.assertEqual(self.left(), {"tools", "inner"})
                child = int(inner.read_text())
                self.until(lambda: self.has_ended(child), "it runs on")

    def has_ended(self, process):
        try:
            with open(f"/proc/{process}/stat", encoding="ascii") as stat:
                return stat.read().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    def test_c26_ignored_signals_stay_ignored(self):
        tools = self.script(
            "c++", f"touch {self.folder}/inner; sleep 1\n"
            'exec /usr/bin/c++ "$@"\n')
        with self.start("compile", "small.gm", "-o", "out",
                        env=self.path_with(tools), preexec_fn=lambda:
                        signal.signal(signal.SIGHUP, signal.SIG_IGN)) as gmc:
            self.until((self.folder / "inner").exists, "no linker")
            gmc.send_signal(signal.SIGHUP)
            said, _ = gmc.communicate(timeout=60)
            self.assertEqual(gmc.returncode, OK, said)
        self.train("./out")

    def test_c26_children_that_are_not_waited_for(self):
        """A parent that ignores SIGCHLD leaves that to gmc."""
        with self.start("compile", "small.gm", "-o", "out", preexec_fn=lambda:
                        signal.signal(signal.SIGCHLD, signal.SIG_IGN)) as gmc:
            self.assertEqual(gmc.wait(60), OK)
        self.train("./out")

    def test_c26_signals_at_any_moment(self):
        """Seeded moments over a whole compilation: the executable is whole or
        absent; only SIGKILL may leave the temporary folder."""
        pick = random.Random(26)
        start = time.monotonic()
        self.expect(OK, "compile", VAE, "-o", "whole")
        whole = (self.folder / "whole").read_bytes()
        length = time.monotonic() - start
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGKILL] * 7:
            # A third of them while the linker runs: the end.
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
                            if not name.startswith(".gmc-link-")}
                    for name in self.left() - left - {"whole"}:
                        subprocess.run(["rm", "-rf", self.folder / name],
                                       check=True)
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
