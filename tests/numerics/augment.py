#!/usr/bin/python3
"""A classifier with and without pictures that a model has made.

    tests/numerics/augment.py [--build FOLDER] [--model-epochs 10]
        [--epochs 3] [--count 10000] [--seeds 1 2 3]

models/cvae.gm is trained on Fashion-MNIST and leaves `augment`'s folder of
labelled pictures. models/classifier.gm is trained on the data alone, and on the
data with a batch of the folder after every sixth. Both test accuracies are
printed for each seed. The Fréchet distance of the folder's pictures to the test
set, by the first classifier, is printed too.
"""
import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from trainer import ROOT, compile_model, find_gmc, run  # noqa: E402


def text_with_folder():
    """classifier.gm, which reads a second set."""
    text = (ROOT / "models" / "classifier.gm").read_text()
    for old, new in (
            ("\nnet Classifier", """
data extra : idx("made") as (x: image[1,28,28] in [0,1], y: label[classes])

net Classifier"""),
            ("train { fit(next fashion.train) } for 5 epochs",
             """train {
  fit(next fashion.train)
  every 6 rounds { fit(next extra.train) }
} for 5 epochs of fashion""")):
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
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    gmc = find_gmc(options.build)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        compile_model(gmc, ROOT / "models" / "cvae.gm", folder / "cvae")
        compile_model(gmc, ROOT / "models" / "classifier.gm", folder / "alone")
        (folder / "with.gm").write_text(text_with_folder())
        compile_model(gmc, folder / "with.gm", folder / "with")
        run(folder / "cvae", "train", "--epochs", options.model_epochs,
            "--out", folder / "model", timeout=7200)
        made = folder / "made"
        run(folder / "cvae", "augment", "-n", options.count, "-o", made,
            "--out", folder / "model")
        for seed in options.seeds:
            seen = []
            for name, data in (("alone", []),
                               ("with", ["--data", f"extra={made}"])):
                out = folder / f"{name}-{seed}"
                run(folder / name, "train", "--epochs", options.epochs,
                    "--seed", seed, "--out", out, *data, timeout=7200)
                seen.append(accuracy(folder / name, out))
            print(f"seed {seed}: accuracy {seen[0]:.4f} alone, {seen[1]:.4f} "
                  f"with {options.count} made", flush=True)
        print(run(folder / "alone", "frechet", "--a",
                  made / "train-images-idx3-ubyte", "--out",
                  folder / f"alone-{options.seeds[0]}").splitlines()[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
