"""Reductions: the test for NaN, empty inputs, quantiles by partitioning."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import costs_reductions
from ..costs_reductions import Axis, accumulate_all, elements_in_and_out
from ..groups import unique
from ..rules import Ignored, Rule, rule
from ..shapes import (
    axes_of,
    axis_length,
    broadcast,
    count,
    elements,
    halvings,
    lines,
    shape_of,
    size_of,
)

__all__: list[str] = []


@rule("mean", "0.12")
def mean(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``(A - O) + O``, at least O (price list 0.12, empty input)."""
    into, out = elements_in_and_out(a, axis)
    return max(0, into - out) + out


@rule("var", "0.12")
def var(
    a: Any,
    axis: Axis = None,
    dtype: Ignored = None,
    out: Ignored = None,
    *_: Ignored,
    mean: Any = None,
    **__: Ignored,
) -> int:
    """As in 0.8, of the broadcast with a mean that is given (price list 0.12, counts)."""
    if mean is not None and not isinstance(mean, type(vars(np)["_NoValue"])):
        wide = broadcast(shape_of(a), shape_of(mean))
        if count(elements(wide)) > size_of(a):
            a = np.empty(wide)
    into, outputs = elements_in_and_out(a, axis)
    return 2 * unique(a) + 2 * max(0, into - outputs) + 2 * outputs


@rule("std", "0.12")
def std(a: Any, axis: Axis = None, *args: Any, **kwargs: Any) -> int:
    """As ``var``, and one root per output (price list 0.12, counts)."""
    _into, outputs = elements_in_and_out(a, axis)
    return var(a, axis, *args, **kwargs) + outputs


def _nan_tests(a: Any) -> int:
    return unique(a) if np.asarray(a).dtype.kind in "fc" else 0


def _with_test(plain: Rule) -> Rule:
    def price(a: Any, *args: Any, **kwargs: Any) -> int:
        return plain(a, *args, **kwargs) + _nan_tests(a)

    price.__doc__ = "As the plain form, and a test per element of floats (price list 0.12, counts)."
    return price


rule("nansum nanprod nanargmax nanargmin nancumsum nancumprod", "0.12")(_with_test(accumulate_all))
rule("nanmean", "0.12")(_with_test(mean))
rule("nanvar", "0.12")(_with_test(var))
rule("nanstd", "0.12")(_with_test(std))


@rule("nanmedian", "0.12")
def nanmedian(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """As ``median``, and a test per element of any dtype (price list 0.12, counts)."""
    return costs_reductions.median(a, axis) + unique(a)


@rule("percentile quantile", "0.12")
def quantile(
    a: Any, q: Any, axis: Axis = None, *_: Ignored, weights: Any = None, **__: Ignored
) -> int:
    """Partition, then interpolate; sort where there are weights (price list 0.12, counts)."""
    shape = shape_of(a)
    reduced = axes_of(axis, len(shape))
    n = count(elements(m for i, m in enumerate(shape) if i in reduced))
    k = max(1, size_of(q))
    _into, out = elements_in_and_out(a, axis)
    if n == 0:
        return 0
    if weights is not None:
        return out * (4 * n * halvings(n) + 3 * n + k * (halvings(n) + 4))
    return out * (n * min(k, 1 + 4 * halvings(min(k, n))) + 4 * k)


@rule("nanpercentile nanquantile", "0.12")
def nanquantile(a: Any, q: Any, *args: Any, **kwargs: Any) -> int:
    """As the plain form, and a test per element of any dtype (price list 0.12, counts)."""
    return quantile(a, q, *args, **kwargs) + unique(a)


@rule("trace", "0.12")
def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, *_: Ignored, **__: Ignored
) -> int:
    """Elements of the diagonal, at least 1, per matrix (price list 0.12, counts)."""
    shape = shape_of(a)
    if len(shape) < 2 or 0 in shape:
        return 0
    rows, columns = axis_length(shape, axis1), axis_length(shape, axis2)
    diagonal = count(i for i in range(rows) if 0 <= i + offset < columns)
    return max(1, diagonal) * (count(elements(shape)) // (rows * columns))


@rule("<ufunc>.reduceat", "0.12")
def reduceat(array: Any, indices: Any, axis: int = 0, *_: Ignored, **__: Ignored) -> int:
    """Applications of the ufunc, or segments if these are more (price list 0.12, counts)."""
    shape = shape_of(array)
    n, many = axis_length(shape, axis), lines(shape, axis)
    starts = [int(i) % n for i in np.asarray(indices).reshape(-1)]
    ends = [*starts[1:], n]
    applied = sum(max(0, end - start - 1) for start, end in zip(starts, ends, strict=True))
    return max(many * applied, many * len(starts), 1)
