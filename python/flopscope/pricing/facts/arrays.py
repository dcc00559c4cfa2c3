"""Creation, conversion, indices and padding."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope._core import SymmetryGroup
from flopscope.errors import UnsupportedDtypeError
from flopscope.pricing.facts._sizes import nothing, shape_of, size_of, sum_of_sizes

__all__ = ["FACTS", "FROM_RESULT", "TAGGERS"]


def _length_of_text(result: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (len(result),)


# ------------------------------------------------------------------------------------- casts


def _asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> tuple[int]:
    return (size_of(a),)


def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> tuple[int, bool]:
    if where is True:
        written = size_of(dst)
    else:
        written = int(np.count_nonzero(np.broadcast_to(where, shape_of(dst))))
    return written, not np.can_cast(np.asarray(src).dtype, dst.dtype, "safe")


# ---------------------------------------------------------------------------------- creation


def _vander(x: Any, N: Any = None, increasing: bool = False) -> tuple[int, int]:
    rows = shape_of(x)[0]
    return rows, rows if N is None else operator.index(N)


def _mask_indices(n: Any, mask_func: Any, k: Any = 0) -> tuple[int]:
    return (operator.index(n),)


def _pairs(result: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (len(result[0]),)


def _ravel_multi_index(
    multi_index: Any, dims: Any, mode: Any = "raise", order: str = "C"
) -> tuple[int, int, bool]:
    axes = len(dims) if np.ndim(dims) else 1
    points = math.prod(np.broadcast_shapes(*(np.shape(index) for index in multi_index)))
    return axes, points, mode != "raise"


def _packbits(a: Any, axis: Any = None, bitorder: str = "big") -> tuple[int]:
    return (size_of(a),)


def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> tuple[int]:
    return (size_of(filt),)


def _removed(result: Any, filt: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (size_of(filt) - size_of(result),)


def _isnat(x: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (size_of(x),)


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


def _pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> tuple[Any, ...]:
    shape = shape_of(array)
    if callable(mode):
        raise ValueError("fnp.pad takes the name of a mode; a function cannot be priced")
    is_odd = mode in {"reflect", "symmetric"} and kwargs.get("reflect_type") == "odd"
    dtype = getattr(array, "dtype", None)
    computes = mode == "linear_ramp" or is_odd or mode in _STATISTICS
    if computes and dtype is not None and dtype.kind not in "biufc":
        raise UnsupportedDtypeError("pad", dtype)
    widths = _pad_widths(pad_width, len(shape))
    padded = [n + sum(width) for n, width in zip(shape, widths, strict=True)]
    used = [
        _statistic_lengths(kwargs.get("stat_length"), len(shape), axis, extent)
        for axis, extent in enumerate(shape)
    ]
    # NumPy pads one axis after the other: the cross-section of a later one has grown.
    crosses = [
        math.prod(padded[:axis]) * math.prod(shape[axis + 1 :]) for axis in range(len(shape))
    ]
    return (
        math.prod(shape),
        math.prod(padded),
        mode if isinstance(mode, str) else "",
        is_odd,
        shape,
        [before for before, _ in widths],
        [after for _, after in widths],
        [first for first, _ in used],
        [last for _, last in used],
        crosses,
    )


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "asarray_chkfinite": _asarray_chkfinite,
    "base_repr": nothing,
    "binary_repr": nothing,
    "copyto": _copyto,
    "fromstring": nothing,
    "indices": nothing,
    "isnat": _isnat,
    "mask_indices": _mask_indices,
    "packbits": _packbits,
    "pad": _pad,
    "ravel_multi_index": _ravel_multi_index,
    "trim_zeros": _trim_zeros,
    "unpackbits": nothing,
    "vander": _vander,
}

FROM_RESULT: dict[str, Callable[..., tuple[Any, ...]]] = {
    "base_repr": _length_of_text,
    "binary_repr": _length_of_text,
    "indices": sum_of_sizes,
    "mask_indices": _pairs,
    "trim_zeros": _removed,
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
