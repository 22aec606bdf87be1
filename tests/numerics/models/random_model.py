"""Writes a random valid model, a function of its seed alone.

A model is one to three nets of one to six linear layers, one to three steps
that train them on draws, tiny images or parameters, and an optimiser. Layers of
PIECES stand between the linear ones and in the steps; terms of TERMS make the
objectives. Every model has some entries of both tables by its number, so that
each entry comes up often, and others by chance.

Each piece keeps numbers of about one at about one and stays off the kinks and
poles of its function: two pipelines that round differently are compared.
"""
import random
import re

WIDTHS = [1, 2, 3, 4, 5, 7, 8, 11, 13, 16, 17, 19, 23, 29, 31, 32, 37, 41, 47,
          53, 59, 61, 64, 67, 73, 79, 83, 89, 97, 101, 107, 113, 120, 127, 128,
          130]
IMAGES = [(1, 1), (2, 3), (4, 4), (5, 3), (7, 7), (8, 8), (11, 11)]

# From a vector {x} of {w} entries to another; {c} is a number, {n} a new name.
PIECES = {
    "relu": "relu({x})",
    "softplus": "softplus({x})",
    "sigmoid": "sigmoid({x})",
    "tanh": "tanh({x})",
    "erf": "erf({x})",
    "exp": "exp(-{x}^2)",
    "log": "log(softplus({x}) + 0.1)",
    "log sigmoid": "log(sigmoid({x}))",
    "log of one less": "log(1 - sigmoid({x}))",
    "log of one more": "log(1 + exp(tanh({x})))",
    "log1p": "log1p({x}^2)",
    "sqrt": "sqrt({x}^2 + 0.25)",
    "abs": "abs({x} + {c})",
    "sign": "{x} * sign({x} - {c})",
    "sin": "sin({x})",
    "cos": "cos(2 * {x})",
    "round": "straight_through(round(3 * {x}) / 3, {x})",
    "stopped": "{x} + 0.5 * stop(sin({x}))",
    "leaky_relu": "leaky_relu({x}, 0.2)",
    "leaky_relu default": "leaky_relu({x})",
    "log_sigmoid": "log_sigmoid({x})",
    "silu": "silu({x})",
    "elu": "elu({x})",
    "selu": "selu({x})",
    "gelu": "gelu({x})",
    "softmax": "{w} * softmax({x})",
    "pow": "pow(softplus({x}) + 0.1, 0.7)",
    "pow of values": "pow(sigmoid({x}) + 0.5, tanh({x}))",
    "cube": "{x}^3 / (1 + {x}^2)",
    "clamp": "clamp({x}, -0.4, 0.6) + 0.1 * {x}",
    "minimum": "min({x}, {c} + 0.3 * {x})",
    "maximum": "max({x}, sin({x}) - {c})",
    "lerp": "lerp({x}, cos({x}), 0.3)",
    "lerp of values": "lerp(sin({x}), {x}, sigmoid({x}))",
    "negate": "0.2 - {x}",
    "less": "if {x} < {c} then 0.5 * {x} else {x}",
    "less or equal": "if {x} <= {c} then {x} else sin({x})",
    "greater": "{x} * (0.5 + stop({x} > {c}))",
    "greater or equal": "if {x} >= -{c} and {x} < 1 then {x} else 0.1 * {x}",
    "equal": "if {x} == 7 or not ({x} > {c}) then -{x} else {x}",
    "not equal": "{x} * stop({x} != 7)",
    "gather": "{x} + 0.5 * {x}[round(0.4 * iota({w}))]",
    "divide": "{x} / (1.5 + sin({x}))",
    "remainder": "{x} + 0.2 * ((7 * {x} + {c}) % 2)",
    "remainder of values": "stop({x}) % (3 + sin({x})) / 3",
    "diagonal": "diag(reshape({x}, {w}, 1) @ sin({x})[new])",
    "on the diagonal": "sum(diag({x}), over: 1) + {x}",
    "reshape": "reshape(tanh(reshape({x}, 1, {w}, 1)), {w})",
    "concat": "concat({x}[{k}:{w}], 0.5 * {x}[0:{k}], axis: 0)",
    "concat of three": "concat({x}[0:1], sin({x}[0:{k}]), {x}[{k}:{w}])"
                       "[1:{w1}]",
    "split": "{n}a, {n}b = split(concat({x}, sin({x})), 2)\n  "
             "{n}a + 0.5 * {n}b",
    "split on an axis": "{n}a, {n}b = split(reshape(concat({x}, {x}^2), {w}, "
                        "2), 2, axis: 1)\n  reshape({n}a - 0.3 * {n}b, {w})",
    "slice": "{x} + {x}[{k}]",
    "transpose": "reshape(transpose(reshape({x}, {p}, {q})), {w})",
    "transpose axes": "reshape(transpose(reshape({x}, {p}, 1, {q}), 2, 0, 1),"
                      " {w})",
    "linspace": "{x} * linspace(0.5, 1.5, {w2})[0:{w}]",
    "iota": "{x} + iota({w}) / {w}",
    "ones": "{x} * (ones({w}) + zeros({w})) + 0.1",
    "cumsum": "cumsum({x}) / {w}",
    "new axis": "mean(sin({x}[:, new] - {x}[new]) / 2, over: 1) + {x}",
    "expand": "{x} + 0.1 * reshape(expand({x}[new], like: zeros(2, {w})), "
              "{w2x})[0:{w}]",
    "one hot": "{x} + 0.1 * onehot(stop(argmax({x})), {w})",
    "smallest": "{x} + 0.01 * stop(argmin({x}))",
    "centre": "{x} - 0.5 * mean({x})",
    "spread": "{x} / (0.5 + std({x} + iota({w})))",
    "every turn": "mean(sin(t * {x}) for t in linspace(0.5, 1.5, 3), over: t)",
    "lgamma": "lgamma(softplus({x}) + 0.2)",
    "digamma": "0.3 * digamma(softplus({x}) + 0.5)",
    "lifted": "{x} + 0.2 * stack(sin(lift({x}, 0 as m)), over: m)",
    "lifted row": "stack(sin(lift(reshape({x}, {p}, {q}), 1 as m)) + 0.1 * "
                  "reshape({x}, {w})[{k}], over: m) |> transpose |> reshape({w})",
    "every index": "sum({x} * i / 3 for i in 1..2, over: i)",
    "nested loops": "mean(sin(i * {x} + j) for i in 1..2 for j in [0, 1], "
                    "over: [i, j])",
}
# Pieces that stand in a net only: they have layers.
LAYERS = {
    "dropout": "dropout({x}, 0.3)",
    "skip": "{x} |> skip {{ linear({w}) |> tanh }}",
    "repeat": "{x} |> repeat 2 {{ linear({w}) |> relu }}",
    "repeat in list": "{x} |> repeat m in [{v}, {w}] {{ linear(m) |> silu }}",
    "block": "{x} |> mlp({w})",
    "no bias": "linear({x}, {w}, bias: false)",
    "xavier": "linear({x}, {w}, init: xavier) |> tanh",
    "kaiming": "linear({x}, {w}, init: kaiming) |> relu",
    "orthogonal": "linear({x}, {w}, init: orthogonal)",
    "normal": "linear({x}, {w}, init: normal(0.1))",
    "uniform": "linear({x}, {w}, init: uniform(0.2)) |> sin",
    "spectral norm": "linear({x}, {w}) : spectral_norm",
    "flatten": "{x} |> reshape({p}, {q}) |> flatten |> linear({w})",
    "on rows": "{x} |> reshape({p}, {q}) |> linear({q}) |> flatten",
    "conv2d": "{x} |> reshape(1, {p}, {q}) |> conv2d(3, 3, pad: same) |> tanh "
              "|> conv2d(1, 2, pad: same) |> flatten",
    "strided conv2d": "{x} |> reshape({p}, {q}, 1) |> conv2d(5, 2, stride: 2, "
                      "pad: 1) |> tanh |> flatten |> linear({w})",
    "conv2d of groups": "concat({x}, sin({x})) |> reshape(2, {p}, {q}) |> "
                        "conv2d(4, 3, pad: 2, dilation: 2, groups: 2, bias: "
                        "false) |> sigmoid |> flatten |> linear({w})",
    "conv_transpose2d": "{x} |> reshape({p}, {q}, 1) |> conv_transpose2d(2, 3, "
                        "stride: 2, out_pad: 1) |> tanh |> flatten |> "
                        "linear({w})",
    "wide convolutions": "{x} |> reshape(1, {p}, {q}) |> conv2d(32, 3, pad: 1)"
                         " |> leaky_relu |> conv_transpose2d(17, 2, stride: 2)"
                         " |> tanh |> conv2d(1, 2, stride: 2) |> flatten",
    "reflected conv2d": "{x} |> reshape(1, {p}, {q}) |> upsample(2) |> "
                        "conv2d(2, 3, pad: same, mode: reflect) |> tanh |> "
                        "avg_pool(2) |> flatten |> linear({w})",
    "pooled": "{x} |> reshape({p}, {q}, 1) |> upsample(2, mode: bilinear) |> "
              "conv2d(17, 3, pad: 1) |> max_pool(2) |> tanh |> flatten |> "
              "linear({w})",
    "pools that overlap": "{x} |> reshape({p}, {q}, 1) |> upsample(3) |> "
                          "conv2d(3, 3, pad: 1) |> max_pool(3, stride: 2, pad: "
                          "1) |> avg_pool(2, stride: 1, pad: 1) |> flatten |> "
                          "linear({w})",
    "layer_norm": "0.3 * layer_norm({x} + iota({w}))",
    "instance_norm": "{x} |> reshape(1, {p}, {q}) |> conv2d(4, 3, pad: 1) |> "
                     "skip {{ instance_norm |> conv2d(4, 1) |> tanh }} |> "
                     "flatten |> linear({w})",
    "batch_norm": "{x} |> reshape(1, {p}, {q}) |> conv2d(3, 2, pad: 1) |> "
                  "batch_norm |> tanh |> flatten |> linear({w})",
    "group_norm": "{x} |> reshape(1, {p}, {q}) |> conv2d(6, 2, pad: 1) |> "
                  "group_norm(3) |> tanh |> flatten |> linear({w})",
    "embedding": "use {n} : embedding({w}, 2)\n  "
                 "{x} * mean({n}(iota({w})), over: 1)",
    "gru": "use {n} : gru({w})\n  scan t in 1..0 carry {n}h = {x} "
           "{{ {n}h <- {n}({x}[0:2] * (t + 1), {n}h) }}",
    "scan": "use {n} : linear({w})\n"
            "  {n}s = scan t in [2, 0, 1] carry {n}h : f32[{w}] = 0.5 {{\n"
            "    {n}h <- tanh({n}({n}h) + {x})\n"
            "    yield {n}h * t\n  }}\n  mean({n}s, over: 0)",
    "attention": "{x} |> reshape({p}, {q}) |> attention(heads: 1) |> flatten |> "
                 "linear({w})",
    "each product": "{n} = {x} |> linear(3 * {w}) |> reshape({w}, 3)\n"
                    "  flatten((reshape({x}, 1, {w}) @ {n}) @ transpose({n}))",
    "scale": "param {n} : f32[{w}] ~ Normal(1, 0.1)\n  {n} * {x}",
    "shift": "param {n} : f32[{w}] = 0.1\n  {n} + {x}",
    "one factor": "param {n} : f32 = 0.9\n  {n} * {x}",
    "product": "param {n} : f32[{w},{w}] ~ Uniform(-0.2, 0.2)\n  {x} @ {n}",
}
# Pieces that stand in a step only: they draw.
DRAWS = {
    "noise": "{n} ~ Normal(0, 1) like {x}\n  {x} + 0.1 * {n}",
    "one an example": "{n} ~ Uniform(0, 1)\n  lerp({x}, sin({x}), {n})",
    "one a batch": "{n} ~ Normal(0, 1) once\n  {x} + 0.1 * {n}",
    "laplace noise": "{n} ~ Laplace(0, 0.1)[{w}]\n  {x} + {n}",
    "mask": "{n} ~ Bernoulli(0.5)[{w}]\n  {x} * (0.5 + {n})",
    "reparametrised": "{n} ~ Normal({x}, 0.2)\n  {n}",
    "logvar": "{n} ~ Normal(mean: {x}, logvar: 0.3 * {x})\n  sin({n})",
    "uniform reparametrised": "{n} ~ Uniform({x} - 0.1, {x} + 0.2)\n  {n}",
    "several": "{n}[k: 3] ~ Normal({x}, 0.2)\n  mean(sin({n}), over: k)",
    "shuffled": "{x} + 0.3 * permute({x}, over: batch)",
    "shuffled each": "{x} + 0.3 * permute({x}, over: batch, each: event)",
    "joined": "{n}a, {n}b = split(sin(concat({x}, 0.5 * {x}, over: batch)), 2, "
              "over: batch)\n  {n}a - {n}b",
    "relaxed": "{n} ~ OneHot(logits: {x}) by gumbel(0.7)\n  {x} + {n}",
    "hard": "{n} ~ OneHot(logits: {x}) by gumbel(0.7, hard)\n  {x} + 0.5 * {n}",
    "straight": "{n} ~ OneHot(probs: 0.5 + sigmoid({x})) by straight_through\n"
                "  {x} + 0.5 * {n}",
    "relaxed bit": "{n} ~ Bernoulli(logits: {x}) by gumbel(0.7)\n  {x} + {n}",
    "label": "{n} ~ Categorical(logits: stop({x}))\n  {x} + 0.3 * onehot({n}, "
             "{w})",
    "uniform label": "{n} ~ UniformInt({w})\n  {x} * (0.5 + onehot({n}, {w}))",
    "gamma noise": "{n} ~ Gamma(softplus({x}) + 0.5, 2)\n  {x} + 0.1 * {n}",
    "beta noise": "{n} ~ Beta(softplus({x}) + 0.5, 1.5)\n  {x} + 0.3 * {n}",
    "mixed noise": "{n} ~ Mixture(Normal(lift({x}, 0 as m), 0.2), logits: 0, "
                   "over: m)\n  {x} + 0.1 * {n}",
    "defined": "jitter({x})",
}
# From {x} and {y}, vectors of {w} entries, to one number an example or in all.
TERMS = {
    "sum": "sum({x}^2) / {w}",
    "mean": "mean(({x} - {y})^2)",
    "min": "min({x} + sin({y}))",
    "max": "max({x})",
    "var": "var({x})",
    "std": "std({x} + iota({w}) / {w})",
    "norm": "norm({x} + 0.3)",
    "logsumexp": "logsumexp({x})",
    "logmeanexp": "logmeanexp({x} - {y})",
    "entry": "sin({x}[{k}])",
    "part": "mean({x}[0:{k1}] * {y}[0:{k1}])",
    "mse": "mean(mse({x}, {y}))",
    "huber": "sum(huber(3 * {x}, {y})) / {w}",
    "bce of logits": "mean(bce(logits: {x}, target: sigmoid({y})))",
    "bce of probs": "mean(bce(probs: sigmoid({x}), target: 0.3))",
    "bce of any probs": "mean(bce(probs: 0.1 + 0.8 * sigmoid({x}), "
                        "target: 0.7))",
    "log_prob of Normal": "-log_prob(Normal({x}, 1 + {y}^2), sin({y})) / {w}",
    "log_prob of Laplace": "-log_prob(Laplace({x}, 1), stop({y})) / {w}",
    "log_prob of Uniform": "{x}[0]^2 - log_prob(Uniform(-99, 99 + {x}^2), {y})"
                           " / {w}",
    "log_prob of Bernoulli": "-log_prob(Bernoulli(logits: {x}, grey: true), "
                             "sigmoid({y})) / {w}",
    "kl of Normal": "kl(Normal({x}, 0.5), Normal({y}, 1)) / {w}",
    "kl by logvar": "kl(Normal(mu: {x}, logvar: 0.3 * {x}), "
                    "Normal(0, 1)[{w}]) / {w}",
    "kl of Laplace": "kl(Laplace({x}, 0.5), Laplace({y}, 1)) / {w}",
    "kl of Bernoulli": "kl(Bernoulli(logits: {x}), Bernoulli(logits: {y}))"
                       " / {w}",
    "log_prob of Categorical": "-log_prob(Categorical(logits: {x}), {k}) + 0 * "
                               "{y}[0]",
    "log_prob of OneHot": "-log_prob(OneHot(logits: {x}), sigmoid({y})) / {w}",
    "kl of Categorical": "kl(Categorical(logits: {x}), Categorical(logits: "
                         "{y}))",
    "kl of OneHot": "kl(OneHot(logits: {x}), OneHot(probs: exp(sin({y}))))",
    "log_prob of Gamma": "-log_prob(Gamma(softplus({x}) + 0.5, 1.5), "
                         "softplus({y}) + 0.1) / {w}",
    "log_prob of Beta": "-log_prob(Beta(softplus({x}) + 0.5, 1.5), "
                        "0.1 + 0.8 * sigmoid({y})) / {w}",
    "kl of Gamma": "kl(Gamma(softplus({x}) + 0.5, 1), Gamma(2, 1 + {y}^2)) / {w}",
    "kl of Beta": "kl(Beta(softplus({x}) + 0.5, 1.2), Beta(2, softplus({y}) + "
                  "0.3)) / {w}",
    "entropy of Gamma": "entropy(Gamma(softplus({x}) + 0.5, 1 + {y}^2)) / {w}",
    "log_prob of Mixture": "-log_prob(Mixture(Normal(lift({x}, 0 as m), 0.7), "
                           "logits: lift(sin({y}), 0 as m), over: m)[{w}], "
                           "{y}) / {w}",
    "xent": "xent(logits: {x} + sin({y}), label: {k})",
    "entropy of classes": "entropy(OneHot(logits: {x}))",
    "entropy of Normal": "entropy(Normal({x}, 0.5 + {y}^2)) / {w}",
    "entropy of Bernoulli": "entropy(Bernoulli(logits: {x})) / {w}",
    "mean of a distribution": "mean((Laplace({x}, 1).mean - {y})^2)",
    "prod": "prod(1 + sin({x}) / {w})",
    "prod over an axis": "mean(prod(1 + sin(i * {x}) / 3 for i in 1..3, over: "
                         "i))",
    "prod over batch": "mean(prod(1 + sin({x}) / 40, over: batch))",
    "peers": "mean(exp(-mean(({x} - peers({y}))^2)), over: peer)",
    "other peers": "logmeanexp(mean(sin({x} - peers({x}))), over: peer, "
                   "others: true)",
    "mean over batch": "mean(mean({x}, over: batch)^2)",
    "deviation over batch": "mean(({x} - mean({x}, over: batch))^2)",
    "max over batch": "mean(max({x}, over: batch)) + 0 * {y}[0]",
    "std over batch": "mean(std({x} + {y}, over: batch))",
    "norm over batch": "mean(norm({x} + 0.3, over: batch))",
    "groups": "mean(ungroup(sin(group(concat({x}, {y}, over: batch), 2, over: "
              "batch)), over: batch)[0:1], over: all)",
    "pairs": "mean(tanh(group(concat({x}, {y}, over: batch), 2, over: batch)))",
    "all": "mean({x}, over: all)^2",
    "batch and axis": "logsumexp(0.1 * {x}, over: [batch, 0])",
    "sum over an axis": "mean(sum(reshape({x}, {p}, {q}), over: 1)^2) / {q}",
    "max over an axis": "mean(max(reshape({x}, {p}, {q}), over: 0))",
    "var over an axis": "mean(var(reshape({x}, {p}, 1, {q}), over: [0, 2]))",
    "product": "mean(sin(reshape({x}, {p}, {q}) @ "
               "reshape(iota({q}) / {q}, {q}, 1)))",
    "hinge": "max(0, 1 - mean({x}))",
}
DEFS = {
    "mlp": "block mlp(m) { linear(m) |> elu |> linear(m) }",
    "jitter": "def jitter(u) { e ~ Uniform(0, 1) like u; u + 0.2 * e }",
}


