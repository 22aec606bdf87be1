"""Where operators are entered, under the names that op_db has."""
from text import call

TABLE = {}


def said(*names):
    """Enters a function under names of op_db, with their variant."""
    def enter(function):
        for name in names:
            TABLE[name] = function
        return function
    return enter


def unary(names, function):
    """Enters a function of one tensor that takes no settings."""
    said(*names.split())(lambda x: function(x))


def same(name):
    return lambda x: call(name, x)
