"""Polynomials given by their coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from .costs_numeric import correlate
from .rules import Ignored, rule
from .shapes import length, shape_of, size_of

__all__: list[str] = []


@rule("polyval")
def polyval(p: Any, x: Any) -> int:
    """Horner's scheme: a product and a sum per value and coefficient, the first coefficient free.

    At least 1 (cost model, polynomials).
    """
    steps = 0
    for _ in range(length(p) - 1):
        steps += 2 * size_of(x)
    return max(1, steps)


@rule("polyadd polysub")
def polyadd(a1: Any, a2: Any) -> int:
    """``max(n1, n2, 1)`` (cost model, polynomials)."""
    return max(size_of(a1), size_of(a2), 1)


@rule("polymul")
def polymul(a1: Any, a2: Any) -> int:
    """A product per pair of coefficients, their sums, and one less (cost model, polynomials)."""
    return max(1, correlate(a1, a2, "full") - 1)


@rule("polydiv")
def polydiv(u: Any, v: Any) -> int:
    """Long division (cost model, polynomials).

    The leading coefficient of the divisor is inverted once.  Each coefficient of the quotient is
    a product, and subtracts a multiple of the divisor from what is left.
    """
    divisor = size_of(v)
    steps = 1
    for _ in range(size_of(u) - divisor + 1):
        steps += 1 + 2 * divisor
    return steps


@rule("polyder")
def polyder(p: Any, m: int = 1) -> int:
    """Each derivation multiplies every coefficient but the constant (cost model, polynomials)."""
    steps, left = 0, size_of(p)
    for _ in range(m):
        left = max(0, left - 1)
        steps += left
    return max(1, steps)


@rule("polyint")
def polyint(p: Any, m: int = 1, k: Ignored = None) -> int:
    """Each integration divides every coefficient and adds one (cost model, polynomials)."""
    steps, coefficients = 0, size_of(p)
    for _ in range(m):
        steps += coefficients
        coefficients += 1
    return max(1, steps)


@rule("polyfit")
def polyfit(x: Any, y: Ignored, deg: int, *_: Ignored, **__: Ignored) -> int:
    """``max(1, 2 m (deg + 1)^2)`` for m points (cost model, polynomials)."""
    return max(1, 2 * size_of(x) * (int(deg) + 1) ** 2)


def _eigenvalues(n: int) -> int:
    return max(1, 10 * n**3)


@rule("poly")
def poly(seq_of_zeros: Any) -> int:
    """Multiply one ``(x - root)`` after the other; a matrix has its eigenvalues taken first.

    At least 1 (cost model, polynomials).
    """
    n = length(seq_of_zeros)
    steps = sum(correlate(np.ones(known), np.ones(2), "full") for known in range(1, n + 1))
    return max(1, steps) + (_eigenvalues(n) if len(shape_of(seq_of_zeros)) == 2 else 0)


@rule("roots")
def roots(p: Any) -> int:
    """Eigenvalues of the companion matrix, zeros at both ends not counted.

    Cost model, polynomials.
    """
    nonzero = np.flatnonzero(np.asarray(p))
    return _eigenvalues(int(nonzero[-1] - nonzero[0]) if len(nonzero) else 0)