def divisors(width, pick):
    """p, q with p q = width."""
    p = pick.choice([d for d in range(1, width + 1) if width % d == 0])
    return p, width // p


class Body:
    """Lines of a net or step; hands out names and fills templates."""

    def __init__(self, pick, prefix):
        self.pick, self.prefix, self.lines, self.count = pick, prefix, [], 0

    def fresh(self):
        self.count += 1
        return f"{self.prefix}{self.count}"

    def fill(self, template, x, width, y=None):
        p, q = divisors(width, self.pick)
        k = self.pick.randrange(1, width) if width > 1 else 0
        return template.format(
            x=x, y=y or x, w=width, w1=width + 1, w2x=2 * width, w2=max(width, 2), p=p, q=q,
            k=k, k1=k + 1, v=self.pick.choice(WIDTHS[:12]),
            c=self.pick.choice([0.05, 0.13, 0.21]), n=self.fresh())

    def bind(self, text):
        """The last line of `text` gets a name; those before it stand as they
        are."""
        *before, last = text.split("\n  ")
        name = self.fresh()
        self.lines += before + [f"{name} = {last}"]
        return name


def usable(template, width):
    """Whether a template's parts are not empty at this width."""
    return width > 1 or not re.search(r"0:\{k\}|\{k\}:|iota",
                                      template)


