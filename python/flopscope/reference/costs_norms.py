"""Norms: a price per group of elements, times the groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .costs_linalg import per_matrix, singular_values
from .rules import Ignored, rule
from .shapes import Shape, axes_of, count, elements, shape_of

__all__ = ["SPECTRAL", "groups_and_lengths"]

_SIMPLE = (0, 1, 2, math.inf, -math.inf)
#: Orders of matrix norms that take singular values.
SPECTRAL = (2, -2, "nuc")


def _of_vector(n: int, ord: Any) -> int:
    """A function and a sum per element; other powers cost a power each, and a root at the end."""
    return 2 * n if ord is None or ord in _SIMPLE else 18 * n + 16


def groups_and_lengths(shape: Shape, axis: Any) -> tuple[int, list[int]]:
    """How many norms are taken, and the lengths of the axes that each is taken over."""
    if axis is None:
        return 1, list(shape)
    wanted = axis if isinstance(axis, Sequence) else (axis,)
    reduced = axes_of(axis, len(shape))
    kept = [n for i, n in enumerate(shape) if i not in reduced]
    return count(elements(kept)), [shape[int(a) % len(shape)] for a in wanted]


@rule("linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Ignored = False) -> int:
    """A vector norm over one axis, a matrix norm over more; 0 for an empty array.

    Cost model, linear algebra: norms.
    """
    shape = shape_of(x)
    groups, lengths = groups_and_lengths(shape, axis)
    if not shape or 0 in shape:
        return 0
    if len(lengths) == 1:
        return groups * _of_vector(lengths[0], ord)
    if ord in SPECTRAL:
        return groups * singular_values(*lengths[-2:])
    return groups * 2 * math.prod(lengths)


@rule("linalg.vector_norm")
def vector_norm(x: Any, *, axis: Any = None, keepdims: Ignored = False, ord: Any = 2) -> int:
    """A vector norm over any number of axes; 0 for an empty array (cost model, linear algebra)."""
    groups, lengths = groups_and_lengths(shape_of(x), axis)
    return 0 if 0 in shape_of(x) else groups * _of_vector(math.prod(lengths), ord)


@rule("linalg.matrix_norm")
def matrix_norm(x: Any, *, keepdims: Ignored = False, ord: Any = "fro") -> int:
    """``2 m n`` per matrix, or its singular values (cost model, linear algebra)."""
    if ord in SPECTRAL:
        return per_matrix(x, singular_values)
    return per_matrix(x, lambda m, n: 2 * m * n)
