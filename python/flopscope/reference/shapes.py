"""Shapes, elements and the two logarithmic counts that many rules share.

Elements are counted by visiting them.  That is slow and beyond doubt, which is what a reference is
for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

__all__ = [
    "Shape",
    "axes_of",
    "axis_length",
    "broadcast",
    "count",
    "elements",
    "halvings",
    "length",
    "lines",
    "log2_ceil",
    "numel",
    "shape_of",
    "size_of",
    "sort_cost",
]

Shape = tuple[int, ...]


def shape_of(x: Any) -> Shape:
    """Shape of an array, a nested list or a scalar; a scalar has shape ``()``: one element."""
    if isinstance(x, np.ndarray):
        return tuple(x.shape)
    return tuple(np.shape(x))


def elements(shape: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """All index tuples of an array of this shape."""
    return itertools.product(*(range(n) for n in shape))


def count(items: Iterable[object]) -> int:
    """How many items there are."""
    return sum(1 for _ in items)


def size_of(x: Any) -> int:
    """Number of elements, 0 for an empty array."""
    return count(elements(shape_of(x)))


def numel(x: Any) -> int:
    """Number of elements, at least 1."""
    return max(1, size_of(x))


def broadcast(*shapes: Shape) -> Shape:
    """The common shape: aligned at the right, length 1 stretches to any length.

    Raises
    ------
    ValueError
        If two lengths of an axis differ and neither is 1.
    """
    result: list[int] = []
    for lengths in itertools.zip_longest(*(shape[::-1] for shape in shapes), fillvalue=1):
        distinct = {n for n in lengths if n != 1}
        if len(distinct) > 1:
            raise ValueError(f"shapes {shapes} do not broadcast: lengths {sorted(distinct)} meet")
        result.append(distinct.pop() if distinct else 1)
    return tuple(result[::-1])


def axes_of(axis: int | Sequence[int] | None, ndim: int) -> set[int]:
    """The axes meant by an ``axis`` argument; None means all.

    The bill is made before NumPy can complain, and an axis out of range is billed modulo ndim.
    """
    if axis is None:
        return set(range(ndim))
    if ndim == 0:
        return set()
    wanted = axis if isinstance(axis, Sequence) else (axis,)
    return {int(a) % ndim for a in wanted}


def axis_length(shape: Shape, axis: int) -> int:
    """Length of one axis, the axis taken modulo ndim."""
    return shape[axis % len(shape)]


def lines(shape: Shape, axis: int) -> int:
    """Number of 1-d lines along an axis: size // axis length, and 1 if that length is 0."""
    n = axis_length(shape, axis)
    return 1 if n == 0 else count(elements(shape)) // n


def length(x: Any) -> int:
    """Length of the first axis, 1 for a scalar."""
    shape = shape_of(x)
    return shape[0] if shape else 1


def halvings(n: int) -> int:
    """``ceil(log2 n)``, and 0 for n <= 1: how often n things are halved until one is left."""
    times = 0
    while 2**times < n:
        times += 1
    return times


def log2_ceil(n: int) -> int:
    """``L2(n) = max(1, ceil(log2 n))``: the halvings that separate n things, at least 1."""
    return max(1, halvings(n))


def sort_cost(n: int) -> int:
    """``S(n) = max(1, n * L2(n))``: comparisons billed for sorting n things."""
    return max(1, n * log2_ceil(n)) if n > 0 else 1
