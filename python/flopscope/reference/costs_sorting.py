"""Sorting, searching and sets: comparisons, counted as ``S(n) = n * ceil(log2 n)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .rules import Ignored, rule
from .shapes import axis_length, length, lines, log2_ceil, numel, shape_of, size_of, sort_cost

__all__ = ["isin", "sort"]


@rule("sort argsort")
def sort(a: Any, axis: int | None = -1, *_: Ignored, **__: Ignored) -> int:
    """``lines * S(n)``; the whole as one line for ``axis=None`` (cost model, sorting)."""
    shape = shape_of(a)
    if not shape:
        return 1
    if axis is None:
        return sort_cost(size_of(a))
    return max(1, lines(shape, axis) * sort_cost(axis_length(shape, axis)))


@rule("sort_complex")
def sort_complex(a: Any) -> int:
    """As ``sort`` along the last axis (cost model, elementwise operations)."""
    return sort(a, -1)


@rule("partition argpartition")
def partition(a: Any, kth: Any, axis: int | None = -1, *_: Ignored, **__: Ignored) -> int:
    """``max(1, lines * n * number of kth values)`` (cost model, sorting).

    ``axis=None`` is billed along the last axis.
    """
    shape = shape_of(a)
    if not shape:
        return 1
    along = -1 if axis is None else axis
    return max(1, lines(shape, along) * axis_length(shape, along) * size_of(kth))


@rule("lexsort")
def lexsort(keys: Any, axis: int = -1) -> int:
    """``max(1, keys * lines * S(n))``, geometry of the first key (cost model, sorting)."""
    shape = shape_of(keys[0]) if len(keys) else ()
    if not shape:
        return max(1, len(keys))
    return max(1, len(keys) * lines(shape, axis) * sort_cost(axis_length(shape, axis)))


@rule("searchsorted")
def searchsorted(a: Any, v: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, m) * L2(n)``: a binary search per query (cost model, sorting)."""
    return numel(v) * log2_ceil(length(a))


@rule("digitize")
def digitize(x: Any, bins: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, m) * L2(n)``: a binary search per query (cost model, sorting)."""
    return numel(x) * log2_ceil(length(bins))


@rule("unique")
def unique(
    ar: Any,
    return_index: Ignored = False,
    return_inverse: Ignored = False,
    return_counts: Ignored = False,
    axis: int | None = None,
    **_: Ignored,
) -> int:
    """``S(size)``; along an axis ``lines * S(n)`` (cost model, sorting)."""
    shape = shape_of(ar)
    if axis is None or not shape:
        return sort_cost(size_of(ar))
    return lines(shape, axis) * sort_cost(axis_length(shape, axis))


@rule("unique_all unique_counts unique_inverse unique_values")
def unique_array_api(x: Any) -> int:
    """``S(size)`` (cost model, sorting)."""
    return sort_cost(size_of(x))


@rule("union1d setdiff1d setxor1d")
def set_pair(ar1: Any, ar2: Any, *_: Ignored, **__: Ignored) -> int:
    """``S(n + m)``: sort both together (cost model, sorting)."""
    return sort_cost(size_of(ar1) + size_of(ar2))


@rule("intersect1d")
def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: Ignored = False
) -> int:
    """``S(n) + S(m) + S(n + m)``; the last alone for unique inputs (cost model, sorting)."""
    n, m = numel(ar1), numel(ar2)
    together = sort_cost(n + m)
    return together if assume_unique else sort_cost(n) + sort_cost(m) + together


@rule("isin in1d")
def isin(element: Any, test_elements: Any, *_: Ignored, **__: Ignored) -> int:
    """``S(n + m)``, or ``max(S(n + m), 2nm)`` where NumPy scans (cost model, sorting).

    It scans objects, and numbers that are not all integral if the test elements are few:
    ``m < 10 * max(n, 1)**0.145``.
    """
    n, m = size_of(element), size_of(test_elements)
    kinds = {np.asarray(element).dtype.kind, np.asarray(test_elements).dtype.kind}
    few = m < 10 * max(n, 1) ** 0.145
    scans = "O" in kinds or (not kinds <= set("biu") and few)
    together = sort_cost(n + m)
    return max(together, 2 * n * m) if scans else together
