"""The recorded training of a trainer, repeated by a twin in torch.

`train --dump-draws` leaves a file for each execution of a step, with what it
was given: batches and raw random numbers. A twin takes these and the initial
weights, does the model's arithmetic and its updates with torch alone, in f64,
and holds every loss it finds against the recorded one.
"""
import sys
from pathlib import Path

import torch

sys.path.append(str(Path(__file__).resolve().parent.parent))
from safetensors_file import read_metadata, read_safetensors  # noqa: E402


def tensors(path):
    return {name: torch.from_numpy(value.copy())
            for name, value in read_safetensors(path).items()}


class Call:
    """One execution of a step: what went in, and the losses that came out."""

    def __init__(self, replay, name, stored):
        self.replay, self.name, self.stored = replay, name, stored
        self.unseen = {key for key in stored if not key.startswith("input.")}

    def input(self, name):
        return self.stored["input." + name]

    def draw(self, path):
        """The raw numbers of `path`, which is relative to the step."""
        key = f"draw.{self.name}/{path}"
        self.unseen.discard(key)
        return self.stored[key]

    def compare(self, found):
        """Holds monitors against `found`: name to tensor, the batch's mean of
        which is taken. Whatever was drawn or reported must have been used."""
        for name, value in found.items():
            key = "monitor." + name
            self.unseen.discard(key)
            theirs = value.detach().mean().item()
            self.replay.note(f"{self.name}.{name}", self.stored[key].item(),
                             theirs)
        if self.unseen:
            raise AssertionError(f"{self.name}: not used: {self.unseen}")


class Replay:
    """The files of one training, in their order."""

    def __init__(self, start, folder, end, batch, hypers):
        self.start, self.end = tensors(start), tensors(end)
        self.files = sorted(Path(folder).glob("*.safetensors"))
        self.batch, self.hypers = batch, hypers
        self.seen = {}  # monitor -> [(gmc, torch)]

    def load(self, name, module):
        """`module` in torch's default type with the initial weights of the net
        `name`."""
        module = module.to(torch.get_default_dtype())
        module.load_state_dict({key[len(name) + 1:]: value
                                for key, value in self.start.items()
                                if key.startswith(name + ".")})
        return module

    def rounds(self):
        """0, 1, .. while there are files; each turn must take some."""
        number = 0
        while self.files:
            before = len(self.files)
            yield number
            if len(self.files) == before:
                raise AssertionError("a round took no file")
            number += 1

    def epochs(self, number, examples=60000):
        """Epochs done before round `number`, of one batch a round."""
        return number / (examples // self.batch)

    def share(self, number, epochs, examples=60000):
        """How far a ramp over `epochs` has come at round `number`, 0 to 1."""
        return min(self.epochs(number, examples) / epochs, 1)

    def call(self, entry):
        path = self.files.pop(0)
        found = read_metadata(path)["entry"]
        if found != entry:
            raise AssertionError(f"{path.name}: `{entry}` was expected")
        return Call(self, entry, tensors(path))

    def note(self, monitor, ours, theirs):
        self.seen.setdefault(monitor, []).append((ours, theirs))

    def worst(self):
        """The largest difference of a loss, in units of the largest absolute
        value that it had (a critic's score passes through 0)."""
        return max((abs(a - b) / max(abs(x) for x, _ in pairs)
                    for pairs in self.seen.values() for a, b in pairs),
                   default=float("inf"))

    def drift(self, modules):
        """The largest difference of a final weight, in units of the largest
        entry of its tensor. `modules`: net to module."""
        worst = 0.0
        for net, module in modules.items():
            for name, value in module.state_dict().items():
                if name.endswith("num_batches_tracked"):
                    continue  # a count that torch's rule does not use
                key = f"{net}.{name}"
                stored = self.end[key if key in self.end else net]  # a `param`
                scale = max(stored.abs().max().item(), 1e-300)
                worst = max(worst,
                            (stored - value).abs().max().item() / scale)
        return worst


def descend(optimizer, loss, module, clip=None):
    """One update of `module` alone by the gradient of the batch's mean, its norm
    bounded by `clip`."""
    weights = list(module.parameters()) if isinstance(
        module, torch.nn.Module) else [w for m in module
                                       for w in m.parameters()]
    gradients = torch.autograd.grad(loss.mean(), weights)
    for weight, gradient in zip(weights, gradients):
        weight.grad = gradient
    if clip is not None:
        torch.nn.utils.clip_grad_norm_(weights, clip)
    optimizer.step()
