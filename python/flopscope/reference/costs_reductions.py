"""Reductions and scans.

A reduction sends every input element to one output element.  With A elements in and O out it takes
A - O accumulations, since the first value to reach an output element is a copy.  Symmetry leaves
fewer of both.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from .contraction import counts
from .groups import Tagged, moves_of, unique
from .rules import Ignored, rule
from .shapes import axes_of, count, elements, shape_of

__all__ = ["elements_in_and_out"]

Axis = int | Sequence[int] | None


def elements_in_and_out(a: Any, axis: Axis) -> tuple[int, int]:
    """Count the input elements A and the output elements O of a reduction, by visiting both.

    With a symmetry O counts the unique outputs, and A the pairs of a unique input and a unique
    output that it contributes to (contraction bills, reductions with symmetry).
    """
    shape = shape_of(a)
    reduced = axes_of(axis, len(shape))
    kept = [i for i in range(len(shape)) if i not in reduced]
    if not isinstance(a, Tagged):
        return count(elements(shape)), count(elements(shape[i] for i in kept))
    label = string.ascii_letters
    group = [{label[i]: label[image] for i, image in enumerate(move)} for move in moves_of(a)]
    lengths = dict(zip(label, shape, strict=False))
    _, into, out = counts(lengths, [label[i] for i in kept], lengths, group)
    return into, out


@rule("""
    sum prod max min amax amin any all argmax argmin
    nansum nanprod nanmax nanmin nanargmax nanargmin
""")
def accumulate_all(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, A - O)`` (cost model, reductions)."""
    into, out = elements_in_and_out(a, axis)
    return max(1, into - out)


@rule("cumsum cumprod cumulative_sum cumulative_prod nancumsum nancumprod")
def scan(a: Any, axis: int | None = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, A - O)``: the first element of each line is a copy (cost model, reductions)."""
    into, out = elements_in_and_out(a, axis)
    return max(1, into - out)


@rule("mean nanmean")
def mean(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``(A - O) + O``: add up, then one division per output (cost model, reductions)."""
    into, out = elements_in_and_out(a, axis)
    return (into - out) + out


@rule("var nanvar")
def var(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``2 unique + 2 (A - O) + 2 O`` (cost model, reductions).

    Two means, and between them a subtraction and a square per symmetry-unique element, at least 1.
    """
    into, out = elements_in_and_out(a, axis)
    return 2 * unique(a) + 2 * (into - out) + 2 * out


@rule("std nanstd")
def std(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """As ``var``, and one root per output (cost model, reductions)."""
    _into, out = elements_in_and_out(a, axis)
    return var(a, axis) + out


@rule("ptp")
def ptp(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """A maximum, a minimum, one subtraction per output (cost model, reductions)."""
    _into, out = elements_in_and_out(a, axis)
    return 2 * accumulate_all(a, axis) + out


@rule("average")
def average(a: Any, axis: Axis = None, weights: Any = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, A - O) + O``; weights add a product per element and their own sum.

    Cost model, reductions.
    """
    _into, out = elements_in_and_out(a, axis)
    bill = accumulate_all(a, axis) + out
    if weights is not None:
        bill += unique(a) + accumulate_all(a, axis)
    return bill


@rule("count_nonzero")
def count_nonzero(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One test per symmetry-unique element, at least 1, on any axis (cost model, reductions)."""
    return unique(a)


def _selection(a: Any, axis: Axis) -> int:
    """Each output looks at every element of its group; 0 for an empty input."""
    shape = shape_of(a)
    reduced = axes_of(axis, len(shape))
    _into, out = elements_in_and_out(a, axis)
    group = count(elements(n for i, n in enumerate(shape) if i in reduced))
    return out * group


@rule("median nanmedian")
def median(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``O * K``, K = elements per output (cost model, reductions)."""
    return _selection(a, axis)


@rule("percentile quantile nanpercentile nanquantile")
def quantile(a: Any, q: Ignored, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``O * K``; the number of quantiles does not matter (cost model, reductions)."""
    return _selection(a, axis)
