"""A twin that trains on its own: batches and random numbers are torch's.

A twin (vaes.py and its siblings) asks for batches and raw draws by name. Here
it gets new ones; only their shapes and families, and which batch a step has
from an earlier one of its round, are read off a few recorded rounds.
"""
import re
from collections import defaultdict

import torch

from replay import Call, Replay, read_metadata, tensors


def batches(images, labels, size, generator):
    """Whole batches for ever, shuffled anew each epoch."""
    while True:
        order = torch.randperm(len(images), generator=generator)
        for some in order.split(size)[:len(images) // size]:
            yield {"x": images[some], "y": labels[some].float()}


def pixels(text, grey):
    """What maps grey values of 0 to 1 to what the `data` of `text` says."""
    line = re.search(r"(?m)^data .*$", text).group()
    if "binarize(each epoch)" in line:
        return lambda generator: torch.bernoulli(grey, generator=generator)
    low, high = re.search(r"in \[(-?\d+), ?(\d+)\]", line).groups()
    scaled = int(low) + (int(high) - int(low)) * grey
    return lambda generator: scaled


class Form:
    """What one step is given, as recorded rounds show it."""

    def __init__(self):
        self.fresh = True  # draws a batch of its own
        self.shapes = {}
        self.spans = defaultdict(lambda: [1.0, 0.0])

    def note(self, stored, earlier):
        for name, value in stored.items():
            self.shapes[name] = value.shape
            low, high = self.spans[name]
            self.spans[name] = [min(low, value.min().item()),
                                max(high, value.max().item())]
        if "input.x" in stored:
            self.fresh = not any(torch.equal(stored["input.x"], other)
                                 for other in earlier)
            earlier.append(stored["input.x"])

    def draw(self, name, generator):
        """Uniform numbers if all that were seen lie in (0, 1), else normal."""
        low, high = self.spans[name]
        family = torch.rand if low > 0 and high < 1 else torch.randn
        return family(self.shapes[name], generator=generator)


class FreeCall(Call):
    """An execution with new random numbers; nothing to compare with."""

    def __init__(self, form, batch, generator):
        self.form, self.batch, self.generator = form, batch, generator

    def input(self, name):
        return self.batch[name]

    def draw(self, path):
        return self.form.draw(path, self.generator)

    def compare(self, found):
        pass


class Free(Replay):
    """Stands in for the files of a training in a twin's argument."""

    def __init__(self, start, recorded, stream, examples, batch, seed):
        """`start`: a checkpoint of initial weights; `recorded`: a folder of
        --dump-draws; `stream`: batches, of which `examples` // `batch` times
        the epochs are taken."""
        self.start = {name: value.float() if value.is_floating_point()
                      else value for name, value in tensors(start).items()}
        self.batch, self.hypers = batch, {}
        self.stream, self.left, self.latest = stream, examples // batch, None
        self.generator = torch.Generator().manual_seed(seed)
        self.forms = defaultdict(Form)
        earlier = defaultdict(list)
        for path in sorted(recorded.glob("*.safetensors")):
            entry = read_metadata(path)["entry"]
            stored = {name.removeprefix(f"draw.{entry}/"): value
                      for name, value in tensors(path).items()
                      if not name.startswith("monitor.")}
            self.forms[entry].note(stored, earlier[path.name.split(".")[0]])

    def rounds(self):
        number = 0
        while self.left > 0:
            yield number
            number += 1

    def call(self, entry):
        form = self.forms[entry]
        if "input.x" in form.shapes and form.fresh:
            self.latest = next(self.stream)
            self.left -= 1
        return FreeCall(form, self.latest, self.generator)
