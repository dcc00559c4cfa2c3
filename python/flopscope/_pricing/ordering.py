"""Sorting, searching and sets."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope._pricing._counting import L2, S, axis_of, cells, lines_along, shape_of

__all__ = ["RULES"]


def _sort(a: Any, axis: Any = -1, *_args: Any, **_: Any) -> int:
    shape = shape_of(a)
    if not shape:
        return 1
    if axis is None:
        return S(math.prod(shape))
    if math.prod(shape) == 0:
        return 1
    at = axis_of(axis, len(shape))
    return lines_along(shape, at) * S(shape[at])


def _sort_complex(a: Any) -> int:
    return _sort(a)


def _partition(a: Any, kth: Any, axis: Any = -1, *_args: Any, **_: Any) -> int:
    shape = shape_of(a)
    if not shape:
        return 1
    at = axis_of(-1 if axis is None else axis, len(shape))
    return max(1, lines_along(shape, at) * shape[at] * cells(kth))


def _lexsort(keys: Any, axis: Any = -1) -> int:
    shape = shape_of(keys[0])
    if not shape:
        return max(1, len(keys))
    at = axis_of(axis, len(shape))
    return max(1, len(keys) * lines_along(shape, at) * S(shape[at]))


def _searchsorted(a: Any, v: Any, *_args: Any, **_: Any) -> int:
    return max(1, cells(v)) * L2(cells(a))


def _digitize(x: Any, bins: Any, right: bool = False) -> int:
    return max(1, cells(x)) * L2(shape_of(bins)[0] if np.ndim(bins) else 1)


def _unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    **_: Any,
) -> int:
    shape = shape_of(ar)
    if axis is None:
        return S(max(1, math.prod(shape)))
    at = axis_of(axis, len(shape))
    return lines_along(shape, at) * S(shape[at])


def _unique_of(x: Any, *_args: Any, **_: Any) -> int:
    return S(max(1, cells(x)))


def _merged(ar1: Any, ar2: Any, assume_unique: bool = False) -> int:
    return S(max(1, cells(ar1) + cells(ar2)))


def _intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> int:
    n, m = max(1, cells(ar1)), max(1, cells(ar2))
    return S(n + m) if assume_unique else S(n) + S(m) + S(n + m)


def _isin(element: Any, test_elements: Any, *_args: Any, **_: Any) -> int:
    tested, among = np.asarray(element), np.asarray(test_elements)
    n, m = tested.size, among.size
    merged = S(n + m)
    is_integer = all(x.dtype.kind in "biu" for x in (tested, among))
    has_objects = any(x.dtype.kind == "O" for x in (tested, among))
    scans = has_objects or (not is_integer and m < 10 * max(n, 1) ** 0.145)
    return max(merged, 2 * n * m) if scans else merged


RULES: dict[str, Callable[..., Any]] = {
    "argpartition": _partition,
    "argsort": _sort,
    "digitize": _digitize,
    "in1d": _isin,
    "intersect1d": _intersect1d,
    "isin": _isin,
    "lexsort": _lexsort,
    "partition": _partition,
    "searchsorted": _searchsorted,
    "setdiff1d": _merged,
    "setxor1d": _merged,
    "sort": _sort,
    "sort_complex": _sort_complex,
    "union1d": _merged,
    "unique": _unique,
    "unique_all": _unique_of,
    "unique_counts": _unique_of,
    "unique_inverse": _unique_of,
    "unique_values": _unique_of,
}
