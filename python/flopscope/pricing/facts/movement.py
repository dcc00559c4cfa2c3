"""Movement whose price, where a list has one, depends on more than the size of the result."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope.pricing.facts._sizes import axis_of, nothing, shape_of, size_of, sum_of_sizes

__all__ = ["FACTS", "FROM_RESULT"]


def _append(arr: Any, values: Any, axis: Any = None) -> tuple[int]:
    return (size_of(values),)


def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> tuple[int]:
    return (size_of(values),)


def _deleted(result: Any, arr: Any, *_args: Any, **_: Any) -> tuple[int, int]:
    return size_of(arr) - size_of(result), size_of(result)


def _compress(condition: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (size_of(condition),)


def _sides(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[0], shape[1]) if len(shape) > 1 else (0, 0)


def _diag(v: Any, k: Any = 0) -> tuple[int, ...]:
    shape = shape_of(v)
    return len(shape), math.prod(shape), operator.index(k), *_sides(shape)


def _diagflat(v: Any, k: Any = 0) -> tuple[int, int]:
    return size_of(v), operator.index(k)


def _diagonal_length(rows: int, columns: int, offset: int) -> int:
    return max(0, min(rows + min(offset, 0), columns - max(offset, 0)))


def _diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> tuple[int]:
    shape = shape_of(a)
    rows, columns = shape[axis_of(axis1, len(shape))], shape[axis_of(axis2, len(shape))]
    return (_diagonal_length(rows, columns, operator.index(offset)),)


def _last_diagonal(x: Any, /, *, offset: Any = 0) -> tuple[int]:
    return _diagonal(x, offset, -2, -1)


def _eye(N: Any, M: Any = None, k: Any = 0, *_args: Any, **_: Any) -> tuple[int, int, int]:
    rows = operator.index(N)
    return rows, rows if M is None else operator.index(M), operator.index(k)


def _identity(n: Any, *_args: Any, **_: Any) -> tuple[int, int, int]:
    return operator.index(n), operator.index(n), 0


def _kept(m: Any, lower: bool, k: int) -> tuple[int]:
    """Elements of the triangles that are not zeroed."""
    shape = shape_of(m)
    if len(shape) < 2:
        shape = (*shape, *shape)
    rows, columns = shape[-2:]
    lengths = (
        min(columns, max(0, i + k + 1)) if lower else columns - min(columns, max(0, i + k))
        for i in range(rows)
    )
    return (math.prod(shape[:-2]) * sum(lengths),)


def _tril(m: Any, k: Any = 0) -> tuple[int]:
    return _kept(m, True, operator.index(k))


def _triu(m: Any, k: Any = 0) -> tuple[int]:
    return _kept(m, False, operator.index(k))


def _fill_diagonal(a: Any, val: Any, wrap: Any = False) -> tuple[Any, ...]:
    shape = shape_of(a)
    return len(shape), *_sides(shape), math.prod(shape), bool(wrap)


def _first_size(arr: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (size_of(arr),)


def _extract(condition: Any, arr: Any) -> tuple[int]:
    return (size_of(arr),)


def _put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> tuple[int, int]:
    return size_of(ind), size_of(a)


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> tuple[int, int]:
    shape = shape_of(arr)
    size = math.prod(shape)
    if axis is None:
        return size_of(indices), size
    at = axis_of(axis, len(shape))
    return size // max(1, shape[at]) * shape_of(indices)[at], size


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> tuple[int]:
    return (len(condlist),)


def _ix(*args: Any) -> tuple[int, int]:
    arrays = [np.asarray(x) for x in args]
    return sum(x.size for x in arrays), sum(x.size for x in arrays if x.dtype == bool)


def _meshgrid(*xi: Any, copy: Any = True, sparse: Any = False, indexing: Any = "xy") -> Any:
    return [size_of(x) for x in xi], bool(sparse), bool(copy)


def _broadcast_shapes(*args: Any) -> tuple[int]:
    return (sum(len(tuple(shape)) if np.iterable(shape) else 1 for shape in args),)


def _save(file: Any, arr: Any, *_args: Any, **_: Any) -> tuple[int, int]:
    return size_of(arr), np.ndim(arr)


def _savez(file: Any, *args: Any, **kwds: Any) -> tuple[int, int, int]:
    kwds.pop("allow_pickle", None)
    members = {**{f"arr_{i}": x for i, x in enumerate(args)}, **kwds}
    return (
        sum(size_of(x) for x in members.values()),
        sum(np.ndim(x) for x in members.values()),
        sum(len(name.encode()) for name in members),
    )


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "append": _append,
    "broadcast_shapes": _broadcast_shapes,
    "compress": _compress,
    "delete": nothing,
    "diag": _diag,
    "diagflat": _diagflat,
    "diagonal": _diagonal,
    "extract": _extract,
    "eye": _eye,
    "fill_diagonal": _fill_diagonal,
    "identity": _identity,
    "insert": _insert,
    "ix_": _ix,
    "linalg.diagonal": _last_diagonal,
    "meshgrid": _meshgrid,
    "place": _first_size,
    "put": _put,
    "put_along_axis": _put_along_axis,
    "putmask": _first_size,
    "save": _save,
    "savez": _savez,
    "savez_compressed": _savez,
    "select": _select,
    "tril": _tril,
    "triu": _triu,
}

# Functions that hand out several arrays are billed for all of them.
FROM_RESULT: dict[str, Callable[..., tuple[Any, ...]]] = {
    "delete": _deleted,
    **dict.fromkeys(
        "diag_indices diag_indices_from ix_ tril_indices tril_indices_from triu_indices "
        "triu_indices_from unravel_index".split(),
        sum_of_sizes,
    ),
}
