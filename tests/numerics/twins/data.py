"""Training batches of the data that a text of models/ names, read anew.

Images are Fashion-MNIST's, words those of a list; order, subsets and pixels of
0 and 1 are drawn by torch.
"""
import re
from pathlib import Path

import torch

import fashion


class Stream:
    """Whole batches for ever, name to tensor, shuffled anew each epoch."""

    def __init__(self, records, count, size, generator):
        """`records()`: name to tensor of `count` rows, asked for each epoch."""
        self.records, self.count, self.size = records, count, size
        self.generator = generator

    def __iter__(self):
        while True:
            records = self.records()
            order = torch.randperm(self.count, generator=self.generator)
            for some in order.split(self.size)[:self.count // self.size]:
                yield {name: rows[some] for name, rows in records.items()}


def balanced(labels, count, generator):
    """Which records are the first `count` of their class in a shuffle."""
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    order = torch.randperm(len(labels), generator=generator)
    for label in labels.unique():
        chosen[order[labels[order] == label][:count]] = True
    return chosen


def pictures(line, grey, labels, generator):
    """What makes the records of an epoch of one `data` line."""
    if "binarize(each epoch)" in line:
        return lambda: {"x": torch.bernoulli(grey, generator=generator),
                        "y": labels}
    low, high = re.search(r"in \[(-?\d+), ?(\d+)\]", line).groups()
    scaled = {"x": int(low) + (int(high) - int(low)) * grey, "y": labels}
    return lambda: scaled


def words(line, held, generator):
    """Codes of the words of a list, without those that are `held`."""
    every = Path(re.search(r'text\("(.*?)"\)', line).group(1)).read_text(
        encoding="utf-8").split("\n")
    letters = sorted(set("".join(every)))
    count = int(re.search(r"subset\((\d+)\)", line).group(1))
    usable = [word for word in every if word and word not in held]
    chosen = torch.randperm(len(usable), generator=generator)[:count]
    codes = torch.zeros(count, max(map(len, every)) + 2, dtype=torch.long)
    for row, index in enumerate(chosen):
        word = [1, *(3 + letters.index(letter) for letter in usable[index]), 2]
        codes[row, :len(word)] = torch.tensor(word)
    return codes


def streams(text, size, generator, held=()):
    """data -> Stream for each `data` of `text`. `held`: words of the test set."""
    found, chosen = {}, None
    for name, line in re.findall(r"(?m)^data (\w+) : (.*)$", text):
        if line.startswith("text("):
            codes = words(line, set(held), generator)
            found[name] = Stream(lambda codes=codes: {"x": codes}, len(codes),
                                 size, generator)
            continue
        grey = fashion.images("train").view(-1, 1, 28, 28)
        labels = fashion.labels("train")
        subset = re.search(r"subset\((\w+), balanced\)", line)
        if subset:
            count = int(re.search(rf"\b{subset.group(1)} = (\d+)",
                                  text).group(1))
            chosen = balanced(labels, count // len(labels.unique()), generator)
            grey, labels = grey[chosen], labels[chosen]
        elif line.startswith("rest of "):
            grey, labels = grey[~chosen], labels[~chosen]
        found[name] = Stream(pictures(line, grey, labels.float(), generator),
                             len(grey), size, generator)
    return found
