"""Creation that computes, and casts that change values.  Filling and copying are free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .rules import Ignored, rule
from .shapes import broadcast, count, elements, length, shape_of, size_of

__all__ = ["cast_is_free"]


def cast_is_free(source: Any, target: Any) -> bool:
    """Does every value of dtype `source` survive in dtype `target`? NumPy's 'safe' rule."""
    return bool(np.can_cast(np.dtype(source), np.dtype(target), "safe"))


@rule("array asarray")
def array(a: Any, dtype: Any = None, *_: Ignored, **__: Ignored) -> int:
    """Free, unless `dtype` changes the values of an array (cost model, casts).

    A list has no dtype to be cast from: building an array of it is free whatever `dtype` says.
    """
    if dtype is None or not hasattr(a, "dtype"):
        return 0
    return astype(a, dtype)


@rule("astype")
def astype(x: Any, dtype: Any, *_: Ignored, **__: Ignored) -> int:
    """0 for a safe cast, else one per element (cost model, casts)."""
    return 0 if cast_is_free(np.asarray(x).dtype, dtype) else size_of(x)


@rule("copyto")
def copyto(dst: Any, src: Any, casting: Ignored = "same_kind", where: Any = True) -> int:
    """0 for a safe cast, else one per written element of `dst` (cost model, casts)."""
    if cast_is_free(np.asarray(src).dtype, dst.dtype):
        return 0
    mask = np.broadcast_to(np.asarray(where, dtype=bool), shape_of(dst))
    return count(index for index in elements(shape_of(dst)) if mask[index])


@rule("arange")
def arange(*args: Any, **kwargs: Any) -> int:
    """Two per element of the result (cost model, creation)."""
    return 2 * size_of(np.arange(*args, **kwargs))


def _samples(start: Any, stop: Any, num: Any) -> int:
    if num < 0:
        raise ValueError(f"number of samples must be non-negative, got {num}")
    return count(elements((int(num), *broadcast(shape_of(start), shape_of(stop)))))


@rule("linspace")
def linspace(start: Any, stop: Any, num: int = 50, *_: Ignored, **__: Ignored) -> int:
    """Two per element of the result (cost model, creation)."""
    return 2 * _samples(start, stop, num)


@rule("geomspace logspace")
def powers(start: Any, stop: Any, num: int = 50, *_: Ignored, **__: Ignored) -> int:
    """One per element of the result, at weight 16 (cost model, creation)."""
    return _samples(start, stop, num)


@rule("vander")
def vander(x: Any, N: int | None = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, len * (N - 2))``: columns 0 and 1 need no product (cost model, creation)."""
    n = length(x)
    columns = n if N is None else int(N)
    return max(1, n * (columns - 2))


@rule("indices")
def indices(dimensions: Any, dtype: Ignored = int, sparse: bool = False) -> int:
    """One per element of the returned grids (cost model, creation)."""
    shape = tuple(int(n) for n in dimensions)
    if sparse:
        return sum(shape)
    return len(shape) * count(elements(shape))


@rule("asarray_chkfinite packbits trim_zeros")
def each_input(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element (cost model, creation)."""
    return size_of(a)


@rule("unpackbits")
def unpackbits(
    a: Any, axis: int | None = None, count: int | None = None, bitorder: Ignored = "big"
) -> int:
    """One per element of the result (cost model, creation)."""
    return size_of(np.unpackbits(np.asarray(a), axis=axis, count=count))


@rule("mask_indices")
def mask_indices(n: int, mask_func: Callable[..., Any], k: Any = 0) -> int:
    """``2n^2 + 8q``, q = index pairs found (cost model, creation)."""
    selected = np.asarray(mask_func(np.ones((n, n), dtype=int), k))
    pairs = count(index for index in elements((n, n)) if selected[index])
    return 2 * n * n + 8 * pairs


@rule("ravel_multi_index")
def ravel_multi_index(
    multi_index: Any, dims: Any, mode: Any = "raise", order: Ignored = "C"
) -> int:
    """``2 (d - 1) N``, and N more to wrap or clip (cost model, creation)."""
    d = size_of(dims)
    n = count(elements(broadcast(*(shape_of(index) for index in multi_index))))
    return 2 * (d - 1) * n + (0 if mode == "raise" else n)
