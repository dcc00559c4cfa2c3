"""Sampling: as many random inputs as a share of the budget pays for."""

import flopscope.numpy as fnp
from whestbench import BaseEstimator

SHARE = 0.1  # below a tenth of the budget the score's multiplier does not fall any more
CHUNK = 4096


class Estimator(BaseEstimator):
    def predict(self, mlp, budget):
        # Per sample: drawing 16 a number, and a layer's product, ReLU and sum.
        per_sample = mlp.width * (16 + mlp.depth * (2 * mlp.width + 1))
        n = max(1, int(SHARE * budget) // per_sample)
        rng = fnp.random.default_rng(mlp.seed)
        sums = [fnp.zeros(mlp.width) for _ in mlp.weights]
        done = 0
        while done < n:
            size = min(CHUNK, n - done)
            h = rng.standard_normal((size, mlp.width), dtype=fnp.float32)
            for layer, w in enumerate(mlp.weights):
                h = fnp.maximum(h @ w, 0.0)
                sums[layer] = sums[layer] + fnp.sum(h, axis=0)
            done += size
        return fnp.stack(sums) / n
