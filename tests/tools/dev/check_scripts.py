#!/usr/bin/python3
"""Tests of tools/dev: what install-dependencies does on each kind of machine,
and what summarize-tests counts.

The machine is made of stand-ins for dpkg-query, apt-get, df, sudo and tee that
lie first in PATH and write down how they were called; nothing is installed.
"""
import os
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
INSTALL = "tools/dev/install-dependencies"
BOOKWORM = 'ID=debian\nVERSION_ID="12"\n'

STAND_INS = {
    # Knows every package but those in $MISSING; fails then, as the real one.
    "dpkg-query": r'''
shift 3
for package; do
  case " $MISSING " in
    *" $package "*) ;;
    *) echo "installed $package" ;;
  esac
done
[ -z "$MISSING" ]''',
    "apt-get": r'''
echo "apt-get $*" >>"$CALLS"
case "$1 $*" in
  *REPO_URI*) echo "$SOURCE" ;;
  indextargets*) printf '%s\n' $RELEASES ;;
  install*) exit "${APT_STATUS:-0}" ;;
esac''',
    "df": 'echo Avail; echo "$FREE_KIB"',
    "sudo": 'echo "sudo $*" >>"$CALLS"; "$@"',
    "tee": 'echo "tee $1: $(cat)" >>"$CALLS"',
}


