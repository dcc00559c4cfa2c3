"""A first estimator: carries a mean and a variance per neuron through the network."""

import flopscope as flops
import flopscope.numpy as fnp
from whestbench import BaseEstimator


class Estimator(BaseEstimator):
    def predict(self, mlp, budget):
        """Return the mean activation of every neuron, shape (mlp.depth, mlp.width).

        mlp.weights is a list of arrays (width, width); activations are rows, h @ w. Operations on
        them are counted, and `budget` FLOPs may be spent.
        """
        mean, variance = fnp.zeros(mlp.width), fnp.ones(mlp.width)
        layers = []
        for w in mlp.weights:
            mean, variance = mean @ w, variance @ (w * w)
            deviation = fnp.sqrt(fnp.maximum(variance, 1e-30))
            alpha = mean / deviation
            cdf = flops.stats.norm.cdf(alpha)
            tail = deviation * flops.stats.norm.pdf(alpha)
            first = mean * cdf + tail
            second = (mean * mean + variance) * cdf + mean * tail
            mean, variance = first, fnp.maximum(second - first * first, 0.0)
            layers.append(mean)
        return fnp.stack(layers)
