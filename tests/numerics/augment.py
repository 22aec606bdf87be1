#!/usr/bin/python3
"""A classifier with and without pictures that a model has made.

    tests/numerics/augment.py [--build FOLDER] [--model-epochs 10]
        [--epochs 3] [--count 10000] [--seeds 1 2 3 4]

models/cvae.gm is trained on Fashion-MNIST and leaves `augment`'s folder of
labelled pictures. models/classifier.gm is trained on the data alone, on the
folder for 3 epochs and then on the data, and on the data with a batch of the
folder after every sixth. The test accuracies are printed for each seed. The
Fréchet distance of the folder's pictures to the test set, by the first
classifier, is printed too. The classifier that saw the folder first must be no
worse than the other: its mean may be less by twice the standard error.
"""
import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from trainer import ROOT, compile_model, find_gmc, run  # noqa: E402


TRAINS = {
    "before": """train first { fit(next extra.train) } for 3 epochs of extra, batch 128
train { fit(next fashion.train) } for 5 epochs of fashion""",
    "among": """train {
  fit(next fashion.train)
  every 6 rounds { fit(next extra.train) }
} for 5 epochs of fashion"""}


def text_with_folder(order, epochs):
    """classifier.gm, which reads a second set."""
    text = (ROOT / "models" / "classifier.gm").read_text()
    train = TRAINS[order].replace("5 epochs", f"{epochs} epochs")
    for old, new in (
            ("\nnet Classifier", """
data extra : idx("made") as (x: image[1,28,28] in [0,1], y: label[classes])

net Classifier"""),
            ("train { fit(next fashion.train) } for 5 epochs", train),
            ("every 1 epoch", "every 1 epoch of fashion")):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def accuracy(executable, out):
    return json.loads(run(executable, "eval", "--json", "--out",
                          out))["accuracy"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=None)
    parser.add_argument("--model-epochs", type=int, default=10)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4])
    options = parser.parse_args()
    gmc = find_gmc(options.build)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        compile_model(gmc, ROOT / "models" / "cvae.gm", folder / "cvae")
        compile_model(gmc, ROOT / "models" / "classifier.gm", folder / "alone")
        for order in TRAINS:
            text = folder / f"{order}.gm"
            text.write_text(text_with_folder(order, options.epochs))
            compile_model(gmc, text, folder / order)
        run(folder / "cvae", "train", "--epochs", options.model_epochs,
            "--out", folder / "model", timeout=7200)
        made = folder / "made"
        run(folder / "cvae", "augment", "-n", options.count, "-o", made,
            "--out", folder / "model")
        seen = {name: [] for name in ("alone", *TRAINS)}
        for seed in options.seeds:
            for name, found in seen.items():
                out = folder / f"{name}-{seed}"
                data = ["--data", f"extra={made}"] if name in TRAINS else \
                    ["--epochs", options.epochs]
                run(folder / name, "train", "--seed", seed, "--out", out,
                    *data, timeout=7200)
                found.append(accuracy(folder / name, out))
            print(f"seed {seed}: accuracy " + ", ".join(
                f"{found[-1]:.4f} {name}" for name, found in seen.items()),
                flush=True)
        print(run(folder / "alone", "frechet", "--a",
                  made / "train-images-idx3-ubyte", "--out",
                  folder / f"alone-{options.seeds[0]}").splitlines()[0])
    return judge(seen)


def judge(seen):
    """The exit code: 1 if what saw the folder first is worse."""
    alone, before = numpy.array(seen["alone"]), numpy.array(seen["before"])
    gain = before - alone
    error = gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else 0
    print(f"means {alone.mean():.4f} alone, {before.mean():.4f} before, "
          f"{numpy.mean(seen['among']):.4f} among; before is better by "
          f"{gain.mean():.4f}, standard error {error:.4f}")
    return 0 if gain.mean() >= -2 * error else 1


if __name__ == "__main__":
    sys.exit(main())
