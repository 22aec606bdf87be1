#!/usr/bin/python3
"""Names of files, and files that are none: used as they are, or refused before
any work is done.
"""
import os
import re
import socket
import stat
import subprocess

from driver import (GMC, IO, MODEL, OK, SANITIZED, SLOWER, SMALL, USAGE, VAE, DriverTest,
                    main)

NAMES = [b"with space", b"a'b", b'a"b', b"new\nline", b"%s%n", b"$(id)",
         b"`id`", b"-leading", b"--output", b"a;b", b"a\\b", b"*", b"\xff\xfe",
         b"@file", b"100%", b"\xc3\xa9", b"a{}b", b"{0}", b"XXXXXX", b"a,b",
         b"~", b"#", b"a=b", b"\x1b[31m", b"x" * 255]
if SANITIZED:
    # What is done with a name is in libraries; the sanitizers see one in six.
    NAMES = NAMES[::6]


class FilesTest(DriverTest):
    """Rows C21, C22, C27 of the table of bad inputs."""

    def test_c21_names_of_texts_and_executables(self):
        for name in NAMES:
            with self.subTest(name=name[:20]):
                text = name[:252] + b".gm"
                self.text(os.fsdecode(text), SMALL)
                self.expect(OK, "compile", b"./" + text, b"--output=" + name)
                executable = os.path.join(os.fsencode(self.folder), name)
                self.assertTrue(os.access(executable, os.X_OK))
                self.train(executable)
                os.remove(executable)
                os.remove(os.path.join(os.fsencode(self.folder), text))
        self.assertEqual(self.left(), set())

    def test_c21_a_name_that_looks_like_an_option(self):
        self.text("-small.gm", SMALL)
        self.expect(OK, "compile", "-o", "-x", "--", "-small.gm")
        self.train(self.folder / "-x")

    def test_c21_folders(self):
        for name in NAMES:
            with self.subTest(name=name[:20]):
                inner = os.path.join(os.fsencode(self.folder), name)
                os.mkdir(inner)
                self.expect(OK, "compile", b"small.gm",
                            b"--output=" + b"./" + name + b"/out")
                self.assertEqual(os.listdir(inner), [b"out"])
                self.expect(OK, "compile", "../small.gm", "-o", "here",
                            cwd=inner)
                self.assertEqual(sorted(os.listdir(inner)), [b"here", b"out"])
                self.train(inner + b"/here")

    def test_c21_default_name_and_dots(self):
        self.expect(OK, "compile", "small.gm")
        self.train("./small")
        (self.folder / "in").mkdir()
        self.expect(OK, "compile", "../small.gm", "-o", "../in/../up",
                    cwd=self.folder / "in")
        self.train("./up")

    def test_c21_messages_name_the_file(self):
        for name in NAMES:
            with self.subTest(name=name[:20]):
                text = os.fsdecode(name[:252] + b".gm")
                self.text(text, "nonsense")
                shown = self.expect(MODEL, "check", "./" + text)
                self.assertIn(":1:1", shown)

    def refused(self, output, *says, source="small.gm"):
        """Said before any work: the text below takes a second to compile."""
        text = self.expect(IO, "compile", source, "-o", output, says=says)
        self.assertNotIn("internal", text)
        return text

    def test_c22_output_is_the_text(self):
        before = (self.folder / "small.gm").read_bytes()
        os.symlink("small.gm", self.folder / "link")
        os.link(self.folder / "small.gm", self.folder / "hard")
        for output in ("small.gm", "./small.gm", "link", "hard",
                       self.folder / "small.gm"):
            self.refused(output, "the model's own text")
        self.assertEqual((self.folder / "small.gm").read_bytes(), before)

    def test_c22_output_is_no_file(self):
        (self.folder / "folder").mkdir()
        self.refused("folder", "directory")
        self.refused("folder/", "directory")
        self.refused(".", "directory")
        self.refused("missing/out", "missing")
        self.refused("small.gm/out")
        os.mkfifo(self.folder / "fifo")
        self.refused("fifo", "not a regular file")
        self.refused("/dev/null", "not a regular file")
        self.assertTrue(os.path.exists("/dev/null"))
        with socket.socket(socket.AF_UNIX) as plug:
            plug.bind(str(self.folder / "socket"))
            self.refused("socket", "not a regular file")
        os.symlink("b", self.folder / "a")
        os.symlink("a", self.folder / "b")
        self.refused("a")
        self.refused("x" * 256)
        self.refused("x" * 10_000)
        self.expect(USAGE, "compile", "small.gm", "-o", "")
        self.assertEqual(self.left(), {"folder", "fifo", "socket", "a", "b"})

    def test_c22_folder_that_cannot_be_written(self):
        folder = self.folder / "locked"
        folder.mkdir(mode=0o555)
        if os.access(folder, os.W_OK):  # root may write everywhere but here
            folder = "/proc/self"
        self.refused(f"{folder}/out", "cannot be written")

    def test_c22_links_to_a_file(self):
        """An output that is a link: what it points to is not damaged."""
        self.text("kept", "kept")
        os.symlink("kept", self.folder / "out")
        self.expect(OK, "compile", "small.gm", "-o", "out")
        self.train("./out")
        self.assertEqual((self.folder / "kept").read_text(), "kept")

    def test_c22_refused_before_work(self):
        """With the front end done and nothing behind it started: a processor
        that is none is not yet looked at."""
        (self.folder / "folder").mkdir()
        text = self.expect(IO, "compile", VAE, "-o", "folder", "--mcpu",
                           "nonsense")
        self.assertNotIn("nonsense", text)

    def test_texts_that_cannot_be_read(self):
        os.mkfifo(self.folder / "fifo.gm")
        os.symlink("b", self.folder / "b")
        for verb in ("compile", "check", "explain", "fmt"):
            for name in ("missing.gm", ".", "fifo.gm", "b", "/dev/zero", "",
                         "x" * 300, "small.gm/x"):
                with self.subTest(verb=verb, name=name[:20]):
                    self.expect(IO, verb, name, says="cannot read", seconds=60 * SLOWER)
        self.text("locked.gm", SMALL)
        os.chmod(self.folder / "locked.gm", 0)
        if not os.access(self.folder / "locked.gm", os.R_OK):
            self.expect(IO, "check", "locked.gm", says="cannot read")

    def test_fmt_replaces_the_text_only(self):
        (self.folder / "100%").mkdir()
        for name in ("wide.gm", "100%/100%.gm", "x" * 252 + ".gm"):
            self.text(name, SMALL.replace(" ", "  "))
            os.chmod(self.folder / name, 0o640)
            before = self.left()
            self.expect(OK, "fmt", name)
            self.expect(OK, "fmt", "--check", name)
            mode = stat.S_IMODE((self.folder / name).stat().st_mode)
            self.assertEqual(mode, 0o640)
            self.assertEqual(self.left(), before)
        self.assertEqual(os.listdir(self.folder / "100%"), ["100%.gm"])

    def test_c27_same_bytes_everywhere(self):
        """Folder, locale, time zone and the output's name leave no trace."""
        def compiled(output, **changes):
            environment = {**os.environ, **changes.pop("env", {})}
            self.expect(OK, "compile", VAE, "-o", output, env=environment,
                        **changes)
            return (self.folder / output).read_bytes()
        first = compiled("one")
        (self.folder / "other").mkdir()
        self.assertEqual(compiled("two"), first)
        self.expect(OK, "compile", os.path.relpath(VAE, self.folder / "other"),
                    "-o", "../three", cwd=self.folder / "other")
        self.assertEqual((self.folder / "three").read_bytes(), first)
        for changes in ({"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
                        {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
                        {"TZ": "Pacific/Kiritimati"}, {"LC_ALL": "C"},
                        {"SOURCE_DATE_EPOCH": "1", "HOME": "/", "USER": "x"}):
            with self.subTest(**changes):
                self.assertEqual(compiled("two", env=changes), first)

    def test_c27_same_text_in_another_place(self):
        """The text's folder is no part of the executable; neither is the time
        of its last change nor the address space's layout."""
        results = set()
        for folder in ("p", "quite/another/place"):
            (self.folder / folder).mkdir(parents=True)
            self.text(f"{folder}/vae.gm", VAE.read_text())
            os.utime(self.folder / folder / "vae.gm", (1, len(folder)))
            self.expect(OK, "compile", "vae.gm", cwd=self.folder / folder)
            results.add((self.folder / folder / "vae").read_bytes())
        self.assertEqual(len(results), 1)
        text = next(iter(results))
        self.assertIsNone(re.search(re.escape(os.fsencode(self.folder)), text))
        subprocess.run(["setarch", "-R", GMC, "compile", "vae.gm"], check=True,
                       cwd=self.folder / "p")
        self.assertEqual((self.folder / "p/vae").read_bytes(), text)


if __name__ == "__main__":
    main()
