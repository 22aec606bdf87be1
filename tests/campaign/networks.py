#!/usr/bin/python3
"""Random networks against torch, in f64: losses, gradients, second derivatives.

A program has 12 nets of three to ten lines: layers, functions of elements, reductions,
shapes, sums and products with earlier lines, over images, vectors and sequences. Its step
minimises the sum of their losses on the whole data set, by SGD with momentum, whose
buffers after one step are the gradients. To the loss of half of the nets the square of
its gradient in the images is added, whose own gradients are second derivatives. torch
takes the weights of the checkpoint and computes the same.

A loss agrees to 1e-11, a gradient to 1e-9 of the largest entry of its tensor, or of a
thousandth of the largest of its net, or of 1e-5: a gradient that cancels to nothing has no
digits of its own. Where one differs by more, torch computes again, each line's values
moved by a unit of the last place; where that moves the gradient as far, the net is
ill-conditioned or at a kink and nothing can be said of it, which may be so of one net in
fifty.

    tests/campaign/networks.py --minutes 30 [--seed 1] [--resume FILE]
        [--findings FOLDER] [--build FOLDER] [--count N] [--first N]
"""
import csv
import sys
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "e2e"), str(HERE.parent / "numerics")]
from campaign import flags_of, main, of_programs  # noqa: E402
from trainer import read_safetensors, require, run  # noqa: E402
from with_torch import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

NETS, UNTOLD_SHARE = 12, 0.02
LOSS_ALLOWED, ALLOWED, FLOOR, LEAST = 1e-11, 1e-9, 1e-3, 1e-5
AT_KINK = 1e-6  # where the last bits move a gradient by more, it jumps
LARGEST = 1500  # entries of a value

ELEMENTWISE = [
    ("tanh({})", torch.tanh), ("sigmoid({})", torch.sigmoid), ("relu({})", F.relu),
    ("softplus({})", F.softplus), ("silu({})", F.silu), ("gelu({})", F.gelu),
    ("elu({})", F.elu), ("selu({})", F.selu), ("leaky_relu({}, 0.2)",
                                               lambda x: F.leaky_relu(x, 0.2)),
    ("sin({})", torch.sin), ("erf({})", torch.erf), ("log_sigmoid({})", F.logsigmoid),
    ("exp(-abs({}))", lambda x: torch.exp(-x.abs())), ("sqrt(1 + {}^2)",
                                                       lambda x: (1 + x * x).sqrt()),
    ("clamp({}, -0.5, 0.7)", lambda x: x.clamp(-0.5, 0.7)),
    ("log1p({}^2)", lambda x: torch.log1p(x * x)), ("0.5 * {} - 0.1",
                                                    lambda x: 0.5 * x - 0.1),
]
BINARY = [
    ("{} + {}", lambda x, y: x + y), ("{} - tanh({})", lambda x, y: x - torch.tanh(y)),
    ("{} * sigmoid({})", lambda x, y: x * torch.sigmoid(y)),
    ("{} / (1.5 + sin({}))", lambda x, y: x / (1.5 + torch.sin(y))),
    ("max({}, 0.3 * {})", lambda x, y: torch.maximum(x, 0.3 * y)),
    ("lerp({}, sin({}), 0.3)", lambda x, y: torch.lerp(x, torch.sin(y), 0.3)),
    ("if {0} > 0.1 then {0} * {1} else sin({1})",
     lambda x, y: torch.where(x > 0.1, x * y, torch.sin(y))),
    ("mse({}, cos({}))", lambda x, y: (x - torch.cos(y)) ** 2),
    ("huber({}, {} * 3)", lambda x, y: F.huber_loss(x, y * 3, reduction="none")),
    ("bce(logits: {}, target: stop(sigmoid({})))",
     lambda x, y: F.binary_cross_entropy_with_logits(
         x, torch.sigmoid(y).detach(), reduction="none")),
]
REDUCTIONS = [
    ("sum", lambda x, d: x.sum(d)), ("mean", lambda x, d: x.mean(d)),
    ("logsumexp", lambda x, d: x.logsumexp(d)),
    ("norm", lambda x, d: torch.linalg.vector_norm(x, dim=d)),
    ("var", lambda x, d: x.var(d, unbiased=False)), ("max", lambda x, d: x.amax(d)),
    ("min", lambda x, d: x.amin(d)), ("prod", lambda x, d: x.prod(d)),
]


