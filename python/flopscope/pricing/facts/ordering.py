"""Sorting, searching and sets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope.pricing.facts._sizes import axis_of, lines_along, shape_of, size_of

__all__ = ["FACTS"]


def _lines(shape: tuple[int, ...], axis: Any) -> tuple[int, int]:
    """Number and length of the lines that are sorted."""
    if axis is None or not shape or math.prod(shape) == 0:
        return 1, math.prod(shape)
    at = axis_of(axis, len(shape))
    return lines_along(shape, at), shape[at]


def _sort(a: Any, axis: Any = -1, *_args: Any, **_: Any) -> tuple[int, int]:
    return _lines(shape_of(a), axis)


def _sort_complex(a: Any) -> tuple[int, int, int]:
    return *_lines(shape_of(a), -1), size_of(a)


def _partition(a: Any, kth: Any, axis: Any = -1, *_args: Any, **_: Any) -> tuple[int, int, int]:
    shape = shape_of(a)
    if not shape:
        return 1, 0, 0
    at = axis_of(-1 if axis is None else axis, len(shape))
    return lines_along(shape, at), shape[at], size_of(kth)


def _lexsort(keys: Any, axis: Any = -1) -> tuple[int, int, int]:
    shape = shape_of(keys[0])
    if not shape:
        return len(keys), 1, 1
    at = axis_of(axis, len(shape))
    return len(keys), lines_along(shape, at), shape[at]


def _searchsorted(a: Any, v: Any, *_args: Any, **_: Any) -> tuple[int, int]:
    return size_of(a), size_of(v)


def _digitize(x: Any, bins: Any, right: bool = False) -> tuple[int, int]:
    return shape_of(bins)[0] if np.ndim(bins) else 1, size_of(x)


def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    **_: Any,
) -> tuple[int, int, int]:
    shape = shape_of(ar)
    size = math.prod(shape)
    if axis is None:
        return 1, max(1, size), size
    at = axis_of(axis, len(shape))
    return lines_along(shape, at), shape[at], size


def _size(x: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (size_of(x),)


def _two(ar1: Any, ar2: Any, assume_unique: bool = False) -> tuple[int, int]:
    return size_of(ar1), size_of(ar2)


def _intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> tuple[int, int, bool]:
    return size_of(ar1), size_of(ar2), bool(assume_unique)


def _isin(element: Any, test_elements: Any, *_args: Any, **_: Any) -> tuple[int, int, bool]:
    tested, among = np.asarray(element), np.asarray(test_elements)
    n, m = tested.size, among.size
    is_integer = all(x.dtype.kind in "biu" for x in (tested, among))
    has_objects = any(x.dtype.kind == "O" for x in (tested, among))
    # NumPy compares with one after the other where that is quicker than sorting.
    scans = has_objects or (not is_integer and m < 10 * max(n, 1) ** 0.145)
    return n, m, scans


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "argpartition": _partition,
    "argsort": _sort,
    "digitize": _digitize,
    "in1d": _isin,
    "intersect1d": _intersect1d,
    "isin": _isin,
    "lexsort": _lexsort,
    "partition": _partition,
    "searchsorted": _searchsorted,
    "setdiff1d": _two,
    "setxor1d": _two,
    "sort": _sort,
    "sort_complex": _sort_complex,
    "union1d": _two,
    "unique": _unique,
    "unique_all": _size,
    "unique_counts": _size,
    "unique_inverse": _size,
    "unique_values": _size,
}
