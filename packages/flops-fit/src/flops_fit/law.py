"""The loss surface L(N, D) = E + A N^-alpha + B D^-beta and its compute-optimal path.

With s = alpha + beta, G = (alpha A / (beta B))^(1/s) and C = k N D:

    N*(C) = G (C/k)^(beta/s)      D*(C) = (C/k)^(alpha/s) / G      L*(C) = L(N*, D*)

(Hoffmann et al. 2022, arXiv 2203.15556, section 3.3 and its appendix on approach 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

CONSTANTS = ("E", "A", "B", "alpha", "beta")


class Optimum(NamedTuple):
    """The compute-optimal point of one budget: parameters, tokens and the loss there."""

    n_params: float
    n_tokens: float
    loss: float


def predicted_loss(constants: Any, n: Any, d: Any) -> Any:
    """E + A n^-alpha + B d^-beta for the five constants in the order of `CONSTANTS`."""
    e, a, b, alpha, beta = constants
    return e + a * n**-alpha + b * d**-beta


def optimal_params(constants: Any, compute_over_k: Any) -> Any:
    """N* for the five constants in the order of `CONSTANTS`, at C/k.

    Constants and budgets may be arrays that broadcast. Worked in logarithms, because A and B of a
    steep law overflow.
    """
    _, a, b, alpha, beta = constants
    s = alpha + beta
    log_g = (np.log(alpha * a) - np.log(beta * b)) / s
    return np.exp(log_g + (beta / s) * np.log(compute_over_k))


@dataclass(frozen=True)
class Law:
    """Constants of the surface and the FLOPs that one parameter costs per token.

    Attributes
    ----------
    E, A, B, alpha, beta : float
        Constants of L = E + A N^-alpha + B D^-beta; loss in the units it was measured in.
    flops_per_param_token : float
        The k of C = k N D.
    """

    E: float
    A: float
    B: float
    alpha: float
    beta: float
    flops_per_param_token: float = 6.0

    def __post_init__(self) -> None:
        for name in (*CONSTANTS, "flops_per_param_token"):
            value = getattr(self, name)
            if not math.isfinite(value):
                raise ValueError(f"{name} must be a finite number, not {value!r}")
            if value < 0 or (value == 0 and name != "E"):
                raise ValueError(f"{name} must be positive, not {value!r}")

    @property
    def constants(self) -> tuple[float, float, float, float, float]:
        """(E, A, B, alpha, beta)."""
        return (self.E, self.A, self.B, self.alpha, self.beta)

    @property
    def n_exponent(self) -> float:
        """The a of N* ~ C^a: beta / (alpha + beta)."""
        return self.beta / (self.alpha + self.beta)

    @property
    def d_exponent(self) -> float:
        """The b of D* ~ C^b: alpha / (alpha + beta)."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def excess_loss_exponent(self) -> float:
        """The exponent of L* - E against C: -alpha beta / (alpha + beta)."""
        return -self.alpha * self.beta / (self.alpha + self.beta)

    def loss(self, n: ArrayLike, d: ArrayLike) -> Any:
        """Loss at `n` parameters and `d` tokens; arrays broadcast."""
        n, d = np.asarray(n, dtype=float), np.asarray(d, dtype=float)
        value = predicted_loss(self.constants, n, d)
        return float(value) if np.ndim(value) == 0 else value

    def optimum(self, compute: Any) -> Optimum:
        """The compute-optimal model, its tokens and its loss.

        Parameters
        ----------
        compute : float or array
            Budget in FLOPs, positive.

        Returns
        -------
        Optimum
            `(n_params, n_tokens, loss)`; arrays for an array of budgets. `n_tokens` is computed
            as C / (k N), so the three multiply to the budget.

        Examples
        --------
        >>> law = Law(E=1.0, A=100.0, B=100.0, alpha=0.5, beta=0.5)
        >>> [round(x, 6) for x in law.optimum(6e8)]
        [10000.0, 10000.0, 3.0]
        """
        c = np.asarray(compute, dtype=float)
        if not (np.isfinite(c).all() and (c > 0).all()):
            raise ValueError(f"a compute budget is a positive number of FLOPs, not {compute!r}")
        n = optimal_params(self.constants, c / self.flops_per_param_token)
        d = c / (self.flops_per_param_token * n)
        best = predicted_loss(self.constants, n, d)
        if c.ndim == 0:
            return Optimum(float(n), float(d), float(best))
        return Optimum(n, d, best)
