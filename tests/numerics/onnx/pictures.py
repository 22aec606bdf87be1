"""Layers of images and norms, by nets of one layer where the language has
such a layer with these settings."""
import math

import images
import shapes  # noqa: F401
from onnx_registry import known, onnx
from registry import TABLE as SAID
from text import (NETS, Text, call, cut, reduce, require, reshape, stretch,
                  swap)


def margins(attributes, shape, kernel, stride, dilation):
    """(top, left, bottom, right), of `pads` or `auto_pad`."""
    kind = attributes.pop("auto_pad", "NOTSET")
    pads = attributes.pop("pads", [0, 0, 0, 0])
    if not kind.startswith("SAME"):
        return pads
    sides = []
    for n in shape:
        span = dilation * (kernel - 1) + 1
        total = max((math.ceil(n / stride) - 1) * stride + span - n, 0)
        small, large = total // 2, total - total // 2
        sides.append((small, large) if kind == "SAME_UPPER"
                     else (large, small))
    return [sides[0][0], sides[1][0], sides[0][1], sides[1][1]]


def window(w, attributes):
    require(w.rank == 4, "convolutions of other ranks")
    attributes.pop("kernel_shape", None)
    return (images.square(attributes.pop("strides", 1)),
            images.square(attributes.pop("dilations", 1)))


@onnx("Conv")
def conv(x, w, bias=None, group=1, **attributes):
    stride, dilation = window(w, attributes)
    sides = margins(attributes, x.shape[2:], w.shape[2], stride, dilation)
    require(not attributes, "other settings")
    pad = sides[0]
    if len(set(sides)) > 1:  # of another width at each side: by hand
        x = SAID["constant_pad_nd"](x, [sides[1], sides[3], sides[0],
                                        sides[2]])
        pad = 0
    return images.conv2d(x, w, bias, stride, pad, dilation, group)


