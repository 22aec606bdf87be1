"""Operators of torch, said in the language.

Each entry takes the sample's arguments (tensors as Text) and gives what torch
computes, as a Text or a list of them; NotSaid where the language has no words
for this sample. The modules enter theirs when they are imported.
"""
import elementwise  # noqa: F401
import images  # noqa: F401
import losses  # noqa: F401
import products  # noqa: F401
import reductions  # noqa: F401
import shapes  # noqa: F401
from registry import TABLE  # noqa: F401

# torch adds 1e-12 to p (1 - p) in the second derivative.
ROUGH_SECOND = {"nn.functional.binary_cross_entropy"}
