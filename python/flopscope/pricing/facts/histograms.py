"""Histograms and binning."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope.pricing.facts._sizes import shape_of, size_of

__all__ = ["FACTS", "FROM_RESULT"]


def _bin_count(bins: Any) -> int:
    """Return the number of bins or edges; 0 when it is given in neither way."""
    try:
        return operator.index(bins)
    except TypeError:
        return len(bins) if np.ndim(bins) == 1 else 0


def _is_whole(bins: Any) -> bool:
    try:
        operator.index(bins)
    except TypeError:
        return False
    return True


def _histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, *_args: Any, **_: Any
) -> tuple[Any, ...]:
    if isinstance(bins, str):
        return size_of(a), 0, _estimator(bins), False, bool(density)
    return size_of(a), _bin_count(bins), "", not _is_whole(bins), bool(density), _bin_count(bins)


_ESTIMATORS = frozenset("auto doane fd rice scott sqrt stone sturges".split())


def _estimator(bins: str) -> str:
    if bins not in _ESTIMATORS:
        raise ValueError(f"{bins!r} is no estimator of the bin width")
    return bins


def _bins_found(result: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (len(result[0]),)


def _histogram_bin_edges(a: Any, bins: Any = 10, *_args: Any, **_: Any) -> tuple[Any, ...]:
    if isinstance(bins, str):
        return size_of(a), 0, bins, False
    return size_of(a), _bin_count(bins), "", not _is_whole(bins), _bin_count(bins)


def _edges_found(result: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (len(result) - 1,)


def _bins_by_axis(bins: Any, axes: int) -> tuple[list[int], bool]:
    """Numbers of bins or edges, and whether they are given as one number or one entry an axis."""
    if _is_whole(bins):
        return [operator.index(bins)] * axes, True
    if len(bins) == axes:
        return [_bin_count(b) for b in bins], True
    return [len(bins)] * axes, False  # edges that serve every axis


def _histogram2d(x: Any, y: Any, bins: Any = 10, *_args: Any, **_: Any) -> tuple[Any, ...]:
    counts, plain = _bins_by_axis(bins, 2)
    if plain and not _is_whole(bins):
        plain = all(map(_is_whole, bins)) or all(np.ndim(b) == 1 for b in bins)
    return size_of(x), counts, plain


def _histogramdd(sample: Any, bins: Any = 10, *_args: Any, **_: Any) -> tuple[Any, ...]:
    shape = shape_of(sample)
    n, d = (shape[0], shape[1]) if len(shape) == 2 else (shape[0], 1)
    if not isinstance(sample, np.ndarray) and len(shape) == 2:
        d, n = shape  # a sequence holds one array per dimension
    counts, _ = _bins_by_axis(bins, d)
    return n, counts, _is_whole(bins) or isinstance(bins, (list, tuple))


def _bincount(x: Any, weights: Any = None, minlength: int = 0) -> tuple[int]:
    return (size_of(x),)


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "bincount": _bincount,
    "histogram": _histogram,
    "histogram2d": _histogram2d,
    "histogram_bin_edges": _histogram_bin_edges,
    "histogramdd": _histogramdd,
}

FROM_RESULT: dict[str, Callable[..., tuple[Any, ...]]] = {
    "histogram": _bins_found,
    "histogram_bin_edges": _edges_found,
}
