"""Sizes of arguments, as the facts of many operations need them."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = [
    "NO_VALUE",
    "axis_of",
    "broadcast_size",
    "lines_along",
    "nothing",
    "shape_of",
    "size_of",
    "sum_of_sizes",
]

# NumPy's marker for a keyword that was not given; its stubs keep quiet about it.
NO_VALUE: Any = vars(np)["_NoValue"]


def shape_of(x: Any) -> tuple[int, ...]:
    """Shape of anything array-like."""
    return np.shape(x)


def size_of(x: Any) -> int:
    """Number of elements of anything array-like."""
    return math.prod(np.shape(x))


def broadcast_size(*operands: Any) -> int:
    """Elements of the shape that the operands broadcast to."""
    return math.prod(np.broadcast_shapes(*(np.shape(x) for x in operands)))


def nothing(*_args: Any, **_: Any) -> tuple[()]:
    """The facts of a call that only its result tells."""
    return ()


def sum_of_sizes(result: Any, *_args: Any, **_: Any) -> tuple[int]:
    """Elements of all arrays that come back."""
    many = isinstance(result, (tuple, list))
    return (sum(size_of(array) for array in result) if many else size_of(result),)


def axis_of(axis: Any, ndim: int) -> int:
    """Return an axis as a position; those out of range, modulo the rank (NumPy refuses them)."""
    return operator.index(axis) % ndim


def lines_along(shape: Sequence[int], axis: int) -> int:
    """Number of one-dimensional lines along an axis; 1 where the axis has no elements."""
    if shape[axis] == 0:
        return 1
    return math.prod(shape) // shape[axis]
