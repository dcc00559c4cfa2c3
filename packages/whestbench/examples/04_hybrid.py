"""Chooses by budget: the covariance when it is affordable, means alone otherwise."""

from whestbench import BaseEstimator
from whestbench.estimators import CovariancePropagationEstimator, MeanPropagationEstimator


class Estimator(BaseEstimator):
    def predict(self, mlp, budget):
        # Two products of width x width matrices per layer, and a tenth to spare.
        needed = 1.1 * mlp.depth * 4 * mlp.width**3
        chosen = CovariancePropagationEstimator if budget >= needed else MeanPropagationEstimator
        return chosen().predict(mlp, budget)
