"""Convolutions, pooling, resampling and normalisation. See table.py."""
from registry import said
from text import (Text, call, concat, layer, reduce, require, reshape,
                  row, stretch)


def pair(value):
    value = (value,) if isinstance(value, int) else tuple(value)
    return value * 2 if len(value) == 1 else value


def batchwise(function):
    """Of a tensor [n, c, h, w]: of each image, then side by side."""
    def wrapped(x, *args, **named):
        if x.rank == 3:
            return function(x, *args, **named)
        require(x.rank == 4, "images of other ranks")
        parts = [row(function(x[(i,)], *args, **named))
                 for i in range(x.shape[0])]
        return concat(parts, 0)
    return wrapped


def square(value):
    """The number that both axes have."""
    a, b = pair(value)
    require(a == b, "windows that are not square")
    return a


def convolution(kind, x, weight, bias, labels):
    """A net of one layer, called on each image."""
    single = x.rank == 3
    images = [x] if single else [x[(i,)] for i in range(x.shape[0])]
    name = layer(kind, images[0].shape, weight, bias, labels)
    extents = square(weight.shape[2:])
    shape = window(kind, images[0].shape, weight, extents, labels)
    parts = [Text(f"{name}({image.text})", shape) for image in images]
    return parts[0] if single else concat([row(one) for one in parts], 0)


def window(kind, shape, weight, k, labels):
    """Shape of the output; of PyTorch's documentation."""
    stride, span = labels["stride"], labels["dilation"] * (k - 1)
    if kind == "conv2d":
        if labels["pad"] == "same":
            return (weight.shape[0], *shape[1:])
        return (weight.shape[0], *((n + 2 * labels["pad"] - span - 1)
                                   // stride + 1 for n in shape[1:]))
    return (weight.shape[1] * labels["groups"],
            *((n - 1) * stride - 2 * labels["pad"] + span
              + labels["out_pad"] + 1 for n in shape[1:]))


@said("nn.functional.conv2d")
def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    padding = 0 if padding == "valid" else padding
    return convolution("conv2d", x, weight, bias, {
        "stride": square(stride), "dilation": square(dilation),
        "groups": groups,
        "pad": padding if padding == "same" else square(padding)})


@said("nn.functional.conv_transpose2d")
def conv_transpose2d(x, weight, bias=None, stride=1, padding=0,
                     output_padding=0, groups=1, dilation=1):
    return convolution("conv_transpose2d", x, weight, bias, {
        "stride": square(stride), "dilation": square(dilation),
        "groups": groups, "pad": square(padding),
        "out_pad": square(output_padding)})


def pooled(name):
    def function(x, kernel_size=None, stride=None, padding=0, dilation=1,
                 ceil_mode=False, return_indices=False,
                 count_include_pad=True, divisor_override=None):
        k, pad, apart = (square(size) for size in (kernel_size, padding,
                                                   dilation))
        step = square(stride) if stride not in (None, ()) else k
        require(not return_indices and not divisor_override
                and (count_include_pad or pad == 0) and 2 * pad <= k,
                "other settings")
        c, *sides = x.shape
        lengths = [side + 2 * pad - apart * (k - 1) - 1 for side in sides]
        require(min(lengths) >= 0 and
                not (ceil_mode and any(n % step for n in lengths)),
                "windows past the border")
        settings = {"stride": step, "pad": pad, "dilation": apart}
        return call(name, x, k, shape=(c, *(n // step + 1 for n in lengths)),
                    **{word: n for word, n in settings.items()
                       if word != "dilation" or n != 1})
    return batchwise(function)


said("nn.functional.max_pool2d")(pooled("max_pool"))
said("nn.functional.avg_pool2d")(pooled("avg_pool"))


def enlarged(mode):
    def function(x, size, scale_factor):
        c, h, w = x.shape
        if size is not None:
            high, wide = pair(size)
        else:
            factors = (scale_factor,) * 2 if isinstance(
                scale_factor, (int, float)) else scale_factor
            require(all(f == int(f) for f in factors), "fractional scales")
            high, wide = int(h * factors[0]), int(w * factors[1])
        scale = high // h
        require(high == h * scale and wide == w * scale and scale,
                "fractional scales")
        return call("upsample", x, scale, mode=mode,
                    shape=(c, high, wide))
    return batchwise(function)



@said("nn.functional.upsample_nearest")
def upsample_nearest(x, size=None, scale_factor=None):
    return interpolate(x, size, scale_factor)


@said("nn.functional.interpolate.nearest", "nn.functional.interpolate.bilinear")
def interpolate(x, size=None, scale_factor=None, mode="nearest",
                align_corners=None, recompute_scale_factor=None):
    require(mode in ("nearest", "bilinear"), "other interpolations")
    require(x.rank == 4 and not align_corners, "corners on corners")
    return enlarged(mode)(x, size, scale_factor)


def standardised(x, dims, eps):
    mean = stretch(reduce("mean", x, dims, True), x.shape)
    spread = stretch(reduce("var", x, dims, True), x.shape)
    return (x - mean) / call("sqrt", spread + eps)


@said("nn.functional.layer_norm")
def layer_norm(x, shape, weight=None, bias=None, eps=1e-5):
    dims = tuple(range(x.rank - len(shape), x.rank))
    y = standardised(x, dims, eps)
    y = y if weight is None else y * stretch(weight, x.shape)
    return y if bias is None else y + stretch(bias, x.shape)


def scaled(y, weight, bias):
    """times weight plus bias of axis 1."""
    def along(v):
        return stretch(reshape(v, (1, *v.shape) + (1,) * (y.rank - 2)),
                       y.shape)
    y = y if weight is None else y * along(weight)
    return y if bias is None else y + along(bias)


@said("nn.functional.instance_norm")
def instance_norm(x, running_mean=None, running_var=None, weight=None,
                  bias=None, use_input_stats=True, momentum=0.1, eps=1e-5):
    require(use_input_stats and x.rank > 2, "statistics that are given")
    require(running_mean is None, "statistics that move")
    return scaled(standardised(x, tuple(range(2, x.rank)), eps), weight, bias)


@said("nn.functional.group_norm")
def group_norm(x, groups, weight=None, bias=None, eps=1e-5):
    n, c, *rest = x.shape
    y = reshape(x, (n, groups, c // groups, *rest))
    y = standardised(y, tuple(range(2, y.rank)), eps)
    return scaled(reshape(y, x.shape), weight, bias)


@said("nn.functional.batch_norm")
def batch_norm(x, running_mean, running_var, weight=None, bias=None,
               training=False, momentum=0.1, eps=1e-5):
    require(training and running_mean is None, "statistics that move")
    dims = (0, *range(2, x.rank))
    return scaled(standardised(x, dims, eps), weight, bias)
