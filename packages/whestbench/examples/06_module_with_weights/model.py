"""A linear correction of mean propagation, and the program that fits and saves its weights.

    python model.py        # writes weights.npz beside it

Training happens at home and costs no FLOPs of any budget; the estimator only loads the file.
"""

from pathlib import Path

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp
from whestbench import sample_mlp
from whestbench.estimators import relu_moments
from whestbench.truth import layer_statistics

WEIGHTS = Path(__file__).parent / "weights.npz"
FEATURES = 4


class Linear(flops.Module):
    """``x @ weight + bias``."""

    def __init__(self, n_features):
        self.weight = fnp.zeros((n_features, 1))
        self.bias = fnp.zeros(1)

    def config(self):
        return {"n_features": int(self.weight.shape[0])}

    def __call__(self, x):
        return x @ self.weight + self.bias


def features(mlp):
    """Of every neuron, what mean propagation knows: array (depth, width, FEATURES)."""
    mean, variance = fnp.zeros(mlp.width), fnp.ones(mlp.width)
    rows = []
    for layer, w in enumerate(mlp.weights):
        mean, variance, gain = relu_moments(mean @ w, variance @ (w * w))
        depth = fnp.full(mlp.width, (layer + 1) / mlp.depth)
        rows.append(fnp.stack([mean, fnp.sqrt(variance), gain, depth * mean], axis=1))
    return fnp.stack(rows)


def train(n_networks=20, width=64, depth=8, n_samples=50_000):
    """Fit the correction on networks of our own, by least squares."""
    inputs, targets = [], []
    for seed in range(n_networks):
        mlp = sample_mlp(width, depth, 10_000 + seed)
        # Training is not billed: from here on it is plain NumPy.
        x = np.asarray(features(mlp)).reshape(-1, FEATURES)  # flopscope: ignore
        truth = layer_statistics(mlp, n_samples, 20_000 + seed).means.reshape(-1)
        inputs.append(x)
        targets.append(truth - x[:, 0])
    x = np.concatenate(inputs)
    x1 = np.column_stack([x, np.ones(len(x))])
    solution, *_ = np.linalg.lstsq(x1, np.concatenate(targets), rcond=None)
    model = Linear(FEATURES)
    model.weight = fnp.asarray(solution[:-1, None])
    model.bias = fnp.asarray(solution[-1:])
    return model


if __name__ == "__main__":
    train().save(str(WEIGHTS))
    print(f"wrote {WEIGHTS.name}")
