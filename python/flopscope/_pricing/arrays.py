"""Creation, conversion, indices and padding."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope._core import SymmetryGroup
from flopscope._pricing._counting import cells, shape_of
from flopscope.errors import UnsupportedDtypeError

__all__ = ["RULES", "TAGGERS"]


# ------------------------------------------------------------------------------------- casts


def _cast(source: np.dtype[Any], target: Any, count: int) -> int:
    """One FLOP per cell for a cast that can change values, nothing for a safe one."""
    return 0 if np.can_cast(source, np.dtype(target), "safe") else count


def _asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Callable[[Any], int]:
    return cells


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> int:
    if where is True:
        count = cells(dst)
    else:
        count = int(np.count_nonzero(np.broadcast_to(where, shape_of(dst))))
    return _cast(np.asarray(src).dtype, dst.dtype, count)


# ---------------------------------------------------------------------------------- creation


def _indices(dimensions: Any, dtype: Any = int, sparse: bool = False) -> Callable[[Any], int]:
    def from_result(grids: Any) -> int:
        return sum(cells(grid) for grid in grids) if isinstance(grids, tuple) else cells(grids)

    return from_result


def _vander(x: Any, N: Any = None, increasing: bool = False) -> int:
    rows = shape_of(x)[0]
    columns = rows if N is None else operator.index(N)
    return max(1, rows * (columns - 2))


def _mask_indices(n: Any, mask_func: Any, k: Any = 0) -> Callable[[Any], int]:
    def from_result(pairs: Any) -> int:
        return 2 * operator.index(n) ** 2 + 8 * len(pairs[0])

    return from_result


def _ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C") -> int:
    axes = len(dims) if np.ndim(dims) else 1
    shapes = [np.shape(index) for index in multi_index]
    count = math.prod(np.broadcast_shapes(*shapes))
    return 2 * (axes - 1) * count + (count if mode != "raise" else 0)


def _packbits(a: Any, axis: Any = None, bitorder: str = "big") -> int:
    return cells(a)


def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> int:
    return cells(filt)


def _text(result: Any) -> int:
    return max(1, len(result))


def _base_repr(number: Any, base: int = 2, padding: int = 0) -> Callable[[Any], int]:
    return _text


def _binary_repr(num: Any, width: Any = None) -> Callable[[Any], int]:
    return _text


def _fromstring(string: Any, *_args: Any, **_: Any) -> Callable[[Any], int]:
    return lambda result: max(1, cells(result))


def _isnat(x: Any, *_args: Any, **_: Any) -> int:
    return max(1, cells(x))


# ----------------------------------------------------------------------------------- padding


def _per_side(value: Any, ndim: int) -> list[tuple[Any, Any]]:
    """Return NumPy's (before, after) pairs, one per axis."""
    pairs = np.broadcast_to(np.asarray(value, dtype=object), (ndim, 2))
    return [(before, after) for before, after in pairs]


def _pad_widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, dict):
        widths: list[Any] = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            widths[operator.index(axis)] = tuple(width) if np.ndim(width) else (width, width)
        return [(int(before), int(after)) for before, after in widths]
    return [(int(before), int(after)) for before, after in _per_side(pad_width, ndim)]


_STATISTICS = {"maximum", "minimum", "mean", "median"}


def _statistic_lengths(given: Any, ndim: int, axis: int, extent: int) -> tuple[int, int]:
    if given is None:
        return extent, extent
    before, after = _per_side(given, ndim)[axis]
    return (
        extent if before is None else min(int(before), extent),
        extent if after is None else min(int(after), extent),
    )


def _pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> int:
    shape = shape_of(array)
    if callable(mode):
        raise ValueError("fnp.pad takes the name of a mode; a function cannot be priced")
    is_odd = mode in {"reflect", "symmetric"} and kwargs.get("reflect_type") == "odd"
    dtype = getattr(array, "dtype", None)
    computes = mode == "linear_ramp" or is_odd or mode in _STATISTICS
    if computes and dtype is not None and dtype.kind not in "biufc":
        raise UnsupportedDtypeError("pad", dtype)
    widths = _pad_widths(pad_width, len(shape))
    if mode == "linear_ramp" or is_odd:
        padded = math.prod(n + sum(width) for n, width in zip(shape, widths, strict=True))
        return 2 * (padded - math.prod(shape))
    if mode not in _STATISTICS:
        return 0
    total = 0
    for axis, (extent, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if extent == 0 or before + after == 0:
            continue
        first, last = _statistic_lengths(kwargs.get("stat_length"), len(shape), axis, extent)
        # One statistic per padded side; over the whole axis both sides share one.
        used = [n for n, width in ((first, before), (last, after)) if width]
        if used == [extent, extent]:
            used = [extent]
        per_line = sum(used) + (len(used) if mode == "mean" else 0)
        total += math.prod(shape) // extent * per_line
    return total


RULES: dict[str, Callable[..., Any]] = {
    "asarray_chkfinite": _asarray_chkfinite,
    "base_repr": _base_repr,
    "binary_repr": _binary_repr,
    "copyto": _copyto,
    "fromstring": _fromstring,
    "indices": _indices,
    "isnat": _isnat,
    "mask_indices": _mask_indices,
    "packbits": _packbits,
    "pad": _pad,
    "ravel_multi_index": _ravel_multi_index,
    "trim_zeros": _trim_zeros,
    "vander": _vander,
}


# -------------------------------------------------------------------- symmetry of what is made

_SWAP = SymmetryGroup.symmetric(axes=(0, 1))


def _eye(result: Any, N: Any, M: Any = None, k: Any = 0, *_args: Any, **_: Any) -> Any:
    return _SWAP if k == 0 and result.shape[0] == result.shape[1] else None


def _identity(result: Any, *_args: Any, **_: Any) -> Any:
    return _SWAP


def _diag(result: Any, v: Any, k: Any = 0) -> Any:
    return _SWAP if k == 0 and np.ndim(v) == 1 else None


def _diagflat(result: Any, v: Any, k: Any = 0) -> Any:
    return _SWAP if k == 0 else None


def _equal_new_axes(result: Any, new_axes: list[int]) -> Any:
    """Return the product of the full groups on new axes of equal length."""
    blocks: dict[int, list[int]] = {}
    for axis in new_axes:
        blocks.setdefault(result.shape[axis], []).append(axis)
    large = [tuple(block) for block in blocks.values() if len(block) > 1]
    if not large:
        return None
    return (
        SymmetryGroup.young(blocks=large)
        if len(large) > 1
        else SymmetryGroup.symmetric(axes=large[0])
    )


def _expand_dims(result: Any, a: Any, axis: Any) -> Any:
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    return _equal_new_axes(result, sorted(operator.index(i) % result.ndim for i in axes))


def _broadcast_to(result: Any, array: Any, *_args: Any, **_: Any) -> Any:
    return _equal_new_axes(result, list(range(result.ndim - np.ndim(array))))


TAGGERS: dict[str, Callable[..., Any]] = {
    "broadcast_to": _broadcast_to,
    "diag": _diag,
    "diagflat": _diagflat,
    "expand_dims": _expand_dims,
    "eye": _eye,
    "identity": _identity,
}
