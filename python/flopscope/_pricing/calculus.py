"""Differences, gradients, integrals, convolution, covariance and their kin."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope._pricing._counting import L2, NO_VALUE, axis_of, cells, shape_of

__all__ = ["RULES"]


def _joined_length(x: Any, axis: int, ndim: int) -> int:
    """Return what ``prepend``/``append`` add to an axis: a scalar adds one cell."""
    shape = shape_of(x)
    return shape[axis] if len(shape) == ndim else 1


def _diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None) -> int:
    shape = shape_of(a)
    order = operator.index(n)
    if order == 0:  # NumPy hands the array back, of any rank
        return 1
    at = axis_of(axis, len(shape))
    extent = shape[at]
    for joined in (prepend, append):
        if joined is not None and joined is not NO_VALUE:
            extent += _joined_length(joined, at, len(shape))
    others = math.prod(shape[:at] + shape[at + 1 :])
    return max(1, others * (order * extent - order * (order + 1) // 2))


def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> int:
    ends = sum(cells(x) for x in (to_begin, to_end) if x is not None)
    return max(1, cells(ary) - 1 + ends)


def _spacing_cost(size: int, extent: int, coordinates: Any) -> int:
    """Return the extra cost of a coordinate array: its differences, and weights unless uniform."""
    steps = np.diff(coordinates)
    if (steps == steps[:1]).all():
        return 3 * (extent - 1)
    inner = max(extent - 2, 0)
    return 3 * size * inner // extent + 10 * inner + 3 * (extent - 1) + 4 * size // extent


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> int:
    shape = shape_of(f)
    if not shape:
        return 1
    size = math.prod(shape)
    # Every axis counts, whichever are asked for.
    total = max(1, sum(2 * size * max(n - 2, 0) // n for n in shape if n))
    if axis is None:
        axes = tuple(range(len(shape)))
    else:
        axes = tuple(
            axis_of(i, len(shape)) for i in (axis if isinstance(axis, (tuple, list)) else (axis,))
        )
    for at, spacing in zip(axes, varargs, strict=False):
        if np.ndim(spacing) == 1 and shape[at]:
            total += _spacing_cost(size, shape[at], np.asarray(spacing))
    return total


def _mode_of(mode: Any) -> str:
    if isinstance(mode, str):
        return {"v": "valid", "s": "same"}.get(mode[:1].lower(), "full")
    return {0: "valid", 1: "same"}.get(mode, "full")


def _correlated(n: int, m: int, mode: str) -> int:
    """Return multiplications and additions of sliding the short operand along the long one."""
    short, long = min(n, m), max(n, m)
    if mode == "full":
        return max(1, 2 * n * m - n - m + 1)
    if mode == "valid":
        return max(1, (2 * short - 1) * (long - short + 1))
    before = short // 2
    after = short - before - 1
    products = (
        short * (long - short + 1)
        + before * short
        - before * (before + 1) // 2
        + after * short
        - after * (after + 1) // 2
    )
    return max(1, 2 * products - long)


def _convolve(a: Any, v: Any, mode: Any = "full") -> int:
    n, m, kind = cells(a), cells(v), _mode_of(mode)
    return max(1, 2 * n * m - n - m) if kind == "full" else _correlated(n, m, kind)


def _correlate(a: Any, v: Any, mode: Any = "valid") -> int:
    return _correlated(cells(a), cells(v), _mode_of(mode))


def _rows_and_columns(x: Any) -> tuple[int, int]:
    shape = shape_of(x)
    return (1, math.prod(shape)) if len(shape) < 2 else (shape[0], math.prod(shape[1:]))


def _features(m: Any, y: Any) -> tuple[int, int]:
    rows, columns = _rows_and_columns(m)
    return rows + (_rows_and_columns(y)[0] if y is not None else 0), columns


def _cov(m: Any, y: Any = None, *_args: Any, **_: Any) -> int:
    # Rows are features whatever `rowvar` says.
    f, s = _features(m, y)
    return max(1, 2 * f * f * s + 2 * f * s)


def _corrcoef(x: Any, y: Any = None, *_args: Any, **_: Any) -> int:
    f, _columns = _features(x, y)
    return _cov(x, y) + 2 * f * f + f


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> int:
    return 4 * cells(y)


def _interp(x: Any, xp: Any, fp: Any, *_args: Any, **_: Any) -> int:
    m = max(1, cells(x))
    return 3 * m + m * L2(max(1, cells(xp)))


def _unwrap(p: Any, *_args: Any, **_: Any) -> int:
    return max(1, 11 * cells(p))


def _cross(a: Any, b: Any, *_args: Any, **_: Any) -> Callable[[Any], int]:
    return lambda result: max(1, 3 * cells(result))


def _trace(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, *_args: Any, **_: Any) -> int:
    shape = shape_of(a)
    if len(shape) < 2 or 0 in shape:
        return 0
    first, second = shape[axis_of(axis1, len(shape))], shape[axis_of(axis2, len(shape))]
    return min(first, second) * (math.prod(shape) // (first * second))


RULES: dict[str, Callable[..., Any]] = {
    "convolve": _convolve,
    "correlate": _correlate,
    "corrcoef": _corrcoef,
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
