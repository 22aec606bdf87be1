"""Where operators of ONNX are entered, by its names.

A function takes the node's inputs (None where one is left out) and its
attributes, and gives its output, or a list of them. Inputs are Texts; Leaf, of
those whose values the file has.
"""
import inspect

from text import NotSaid, Text, require

TABLE = {}


class Leaf(Text):
    """A tensor of the file: a state of the text, or numbers in it."""

    def __init__(self, text, value):
        self.text, self.shape, self.value = text, value.shape, value


def onnx(*names):
    def enter(function):
        for name in names:
            TABLE[name] = function
        return function
    return enter


def known(x, reason="a setting that is computed"):
    """The values of an input that the text must spell."""
    require(isinstance(x, Leaf), reason)
    return x.value.tolist()


def kind_of(x):
    """The letter of numpy: f of floating-point numbers; what is computed is
    taken for such."""
    return x.value.dtype.kind if isinstance(x, Leaf) else "f"


def say(node, inputs):
    """What the language says of one node: a list of Texts."""
    require(node.kind in TABLE, f"no words for {node.kind}")
    function = TABLE[node.kind]
    signature = inspect.signature(function)
    settings = dict(node.attributes)
    if "outputs" in signature.parameters:
        settings["outputs"] = len(node.outputs)
    try:
        signature.bind(*inputs, **settings)
    except TypeError as error:
        raise NotSaid(f"{node.kind} with {error}") from error
    found = function(*inputs, **settings)
    found = found if isinstance(found, list) else [found]
    require(len(found) == len(node.outputs), "more outputs")
    return found