class Model:
    """The text of model `number`; `must` are entries of the tables it has."""

    def __init__(self, number, seed=0):
        self.pick = random.Random(f"{seed} {number}")
        self.number = number
        tables = [[(kind, key) for key in table]
                  for kind, table in (("piece", PIECES), ("layer", LAYERS),
                                      ("draw", DRAWS), ("term", TERMS))]
        self.must = {}
        for table, step in zip(tables, (4, 2, 2, 3)):
            for i in range(step):
                kind, key = table[(number * step + i) % len(table)]
                self.must.setdefault(kind, []).append(key)
        self.nets, self.batch = [], self.pick.randint(1, 40)
        self.image = None
        kinds = ["layered", "vae", "gan", "penalty", "params"]
        self.kind = kinds[number % 10] if number % 10 < 5 else "layered"

    def width(self):
        return self.pick.choice(WIDTHS)

    def take(self, kind, table):
        """A template that must come yet, else one by chance."""
        if self.must.get(kind):
            return table[self.must[kind].pop()]
        return self.pick.choice(list(table.values()))

    def decorate(self, body, x, width, table, kind, times):
        for _ in range(times):
            template = self.take(kind, table)
            if usable(template, width):
                x = body.bind(body.fill(template, x, width))
        return x

    def net(self, name, inputs, outputs, record=None):
        """A net from `inputs` entries to `outputs`, or to a record of two."""
        body = Body(self.pick, "h")
        depth = self.pick.randint(1, 6)
        x, width = "x", inputs
        for level in range(depth - 1):
            width = self.width() if level or depth < 4 else \
                min(self.width(), 64)
            x = body.bind(f"linear({x}, {width})")
            x = self.decorate(body, x, width, PIECES, "piece",
                              self.pick.choice((1, 1, 2)))
            if width <= 64 and self.pick.random() < 0.4 or \
                    self.must.get("layer"):
                x = self.decorate(body, x, width, LAYERS, "layer", 1)
        result = f"f32[{outputs}]"
        if record:
            result = ", ".join(f"{field}: f32[{outputs}]" for field in record)
            body.lines += [f"{record[0]} = linear({x}, {outputs})",
                           f"{record[1]} = linear({x}, {outputs})"
                           + (" |> softplus" if record[1] != "logvar" else "")]
        else:
            body.lines.append(f"linear({x}, {outputs})")
        lines = "\n".join(f"  {line}" for line in body.lines)
        self.nets.append(f"net {name}(x: f32[{inputs}]) -> {result} {{\n"
                         f"{lines}\n}}")

    def source(self, body):
        """What a step starts from: pixels or a draw; (its name, its width,
        the step's parameter)."""
        if self.image:
            count = self.image[0] * self.image[1]
            return body.bind(f"reshape(x, {count})"), count, "x"
        width = self.width()
        name = body.fresh()
        body.lines.append(f"{name} ~ Normal(0, 1)[{width}]")
        return name, width, ""

    def terms(self, body, x, y, width, count):
        """A sum of `count` terms of two vectors."""
        written = []
        while len(written) < count:
            template = self.take("term", TERMS)
            if usable(template, width):
                factor = self.pick.choice(("", "0.5 * ", "0.3 * "))
                written.append(factor + body.fill(template, x, width, y))
        return " + ".join(written)

    def optimiser(self):
        return (self.rule() + self.pick.choice(("", "", "", ", clip 1.0")) +
                self.pick.choice(("", "", "", ", keep in [-2, 2]",
                                  ", when lr > 0")))

    def rule(self):
        pick = self.pick
        rate = pick.choice(("lr", "0.01", "rate"))
        return pick.choice((
            f"sgd({rate})", f"sgd({rate}, momentum: 0.5)",
            f"sgd({rate}, momentum: 0.9)",
            f"sgd({rate}, momentum: 0.5, nesterov: true)",
            f"adam({rate}, eps: 0.1)", f"adamw({rate}, eps: 0.1)",
            f"rmsprop({rate}, eps: 0.1)") if pick.random() < 0.4 else
            (f"sgd({rate}, momentum: 0.5)", f"sgd({rate})"))

    def step(self, name, lines, parameter, end, result=""):
        arrow = f" -> {result}" if result else ""
        body = "\n".join(f"  {line}" for line in [*lines, *end])
        return f"step {name}({parameter}){arrow} {{\n{body}\n}}"

    def layered(self):
        """Nets one behind the other, trained together or one a step."""
        body = Body(self.pick, "v")
        x, width, parameter = self.source(body)
        outputs, names = [], []
        for i in range(self.pick.randint(1, 3)):
            out = self.width()
            self.net(f"N{i}", width, out)
            x, width = body.bind(f"N{i}({x})"), out
            outputs.append((x, width))
            names.append(f"N{i}")
            x = self.decorate(body, x, width, PIECES, "piece", 1)
            if i == 0 or self.pick.random() < 0.3:
                x = self.decorate(body, x, width, DRAWS, "draw", 2)
        if self.pick.random() < 0.2:
            # A layer that belongs to no net, called twice.
            self.nets.append(f"use own : linear({width})")
            x = body.bind(f"own({x})")
            x = body.bind(f"tanh(own({x}))")
            names.insert(0, "own")
        reached = " + ".join(f"mean({out}^2)" for out, _ in outputs)
        total = self.terms(body, x, outputs[-1][0], width, 3)
        if parameter and self.pick.random() < 0.2:
            total += f" + mean({x}^2) / count(d.train)"
        ends = self.objectives(f"{reached} + {total}", outputs, names)
        steps = [self.step("a", body.lines, parameter, ends)]
        turns = [f"a({self.next(parameter)})"]
        if len(names) > 1 and self.pick.random() < 0.5:
            body.lines = [line for line in body.lines]
            out = body.bind(f"{x} + 0")
            steps = [self.step("a", body.lines, parameter, ends, out)]
            self.net("Tail", width, 3)
            tail = Body(self.pick, "t")
            seen = tail.bind("Tail(u)")
            loss = self.terms(tail, seen, "1 + " + seen, 3, 1)
            steps.append(self.step("b", tail.lines, "u", [
                f"minimize mean({seen}^2) + {loss} over Tail using "
                f"{self.optimiser()}"]))
            turns = [f"value = {turns[0]}",
                     self.pick.choice((
                         "b(value)", "repeat 2 { b(value) }",
                         "every 2 rounds { b(value) }",
                         f"every {self.batch} examples {{ b(value) }}"))]
        return steps, turns

    def objectives(self, loss, outputs, names):
        """One objective of all nets; one each for the last and the others; or
        two of all of them, whose gradients add in a shared optimiser."""
        second = f"mean(sin({outputs[-1][0]})^2)"
        form = self.pick.choice((1, 1, 2, 3)) if len(names) > 1 else \
            self.pick.choice((1, 1, 3))
        if form == 2:
            return [f"minimize {loss} over {', '.join(names[:-1])} using "
                    f"{self.optimiser()}",
                    f"minimize {loss} + {second} over {names[-1]} using "
                    f"{self.optimiser()}"]
        all_of_them = f"over {', '.join(names)} using"
        if form == 3:
            self.shared()
            return [f"minimize {loss} {all_of_them} shared",
                    f"maximize -0.3 * {second} {all_of_them} shared"]
        return [f"minimize {loss} {all_of_them} {self.optimiser()}"]

    def shared(self):
        self.nets.append(f"opt shared = {self.rule()}")
        return "shared"

    def vae(self):
        """Encoder, decoder, elbo from the `~` lines."""
        pick, body = self.pick, Body(self.pick, "v")
        self.image = self.image or pick.choice(IMAGES)
        h, w = self.image
        latent = self.width()
        guide, record, prior = pick.choice((
            ("Normal(Enc({x}))", ("mu", "logvar"), "Normal(0, 1)"),
            ("Normal(Enc({x}))", ("mu", "std"), "Normal(0, 1)"),
            ("Normal(Enc({x}))", ("mean", "var"), "Normal(0.1, 2)"),
            ("Laplace(Enc({x}))", ("mean", "scale"), "Laplace(0, 1)"),
            ("Normal(Enc({x}))", ("mu", "std"), "Laplace(0, 1)")))
        if pick.random() < 0.3:
            self.binary = True
            observed = "Bernoulli(logits: {d})"
        else:
            observed = pick.choice(("Bernoulli(logits: {d}, grey: true)",
                                    "Normal({d}, 0.5)", "Laplace({d}, 0.7)",
                                    "Bernoulli(sigmoid({d}), grey: true)"))
        self.signed = False
        self.net("Enc", h * w, latent, record)
        self.net("Dec", latent, h * w)
        decoded = f"reshape(Dec(z), 1, {h}, {w})"
        lines = [f"p = reshape(x, {h * w})",
                 f"z ~ {prior}[{latent}] via {guide.format(x='p')}",
                 f"x ~ {observed.format(d=decoded)}"]
        seen = self.decorate(body, "z", latent, PIECES, "piece", 1)
        extra = self.terms(body, seen, "z", latent, 1)
        # In turn: of 30 such models in 300 chance has left two with `iwae`.
        losses = ("-elbo", "-iwae(3)", "-elbo(beta: 0.5)", "-iwae(2)",
                  "-(log_prob(x) - 0.3 * kl(z))")
        loss = losses[self.number // 10 % len(losses)]
        step = self.step("fit", lines + body.lines, "x",
                         [f"minimize {loss} / {h * w} + 0.1 * ({extra}) over "
                          f"Enc, Dec using {self.optimiser()}"])
        return [step], [f"fit({self.next('x')})"]

    def gan(self):
        """Two players, two steps; the discriminator gives one number."""
        pick = self.pick
        latent, width = self.width(), self.width()
        if self.image:
            width = self.image[0] * self.image[1]
        self.net("G", latent, width)
        self.net("D", width, 1)
        real = f"reshape(x, {width})" if self.image else "2 + 0 * u"
        first = [f"z ~ Normal(0, 1)[{latent}]"]
        if not self.image:
            first.append(f"u ~ Uniform(0, 1)[{width}]")
        first += [f"real = {real}", "fake = G(z)", "sr = D(real)",
                  "sf = D(fake)"]
        loss = pick.choice((
            "bce(logits: sr, target: 1) + bce(logits: sf, target: 0)",
            "-log(sigmoid(sr)) - log(1 - sigmoid(sf))",
            "huber(sr, 1) + mse(sf, 0)", "max(0, 1 - sr) + max(0, 1 + sf)"))
        arguments = "x" if self.image else ""
        judge = f"minimize sum({loss}) over D using "
        fool = "sum(softplus(-{}))"
        if pick.random() < 0.3:
            # Both players move at once, from the weights of the step's start.
            return [self.step("both", first, arguments, [
                judge + self.optimiser(), f"minimize {fool.format('sf')} over "
                f"G using {self.optimiser()}"])], [
                    f"both({self.next(arguments)})"]
        # One optimiser for both nets is two states under one rule.
        named = self.shared() if pick.random() < 0.3 else None
        disc = self.step("disc", first, arguments,
                         [judge + (named or self.optimiser())])
        call = f"disc({self.next(arguments)})"
        turns = [pick.choice((call, f"repeat 2 {{ {call} }}"))]
        lines, again = [f"z ~ Normal(0, 1)[{latent}]", "s = D(G(z))"], ""
        aim = fool.format("s")
        if self.image and pick.random() < 0.8:
            lines.append(f"seen = D(reshape(x, {width}))")
            aim += " + sum(mse(mean(s, over: batch), mean(seen, over: batch)))"
            again = "same d.train"
        gen = self.step("gen", lines, "x" if again else "", [
            f"minimize {aim} over G using {named or self.optimiser()}"])
        return [disc, gen], [*turns, f"gen({again})"]

    def penalty(self):
        """Second order: the norm of a gradient in the objective."""
        body = Body(self.pick, "v")
        x, width, parameter = self.source(body)
        self.net("C", width, self.pick.choice(WIDTHS[:10]))
        score = "mean(c^2) + sum(c)"
        if "batch_norm" in self.nets[-1]:
            score = f"sum({score}, over: batch)"
        body.lines += ["e ~ Uniform(0, 1)", f"at = lerp({x}, 0.5 * {x}, e)",
                       "c = C(at)", f"g = grad({score}, at)"]
        force = self.pick.choice(("(norm(g) - 1)^2", "mean(g^2)",
                                  "mean(huber(g, 0.1))"))
        step = self.step("a", body.lines, parameter, [
            f"minimize mean(c^2) + {force} over C using {self.optimiser()}"])
        return [step], [f"a({self.next(parameter)})"]

    def params(self):
        """Parameters of the file, no net, no data."""
        width, body = self.width(), Body(self.pick, "v")
        self.nets += [f"param u : f32[{width}] ~ Normal(0.2, 0.5)",
                      f"param w : f32[{width}] ~ Uniform(-1, 1)",
                      "param k : f32 = 0.5"]
        x = body.bind("k * u + w")
        x = self.decorate(body, x, width, PIECES, "piece", 4)
        terms = dict(TERMS)
        for key, term in TERMS.items():
            if "batch" in term or "peer" in term:
                del terms[key]
        written = []
        for key in self.pick.sample(sorted(terms), 3):
            if usable(terms[key], width):
                written.append(body.fill(terms[key], x, width, "w"))
        total = " + ".join(written + ["mean(u^2) + mean(w^2) + k^2"])
        own = "opt o = sgd(lr, momentum: 0.5)"
        self.nets.append(own)
        steps = [self.step("a", body.lines, "", [
            f"minimize {total} over u, w using o"]),
            self.step("b", [], "", ["maximize -(k * sum(u * w))^2 - k^2 over "
                                    "k using sgd(lr)"])]
        return steps, ["a()", "b()"]

    def next(self, parameter):
        return "next d.train" if parameter else ""

    def text(self):
        pick = self.pick
        self.signed, self.binary = pick.random() < 0.5, False
        if self.kind in ("layered", "gan", "penalty") and pick.random() < 0.6:
            self.image = pick.choice(IMAGES)
        steps, turns = getattr(self, self.kind)()
        parts = ["hyper lr = 0.02",
                 pick.choice(("let rate = ramp(0.02 -> 0.01, over 3 rounds)",
                              "let rate = lr * piecewise(1, 0.5 at 1 rounds)",
                              "let rate = lr * ramp(1 -> 0.5, over 4 rounds, "
                              "from 1 rounds, shape: cosine)",
                              "let rate = ramp(lr -> 0.002, over 80 examples, "
                              "shape: exp)"))]
        if pick.random() < 0.2 and self.kind != "params":
            parts.append("init linear : weight ~ Normal(0, 0.1), bias = 0.05")
        if self.image:
            interval = "in {0,1}, binarize(each epoch)" if self.binary else \
                "in [-1,1]" if self.signed else "in [0,1]"
            parts.append('data d : idx("tiny") as image[1,'
                         f"{self.image[0]},{self.image[1]}] {interval}")
        rest = "\n".join(self.nets + steps)
        if "others: true" in rest:
            self.batch = max(self.batch, 2)
        for name, define in DEFS.items():
            if re.search(rf"\b{name}\(", rest):
                parts.append(define)
        if "rate" not in rest:
            del parts[1]
        if "lr" not in "\n".join(parts[1:]) + rest:
            del parts[0]
        batch = "" if self.kind == "params" else f", batch {self.batch}"
        lines = "\n".join(f"  {turn}" for turn in turns)
        train = f"train {{\n{lines}\n}} for 2 rounds{batch}"
        trains = [train]
        if pick.random() < 0.2:
            # The state lives on, the clocks start again.
            other = self.batch + pick.choice((0, 3))
            trains.insert(0, train.replace("train", "train first", 1)
                          .replace(f"for 2 rounds, batch {self.batch}",
                                   f"for 1 rounds, batch {other}")
                          .replace("for 2 rounds", "for 1 rounds"))
        return "\n".join(parts + self.nets + steps + trains) + "\n"


if __name__ == "__main__":
    import sys
    print(Model(int(sys.argv[1])).text(), end="")
