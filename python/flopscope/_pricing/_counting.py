"""Small functions that the pricing rules share. Notation of ``docs/cost-model.md``."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = [
    "L2",
    "NO_VALUE",
    "S",
    "axis_of",
    "broadcast_cells",
    "cells",
    "length",
    "lines_along",
    "shape_of",
]

# NumPy's marker for a keyword that was not given; its stubs keep quiet about it.
NO_VALUE: Any = vars(np)["_NoValue"]


def L2(n: int) -> int:
    """Comparisons of one binary search among ``n``: at least 1."""
    return max(1, (n - 1).bit_length()) if n > 1 else 1


def S(n: int) -> int:
    """Comparisons of sorting ``n`` values: at least 1."""
    return max(1, n * L2(n)) if n > 0 else 1


def shape_of(x: Any) -> tuple[int, ...]:
    """Shape of anything array-like."""
    return np.shape(x)


def cells(x: Any) -> int:
    """Number of cells of anything array-like."""
    return math.prod(np.shape(x))


def length(x: Any) -> int:
    """Length of the first axis; 1 for scalars."""
    shape = np.shape(x)
    return shape[0] if shape else 1


def broadcast_cells(*operands: Any) -> int:
    """Cells of the shape that the operands broadcast to."""
    return math.prod(np.broadcast_shapes(*(np.shape(x) for x in operands)))


def axis_of(axis: Any, ndim: int) -> int:
    """Return an axis as a position; those out of range, modulo the rank (NumPy refuses them)."""
    return operator.index(axis) % ndim


def lines_along(shape: Sequence[int], axis: int) -> int:
    """Number of one-dimensional lines along an axis; 1 where the axis has no cells."""
    if shape[axis] == 0:
        return 1
    return math.prod(shape) // shape[axis]
