#!/usr/bin/python3
"""Texts that no one wrote by hand, given to the real gmc: they end in time, in
bounded memory, with a place and the exit code of a wrong text, or they compile.
"""
import os
import re

from driver import (GAN, IO, MODEL, OK, SLOWER, SMALL, VAE, DriverTest,
                    main, processor_seconds)

GIGABYTE = 1 << 30
PLACE = re.compile(r"--> \S+:\d+:\d+")


class TextTest(DriverTest):
    """Rows C1, C2, C4, C6, C20, C23 of the table of bad inputs."""

    def wrong(self, content, says=(), seconds=120 * SLOWER, memory=4 * GIGABYTE):
        """`gmc check` and `gmc compile` refuse it, with a place."""
        name = self.text("wrong.gm", content)
        for verb in ("check", "compile"):
            text = self.expect(MODEL, verb, name, says=says, seconds=seconds,
                               memory=memory)
            self.assertRegex(text, PLACE)
            self.assertLessEqual(text.count("error["), 21, text[:2000])
            self.assertLess(len(text), 100_000)
        self.assertEqual(self.left(), {"wrong.gm"})

    def test_c1_nothing_in_it(self):
        for content in ("", "# only a comment", "  \n\t\n ", "\n" * 1000):
            with self.subTest(content=content[:20]):
                self.wrong(content)

    def test_c2_bytes(self):
        for content in (b"\0", b"hyper a = 1\0\n", os.urandom(4096),
                        bytes(range(256)) * 8, SMALL.encode() + b"\0"):
            with self.subTest(content=content[:20]):
                self.wrong(content)

    def test_c2_ten_megabytes_of_one_token(self):
        for token in ("a", "1", "(", "a ", "1 ", '"', "#", "\n", "+", "é",
                      "net ", "|> ", "- ", "{ ", "~", "\0"):
            count = 10_000_000 // SLOWER // len(token.encode())
            with self.subTest(token=token):
                start = processor_seconds()
                self.wrong(token * count)
                self.assertLess(processor_seconds() - start, 20 * SLOWER)

    def test_c2_line_ends_and_marks_are_accepted(self):
        dos = SMALL.replace("\n", "\r\n")
        for content in ("\ufeff" + SMALL, dos, "\ufeff" + dos,
                        SMALL.rstrip("\n"), SMALL + "# last"):
            with self.subTest(content=content[:20]):
                self.expect(OK, "check", self.text("fine.gm", content))

    def test_c2_lone_carriage_return(self):
        """Accepted or one error; not a crash."""
        done = self.gmc("check", self.text("mac.gm", SMALL.replace("\n", "\r")))
        self.assertIn(done.returncode, (OK, MODEL), done.stdout)

    def test_c4_deep_nesting(self):
        deep = 100_000
        for inner in ("(" * deep + "1" + ")" * deep, "-" * deep + "1",
                      "- " * deep + "1", "[" * deep + "]" * deep,
                      "exp(" * deep + "1" + ")" * deep, "1" + "^1" * deep,
                      "(" * deep):
            with self.subTest(inner=inner[:20]):
                start = processor_seconds()
                self.wrong(f"const a = {inner}\n" + SMALL, memory=GIGABYTE)
                self.assertLess(processor_seconds() - start, 4 * SLOWER)
        self.wrong(SMALL + "step b() " + "{ " * deep, memory=GIGABYTE)
        self.wrong(SMALL + "train " + "{ repeat 2 " * deep, memory=GIGABYTE)

    def test_c4_long_chains_end(self):
        """A flat chain is no nesting: it compiles or is refused in time."""
        for chain in (" + 1" * 100_000, " |> relu" * 100_000):
            with self.subTest(chain=chain[:9]):
                name = self.text("long.gm", SMALL.replace(
                    "sum(psi * theta)", "sum(psi * theta" + chain + ")"))
                done = self.gmc("check", name, seconds=60 * SLOWER,
                                memory=4 * GIGABYTE)
                self.assertIn(done.returncode, (OK, MODEL), done.stdout[-999:])

    def test_c6_dimensions(self):
        for extent in ("0", "2147483648", "9223372036854775808",
                       "99999999999999999999", "1e30", "4294967296", "-1"):
            with self.subTest(extent=extent):
                self.wrong(SMALL.replace("f32[1]", f"f32[{extent}]"))

    def test_c6_products_and_sizes(self):
        """What is too large says how large it is."""
        unit = r"[0-9.]+ ?([KMGTPEZY]i?B|bytes)"
        for shape in ("1000000,1000000", "65536,65536,65536,65536",
                      "2147483647,2147483647", "2147483647,2147483647,3"):
            with self.subTest(shape=shape):
                name = self.text("large.gm",
                                 SMALL.replace("f32[1]", f"f32[{shape}]"))
                text = self.expect(MODEL, "compile", name, memory=GIGABYTE)
                self.assertRegex(text, unit)

    def test_c6_constants_from_the_command_line(self):
        for value in ("0", "-1", "1e30", "nan", "inf", "2.5", "1e12"):
            with self.subTest(value=value):
                text = self.expect(MODEL, "compile", VAE, "--const",
                                   f"latent={value}", memory=2 * GIGABYTE)
                self.assertRegex(text, PLACE)

    def test_c20_names(self):
        """A name reaches no symbol of the program: it still trains."""
        names = ["main", "malloc", "__cuda", "class", "int", "free", "exp",
                 "gmPlan", "gmEntries0", "_start", "printf", "memcpy",
                 "a" * 253, "gmEntry", "nullptr", "__builtin_trap"]
        for name in names:
            with self.subTest(name=name[:20]):
                text = re.sub(r"\b(theta|both)\b",
                              lambda found: name if found[0] == "theta"
                              else name + "_2", SMALL)
                done = self.gmc("check", self.text("named.gm", text))
                if done.returncode == MODEL and name == "exp":
                    continue  # a word of the language
                self.assertEqual(done.returncode, OK, done.stdout[-2000:])
                self.expect(OK, "compile", "named.gm", "-o", "named")
                self.train("./named")

    def test_c20_names_have_a_longest(self):
        self.wrong(SMALL.replace("theta", "a" * 10_000), says="255")

    def test_c20_names_that_are_none(self):
        for name in ('"; system("x', "a-b", "θ\u202e", "a\u200bb", "$(id)",
                     "a.b", "a\nb", "%s"):
            with self.subTest(name=name):
                self.wrong(SMALL.replace("theta", name))

    def test_c23_deletions(self):
        """Every seventh token of vae.gm and gan.gm left out."""
        token = re.compile(r'#.*|"[^"]*"|[\w.]+|\|>|->|\S')
        for model in (VAE, GAN):
            whole = model.read_text()
            places = [found.span() for found in token.finditer(whole)
                      if not found[0].startswith("#")]
            refused = 0
            for start, end in places[::7]:
                with self.subTest(model=model.stem, place=start,
                                  token=whole[start:end]):
                    name = self.text("cut.gm", whole[:start] + whole[end:])
                    done = self.gmc("check", name, seconds=60 * SLOWER)
                    text = done.stdout.decode()
                    self.assertIn(done.returncode, (OK, MODEL), text)
                    self.assertLessEqual(text.count("error["), 20)
                    if done.returncode == MODEL:
                        refused += 1
                        self.assertRegex(text, r"--> cut\.gm:\d+:\d+")
            self.assertGreater(refused, len(places) // 7 * 3 // 4)


if __name__ == "__main__":
    main()
