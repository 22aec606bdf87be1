"""One step of a text whose states are given, in f64: what they become."""
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "e2e")]
from executable_gradient import rewrite  # noqa: E402
from safetensors_file import read_safetensors  # noqa: E402
from trainer import Wrong, run  # noqa: E402


def declare(tensors):
    """States for `tensors`, by name; a name with a point is a net's weight."""
    return "".join(f"state {name} : f32{list(value.shape) or ''} = 0\n"
                   for name, value in tensors.items() if "." not in name)


def states_after(gmc, text, given, level, folder):
    """The states after one round that begins with the arrays `given`."""
    source, trainer = folder / "operator.gm", folder / "operator"
    source.write_text(text)
    done = subprocess.run([gmc, "compile", source, "--f64", f"-O{level}", "-o",
                           trainer], check=False, capture_output=True,
                          text=True, timeout=600)
    if done.returncode:
        raise Wrong(done.stderr[:600])
    out = folder / "run"
    run(trainer, "train", "--steps", 0, "--out", out)
    place = out / "checkpoint.safetensors"
    place.write_bytes(rewrite(place.read_bytes(), given))
    run(trainer, "resume", "--steps", 1, "--out", out)
    return read_safetensors(place)
