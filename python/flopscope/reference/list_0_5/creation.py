"""Creation: one per element that is written, casts for nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..rules import Ignored, rule
from ..shapes import count, elements, length, numel, shape_of, size_of

__all__: list[str] = []


@rule("array", "0.5")
def array(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element, at least 1, whatever the dtype (price list 0.5, movement and creation)."""
    return numel(a)


@rule("asarray ravel split vsplit array_split dsplit rollaxis from_dlpack", "0.5")
def each_input(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element, at weight 0 (price list 0.5, weights)."""
    return size_of(a)


@rule("frombuffer", "0.5")
def frombuffer(*args: Any, **kwargs: Any) -> int:
    """One per element of the result, at weight 0 (price list 0.5, weights)."""
    return size_of(np.frombuffer(*args, **kwargs))


@rule("astype ravel_multi_index", "0.5")
def nothing(*_: Ignored, **__: Ignored) -> int:
    """Nothing: casts are free (price list 0.5, movement and creation)."""
    return 0


@rule("copyto", "0.5")
def copyto(dst: Any, src: Ignored, casting: Ignored = "same_kind", where: Any = True) -> int:
    """One per written element of `dst`, whatever the cast (price list 0.5, movement)."""
    mask = np.broadcast_to(np.asarray(where, dtype=bool), shape_of(dst))
    return count(index for index in elements(shape_of(dst)) if mask[index])


@rule("arange", "0.5")
def arange(*args: Any, **kwargs: Any) -> int:
    """One per element of the result (price list 0.5, movement and creation)."""
    return size_of(np.arange(*args, **kwargs))


@rule("linspace geomspace logspace", "0.5")
def samples(start: Any, stop: Any, num: int = 50, *_: Ignored, **__: Ignored) -> int:
    """One per element of the result, at least 1 (price list 0.5, movement and creation)."""
    if num < 0:
        raise ValueError(f"number of samples must be non-negative, got {num}")
    ends = np.broadcast_shapes(shape_of(start), shape_of(stop))
    return max(1, count(elements((int(num), *ends))))


@rule("full", "0.5")
def full(shape: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element of the result (price list 0.5, movement and creation)."""
    return size_of(np.empty(shape, dtype=bool))


@rule("full_like", "0.5")
def full_like(
    a: Any,
    fill_value: Ignored,
    dtype: Ignored = None,
    order: Ignored = "K",
    subok: Ignored = True,
    shape: Any = None,
    **_: Ignored,
) -> int:
    """One per element of the result, at least 1 (price list 0.5, movement and creation)."""
    return max(1, size_of(a) if shape is None else full(shape))


@rule("diag", "0.5")
def diag(v: Any, k: int = 0) -> int:
    """The matrix made of a vector, or the shorter side of a matrix (price list 0.5, movement)."""
    shape = shape_of(v)
    return (shape[0] + abs(k)) ** 2 if len(shape) == 1 else min(shape[:2])


@rule("diagflat", "0.5")
def diagflat(v: Any, k: int = 0) -> int:
    """The matrix made of the elements (price list 0.5, movement and creation)."""
    return (size_of(v) + abs(k)) ** 2


@rule("fill_diagonal", "0.5")
def fill_diagonal(a: Any, *_: Ignored, **__: Ignored) -> int:
    """The shorter of the first two sides (price list 0.5, movement and creation)."""
    shape = shape_of(a)
    return min(shape[:2]) if len(shape) > 1 else size_of(a)


@rule("meshgrid", "0.5")
def meshgrid(*xi: Any, **_: Ignored) -> int:
    """k grids of all elements, also of sparse ones; at least 1 (price list 0.5, movement)."""
    return max(1, len(xi) * math.prod(size_of(x) for x in xi))


@rule("ix_", "0.5")
def ix_(*sequences: Any) -> int:
    """One per element given (price list 0.5, movement and creation)."""
    return sum(size_of(sequence) for sequence in sequences)


@rule("vander", "0.5")
def vander(x: Any, N: int | None = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, len * (N - 1))`` (price list 0.5, movement and creation)."""
    n = length(x)
    return max(1, n * ((n if N is None else int(N)) - 1))


@rule("mask_indices", "0.5")
def mask_indices(n: int, mask_func: Callable[..., Any], k: Any = 0) -> int:
    """``2q``, q = index pairs found, at weight 4 (price list 0.5, movement and creation)."""
    selected = np.asarray(mask_func(np.ones((n, n), dtype=int), k))
    return 2 * count(index for index in elements((n, n)) if selected[index])


@rule("fromiter", "0.5")
def fromiter(*args: Any, **kwargs: Any) -> int:
    """One per element of the result, at weight 16.  This runs the iterator.

    Price list 0.5, movement and creation.
    """
    return size_of(np.fromiter(*args, **kwargs))
