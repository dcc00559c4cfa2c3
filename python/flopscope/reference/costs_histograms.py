"""Histograms: a binary search per value, and what a bin estimator computes before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .rules import Ignored, rule
from .shapes import length, log2_ceil, shape_of, size_of

__all__ = ["histogram", "samples_and_columns"]

# FLOPs per value beyond the range (minimum and maximum), by estimator; others count 1.
_ESTIMATORS = {"sturges": 0, "sqrt": 0, "rice": 0, "fd": 1, "auto": 1, "scott": 4, "doane": 6}


def _estimator_cost(name: str, n: int) -> int:
    if name == "stone":
        return max(100, math.isqrt(n))
    return _ESTIMATORS.get(name, 1)


def _is_number(bins: Any) -> bool:
    """A bin count, as a Python or NumPy integer or a 0-d array."""
    return isinstance(bins, (int, np.integer)) or (isinstance(bins, np.ndarray) and bins.ndim == 0)


def _number_of_bins(bins: Any) -> int:
    """The count itself, or the number of edges."""
    return int(bins) if _is_number(bins) else length(bins)


@rule("histogram")
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Ignored = None, weights: Any = None
) -> int:
    """``max(1, n L2(b))``; a named estimator ``max(1, n (2 + e + L2(bins found)))``.

    Cost model, histograms.
    """
    n = size_of(a)
    if isinstance(bins, str):
        edges = np.histogram_bin_edges(np.asarray(a), bins, range, weights)
        return max(1, n * (2 + _estimator_cost(bins, n) + log2_ceil(len(edges) - 1)))
    return max(1, n * log2_ceil(_number_of_bins(bins)))


@rule("histogram_bin_edges")
def histogram_bin_edges(a: Any, bins: Any = 10, *_: Ignored, **__: Ignored) -> int:
    """``max(1, n)``; a named estimator ``max(1, n (2 + e))`` (cost model, histograms)."""
    n = size_of(a)
    if isinstance(bins, str):
        return max(1, n * (2 + _estimator_cost(bins, n)))
    return max(1, n)


@rule("histogram2d")
def histogram2d(x: Any, y: Ignored, bins: Any = 10, *_: Ignored, **__: Ignored) -> int:
    """A search per value and axis; bins that are no number and no pair bill n.

    Cost model, histograms.
    """
    n = size_of(x)
    if _is_number(bins):
        return max(1, 2 * n * log2_ceil(_number_of_bins(bins)))
    if isinstance(bins, (Sequence, np.ndarray)) and len(bins) == 2:
        numbers = all(_is_number(b) for b in bins)
        edges = all(len(shape_of(b)) == 1 for b in bins)
        if numbers or edges:
            return max(1, n * sum(log2_ceil(_number_of_bins(b)) for b in bins))
    return max(1, n)


@rule("histogramdd")
def histogramdd(sample: Any, bins: Any = 10, *_: Ignored, **__: Ignored) -> int:
    """A search per sample and column (cost model, histograms)."""
    n, d = samples_and_columns(sample)
    if _is_number(bins):
        return max(1, n * d * log2_ceil(_number_of_bins(bins)))
    if isinstance(bins, (list, tuple)):
        return max(1, n * sum(log2_ceil(_number_of_bins(b)) for b in bins))
    return max(1, n)


def samples_and_columns(sample: Any) -> tuple[int, int]:
    """An array has a row per sample; a list has an array per column, as in NumPy."""
    shape = shape_of(sample)
    if len(shape) == 1:
        return shape[0], 1
    if isinstance(sample, np.ndarray):
        return shape[0], shape[1]
    return size_of(sample[0]) if len(sample) else 0, len(sample)
