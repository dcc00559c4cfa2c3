"""Small numeric operations: differences, sliding products, covariance, cross products, traces."""

from __future__ import annotations

from typing import Any

import numpy as np

from .rules import Ignored, rule
from .shapes import axes_of, axis_length, broadcast, count, elements, shape_of, size_of

__all__ = ["convolve", "correlate", "diff", "features_and_samples", "gradient", "overlaps"]

# NumPy's marker for a keyword that was not given; its stubs keep quiet about it.
_NO_VALUE: Any = vars(np)["_NoValue"]


def _added_length(extra: Any, axis: int) -> int:
    """Elements that prepend or append add to each line; a scalar adds one."""
    shape = shape_of(extra)
    return axis_length(shape, axis) if shape else 1


@rule("diff")
def diff(
    a: Any,
    n: int = 1,
    axis: int = -1,
    prepend: Any = _NO_VALUE,
    append: Any = _NO_VALUE,
) -> int:
    """Pass i of n subtracts L - i neighbours on every line, at least 1 (cost model, small numeric).

    L includes what is prepended and appended.  The sum is taken as it stands, ``n L - n(n+1)/2``,
    also past the pass that leaves nothing.
    """
    if n == 0:
        return 1
    shape = shape_of(a)
    along = axis_length(shape, axis)
    for extra in (prepend, append):
        if extra is not _NO_VALUE:
            along += _added_length(extra, axis)
    others = [m for i, m in enumerate(shape) if i != axis % len(shape)]
    return max(1, count(elements(others)) * sum(along - i for i in range(1, n + 1)))


@rule("ediff1d")
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> int:
    """``max(1, size - 1 + size(to_begin) + size(to_end))`` (cost model, small numeric)."""
    extras = sum(size_of(extra) for extra in (to_begin, to_end) if extra is not None)
    return max(1, size_of(ary) - 1 + extras)