class Net(nn.Module):
    """Lines of a net, and the same as functions of the values of the lines before, of
    which the first is the input."""

    def __init__(self, pick, images):
        super().__init__()
        self.pick, self.lines, self.steps = pick, [], []
        self.known = [images]  # the values, with torch's own weights
        self.mixed = False
        self.bits = None  # draws by how many units of the last place values are moved
        # Distinct numbers to begin with: at ties torch and gmc choose differently.
        if pick.random() < 0.4:
            self.add("flatten(h0)", lambda v: v[0].flatten(1))
            self.dense()
        while not list(self.parameters()):
            self.convolution()
        self.add(f"tanh(h{self.last})", lambda v, at=self.last: torch.tanh(v[at]))
        for _ in range(pick.randint(1, 7)):
            kinds = [self.function, self.earlier, self.shape, self.reduction]
            kinds += {1: [self.dense, self.dense, self.vector],
                      2: [self.dense, self.sequence, self.sequence],
                      3: [self.convolution, self.image, self.image]}.get(
                          len(self.event()), [])
            pick.choice(kinds)()

    @property
    def last(self):
        return len(self.known) - 1

    def event(self, at=-1):
        return tuple(self.known[at].shape[1:])

    def add(self, text, step, module=None, mixed=False):
        """Keeps a line, unless torch refuses it or its value is too large. A module
        bears the line's name."""
        at = len(self.known)
        if module is not None:
            text += f" as l{at}"
            module = module.double()
        try:
            value = (step if module is None else self.behind(module, step))(self.known)
        except (RuntimeError, ValueError, IndexError):
            return
        if not 0 < value[0].numel() <= LARGEST or value.dim() > 4:
            return
        self.lines.append(f"  h{at} = {text}")
        self.steps.append(step if module is None else self.behind(module, step))
        self.known.append(value.detach())
        self.mixed |= mixed
        if module is not None:
            self.add_module(f"l{at}", module)

    @staticmethod
    def behind(module, step):
        return lambda v: step(v, module)

    def layer(self, text, module, **says):
        at = self.last
        self.add(f"h{at} |> {text}", lambda v, m: m(v[at]), module, **says)

    def function(self):
        at = self.last
        text, step = self.pick.choice(ELEMENTWISE)
        self.add(text.format(f"h{at}"), lambda v: step(v[at]))

    def earlier(self):
        """With a line of the same shape, or the same line."""
        at = self.last
        other = self.pick.choice([i for i in range(1, at + 1)
                                  if self.event(i) == self.event()])
        text, step = self.pick.choice(BINARY)
        self.add(text.format(f"h{at}", f"h{other}"), lambda v: step(v[at], v[other]))

    def shape(self):
        at, size, pick = self.last, self.event(), self.pick
        if not size:
            self.add(f"reshape(h{at}, 1)", lambda v: v[at][:, None])
            return
        axis, total = pick.randrange(len(size)), int(numpy.prod(size))
        place, begin = pick.randrange(size[axis]), pick.randrange(size[axis])
        end = pick.randint(begin + 1, size[axis])
        factors = [n for n in range(1, total + 1) if total % n == 0]
        first = pick.choice(factors)
        second = pick.choice([n for n in factors if total // first % n == 0])
        new = pick.choice([(first, total // first),
                           (first, second, total // first // second)])
        order = pick.sample(range(len(size)), len(size))
        ways = [
            (f"flatten(h{at})", lambda v: v[at].flatten(1)),
            (f"reshape(h{at}, {', '.join(map(str, new))})",
             lambda v: v[at].reshape(-1, *new)),
            (f"h{at}[{':, ' * axis}{begin}:{end}]",
             lambda v: v[at].narrow(axis + 1, begin, end - begin)),
            (f"h{at}[{':, ' * axis}{place}]", lambda v: v[at].select(axis + 1, place)),
            (f"cumsum(h{at})", lambda v: v[at].cumsum(-1)),
        ]
        others = [i for i in range(1, at + 1) if len(self.event(i)) == len(size) and
                  self.event(i)[:axis] == size[:axis] and
                  self.event(i)[axis + 1:] == size[axis + 1:]]
        other = pick.choice(others)
        ways.append((f"concat(h{at}, h{other}, axis: {axis})",
                     lambda v: torch.cat([v[at], v[other]], axis + 1)))
        if len(size) == 1:
            ways.append((f"h{at}[:, new] * h{at}[new]",
                         lambda v: v[at][:, :, None] * v[at][:, None]))
        else:
            ways.append((f"transpose(h{at}, {', '.join(map(str, order))})",
                         lambda v: v[at].permute(0, *(n + 1 for n in order))))
        if len(size) == 2:
            ways.append((f"h{at} @ transpose(h{at}, 1, 0)",
                         lambda v: v[at] @ v[at].transpose(1, 2)))
        self.add(*pick.choice(ways))

    def reduction(self):
        at, size = self.last, self.event()
        if len(size) > 1:
            axis = self.pick.randrange(len(size))
            text, step = self.pick.choice(REDUCTIONS)
            self.add(f"{text}(h{at}, over: {axis})", lambda v: step(v[at], axis + 1))

    def dense(self):
        bias = self.pick.random() < 0.8
        out = self.pick.choice([1, 2, 3, 4, 5, 8, 12, 16, 17, 24, 33])
        self.layer(f"linear({out}{'' if bias else ', bias: false'})",
                   nn.Linear(self.event()[-1], out, bias=bias))

    def vector(self):
        at, pick, size = self.last, self.pick, self.event()[0]
        way = pick.randrange(5)
        if way == 0:
            affine = pick.random() < 0.7
            self.layer(f"batch_norm{'' if affine else '(affine: false)'}",
                       nn.BatchNorm1d(size, affine=affine), mixed=True)
        elif way == 1:
            self.layer("layer_norm", nn.LayerNorm(size))
        elif way == 2:
            self.add(f"softmax(h{at})", lambda v: v[at].softmax(-1))
        elif way == 3:
            n = pick.choice([1, 3, 8])
            self.add(f"gru(h{at}, 0, {n})", lambda v, m: m(v[at]), nn.GRUCell(size, n))
        else:
            other = pick.choice([i for i in range(1, at + 1) if len(self.event(i)) == 1])
            n = self.event(other)[0]
            self.add(f"gru(h{at}, h{other}, {n})", lambda v, m: m(v[at], v[other]),
                     nn.GRUCell(size, n))

    def sequence(self):
        at, pick, size = self.last, self.pick, self.event()
        way = pick.randrange(3)
        if way == 0:
            heads = pick.choice([n for n in (1, 2, 3, 4) if size[1] % n == 0])
            self.add(f"h{at} |> attention(heads: {heads})",
                     lambda v, m: m(v[at], v[at], v[at], need_weights=False)[0],
                     nn.MultiheadAttention(size[1], heads, batch_first=True))
        elif way == 1:
            self.layer("layer_norm", nn.LayerNorm(size[1]))
        else:
            self.add(f"softmax(h{at})", lambda v: v[at].softmax(-1))

    def convolution(self):
        pick, channels = self.pick, self.event()[0]
        groups = pick.choice([g for g in (1, 1, 1, 2, 3, channels) if channels % g == 0])
        out = groups * pick.randint(1, max(1, 8 // groups))
        taps, stride = pick.choice([1, 2, 3, 3, 4, 5]), pick.choice([1, 1, 2, 3])
        options = {"stride": stride, "pad": pick.choice([0, 0, 1, 2]),
                   "dilation": pick.choice([1, 1, 1, 2]), "groups": groups,
                   "bias": pick.random() < 0.8}
        usual = {"stride": 1, "pad": 0, "dilation": 1, "groups": 1, "bias": True,
                 "out_pad": 0, "mode": "zeros"}
        for_torch = {name: options[name] for name in options if name != "pad"}
        if pick.random() < 0.6:
            options["mode"] = pick.choice(["zeros", "zeros", "reflect"])
            name, module = "conv2d", nn.Conv2d(
                channels, out, taps, padding=options["pad"],
                padding_mode=options["mode"], **for_torch)
        else:
            options["out_pad"] = pick.randrange(stride)
            name, module = "conv_transpose2d", nn.ConvTranspose2d(
                channels, out, taps, padding=options["pad"],
                output_padding=options["out_pad"], **for_torch)
        given = [f"{word}: {str(value).lower()}" for word, value in options.items()
                 if value != usual[word]]
        self.layer(f"{name}({', '.join([str(out), str(taps), *given])})", module)

    def image(self):
        at, pick, channels = self.last, self.pick, self.event()[0]
        k, stride, pad = pick.choice([2, 2, 3]), pick.choice([1, 2, 3]), pick.randrange(2)
        groups = pick.choice([g for g in (1, 2, 3, 4) if channels % g == 0])
        window = f"{k}, stride: {stride}, pad: {pad}"
        way = pick.randrange(8)
        if way < 2:
            kind = ("max", "avg")[way]
            pool = nn.MaxPool2d(k, stride, pad) if way == 0 else nn.AvgPool2d(
                k, stride, pad)
            self.add(f"{kind}_pool(h{at}, {window})", lambda v: pool(v[at]))
        elif way < 4:
            mode = ("nearest", "bilinear")[way - 2]
            scale = nn.Upsample(scale_factor=k, mode=mode)
            self.add(f"upsample(h{at}, {k}, mode: {mode})", lambda v: scale(v[at]))
        elif way == 4:
            self.layer("batch_norm", nn.BatchNorm2d(channels), mixed=True)
        elif way == 5:
            self.layer("instance_norm(affine: true)",
                       nn.InstanceNorm2d(channels, affine=True))
        elif way == 6:
            self.layer(f"group_norm({groups})", nn.GroupNorm(groups, channels))
        else:
            self.layer("layer_norm", nn.LayerNorm(self.event()))

    def forward(self, x):
        values = [x]
        for step in self.steps:
            value = step(values)
            if self.bits is not None:
                value = value * (1 + 2.0 ** -52 * torch.from_numpy(
                    self.bits.integers(-1, 2, tuple(value.shape)).astype("f8")))
            values.append(value)
        return values[-1]

    def text(self, name):
        image = ",".join(map(str, self.event(0)))
        return "\n".join([f"net {name}(h0: f32[{image}]) -> map {{", *self.lines,
                          f"  h{self.last}", "}"])


def mean_of_event(x):
    return x if x.dim() == 1 else x.flatten(1).mean(1)


def text_of(nets, squared, image, records):
    step, terms = [], []
    for name, net in nets.items():
        mean = "{}" if not net.event() else "mean({})"
        terms.append(mean.format(f"sin(2 * {name}(x))"))
        if name in squared:
            inner = mean.format(f"sin({name}(x))")
            step.append(f"  g{name} = grad(" + (
                f"sum({inner}, over: batch)" if net.mixed else inner) + ", x)")
            terms.append(f"10 * sum(g{name}^2)")
    return "\n".join([
        f'data d : npy("d.npy") as f32[{",".join(map(str, image))}]',
        *(net.text(name) for name, net in nets.items()), "step fit(x) {", *step,
        *(f"  l{i} = {term}" for i, term in enumerate(terms)),
        "  minimize " + " + ".join(f"l{i}" for i in range(len(terms))),
        f"    over {', '.join(nets)} using sgd(1e-30, momentum: 0.5)", "}",
        f"train {{ fit(next d.train) }} for 1 rounds, batch {records}", ""])


def gradients_in_torch(nets, squared, images):
    """Loss, and gradients by net and by name."""
    total, gradients = 0.0, {}
    for name, net in nets.items():
        net.zero_grad()
        x = images.clone().requires_grad_()
        loss = mean_of_event(torch.sin(2 * net(x))).mean()
        if name in squared:
            inner = mean_of_event(torch.sin(net(x))).sum()
            gradient, = torch.autograd.grad(inner, x, create_graph=True)
            loss = loss + 10 * (gradient ** 2).flatten(1).sum(1).mean()
        loss.backward()
        total += loss.item()
        gradients[name] = {key: weight.grad.numpy().copy() if weight.grad is not None
                           else numpy.zeros(weight.shape)
                           for key, weight in net.named_parameters()}
    return total, gradients


def share(ours, theirs, floor):
    if not (numpy.isfinite(ours).all() and numpy.isfinite(theirs).all()):
        return float("inf")
    size = max(abs(ours).max(), abs(theirs).max(), floor)
    return abs(ours - theirs).max() / size if size else 0.0


def compare(campaign, case, folder):
    """Counts nets, and those of which nothing can be said; Wrong where one differs."""
    pick = campaign.random(case)
    torch.manual_seed(pick.randrange(1 << 30))
    image, records = (1, pick.randint(3, 9), pick.randint(3, 9)), pick.randint(2, 9)
    # Numbers of f32 without ties.
    values = numpy.random.default_rng(case).normal(size=(records, *image)).astype("f4")
    numpy.save(folder / "d.npy", values)
    images = torch.from_numpy(values.astype("f8"))
    nets = {f"N{i}": Net(pick, images) for i in range(NETS)}
    squared = {name for name in nets if pick.random() < 0.5}
    (folder / "model.gm").write_text(text_of(nets, squared, image, records))
    flags = flags_of(case)
    run(campaign.gmc, "compile", folder / "model.gm", "-o", folder / "model", "--f64",
        *flags)
    run(folder / "model", "train", "--data", folder / "d.npy", "--threads",
        pick.randint(1, 2), "--out", folder / "run")
    end = read_safetensors(folder / "run" / "checkpoint.safetensors")
    for name, net in nets.items():
        net.load_state_dict({key: torch.from_numpy(end[f"{name}.{key}"].astype("f8"))
                             for key, _ in net.named_parameters()}, strict=False)
    loss, expected = gradients_in_torch(nets, squared, images)
    with open(folder / "run" / "metrics.csv", encoding="utf-8") as file:
        shown = float(list(csv.DictReader(file))[-1]["fit.loss"])
    again, untold = None, 0
    campaign.state["nets"] += len(nets)
    for name, gradients in expected.items():
        floor = max(LEAST, FLOOR * max(abs(one).max() for one in gradients.values()))
        worst = max((share(end[f"fit.sgd.{name}.{key}.b"], one, floor), key)
                    for key, one in gradients.items())
        campaign.state["numbers"] += sum(one.size for one in gradients.values())
        if worst[0] <= ALLOWED:
            continue
        if not all(numpy.isfinite(one).all() for one in gradients.values()):
            untold += 1  # torch's second derivative of a norm of zeros
            continue
        if again is None:
            for one in nets.values():
                one.bits = numpy.random.default_rng(case)
            again = gradients_in_torch(nets, squared, images)[1]
        effect = max(share(again[name][key], one, floor)
                     for key, one in gradients.items())
        require(worst[0] <= 10 * effect or effect > AT_KINK, f"{' '.join(flags)}: the gradient of "
                f"`{name}.{worst[1]}` is {worst[0]:.1e} of its largest entry from "
                f"torch's; the last bits of values move it by {effect:.1e}")
        untold += 1
    require(untold or abs(shown - loss) <= LOSS_ALLOWED * max(1, abs(loss)),
            f"{' '.join(flags)}: loss {shown}, torch {loss}")
    campaign.state["untold"] += untold


def main_campaign():
    campaign = of_programs("networks", ["nets", "numbers", "untold"], compare)
    if campaign.state["untold"] > max(1, UNTOLD_SHARE * campaign.state["nets"]):
        print("more nets are ill-conditioned than may be", flush=True)
        campaign.finish()
        return 1
    return campaign.finish()


if __name__ == "__main__":
    main(main_campaign)
