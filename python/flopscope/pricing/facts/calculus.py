"""Differences, gradients, integrals, convolution, covariance and their kin."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope.pricing.facts._sizes import NO_VALUE, axis_of, broadcast_size, shape_of, size_of

__all__ = ["FACTS"]


def _joined_length(x: Any, axis: int, ndim: int) -> int:
    """Return what ``prepend``/``append`` add to an axis: a scalar adds one element."""
    shape = shape_of(x)
    return shape[axis] if len(shape) == ndim else 1


def _diff(
    a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None
) -> tuple[int, int, int, int]:
    shape = shape_of(a)
    order = operator.index(n)
    if order == 0:  # NumPy hands the array back, of any rank
        return 0, 0, 0, 0
    at = axis_of(axis, len(shape))
    extent = shape[at]
    for joined in (prepend, append):
        if joined is not None and joined is not NO_VALUE:
            extent += _joined_length(joined, at, len(shape))
    return math.prod(shape[:at] + shape[at + 1 :]), extent, shape[at], order


def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> tuple[int, int]:
    return size_of(ary), sum(size_of(x) for x in (to_begin, to_end) if x is not None)


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> tuple[Any, ...]:
    shape = shape_of(f)
    if axis is None:
        axes = tuple(range(len(shape)))
    else:
        axes = tuple(
            axis_of(i, len(shape)) for i in (axis if isinstance(axis, (tuple, list)) else (axis,))
        )
    uniform: list[int] = []
    irregular: list[int] = []
    for at, spacing in zip(axes, varargs, strict=False):
        if np.ndim(spacing) == 1 and shape[at]:
            steps = np.diff(np.asarray(spacing))
            (uniform if (steps == steps[:1]).all() else irregular).append(shape[at])
    selected = [shape[at] for at in axes]
    return math.prod(shape), shape, selected, uniform, irregular, operator.index(edge_order)


def _mode_of(mode: Any) -> str:
    if isinstance(mode, str):
        return {"v": "valid", "s": "same"}.get(mode[:1].lower(), "full")
    return {0: "valid", 1: "same"}.get(mode, "full")


def _convolve(a: Any, v: Any, mode: Any = "full") -> tuple[int, int, str]:
    return size_of(a), size_of(v), _mode_of(mode)


def _correlate(a: Any, v: Any, mode: Any = "valid") -> tuple[int, int, str]:
    return size_of(a), size_of(v), _mode_of(mode)


def _rows_and_columns(x: Any) -> tuple[int, int]:
    shape = shape_of(x)
    return (1, math.prod(shape)) if len(shape) < 2 else (shape[0], math.prod(shape[1:]))


def _cov(m: Any, y: Any = None, rowvar: Any = True, *_args: Any, **_: Any) -> tuple[int, ...]:
    rows, columns = _rows_and_columns(m)
    added = 0 if y is None else _rows_and_columns(y)[0]
    if rowvar or np.ndim(m) < 2:
        return rows + added, columns, rows + added, columns
    more = 0 if y is None else shape_of(y)[1] if np.ndim(y) > 1 else 1
    return rows + added, columns, columns + more, rows


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> tuple[int, int]:
    size = size_of(y)
    return size, size if x is None or np.ndim(x) < 2 else broadcast_size(y, x)


def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> tuple[int, int, bool]:
    return size_of(x), size_of(xp), period is not None


def _unwrap(p: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (size_of(p),)


def _cross(a: Any, b: Any, *_args: Any, **_: Any) -> tuple[int]:
    try:
        return (broadcast_size(a, b),)
    except ValueError:  # a vector of two elements and one of three
        return (max(size_of(a), size_of(b)),)


def _trace(
    a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, *_args: Any, **_: Any
) -> tuple[int, int, int, int]:
    shape = shape_of(a)
    if len(shape) < 2 or 0 in shape:
        return 0, 0, 0, 0
    first, second = shape[axis_of(axis1, len(shape))], shape[axis_of(axis2, len(shape))]
    k = operator.index(offset)
    diagonal = max(0, min(first + min(k, 0), second - max(k, 0)))
    return first, second, math.prod(shape) // (first * second), diagonal


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "convolve": _convolve,
    "correlate": _correlate,
    "corrcoef": _cov,
    "cov": _cov,
    "cross": _cross,
    "diff": _diff,
    "ediff1d": _ediff1d,
    "gradient": _gradient,
    "interp": _interp,
    "trace": _trace,
    "trapezoid": _trapezoid,
    "trapz": _trapezoid,
    "unwrap": _unwrap,
}