@rule("gradient")
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Ignored = 1) -> int:
    """Interior points of every axis, and a surcharge per coordinate array (cost model, small
    numeric).

    ``axis`` does not restrict the first part.  With size S and axis length L that part is the
    sum of ``floor(2S max(L-2, 0) / L)``, at least 1.  A coordinate array with equal steps adds
    ``3(L-1)``; another adds that and ``floor(3S max(L-2, 0) / L) + 10 max(L-2, 0) + floor(4S/L)``.
    """
    shape = shape_of(f)
    if not shape:
        return 1
    size = count(elements(shape))
    bill = max(1, sum(2 * size * max(n - 2, 0) // n for n in shape if n > 0))
    selected = sorted(axes_of(axis, len(shape))) if axis is None else _in_order(axis, len(shape))
    spacings = varargs * len(selected) if len(varargs) == 1 else varargs
    for spacing, along in zip(spacings, selected, strict=False):
        n = shape[along]
        if not shape_of(spacing) or n == 0:
            continue
        bill += 3 * (n - 1)
        steps = np.diff(np.asarray(spacing))
        if not all(step == steps[0] for step in steps):
            inner = max(n - 2, 0)
            bill += 3 * size * inner // n + 10 * inner + 4 * size // n
    return bill


def _in_order(axis: Any, ndim: int) -> list[int]:
    """Selected axes as the caller ordered them, which is how coordinate arrays are matched."""
    wanted = axis if isinstance(axis, (tuple, list)) else (axis,)
    return [int(a) % ndim for a in wanted]


def overlaps(n: int, m: int, mode: str) -> list[int]:
    """Number of products behind each output of a sliding product of n with m values."""
    full = [count(j for j in range(m) if 0 <= k - j < n) for k in range(n + m - 1)]
    short, long = min(n, m), max(n, m)
    if mode == "valid":
        return [t for t in full if t == short]
    if mode == "same":
        first = (short - 1) // 2
        return full[first : first + long]
    return full


def _mode_name(mode: Any) -> str:
    """NumPy's modes: 0, 1, 2 or a word known by its first letter; anything else means full."""
    if isinstance(mode, str):
        return {"v": "valid", "s": "same"}.get(mode[:1].lower(), "full")
    return {0: "valid", 1: "same"}.get(mode, "full")


@rule("correlate")
def correlate(a: Any, v: Any, mode: Any = "valid") -> int:
    """An output of t products costs t multiplies and t - 1 adds (cost model, small numeric)."""
    return max(1, sum(2 * t - 1 for t in overlaps(size_of(a), size_of(v), _mode_name(mode))))


@rule("convolve")
def convolve(a: Any, v: Any, mode: Any = "full") -> int:
    """As ``correlate``, but the full form is billed one less, ``2nm - n - m``.

    Cost model, small numeric.
    """
    bill = correlate(a, v, mode)
    return max(1, bill - 1) if _mode_name(mode) == "full" else bill


def _rows_and_columns(m: Any) -> tuple[int, int]:
    shape = shape_of(m)
    if len(shape) < 2:
        return 1, size_of(m)
    return shape[0], shape[1]


def features_and_samples(m: Any, y: Any) -> tuple[int, int]:
    """Features f and samples s: rows and columns, whatever ``rowvar`` says; y adds its rows."""
    features, samples = _rows_and_columns(m)
    if y is not None:
        features += _rows_and_columns(y)[0]
    return features, samples


@rule("cov")
def cov(m: Any, y: Any = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, 2 f^2 s + 2 f s)`` (cost model, small numeric)."""
    f, s = features_and_samples(m, y)
    return max(1, 2 * f * f * s + 2 * f * s)


@rule("corrcoef")
def corrcoef(x: Any, y: Any = None, *_: Ignored, **__: Ignored) -> int:
    """As ``cov``, and ``2 f^2 + f`` to normalise (cost model, small numeric)."""
    f, _samples = features_and_samples(x, y)
    return cov(x, y) + 2 * f * f + f


@rule("trapezoid trapz")
def trapezoid(y: Any, *_: Ignored, **__: Ignored) -> int:
    """``4 * size(y)`` (cost model, small numeric)."""
    return 4 * size_of(y)


@rule("bincount")
def bincount(x: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, size)`` (cost model, small numeric)."""
    return max(1, size_of(x))


@rule("cross")
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: Ignored = -1, axis: Any = None
) -> int:
    """``3 * numel(out)``, at least 1 (cost model, small numeric).

    Two vectors of the plane have one number as their cross product.
    """
    if axis is not None:
        axisa = axisb = axis
    left, right = list(shape_of(a)), list(shape_of(b))
    dims = left.pop(axisa % len(left)), right.pop(axisb % len(right))
    per_pair = 1 if dims == (2, 2) else 3
    return max(1, 3 * per_pair * count(elements(broadcast(tuple(left), tuple(right)))))


@rule("linalg.cross")
def linalg_cross(a: Any, b: Any, *, axis: Ignored = -1) -> int:
    """``3 * numel(broadcast of the inputs)``, at least 1 (cost model, small numeric)."""
    return max(1, 3 * count(elements(broadcast(shape_of(a), shape_of(b)))))


@rule("trace")
def trace(
    a: Any, offset: Ignored = 0, axis1: int = 0, axis2: int = 1, *_: Ignored, **__: Ignored
) -> int:
    """``min(d1, d2)`` per matrix, 0 for an empty or too small array (cost model, small numeric).

    ``offset`` is ignored.
    """
    shape = shape_of(a)
    if len(shape) < 2 or 0 in shape:
        return 0
    d1, d2 = axis_length(shape, axis1), axis_length(shape, axis2)
    return min(d1, d2) * (count(elements(shape)) // (d1 * d2))


@rule("linalg.trace")
def linalg_trace(x: Any, *, offset: int = 0, dtype: Ignored = None) -> int:
    """Elements of the wanted diagonal, at least 1, per matrix (cost model, small numeric)."""
    *batch, rows, columns = shape_of(x)
    if rows == 0 or columns == 0:
        return 0
    diagonal = count(i for i in range(rows) if 0 <= i + offset < columns)
    return count(elements(batch)) * max(1, diagonal)


@rule("piecewise")
def piecewise(x: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element of x, at weight 4 (cost model, functional)."""
    return size_of(x)
