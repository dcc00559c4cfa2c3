"""Prices of polynomial and window functions."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope._pricing._counting import cells, shape_of

__all__ = [
    "RULES",
    "poly_cost",
    "polyadd_cost",
    "polyder_cost",
    "polydiv_cost",
    "polyfit_cost",
    "polyint_cost",
    "polymul_cost",
    "polyval_cost",
    "roots_cost",
    "window_costs",
]

# Operations per point of each window, before the weight.
window_costs = {"bartlett": 4, "blackman": 40, "hamming": 2, "hanning": 2, "kaiser": 23}


def poly_cost(n: int) -> int:
    """Coefficients from n roots."""
    return max(1, (3 * n * n + n) // 2)


def polyadd_cost(n1: int, n2: int) -> int:
    """Sum or difference of polynomials with n1 and n2 coefficients."""
    return max(n1, n2, 1)


def polymul_cost(n1: int, n2: int) -> int:
    """Product of polynomials with n1 and n2 coefficients."""
    return max(1, 2 * n1 * n2 - n1 - n2)


def polydiv_cost(n1: int, n2: int) -> int:
    """Long division."""
    return 1 + max(n1 - n2 + 1, 0) * (2 * n2 + 1)


def polyval_cost(degree: int, points: int) -> int:
    """Horner's scheme at each point."""
    return max(1, 2 * degree * points)


def polyder_cost(n: int, m: int = 1) -> int:
    """m-th derivative of n coefficients."""
    t = min(max(m, 0), max(n - 1, 0))
    return max(1, t * n - t * (t + 1) // 2)


def polyint_cost(n: int, m: int = 1) -> int:
    """m-th antiderivative of n coefficients."""
    return max(1, m * n + m * (m - 1) // 2)


def polyfit_cost(points: int, degree: int) -> int:
    """Least squares with a Vandermonde matrix."""
    return max(1, 2 * points * (degree + 1) ** 2)


def roots_cost(n: int) -> int:
    """Eigenvalues of the n x n companion matrix."""
    return max(1, 10 * n**3)


def _poly(seq_of_zeros: Any) -> int:
    shape = shape_of(seq_of_zeros)
    n = shape[0] if shape else 1
    return poly_cost(n) + (roots_cost(n) if len(shape) == 2 else 0)


def _two(count: Callable[[int, int], int]) -> Callable[..., int]:
    def rule(a1: Any, a2: Any) -> int:
        return count(cells(a1), cells(a2))

    return rule


def _polyval(p: Any, x: Any) -> int:
    return polyval_cost(max(0, cells(p) - 1), cells(x))


def _polyder(p: Any, m: Any = 1) -> int:
    return polyder_cost(cells(p), operator.index(m))


def _polyint(p: Any, m: Any = 1, k: Any = None) -> int:
    return polyint_cost(cells(p), operator.index(m))


def _polyfit(x: Any, y: Any, deg: Any, *_args: Any, **_: Any) -> int:
    degree = int(deg) if np.ndim(deg) == 0 else max(int(d) for d in deg)
    return polyfit_cost(cells(x), degree)


def _roots(p: Any) -> int:
    nonzero = np.flatnonzero(np.asarray(p))
    n = int(nonzero[-1] - nonzero[0]) if len(nonzero) else 0
    return roots_cost(n)


def _window(name: str) -> Callable[..., int]:
    def rule(M: Any, *_args: Any, **_: Any) -> int:
        return max(1, window_costs[name] * int(M))

    return rule


RULES: dict[str, Callable[..., Any]] = {
    "poly": _poly,
    "polyadd": _two(polyadd_cost),
    "polyder": _polyder,
    "polydiv": _two(polydiv_cost),
    "polyfit": _polyfit,
    "polyint": _polyint,
    "polymul": _two(polymul_cost),
    "polysub": _two(polyadd_cost),
    "polyval": _polyval,
    "roots": _roots,
    **{name: _window(name) for name in window_costs},
}
