"""Joining, repeating, selecting: one per element moved, at weight 1 or 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..rules import Ignored, Rule, rule
from ..shapes import axis_length, count, numel, shape_of, size_of

__all__: list[str] = []


@rule("concatenate stack vstack row_stack", "0.5")
def join(arrays: Any, *_: Ignored, **__: Ignored) -> int:
    """One per input element, at least 1 (price list 0.5, movement and creation)."""
    return max(1, sum(size_of(array) for array in arrays))


def _result_size(function: Callable[..., Any], floor: int = 0) -> Rule:
    """The rule that counts what a function returns."""

    def price(*args: Any, **kwargs: Any) -> int:
        kwargs.pop("out", None)
        return max(floor, size_of(function(*args, **kwargs)))

    price.__doc__ = "One per element of the result (price list 0.5, movement and creation)."
    return price


for _name in ("concat", "dstack", "block", "resize", "take", "choose", "compress"):
    rule(_name, "0.5")(_result_size(getattr(np, _name)))
rule("bmat", "0.5")(_result_size(np.block))  # np.bmat warns of its matrix
for _name in ("take_along_axis", "select", "broadcast_to", "packbits"):
    rule(_name, "0.5")(_result_size(getattr(np, _name)))
for _name in ("tile", "repeat"):
    rule(_name, "0.5")(_result_size(getattr(np, _name), floor=1))


@rule("broadcast_arrays", "0.5")
def broadcast_arrays(*args: Any, **_: Ignored) -> int:
    """One per element of each result, at weight 0 (price list 0.5, weights)."""
    return sum(size_of(array) for array in np.broadcast_arrays(*args))


@rule("append", "0.5")
def append(arr: Ignored, values: Any, axis: Ignored = None) -> int:
    """One per appended element (price list 0.5, movement and creation)."""
    return size_of(values)


@rule("insert", "0.5")
def insert(arr: Ignored, obj: Ignored, values: Any, axis: Ignored = None) -> int:
    """One per value, at weight 4 (price list 0.5, movement and creation)."""
    return size_of(values)


@rule("delete", "0.5")
def delete(arr: Any, obj: Any, axis: int | None = None) -> int:
    """One per element removed (price list 0.5, movement and creation)."""
    return size_of(arr) - size_of(np.delete(np.asarray(arr), obj, axis))


@rule("trim_zeros", "0.5")
def trim_zeros(filt: Any, *args: Any, **kwargs: Any) -> int:
    """One per element removed, at weight 4 (price list 0.5, movement and creation)."""
    return size_of(filt) - size_of(np.trim_zeros(np.asarray(filt), *args, **kwargs))


@rule("pad", "0.5")
def pad(array: Any, pad_width: Any, mode: Any = "constant", **_: Ignored) -> int:
    """One per element of the result in every mode (price list 0.5, movement and creation)."""
    priceable = not callable(mode)
    if not priceable:
        raise ValueError("pad with a callable mode cannot be priced")
    return size_of(np.pad(np.asarray(array), pad_width))


@rule("unstack", "0.5")
def unstack(x: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element (price list 0.5, movement and creation)."""
    return size_of(x)


@rule("where", "0.5")
def where(condition: Any, *_: Ignored) -> int:
    """One per element of the condition, at weight 4 (price list 0.5, movement and creation)."""
    return size_of(condition)


@rule("extract", "0.5")
def extract(condition: Ignored, arr: Any) -> int:
    """One per element of the array, at weight 4 (price list 0.5, movement and creation)."""
    return size_of(arr)


@rule("place putmask put put_along_axis", "0.5")
def write(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element of the array that is written to (price list 0.5, movement and creation)."""
    return size_of(a)


@rule("diagonal", "0.5")
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> int:
    """Length of one diagonal, at least 1, however many there are (price list 0.5, movement)."""
    shape = shape_of(a)
    rows, columns = axis_length(shape, axis1), axis_length(shape, axis2)
    return max(1, count(i for i in range(rows) if 0 <= i + offset < columns))


@rule("linalg.diagonal", "0.5")
def linalg_diagonal(x: Any, *, offset: int = 0) -> int:
    """As ``diagonal`` of the last two axes (price list 0.5, movement and creation)."""
    return diagonal(x, offset, -2, -1)


@rule("iscomplexobj isrealobj", "0.5")
def kind(x: Any) -> int:
    """One per element (price list 0.5, elementwise)."""
    return numel(x)
