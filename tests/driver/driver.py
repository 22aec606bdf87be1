"""What the tests of the driver share: gmc run as a user runs it, in a scratch
folder, within a time; a model that compiles in a tenth of a second.
"""
import os
import resource
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GMC = Path(os.environ.get("GMC", ROOT / "build" / "bin" / "gmc"))
VAE = ROOT / "models" / "vae.gm"
GAN = ROOT / "models" / "gan.gm"

OK, MODEL, USAGE, IO, MEMORY, DEVICE, INTERNAL = 0, 1, 2, 5, 6, 8, 70

# Two players of one number each, no data.
SMALL = """\
hyper rate = 0.1
param theta : f32[1] = 1
param psi : f32[1] = 1

step both() {
  score = sum(psi * theta)
  maximize score over psi using sgd(rate)
  minimize score over theta using sgd(rate)
}

train { both() } for 100 rounds, batch 1

report t = sum(theta) every 1 rounds
"""


# AddressSanitizer's shadow alone takes more addresses than any limit here.
SANITIZED = os.environ.get("GMC_SANITIZED") == "ON"
# How much longer a program may take that is built with the sanitizers.
SLOWER = 10 if SANITIZED else 1


def cap_memory(size):
    """Bounds the address space of a child, unless it is built with sanitizers."""
    if SANITIZED:
        return None
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))


def processor_seconds():
    """What finished children have computed: a busy machine changes it little."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


class DriverTest(unittest.TestCase):
    """A scratch folder, `small.gm` in it, and gmc started there."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "small.gm").write_text(SMALL)

    def gmc(self, *arguments, seconds=120 * SLOWER, memory=None, **options):
        """The finished process; its output is bytes joined in `.stdout`."""
        options.setdefault("cwd", self.folder)
        return subprocess.run(
            [GMC, *arguments], stdin=subprocess.DEVNULL, timeout=seconds,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            preexec_fn=cap_memory(memory) if memory else None, **options)

    def expect(self, code, *arguments, says=(), **options):
        """Runs gmc, which ends with `code` and says all of `says`; its text."""
        done = self.gmc(*arguments, **options)
        text = done.stdout.decode("utf-8", "replace")
        self.assertEqual(done.returncode, code, text[-3000:])
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, text)
        return text

    def train(self, executable, steps=1, code=OK, **options):
        """Trains; what the trainer said."""
        out = tempfile.mkdtemp(dir=self.folder, prefix="run-")
        options.setdefault("cwd", self.folder)
        arguments = options.pop("arguments", ())
        done = subprocess.run(
            [executable, "train", "--steps", str(steps), "--out", out,
             *arguments], stdin=subprocess.DEVNULL, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            **options)
        text = done.stdout.decode("utf-8", "replace")
        self.assertEqual(done.returncode, code, text)
        self.last_run = Path(out)
        return text

    def left(self):
        """The names in the scratch folder, without what the test put there."""
        return {name for name in os.listdir(self.folder)
                if name != "small.gm" and not name.startswith("run-")}

    def text(self, name, content):
        """Writes a text; its name."""
        data = content if isinstance(content, bytes) else content.encode()
        Path(self.folder, name).write_bytes(data)
        return name


def main():
    """Runs the tests of the calling file; every name of a signal stays free."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not GMC.exists():
        sys.exit(f"{GMC} is not there: build it first, or set GMC")
    unittest.main()
