"""Sorting, searching, sets and histograms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .comparison import ERROR_STATES, check
from .strategies import (
    BOOL,
    COMMON,
    FLOATS,
    INTEGERS,
    REAL,
    Call,
    Cases,
    Draw,
    Operand,
    array,
    axis_of,
    call,
    integer,
    maybe,
    operand,
    pick,
    values_of,
)

CASES = Cases()


@CASES.add("sort argsort")
def _sort(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["axis"] = axis_of(draw, x.ndim)
    if maybe(draw):
        keywords["kind"] = pick(draw, "quicksort", "stable", "heapsort")
    return Call((x,), keywords)


@CASES.add("sort_complex")
def _sort_complex(draw: Draw, name: str) -> Call:
    return call(operand(draw))


@CASES.add("partition argpartition")
def _partition(draw: Draw, name: str) -> Call:
    x = operand(draw)
    axis = axis_of(draw, x.ndim)
    n = x.values.size if axis is None else x.shape[axis] if -x.ndim <= axis < x.ndim else 1
    kth: Any = integer(draw, -max(n, 1), max(n - 1, 0))
    if maybe(draw, 3):
        kth = pick(draw, [0], [0, -1], 99, (0, 0))
    return call(x, kth, axis=axis) if maybe(draw, 2) else call(x, kth)


@CASES.add("lexsort")
def _lexsort(draw: Draw, name: str) -> Call:
    first = array(draw, None, REAL, low=1)
    rest = [array(draw, first.shape, REAL) for _ in range(integer(draw, 0, 2))]
    if maybe(draw):
        return call(array(draw, None, REAL, low=1), axis=-1)
    keywords = {"axis": axis_of(draw, first.ndim, none=False)} if maybe(draw, 2) else {}
    return Call(((first, *rest),), keywords)


def _ordered(draw: Draw, n: int) -> Operand:
    values = np.sort(values_of(draw, (n,), pick(draw, "f8", "i8", "f4"), tame=True))
    return Operand(values, pick(draw, "c", "strided", "read-only"), pick(draw, "counted", "raw"))


@CASES.add("searchsorted")
def _searchsorted(draw: Draw, name: str) -> Call:
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["side"] = pick(draw, "right", "left")
    if maybe(draw, 5):
        x = array(draw, (integer(draw, 1, 5),), ("f8",), tame=True)
        return Call((x, operand(draw)), {**keywords, "sorter": Operand(np.argsort(x.values))})
    return Call((_ordered(draw, integer(draw, 0, 6)), operand(draw)), keywords)


@CASES.add("digitize")
def _digitize(draw: Draw, name: str) -> Call:
    keywords = {"right": True} if maybe(draw) else {}
    return Call((operand(draw, None, REAL), _ordered(draw, integer(draw, 0, 6))), keywords)


@CASES.add("unique")
def _unique(draw: Draw, name: str) -> Call:
    x = operand(draw)
    keywords: dict[str, Any] = {}
    for keyword in ("return_index", "return_inverse", "return_counts"):
        if maybe(draw):
            keywords[keyword] = True
    if maybe(draw, 3):
        keywords["axis"] = axis_of(draw, x.ndim)
    if maybe(draw, 6):
        keywords["equal_nan"] = False
    return Call((x,), keywords)


@CASES.add("unique_all unique_counts unique_inverse unique_values")
def _unique_of(draw: Draw, name: str) -> Call:
    return call(operand(draw))


@CASES.add("union1d intersect1d setdiff1d setxor1d")
def _set_pair(draw: Draw, name: str) -> Call:
    first, second = operand(draw, None, COMMON, tame=True), operand(draw, None, COMMON, tame=True)
    keywords: dict[str, Any] = {}
    if name != "union1d" and maybe(draw):
        first, second = (Operand(np.unique(x.values), x.layout) for x in (first, second))
        keywords["assume_unique"] = True
    if name == "intersect1d" and maybe(draw):
        keywords["return_indices"] = True
    return Call((first, second), keywords)


@CASES.add("isin in1d")
def _isin(draw: Draw, name: str) -> Call:
    dtypes = pick(draw, (*BOOL, *INTEGERS), (*FLOATS, *INTEGERS, "c16"))
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["invert"] = True
    if maybe(draw):
        keywords["kind"] = pick(draw, "sort", "table")
    return Call((operand(draw, None, dtypes), operand(draw, None, dtypes)), keywords)


# ---------------------------------------------------------------------------------- histograms

_ESTIMATORS = ("auto", "fd", "doane", "scott", "stone", "rice", "sturges", "sqrt", "nonsense")


def _edges(draw: Draw) -> Operand:
    return Operand(np.linspace(-3.0, 3.0, integer(draw, 2, 6)))


def _bins(draw: Draw) -> Any:
    return pick(draw, 4, 1, np.int64(3), np.uint8(5), 0) if maybe(draw, 2) else _edges(draw)


@CASES.add("histogram histogram_bin_edges")
def _histogram(draw: Draw, name: str) -> Call:
    x = operand(draw, None, REAL, tame=maybe(draw, 2))
    args: tuple[Any, ...] = (x,)
    if maybe(draw, 2):
        args += (pick(draw, *_ESTIMATORS) if maybe(draw, 2) else _bins(draw),)
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["range"] = (-2.0, 2.5)
    if name == "histogram" and maybe(draw):
        keywords["density"] = True
    if not isinstance(args[-1], str) and maybe(draw):
        keywords["weights"] = operand(draw, x.shape, ("f8", "i8"), tame=True)
    return Call(args, keywords)


@CASES.add("histogram2d")
def _histogram2d(draw: Draw, name: str) -> Call:
    n = integer(draw, 0, 6)
    x, y = (operand(draw, (n,), ("f8", "f4", "i8"), tame=True) for _ in range(2))
    bins: Any = pick(draw, 3, (2, 3), [4, 1], np.int64(4))
    if maybe(draw, 3):
        bins = pick(draw, _edges(draw), [_edges(draw), _edges(draw)], [3, _edges(draw)])
    return call(x, y, bins) if maybe(draw, 2) else call(x, y)


@CASES.add("histogramdd")
def _histogramdd(draw: Draw, name: str) -> Call:
    n, d = integer(draw, 0, 5), integer(draw, 1, 3)
    sample: Any = array(draw, (n, d), ("f8", "i8"), tame=True)
    if maybe(draw, 3):
        sample = [array(draw, (n,), ("f8",), tame=True) for _ in range(d)]
    bins: Any = pick(draw, 3, np.int64(4), [2] * d, (3,) * d)
    if maybe(draw, 3):
        bins = [_edges(draw) if maybe(draw, 2) else 3 for _ in range(d)]
    return call(sample, bins)


@CASES.add("bincount")
def _bincount(draw: Draw, name: str) -> Call:
    x = operand(draw, (integer(draw, 0, 6),), ("u1", "i8", "i2"), tame=True)
    if not maybe(draw, 6):
        np.abs(x.values, out=x.values)
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["weights"] = operand(draw, x.shape, ("f8", "i8"), tame=True)
    if maybe(draw):
        keywords["minlength"] = integer(draw, 0, 12)
    return Call((x,), keywords)


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(name))
    check(name, drawn, errors=data.draw(st.sampled_from(ERROR_STATES)), paths=(True,))
