"""Make the network that ships: ``python -m tests.importing.make_digits neurosyn/importing/shipped/digits.nir``.

A perceptron is trained on scikit-learn's digits and runs on rates: its weights are scaled so that the 99.5th percentile
of each layer's activity is one spike a step, as Diehl et al. 2015 scale to the largest.
"""

import itertools
import sys
from pathlib import Path

import numpy as np
from sklearn import __version__
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from neurosyn.formats.nir.reader import NirGraph, NirNode
from neurosyn.formats.nir.writer import write_nir

HIDDEN, PERCENTILE = 48, 99.5


def make_network(path: Path) -> float:
    """Write the file and return the perceptron's accuracy on the test images."""
    images, labels = load_digits(return_X_y=True)
    images = images / 16
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[:-500], order[-500:]
    perceptron = MLPClassifier((HIDDEN,), alpha=0.01, max_iter=600, random_state=0).fit(images[train], labels[train])
    nodes = {"input": NirNode("Input", {"shape": np.array([64])})}
    activity, scale = images[train], 1.0
    for number, (weight, bias) in enumerate(zip(perceptron.coefs_, perceptron.intercepts_, strict=True), 1):
        activity = np.maximum(activity @ weight + bias, 0)
        largest = np.percentile(activity, PERCENTILE)
        parameters = {"weight": weight.T * scale / largest, "bias": bias / largest}
        nodes[f"fc{number}"] = NirNode("Affine", {k: v.astype(np.float32) for k, v in parameters.items()})
        ones = np.ones(len(bias), np.float32)
        nodes[f"if{number}"] = NirNode("IF", {"r": ones, "v_threshold": ones, "v_reset": 0 * ones})
        scale = largest
    nodes["output"] = NirNode("Output", {"shape": np.array([10])})
    names = list(nodes)
    accuracy = float(perceptron.score(images[test], labels[test]))
    metadata = {
        "title": "Handwritten digits, 64-48-10 IF neurons, reset by subtraction, 25 steps",
        "data": "scikit-learn's digits (Alpaydin and Kaynak, UCI Machine Learning Repository), CC BY 4.0",
        "licence": "CC BY 4.0",
        "training": f"perceptron of scikit-learn {__version__} on rates, then scaled to spikes",
        "accuracy_of_rates": accuracy,
        "test_images": test.astype(np.int64),
    }
    write_nir(path, NirGraph(nodes, tuple(itertools.pairwise(names))), metadata)
    return accuracy


if __name__ == "__main__":
    sys.stdout.write(f"{make_network(Path(sys.argv[1])):.3f}\n")
