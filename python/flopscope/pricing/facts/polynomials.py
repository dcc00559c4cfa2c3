"""Polynomials and windows."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope.pricing.facts._sizes import shape_of, size_of

__all__ = ["FACTS"]


def _poly(seq_of_zeros: Any) -> tuple[int, bool]:
    shape = shape_of(seq_of_zeros)
    return shape[0] if shape else 1, len(shape) == 2


def _two(a1: Any, a2: Any) -> tuple[int, int]:
    return size_of(a1), size_of(a2)


def _sum(a1: Any, a2: Any) -> tuple[int, int, int]:
    """Sizes, and that of the result: the shorter is padded along its first axis."""
    first, second = np.atleast_1d(np.empty(shape_of(a1), bool)), np.empty(shape_of(a2), bool)
    second = np.atleast_1d(second)
    longest = max(first.shape[0], second.shape[0])
    out = np.broadcast_shapes((longest, *first.shape[1:]), (longest, *second.shape[1:]))
    return first.size, second.size, math.prod(out)


def _polyval(p: Any, x: Any) -> tuple[int, int, int]:
    shape = shape_of(p)
    broadcast = math.prod(np.broadcast_shapes(shape[1:], shape_of(x)))
    return max(0, size_of(p) - 1), size_of(x), broadcast


def _polyder(p: Any, m: Any = 1) -> tuple[int, int]:
    return size_of(p), operator.index(m)


def _polyint(p: Any, m: Any = 1, k: Any = None) -> tuple[int, int]:
    return size_of(p), operator.index(m)


def _polyfit(
    x: Any, y: Any, deg: Any, rcond: Any = None, full: Any = False, w: Any = None, cov: Any = False
) -> tuple[int, int, int, str]:
    degree = int(deg) if np.ndim(deg) == 0 else max(int(d) for d in deg)
    columns = shape_of(y)[1] if np.ndim(y) == 2 else 1
    covariance = "" if not cov or full else "unscaled" if cov == "unscaled" else "scaled"
    return size_of(x), degree, columns, covariance


def _roots(p: Any) -> tuple[int, int]:
    coefficients = np.asarray(p)
    nonzero = np.flatnonzero(coefficients)
    # Zeros at both ends are trimmed.
    n = int(nonzero[-1] - nonzero[0]) if len(nonzero) else 0
    return n, coefficients.size


def _window(M: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (int(M),)


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "poly": _poly,
    "polyadd": _sum,
    "polyder": _polyder,
    "polydiv": _two,
    "polyfit": _polyfit,
    "polyint": _polyint,
    "polymul": _two,
    "polysub": _sum,
    "polyval": _polyval,
    "roots": _roots,
    **dict.fromkeys(("bartlett", "blackman", "hamming", "hanning", "kaiser"), _window),
}
