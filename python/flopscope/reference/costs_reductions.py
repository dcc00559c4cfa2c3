"""Reductions and scans.

A reduction sends every input element to one output element.  With A elements in and O out it takes
A - O accumulations, since the first value to reach an output element is a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .rules import Ignored, rule
from .shapes import Shape, axes_of, count, elements, numel, shape_of, size_of

__all__ = ["elements_in_and_out"]

Axis = int | Sequence[int] | None


def elements_in_and_out(shape: Shape, axis: Axis) -> tuple[int, int]:
    """Count the input elements A and the output elements O of a reduction, by visiting both."""
    reduced = axes_of(axis, len(shape))
    kept_shape = [n for i, n in enumerate(shape) if i not in reduced]
    return count(elements(shape)), count(elements(kept_shape))


@rule("""
    sum prod max min amax amin any all argmax argmin
    nansum nanprod nanmax nanmin nanargmax nanargmin
""")
def accumulate_all(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, A - O)`` (cost model, reductions)."""
    into, out = elements_in_and_out(shape_of(a), axis)
    return max(1, into - out)


@rule("cumsum cumprod cumulative_sum cumulative_prod nancumsum nancumprod")
def scan(a: Any, axis: int | None = None, *_: Ignored, **__: Ignored) -> int:
    """One per element that has a predecessor on its line, at least 1 (cost model, reductions)."""
    shape = shape_of(a) if axis is not None else (size_of(a),)
    along = axes_of(axis, len(shape))
    return max(1, count(index for index in elements(shape) if any(index[i] > 0 for i in along)))


@rule("mean nanmean")
def mean(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``(A - O) + O``: add up, then one division per output (cost model, reductions)."""
    into, out = elements_in_and_out(shape_of(a), axis)
    return (into - out) + out


@rule("var nanvar")
def var(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``2 numel + 2 (A - O) + 2 O`` (cost model, reductions).

    Two means, and between them one subtraction and one square per element, at least 1 of these.
    """
    into, out = elements_in_and_out(shape_of(a), axis)
    return 2 * numel(a) + 2 * (into - out) + 2 * out


@rule("std nanstd")
def std(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """As ``var``, and one root per output (cost model, reductions)."""
    _into, out = elements_in_and_out(shape_of(a), axis)
    return var(a, axis) + out


@rule("ptp")
def ptp(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """A maximum, a minimum, one subtraction per output (cost model, reductions)."""
    _into, out = elements_in_and_out(shape_of(a), axis)
    return 2 * accumulate_all(a, axis) + out


@rule("average")
def average(a: Any, axis: Axis = None, weights: Any = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, A - O) + O``; weights add a product per element and their own sum.

    Cost model, reductions.
    """
    _into, out = elements_in_and_out(shape_of(a), axis)
    bill = accumulate_all(a, axis) + out
    if weights is not None:
        bill += numel(a) + accumulate_all(a, axis)
    return bill


@rule("count_nonzero")
def count_nonzero(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One test per element, at least 1, whatever the axis (cost model, reductions)."""
    return numel(a)


def _selection(a: Any, axis: Axis) -> int:
    """Each output looks at every element of its group; 0 for an empty input."""
    shape = shape_of(a)
    reduced = axes_of(axis, len(shape))
    _into, out = elements_in_and_out(shape, axis)
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
