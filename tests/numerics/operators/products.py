"""Products of vectors and matrices. See table.py."""
from registry import TABLE, said
from text import (broadcast, column, concat, reduce, require,
                  reshape, row, stretch, transpose)


@said("mm", "matmul", "__rmatmul__")
def matmul(a, b):
    if a.rank == 1 and b.rank == 1:
        return dot(a, b)
    if b.rank == 1:
        return mv(a, b)
    if b.rank == 2:
        return a @ b
    require(a.rank == b.rank == 3 and a.shape[0] == b.shape[0],
            "products of more axes")
    return bmm(a, b)


TABLE["__rmatmul__"] = lambda a, b: matmul(b, a)


@said("bmm")
def bmm(a, b):
    return concat([row(a[(i,)] @ b[(i,)]) for i in range(a.shape[0])], 0)


@said("dot", "vdot", "inner")
def dot(a, b):
    require(a.rank == b.rank == 1, "inner products of more axes")
    return reduce("sum", a * b)


@said("mv")
def mv(a, b):
    return reshape(a @ column(b), a.shape[:-1])


@said("outer")
def outer(a, b):
    return column(a) @ row(b)


@said("linalg.vecdot")
def vecdot(a, b, dim=-1):
    a, b = broadcast(a, b)
    return reduce("sum", a * b, dim)


def added(names, product):
    """Enters beta x + alpha product(a, b)."""
    def function(x, a, b, beta=1, alpha=1):
        y = product(a, b)
        return beta * stretch(x, y.shape) + alpha * y
    said(*names)(function)


added(["addmm", "addmm.decomposed"], lambda a, b: a @ b)
added(["addmv"], mv)
added(["addr"], outer)
added(["baddbmm"], bmm)
added(["addbmm"], lambda a, b: reduce("sum", bmm(a, b), 0))


@said("linalg.multi_dot")
def multi_dot(parts):
    product = parts[0]
    for part in parts[1:]:
        product = matmul(product, part)
    return product


@said("nn.functional.linear")
def linear(x, weight, bias=None):
    require(weight.rank == 2, "a linear layer of one output")
    flat = row(x) if x.rank == 1 else x
    y = flat @ transpose(weight, (1, 0))
    y = reshape(y, (*x.shape[:-1], weight.shape[0]))
    return y if bias is None else y + stretch(bias, y.shape)


@said("nn.functional.bilinear")
def bilinear(a, b, weight, bias=None):
    require(a.rank == b.rank == 2, "bilinear layers of more axes")
    outputs = [column(reduce("sum", (a @ weight[(i,)]) * b, 1))
               for i in range(weight.shape[0])]
    y = concat(outputs, 1)
    return y if bias is None else y + stretch(bias, y.shape)