class Machine:
    """A copy of the script in a folder of its own, on a made-up machine."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.calls = self.folder / "calls"
        self.calls.write_text("")
        script = self.folder / "clone" / INSTALL
        script.parent.mkdir(parents=True)
        script.write_text((ROOT / INSTALL).read_text())
        self.script = script
        programs = self.folder / "bin"
        programs.mkdir()
        for name, body in STAND_INS.items():
            (programs / name).write_text("#!/bin/sh\n" + body + "\n")
            (programs / name).chmod(0o755)
        self.variables = {
            "PATH": f"{programs}:/usr/bin:/bin", "CALLS": str(self.calls),
            "MISSING": "", "FREE_KIB": str(9 << 20), "RELEASES": "bookworm",
            "SOURCE": "http://deb.debian.org/debian/",
            "GMC_OS_RELEASE": str(self.folder / "os-release")}
        self.release(BOOKWORM)

    def release(self, text):
        (self.folder / "os-release").write_text(text)

    def run(self, *arguments, user=None, **variables):
        """(exit status, standard output, standard error, calls)."""
        for path in [self.folder, *self.folder.rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IROTH | stat.S_IWOTH
                       | (stat.S_IXOTH if path.is_dir() else 0))
        result = subprocess.run(
            ["bash", self.script, *arguments], capture_output=True, text=True,
            env={**self.variables, **variables}, check=False, cwd="/",
            user=user, group=user, extra_groups=user and [], timeout=60)
        return (result.returncode, result.stdout, result.stderr,
                self.calls.read_text())


class InstallDependencies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.machine = Machine(folder.name)

    def test_does_nothing_where_all_is_there(self):
        status, out, err, calls = self.machine.run("--tests")
        self.assertEqual((status, out, err, calls), (0, "", "", ""))

    def test_stops_on_another_system_with_the_list(self):
        self.machine.release('ID=ubuntu\nVERSION_ID="24.04"\n')
        status, _, err, calls = self.machine.run(MISSING="cmake")
        self.assertEqual((status, calls), (1, ""))
        self.assertIn("ubuntu 24.04", err)
        self.assertIn("libmlir-22-dev", err)

    def test_goes_on_elsewhere_where_told_to(self):
        self.machine.release("ID=ubuntu\n")
        status, _, _, calls = self.machine.run(
            MISSING="cmake", GMC_SKIP_DEPENDENCIES="1")
        self.assertEqual((status, calls), (0, ""))

    def test_stops_before_apt_where_the_disk_is_small(self):
        status, _, err, calls = self.machine.run(
            MISSING="cmake", FREE_KIB=str(2 << 20))
        self.assertEqual(status, 1)
        self.assertIn("3 GB", err)
        self.assertNotIn("apt-get", calls)

    def test_wrong_usage(self):
        self.assertNotEqual(self.machine.run("--everything")[0], 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root needs no sudo")
    def test_root_adds_the_archive_and_installs_what_is_missing(self):
        status, _, err, calls = self.machine.run(
            MISSING="cmake libmlir-22-dev")
        self.assertEqual((status, err), (0, ""))
        self.assertIn("gmc-debian-security.list: deb http://deb.debian.org/"
                      "debian-security bookworm-security main", calls)
        install = [line for line in calls.splitlines()
                   if line.startswith("apt-get install")]
        self.assertEqual(len(install), 1)
        self.assertTrue(install[0].endswith(" cmake libmlir-22-dev"), install)
        self.assertLess(calls.index("tee"), calls.index("apt-get update"))
        self.assertNotIn("sudo", calls)

    @unittest.skipUnless(os.geteuid() == 0, "only root needs no sudo")
    def test_leaves_an_archive_that_is_listed(self):
        _, _, _, calls = self.machine.run(
            MISSING="cmake", RELEASES="bookworm bookworm-security")
        self.assertNotIn("tee", calls)
        self.assertIn("apt-get install", calls)

    @unittest.skipUnless(os.geteuid() == 0, "only root needs no sudo")
    def test_says_where_the_log_is_when_apt_fails(self):
        status, _, err, _ = self.machine.run(MISSING="cmake", APT_STATUS="100")
        self.assertEqual(status, 1)
        self.assertIn("build/packages.log", err)

    @unittest.skipUnless(os.geteuid() == 0, "root can become another user")
    def test_another_user_goes_through_sudo(self):
        status, _, err, calls = self.machine.run(MISSING="cmake", user=65534)
        self.assertEqual((status, err), (0, ""))
        self.assertIn("sudo apt-get update", calls)

    @unittest.skipUnless(os.geteuid() == 0, "root can become another user")
    def test_another_user_without_sudo_gets_the_command(self):
        (self.machine.folder / "bin" / "sudo").unlink()
        if any(os.access(f"{folder}/sudo", os.X_OK)
               for folder in ("/usr/bin", "/bin")):
            self.skipTest("this machine has a sudo of its own")
        status, _, err, calls = self.machine.run(MISSING="cmake", user=65534)
        self.assertEqual((status, calls), (1, ""))
        self.assertIn("apt-get install --no-install-recommends cmake", err)


CASE = '<testcase classname="{}" name="{}" time="{}" status="run">{}</testcase>'


class SummarizeTests(unittest.TestCase):
    def summary(self, entries, own):
        """(status, lines) for ctest entries and result files of their own, without
        the list of the slowest."""
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder, "test-results")
            results.mkdir()
            Path(folder, "CTestTestfile.cmake").write_text("".join(
                f'add_test({name} "{folder}/{name}")\n' for name in entries))
            for name in entries:
                Path(folder, name).touch(0o755)
            self.write(results / "tests.junit", [
                ("ctest", name, failed) for name, failed in entries.items()])
            for name, cases in own.items():
                self.write(results / f"{name}.xml", [
                    (name, case, failed) for case, failed in cases.items()])
            run = subprocess.run(
                [sys.executable, ROOT / "tools/dev/summarize-tests", folder],
                capture_output=True, text=True, check=False)
            self.assertEqual(run.stderr, "")
            lines = run.stdout.splitlines()
            head = lines.index("slowest, in seconds:")
            timed = lines[head + 1:head + 1 + len(entries)]
            self.assertEqual(timed, [f"{place:8.1f} {name}" for place, name in
                                     sorted(((len(name), name) for name in entries),
                                            reverse=True)])
            return run.returncode, lines[:head] + lines[head + 1 + len(timed):]

    @staticmethod
    def write(path, cases):
        path.write_text("<testsuite>" + "".join(
            CASE.format(suite, name, len(name), "<failure/>" if failed else "")
            for suite, name, failed in cases) + "</testsuite>")

    def test_counts_single_tests(self):
        status, lines = self.summary(
            {"layers": False, "lexTests": False},
            {"lexTests": {"a": False, "b": False, "c": False}})
        self.assertEqual((status, lines), (0, ["4 passed, 0 failed"]))

    def test_names_what_failed(self):
        status, lines = self.summary(
            {"layers": True, "lexTests": True},
            {"lexTests": {"a": False, "b": True}})
        self.assertEqual((status, lines), (1, [
            "FAILED layers", "FAILED lexTests: lexTests.b",
            "1 passed, 2 failed"]))

    def test_a_crash_without_a_file_is_one_failure(self):
        self.assertEqual(self.summary({"lexTests": True}, {}),
                         (1, ["FAILED lexTests", "0 passed, 1 failed"]))

    def test_a_failure_after_the_last_test_counts(self):
        status, lines = self.summary(
            {"lexTests": True}, {"lexTests": {"a": False}})
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))

    def test_nothing_run_is_no_success(self):
        self.assertEqual(self.summary({}, {}), (1, ["0 passed, 0 failed"]))


if __name__ == "__main__":
    unittest.main()
