"""Reductions and scans."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .comparison import ERROR_STATES, check
from .strategies import (
    COMMON,
    FLOATS,
    REAL,
    Call,
    Cases,
    Draw,
    Operand,
    Shape,
    array,
    axis_of,
    integer,
    mask,
    maybe,
    narrowed,
    operand,
    pick,
    target,
    values_of,
)

CASES = Cases()


def _reduced(shape: Shape, axis: Any, keepdims: bool) -> Shape:
    """Shape of the result; any shape where the axis is a wrong one."""
    axes = range(len(shape)) if axis is None else np.atleast_1d(np.asarray(axis, int))
    gone = {int(i) % max(len(shape), 1) for i in axes}
    if keepdims:
        return tuple(1 if i in gone else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in gone)


def _with_axis(
    draw: Draw, x: Operand, *, many: bool = True, keepdims: bool = True, out: bool = True
) -> dict[str, Any]:
    """``axis``, ``keepdims`` and ``out`` in some of the calls."""
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["axis"] = axis_of(draw, x.ndim, many=many)
    if keepdims and maybe(draw):
        keywords["keepdims"] = draw(st.booleans())
    if out and maybe(draw, 5):
        shape = _reduced(x.shape, keywords.get("axis"), bool(keywords.get("keepdims")))
        keywords["out"] = target(draw, shape)
    return keywords


def _positional(draw: Draw, x: Operand, keywords: dict[str, Any]) -> Call:
    if "axis" in keywords and maybe(draw, 3):
        return Call((x, keywords.pop("axis")), keywords)
    return Call((x,), keywords)


@CASES.add("sum prod max min amax amin nansum nanprod nanmax nanmin")
def _accumulating(draw: Draw, name: str) -> Call:
    x = operand(draw, None, REAL if "nanm" in name else COMMON)
    keywords = _with_axis(draw, x)
    if maybe(draw):
        keywords["initial"] = pick(draw, 1, 0, 2.5)
        # Of a list, NumPy's nanmax takes elements that `where` leaves out for missing ones.
        if maybe(draw, 2) and not (name.startswith("nanm") and x.form == "list"):
            keywords["where"] = mask(draw, narrowed(draw, x.shape))
    if name.endswith(("sum", "prod")) and maybe(draw):
        keywords["dtype"] = pick(draw, "f8", "f4", "i8", "c16")
    return _positional(draw, x, keywords)


@CASES.add("any all")
def _logical(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords = _with_axis(draw, x)
    if maybe(draw):
        keywords["where"] = mask(draw, narrowed(draw, x.shape))
    return _positional(draw, x, keywords)


@CASES.add("argmax argmin nanargmax nanargmin")
def _position(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords = _with_axis(draw, x, many=False)
    if "out" in keywords:
        keywords["out"] = target(draw, keywords["out"].shape, ("i8", "i8", "i4"))
    return _positional(draw, x, keywords)


@CASES.add("cumsum cumprod nancumsum nancumprod")
def _scan(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords = _with_axis(draw, x, many=False, keepdims=False, out=False)
    if maybe(draw):
        keywords["dtype"] = pick(draw, "f8", "c16", "i8")
    if maybe(draw):
        # NumPy 2.4 crashes on `np.cumsum(5, axis=0, out=np.array(0))`.
        flat = keywords.get("axis") is None or x.ndim == 0
        keywords["out"] = target(draw, (x.values.size,) if flat else x.shape)
    return _positional(draw, x, keywords)


@CASES.add("cumulative_sum cumulative_prod")
def _cumulative(draw: Draw, name: str) -> Call:
    x = array(draw)
    keywords: dict[str, Any] = {}
    if x.ndim != 1 or maybe(draw, 2):
        keywords["axis"] = axis_of(draw, x.ndim, none=False)
    if maybe(draw):
        keywords["include_initial"] = True
    if maybe(draw):
        keywords["dtype"] = pick(draw, "f8", "c16")
    return Call((x,), keywords)


@CASES.add("mean nanmean var std nanvar nanstd")
def _moments(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords = _with_axis(draw, x)
    if maybe(draw, 5):
        keywords["dtype"] = pick(draw, "f8", "c16", "f4")
    if maybe(draw):
        keywords["where"] = mask(draw, narrowed(draw, x.shape))
    if not name.endswith("mean") and maybe(draw, 3):
        keywords["ddof"] = pick(draw, 1, 0, 2, 0.5)
    return _positional(draw, x, keywords)


@CASES.add("average")
def _average(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords = _with_axis(draw, x, out=False)
    if maybe(draw, 2):
        axis = keywords.get("axis")
        shape = x.shape
        if isinstance(axis, int) and -x.ndim <= axis < x.ndim and maybe(draw, 2):
            shape = (x.shape[axis],)
        keywords["weights"] = operand(draw, shape, (*FLOATS, "i8"), tame=True)
    if maybe(draw):
        keywords["returned"] = True
    return _positional(draw, x, keywords)


@CASES.add("ptp")
def _ptp(draw: Draw, name: str) -> Call:
    x = operand(draw, None, REAL)
    return _positional(draw, x, _with_axis(draw, x))


@CASES.add("count_nonzero")
def _count(draw: Draw, name: str) -> Call:
    x = operand(draw)
    # A count without axes is sometimes a Python integer and sometimes NumPy's.
    return _positional(draw, x, _with_axis(draw, x, out=False) if x.ndim else {})


@CASES.add("median nanmedian")
def _median(draw: Draw, name: str) -> Call:
    x = operand(draw, None, REAL)
    keywords = _with_axis(draw, x)
    if maybe(draw):
        keywords["overwrite_input"] = True
    return _positional(draw, x, keywords)


@CASES.add("percentile quantile nanpercentile nanquantile")
def _quantile(draw: Draw, name: str) -> Call:
    x = operand(draw, None, REAL)
    top = 100.0 if "percentile" in name else 1.0
    fractions = np.linspace(0, top, integer(draw, 1, 3))
    q: Any = pick(draw, top / 4, top, Operand(fractions), fractions.tolist(), -1.0)
    keywords = _with_axis(draw, x, out=False)
    if maybe(draw):
        keywords["method"] = pick(draw, "lower", "nearest", "hazen", "inverted_cdf", "weibull")
    if keywords.get("method") == "inverted_cdf" and maybe(draw, 2):
        keywords["weights"] = Operand(np.abs(values_of(draw, x.shape, "f8", tame=True)) + 0.5)
    return Call((x, q), keywords)


def _count_as_int(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """``np.count_nonzero``, the count of a whole array as a Python integer in every NumPy."""
    counts = np.count_nonzero(a, axis, keepdims=keepdims)
    return int(counts) if axis is None and not keepdims else counts


TARGETS = {"count_nonzero": _count_as_int}


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(name))
    errors = data.draw(st.sampled_from(ERROR_STATES))
    check(name, drawn, target=TARGETS.get(name), errors=errors, paths=(True,))
