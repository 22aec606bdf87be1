"""A twin that trains on its own: batches and random numbers are torch's.

A twin (vaes.py and its siblings) asks for batches and raw draws by name. Here
it gets new ones; only their shapes and families, and which batch a step has
from an earlier one of its round, are read off a few recorded rounds.
"""
import math
import re
from collections import defaultdict

import torch

from replay import Call, Replay, read_metadata, tensors


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

    def __init__(self, text, start, recorded, streams, epochs, generator):
        """`text`: the model's; `start`: a checkpoint of initial weights;
        `recorded`: a folder of --dump-draws; `streams`: data -> Stream. It
        ends after `epochs` of the data that `train` names, or of the only."""
        self.start = {name: value.float() if value.is_floating_point()
                      else value for name, value in tensors(start).items()}
        owner = re.search(r"(?m)^(?:train .*)?\}.* epochs of (\w+)", text)
        clock = streams[owner.group(1)] if owner \
            else next(iter(streams.values()))
        self.batch, self.hypers = clock.size, {}
        self.owner = clock
        self.left = math.ceil(epochs * (clock.count // clock.size))
        self.taken = {call: streams[data] for call, data in
                      re.findall(r"(\w+)\(next (\w+)\.train", text)}
        self.batches = {stream: iter(stream) for stream in streams.values()}
        self.latest, self.generator = None, generator
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
            stream = self.taken[entry]
            self.latest = next(self.batches[stream])
            self.left -= stream is self.owner
        return FreeCall(form, self.latest, self.generator)
