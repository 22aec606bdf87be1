"""Reads Fashion-MNIST (IDX files, gzipped) as Debian's package installs it.

A reader of its own on purpose: the twins share nothing with gmc.
"""
import gzip
import struct
from pathlib import Path

import numpy
import torch

DIRECTORY = "/usr/share/datasets/fashion-mnist"
FILES = {"train": "train-images-idx3-ubyte.gz",
         "test": "t10k-images-idx3-ubyte.gz"}
LABELS = {"train": "train-labels-idx1-ubyte.gz",
          "test": "t10k-labels-idx1-ubyte.gz"}


def images(split, directory=DIRECTORY):
    """The images of `split` as float32 [n, 784] with grey values in [0, 1]."""
    with gzip.open(Path(directory) / FILES[split]) as file:
        magic, count, rows, columns = struct.unpack(">4i", file.read(16))
        if magic != 0x00000803:
            raise ValueError(f"{file.name}: magic {magic:#x}, expected 0x803")
        pixels = numpy.frombuffer(file.read(), dtype=numpy.uint8)
    pixels = pixels.reshape(count, rows * columns).astype(numpy.float32)
    return torch.from_numpy(pixels / 255)


def labels(split, directory=DIRECTORY):
    """The classes of `split` as uint8 [n]."""
    with gzip.open(Path(directory) / LABELS[split]) as file:
        magic, _ = struct.unpack(">2i", file.read(8))
        if magic != 0x00000801:
            raise ValueError(f"{file.name}: magic {magic:#x}, expected 0x801")
        return torch.from_numpy(
            numpy.frombuffer(file.read(), dtype=numpy.uint8).copy())
