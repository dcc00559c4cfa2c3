"""``pad``: free where values only move, billed where they are computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .rules import Ignored, rule
from .shapes import count, elements, shape_of

__all__ = ["STATISTICS", "pad", "pairs"]

STATISTICS = ("maximum", "minimum", "mean", "median")


def pairs(value: Any, ndim: int) -> list[tuple[int, int]]:
    """A (before, after) pair per axis from any form that NumPy accepts."""
    if isinstance(value, dict):
        widths: list[tuple[int, int]] = [(0, 0)] * ndim
        for axis, sides in value.items():
            before, after = np.broadcast_to(np.asarray(sides, dtype=int), (2,))
            widths[axis % ndim] = (int(before), int(after))
        return widths
    table = np.broadcast_to(np.asarray(value, dtype=int), (ndim, 2))
    return [(int(before), int(after)) for before, after in table]


def _statistics_of_axis(n: int, widths: tuple[int, int], stat: Any) -> list[int]:
    """Lengths of the statistics taken along one axis of length n.

    One per padded side; the two are one and the same when both cover the whole axis.
    """
    stat_lengths = (n, n) if stat is None else tuple(min(int(s), n) for s in stat)
    used = [size for size, width in zip(stat_lengths, widths, strict=True) if width > 0]
    return [n] if used == [n, n] else used


@rule("pad")
def pad(
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    *,
    stat_length: Any = None,
    reflect_type: str = "even",
    **_: Ignored,
) -> int:
    """Statistics read what they are taken of, ramps compute a new element twice (cost model, pad).

    The cross-section of an axis is that of the input, not of the partly padded array.
    """
    priceable = not callable(mode)
    if not priceable:
        raise ValueError("pad with a callable mode cannot be priced")
    shape = shape_of(array)
    widths = pairs(pad_width, len(shape))
    if mode == "linear_ramp" or (mode in ("reflect", "symmetric") and reflect_type == "odd"):
        padded = [before + n + after for n, (before, after) in zip(shape, widths, strict=True)]
        return 2 * (count(elements(padded)) - count(elements(shape)))
    if mode not in STATISTICS:
        return 0
    stats = [None] * len(shape) if stat_length is None else pairs(stat_length, len(shape))
    bill = 0
    for axis, n in enumerate(shape):
        if n == 0:
            continue
        used = _statistics_of_axis(n, widths[axis], stats[axis])
        cross = count(elements(shape)) // n
        bill += cross * (sum(used) + (len(used) if mode == "mean" else 0))
    return bill