@onnx("ConvTranspose")
def conv_transpose(x, w, bias=None, group=1, **attributes):
    stride, dilation = window(w, attributes)
    same = attributes.pop("auto_pad", "NOTSET") == "SAME_UPPER"
    pads = attributes.pop("pads", [0, 0, 0, 0])
    require(len(set(pads)) == 1 and not attributes, "other settings")
    y = images.conv_transpose2d(x, w, bias, stride, pads[0], 0, group,
                                dilation)
    for axis in (2, 3) if same else ():
        extra = y.shape[axis] - x.shape[axis] * stride
        y = cut(y, axis, extra // 2, y.shape[axis] - (extra - extra // 2))
    return y


def pooled(name):
    def function(x, kernel_shape, strides=(1, 1), outputs=1, pads=(0,) * 4,
                 dilations=(1, 1), ceil_mode=0, count_include_pad=0,
                 **attributes):
        require(x.rank == 4, "pooling of other ranks")
        require(not attributes and outputs == 1 and len(set(pads)) == 1,
                "other settings")

        def means(of):
            return SAID[name](of, tuple(kernel_shape), tuple(strides), pads[0],
                              tuple(dilations), bool(ceil_mode))
        if name.endswith("max_pool2d") or count_include_pad or not any(pads):
            return means(x)
        # Without the margins: the mean over the share of the window within.
        return means(x) / means(x * 0 + 1)
    return function


onnx("MaxPool")(pooled("nn.functional.max_pool2d"))
onnx("AveragePool")(pooled("nn.functional.avg_pool2d"))
onnx("GlobalAveragePool")(lambda x: reduce("mean", x, (2, 3), True))
onnx("GlobalMaxPool")(lambda x: reduce("max", x, (2, 3), True))


@onnx("Resize")
def resize(x, regions=None, scales=None, sizes=None, mode="nearest",
           coordinate_transformation_mode="half_pixel",
           nearest_mode="round_prefer_floor", **attributes):
    require(coordinate_transformation_mode == "half_pixel"
            and nearest_mode == "round_prefer_floor" and not attributes,
            "other coordinates")
    require(mode in ("nearest", "linear") and x.rank == 4,
            "other interpolations")
    if scales is not None and scales.value.size:
        sizes = [n * s for n, s in zip(x.shape, known(scales))]
    else:
        sizes = known(sizes)
    require(all(n == int(n) for n in sizes), "fractional scales")
    sizes = tuple(map(int, sizes))
    require(sizes[:2] == x.shape[:2], "other interpolations")
    return images.enlarged({"linear": "bilinear"}.get(mode, mode))(
        x, sizes[2:], None)


# ---- norms and dropout --------------------------------------------------------

def net(x, layer, tensors, mode=""):
    """Of a net of one layer; `tensors` are those of the layer, by name."""
    name = f"L{x.text[1:]}"
    NETS[name] = (f"net {name}(x: f32{list(x.shape)}) -> map {{\n"
                  f"  x |> {layer}{' as l' if tensors else ''}\n}}\n",
                  {given.text: f"{name}.l.{tensor}"
                   for tensor, given in tensors.items()})
    return lambda value: Text(f"{name}({value.text}{mode})", value.shape)


def is_default(epsilon):
    return abs(epsilon - 1e-5) < 1e-12


@onnx("BatchNormalization")
def batch_norm(x, scale, bias, mean, var, epsilon=1e-5, momentum=0.9,
               training_mode=0, outputs=1):
    """In training the examples are rows of one image."""
    if not is_default(epsilon):
        return rough_batch_norm(x, scale, bias, mean, var, epsilon,
                                training_mode, outputs)
    n, c, h, w = x.shape
    tensors = {"weight": scale, "bias": bias}
    if not training_mode:
        tensors |= {"running_mean": mean, "running_var": var}
    rows = Text(x.text, (c, n * h, w))
    f = net(rows, "batch_norm", tensors,
            "" if training_mode else ", mode: sampling")
    y = f(reshape(swap(x, 0, 1), (c, n * h, w)))
    y = swap(reshape(y, (c, n, h, w)), 0, 1)
    return [y, *moved(x, mean, var)] if outputs == 3 else y


def moved(x, mean, var):
    """The statistics of ONNX, whose variance divides by n."""
    dims = (0, 2, 3)
    return [0.9 * mean + 0.1 * reduce("mean", x, dims),
            0.9 * var + 0.1 * reduce("var", x, dims)]


def rough_batch_norm(x, scale, bias, mean, var, epsilon, training, outputs):
    if training:
        y = images.standardised(x, (0, 2, 3), epsilon)
    else:
        def along(v):
            return stretch(reshape(v, (1, *v.shape, 1, 1)), x.shape)
        y = (x - along(mean)) / call("sqrt", along(var) + epsilon)
    y = images.scaled(y, scale, bias)
    return [y, *moved(x, mean, var)] if outputs == 3 else y


@onnx("InstanceNormalization")
def instance_norm(x, scale, bias, epsilon=1e-5):
    if not is_default(epsilon):
        return SAID["nn.functional.instance_norm"](
            x, weight=scale, bias=bias, eps=epsilon)
    image = Text(x.text, x.shape[1:])
    f = net(image, "instance_norm(affine: true)",
            {"weight": scale, "bias": bias})
    return images.batchwise(f)(x)


@onnx("LayerNormalization")
def layer_norm(x, scale, bias, axis=-1, epsilon=1e-5, outputs=1):
    axis %= x.rank
    dims = tuple(range(axis, x.rank))
    single = axis == x.rank - 1
    if is_default(epsilon) and (single or len(dims) == 3):
        inner = Text(x.text, x.shape[axis:])
        f = net(inner, "layer_norm", {"weight": scale, "bias": bias})
        rows = reshape(x + 0, (math.prod(x.shape[:axis]), *x.shape[axis:]))
        parts = [f(rows[(i,)]) for i in range(rows.shape[0])]
        y = reshape(images.concat([images.row(one) for one in parts], 0),
                    x.shape)
    else:
        y = images.standardised(x, dims, epsilon) \
            * stretch(scale, x.shape) + stretch(bias, x.shape)
    if outputs == 1:
        return y
    spread = reduce("var", x, dims, True)
    return [y, reduce("mean", x, dims, True),
            1 / call("sqrt", spread + epsilon)]


@onnx("Dropout")
def dropout(x, ratio=None, training=None, seed=0, outputs=1, **old):
    require(outputs == 1, "the mask of a dropout")
    require(training is None or not known(training) or known(ratio) == 0,
            "random numbers")
    kept = Text(x.text, x.shape)
    return net(kept, "dropout(0.5)", {}, ", mode: sampling")(x)
