"""Histograms and binning."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope._pricing._counting import L2, cells, shape_of

__all__ = ["RULES"]

# Passes over the data that an estimator of the bin width makes.
_PASSES = {"sturges": 0, "sqrt": 0, "rice": 0, "fd": 1, "auto": 1, "scott": 4, "doane": 6}


def _passes(estimator: str, n: int) -> int:
    if estimator == "stone":
        return max(100, math.isqrt(n))
    return _PASSES.get(estimator, 1)


def _bin_count(bins: Any) -> int | None:
    """Return the number of bins or edges; None when it is given in neither way."""
    try:
        return operator.index(bins)
    except TypeError:
        return len(bins) if np.ndim(bins) == 1 else None


def _histogram(a: Any, bins: Any = 10, *_args: Any, **_: Any) -> Any:
    n = cells(a)
    if not isinstance(bins, str):
        return max(1, n * L2(_bin_count(bins) or 1))
    passes = _passes(bins, n)
    return lambda result: max(1, n * (2 + passes + L2(len(result[0]))))


def _histogram_bin_edges(a: Any, bins: Any = 10, *_args: Any, **_: Any) -> int:
    n = cells(a)
    return max(1, n * (2 + _passes(bins, n))) if isinstance(bins, str) else max(1, n)


def _is_whole(bins: Any) -> bool:
    try:
        operator.index(bins)
    except TypeError:
        return False
    return True


def _histogram2d(x: Any, y: Any, bins: Any = 10, *_args: Any, **_: Any) -> int:
    n = cells(x)
    if _is_whole(bins):
        return max(1, 2 * n * L2(operator.index(bins)))
    if len(bins) == 2 and (all(_is_whole(b) for b in bins) or all(np.ndim(b) == 1 for b in bins)):
        return max(1, n * sum(L2(_bin_count(b) or 1) for b in bins))
    return max(1, n)


def _histogramdd(sample: Any, bins: Any = 10, *_args: Any, **_: Any) -> int:
    shape = shape_of(sample)
    n, d = (shape[0], shape[1]) if len(shape) == 2 else (shape[0], 1)
    if not isinstance(sample, np.ndarray) and len(shape) == 2:
        d, n = shape  # a sequence holds one array per dimension
    if _is_whole(bins):
        return max(1, n * d * L2(operator.index(bins)))
    if isinstance(bins, (list, tuple)):
        return max(1, n * sum(L2(_bin_count(b) or 1) for b in bins))
    return max(1, n)


def _bincount(x: Any, weights: Any = None, minlength: int = 0) -> int:
    return max(1, cells(x))


RULES: dict[str, Callable[..., Any]] = {
    "bincount": _bincount,
    "histogram": _histogram,
    "histogram2d": _histogram2d,
    "histogram_bin_edges": _histogram_bin_edges,
    "histogramdd": _histogramdd,
}
