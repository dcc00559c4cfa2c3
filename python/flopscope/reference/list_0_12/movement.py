"""Creation, copies, joins and selections: one per element that is written, or more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..costs_pad import STATISTICS, pairs
from ..rules import PRICE_LISTS, Ignored, Rule, rule
from ..shapes import axis_length, broadcast, count, elements, length, numel, shape_of, size_of
from ..words import words

__all__: list[str] = []


@rule("array copy reshape ravel require", "0.12")
def each_input(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element, at least 1, also of a view (price list 0.12, movement and creation)."""
    return numel(a)


@rule("fft.fftshift fft.ifftshift", "0.12")
def shift(x: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element (price list 0.12, movement and creation)."""
    return size_of(x)


def _result_size(function: Callable[..., Any], floor: int = 0) -> Rule:
    """The rule that counts what a function returns."""

    def price(*args: Any, out: Ignored = None, **kwargs: Any) -> int:
        return max(floor, size_of(function(*args, **kwargs)))

    price.__doc__ = "One per element of the result (price list 0.12, movement and creation)."
    return price


for _name in words("""
    resize ones full ones_like full_like tri fromiter take take_along_axis choose ravel_multi_index
"""):
    rule(_name, "0.12")(_result_size(getattr(np, _name)))
for _name in words("""
    concatenate concat stack hstack vstack column_stack dstack block append insert delete tile
    repeat roll
"""):
    rule(_name, "0.12")(_result_size(getattr(np, _name), floor=1))
rule("bmat", "0.12")(_result_size(np.block, floor=1))  # np.bmat warns of its matrix
rule("row_stack", "0.12")(_result_size(np.vstack, floor=1))


def _result_sizes(function: Callable[..., Any]) -> Rule:
    """The rule that counts the arrays which a function returns."""

    def price(*args: Any, **kwargs: Any) -> int:
        found = function(*args, **kwargs)
        return sum(map(size_of, found)) if isinstance(found, tuple) else size_of(found)

    price.__doc__ = "One per element of the results (price list 0.12, movement and creation)."
    return price


for _name in words("""
    unravel_index diag_indices diag_indices_from tril_indices tril_indices_from triu_indices
    triu_indices_from
"""):
    rule(_name, "0.12")(_result_sizes(getattr(np, _name)))


@rule("eye identity", "0.12")
def eye(N: int, M: int | None = None, k: int = 0, *_: Ignored, **__: Ignored) -> int:
    """Elements of the diagonal (price list 0.12, movement and creation)."""
    columns = N if not isinstance(M, (int, np.integer)) else M
    return count(i for i in range(N) if 0 <= i + k < columns)


@rule("meshgrid", "0.12")
def meshgrid(*xi: Any, copy: bool = True, **kwargs: Any) -> int:
    """One per element of all grids; 1 for views (price list 0.12, movement and creation)."""
    return max(1, sum(map(size_of, np.meshgrid(*xi, **kwargs)))) if copy else 1


@rule("diag", "0.12")
def diag(v: Any, k: Ignored = 0) -> int:
    """One per element of a vector; the diagonal of a matrix is a view (price list 0.12)."""
    return size_of(v) if len(shape_of(v)) == 1 else 0


@rule("diagflat", "0.12")
def diagflat(v: Any, k: Ignored = 0) -> int:
    """One per element (price list 0.12, movement and creation)."""
    return size_of(v)


@rule("triu", "0.12")
def triu(m: Any, k: int = 0) -> int:
    """One per element kept, at least 1 (price list 0.12, movement and creation)."""
    return max(1, int(np.triu(np.ones(shape_of(m), dtype=int), k).sum()))


@rule("tril", "0.12")
def tril(m: Any, k: int = 0) -> int:
    """One per element kept, at least 1 (price list 0.12, movement and creation)."""
    return max(1, int(np.tril(np.ones(shape_of(m), dtype=int), k).sum()))


@rule("fill_diagonal", "0.12")
def fill_diagonal(a: Any, val: Ignored, wrap: bool = False) -> int:
    """One per element written (price list 0.12, movement and creation)."""
    written = np.zeros(shape_of(a), dtype=int)
    np.fill_diagonal(written, 1, wrap)
    return int(written.sum())


@rule("where", "0.12")
def where(condition: Any, x: Any = None, y: Any = None) -> int:
    """One per element of the broadcast, or of the condition alone (price list 0.12, movement)."""
    if x is None and y is None:
        return size_of(condition)
    return max(1, count(elements(broadcast(shape_of(condition), shape_of(x), shape_of(y)))))


def _where_name(condition: Ignored, x: Any = None, y: Any = None) -> str:
    return "nonzero" if x is None and y is None else "where"


PRICE_LISTS["0.12"].log_names["where"] = _where_name


@rule("getitem", "0.12", new=True)
def getitem(a: Any, key: Any) -> int:
    """Four per element selected by arrays, and one per element of each mask.

    Integers, slices and new axes cost nothing (price list 0.12, movement and creation).
    """
    parts = key if isinstance(key, tuple) else (key,)
    masks, advanced = 0, False
    for part in parts:
        is_bool = isinstance(part, (bool, np.bool_))
        basic = part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer))
        if basic and not is_bool:
            continue
        index = np.asarray(part)
        if index.dtype.kind == "b":
            masks += index.size
        if index.dtype.kind in "biu":
            advanced = True
    return 4 * size_of(np.asarray(a)[key]) + masks if advanced else 0


@rule("compress", "0.12")
def compress(condition: Any, a: Any, axis: Any = None, out: Ignored = None) -> int:
    """One per element of the condition, four per element selected (price list 0.12, movement)."""
    return length(condition) + 4 * size_of(np.compress(condition, a, axis))


@rule("extract", "0.12")
def extract(condition: Ignored, arr: Any) -> int:
    """One per element of the array (price list 0.12, movement and creation)."""
    return size_of(arr)


@rule("select", "0.12")
def select(condlist: Any, choicelist: Any, default: Any = 0) -> int:
    """One per element and condition (price list 0.12, movement and creation)."""
    return len(condlist) * size_of(np.select(condlist, choicelist, default))


@rule("piecewise", "0.12")
def piecewise(x: Any, condlist: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element and condition (price list 0.12, movement and creation)."""
    several = len(shape_of(condlist)) > len(shape_of(x)) or isinstance(condlist, (list, tuple))
    return size_of(x) * (len(condlist) if several else 1)


@rule("put", "0.12")
def put(a: Ignored, ind: Any, v: Ignored, mode: Ignored = "raise") -> int:
    """One per index (price list 0.12, movement and creation)."""
    return size_of(ind)


@rule("put_along_axis", "0.12")
def put_along_axis(arr: Any, indices: Any, values: Ignored, axis: int | None) -> int:
    """One per element written (price list 0.12, movement and creation)."""
    if axis is None:
        return size_of(indices)
    lines = size_of(arr) // max(1, axis_length(shape_of(arr), axis))
    return lines * axis_length(shape_of(indices), axis)


@rule("putmask place", "0.12")
def putmask(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element of the array, at least 1 (price list 0.12, movement and creation)."""
    return numel(a)


@rule("ix_", "0.12")
def ix_(*sequences: Any) -> int:
    """One per index returned, and one per element of each mask (price list 0.12, movement)."""
    masks = sum(size_of(x) for x in sequences if np.asarray(x).dtype.kind == "b")
    return sum(map(size_of, np.ix_(*sequences))) + masks


@rule("mask_indices", "0.12")
def mask_indices(n: int, mask_func: Callable[..., Any], k: Any = 0) -> int:
    """One per element of the mask, at least n^2 (price list 0.12, movement and creation)."""
    return max(size_of(mask_func(np.ones((n, n), dtype=int), k)), n * n)


@rule("broadcast_shapes", "0.12")
def broadcast_shapes(*shapes: Any) -> int:
    """One per length given, at least 1 (price list 0.12, movement and creation)."""
    return max(1, sum(1 if isinstance(shape, int) else len(shape) for shape in shapes))


@rule("save", "0.12")
def save(file: Ignored, arr: Any, *_: Ignored, **__: Ignored) -> int:
    """Four per element, and the header's eight numbers per axis (price list 0.12, movement)."""
    return 4 * (size_of(arr) + 8 * len(shape_of(arr)))


@rule("savez savez_compressed", "0.12")
def savez(file: Ignored, *args: Any, **named: Any) -> int:
    """As ``save``, and the names of the members (price list 0.12, movement and creation)."""
    members = {**{f"arr_{i}": x for i, x in enumerate(args)}, **named}
    bodies = sum(size_of(x) + 8 * len(shape_of(x)) for x in members.values())
    return 4 * (bodies + sum(len(name.encode()) for name in members) + 8)


# ------------------------------------------------------------------------------- casts and copies


@rule("astype", "0.12")
def astype(
    x: Any,
    dtype: Any,
    order: Ignored = "K",
    casting: Ignored = "unsafe",
    subok: Ignored = True,
    copy: bool = True,
    **_: Ignored,
) -> int:
    """One per element, unless nothing is copied (price list 0.12, casts)."""
    same = np.asarray(x).dtype == np.dtype(dtype)
    return 0 if same and not copy else size_of(x)


@rule("asarray", "0.12")
def asarray(a: Any, *args: Any, like: Ignored = None, **kwargs: Any) -> int:
    """One per element, unless the array itself comes back (price list 0.12, casts)."""
    made = np.asarray(a, *args, **kwargs)
    same = isinstance(a, np.ndarray) and np.may_share_memory(a, made)
    return 0 if same else size_of(a)


@rule("copyto", "0.12")
def copyto(dst: Any, src: Ignored, casting: Ignored = "same_kind", where: Any = True) -> int:
    """One per written element of `dst` (price list 0.12, casts)."""
    mask = np.broadcast_to(np.asarray(where, dtype=bool), shape_of(dst))
    return count(index for index in elements(shape_of(dst)) if mask[index])


# -------------------------------------------------------------------------------------------- pad


@rule("pad", "0.12")
def pad(
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    *,
    stat_length: Any = None,
    reflect_type: str = "even",
    **_: Ignored,
) -> int:
    """One per element of the result, and what is computed.

    A new element of a ramp costs one more.  Statistics are taken of every axis, padded or not,
    of the partly padded array (price list 0.12, pad).
    """
    priceable = not callable(mode)
    if not priceable:
        raise ValueError("pad with a callable mode cannot be priced")
    shape = shape_of(array)
    widths = pairs(pad_width, len(shape))
    padded = tuple(before + n + after for n, (before, after) in zip(shape, widths, strict=True))
    bill = count(elements(padded))
    if mode == "linear_ramp" or (mode in ("reflect", "symmetric") and reflect_type == "odd"):
        return bill + count(elements(padded)) - count(elements(shape))
    if mode not in STATISTICS or 0 in shape:
        return bill
    lengths = [(n, n) for n in shape] if stat_length is None else pairs(stat_length, len(shape))
    for axis, n in enumerate(shape):
        used = [min(m, n) for m in lengths[axis]]
        used = [n] if used == [n, n] else used
        cross = count(elements((*padded[:axis], *shape[axis + 1 :])))
        bill += cross * (sum(used) + (len(used) if mode == "mean" else 0))
    return bill
