"""Built-in estimators: means alone, the full covariance, and a choice between them by budget.

Pre-activations are taken as Gaussian. For ``z ~ N(m, s^2)`` and ``a = m / s``,
``E relu(z) = m cdf(a) + s pdf(a)`` and ``E relu(z)^2 = (m^2 + s^2) cdf(a) + m s pdf(a)``.
"""

from __future__ import annotations

from typing import Any

import flopscope as flops
import flopscope.numpy as fnp
from whestbench.domain import MLP
from whestbench.sdk import BaseEstimator

__all__ = [
    "CombinedEstimator",
    "CovariancePropagationEstimator",
    "MeanPropagationEstimator",
    "relu_moments",
]

_TINY = 1e-30  # keeps the division by a standard deviation of zero defined


def relu_moments(mean: Any, variance: Any) -> tuple[Any, Any, Any]:
    """Mean and variance of ``relu(z)`` for ``z ~ N(mean, variance)``, and ``P(z > 0)``."""
    variance = fnp.maximum(variance, _TINY)
    deviation = fnp.sqrt(variance)
    alpha = mean / deviation
    cdf = flops.stats.norm.cdf(alpha)
    tail = deviation * flops.stats.norm.pdf(alpha)
    first = mean * cdf + tail
    second = (mean * mean + variance) * cdf + mean * tail
    return first, fnp.maximum(second - first * first, 0.0), cdf


class MeanPropagationEstimator(BaseEstimator):
    """Carries a mean and a variance per neuron; O(width^2) FLOPs per layer.

    The neurons of a layer are taken as uncorrelated, which is exact for the first layer only.
    """

    def predict(self, mlp: MLP, budget: int) -> Any:
        """Means of all layers, shape (depth, width)."""
        mean, variance = fnp.zeros(mlp.width), fnp.ones(mlp.width)
        layers = []
        for w in mlp.weights:
            mean, variance, _ = relu_moments(mean @ w, variance @ (w * w))
            layers.append(mean)
        return fnp.stack(layers)


class CovariancePropagationEstimator(BaseEstimator):
    """Carries the full covariance matrix; O(width^3) FLOPs per layer.

    The linear maps are exact, ``C -> W^T C W``. Through the ReLU, covariances take the first-order
    term of their Hermite expansion, ``P(z_i > 0) P(z_j > 0) C_ij``; variances are exact.
    """

    def predict(self, mlp: MLP, budget: int) -> Any:
        """Means of all layers, shape (depth, width)."""
        mean: Any = fnp.zeros(mlp.width)
        covariance: Any = fnp.eye(mlp.width)
        layers = []
        for w in mlp.weights:
            covariance = w.T @ (covariance @ w)
            mean, variance, gain = relu_moments(mean @ w, fnp.diag(covariance))
            covariance = covariance * fnp.outer(gain, gain)
            fnp.fill_diagonal(covariance, variance)
            layers.append(mean)
        return fnp.stack(layers)


class CombinedEstimator(BaseEstimator):
    """Covariance propagation when ``budget >= 30 * width**2``, else mean propagation."""

    def __init__(self) -> None:
        self._mean = MeanPropagationEstimator()
        self._covariance = CovariancePropagationEstimator()

    def predict(self, mlp: MLP, budget: int) -> Any:
        """Means of all layers, shape (depth, width)."""
        chosen = self._covariance if budget >= 30 * mlp.width**2 else self._mean
        return chosen.predict(mlp, budget)
