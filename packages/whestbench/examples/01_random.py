"""The interface and nothing else: random values of about the right size."""

import flopscope.numpy as fnp
from whestbench import BaseEstimator


class Estimator(BaseEstimator):
    def predict(self, mlp, budget):
        # Randomness comes from mlp.seed, so that a second grading gives the same score.
        rng = fnp.random.default_rng(mlp.seed)
        return rng.uniform(0.0, 1.0, (mlp.depth, mlp.width))
