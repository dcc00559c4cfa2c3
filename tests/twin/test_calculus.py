"""Differences, sliding products, covariance, integrals, traces, and operations that call back."""

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
    Call,
    Cases,
    Draw,
    Operand,
    array,
    axis_of,
    call,
    counted,
    integer,
    mask,
    maybe,
    operand,
    pick,
    shape_of,
)

CASES = Cases()
NUMBERS = (*FLOATS, "f8", "f8", "i8", "i2", "u1", "c16")
#: Sums of products: NumPy hands them to BLAS, whose order of summation may follow alignment.
ROUNDED = frozenset({"convolve", "correlate", "corrcoef", "cov"})


@CASES.add("diff")
def _diff(draw: Draw, name: str) -> Call:
    x = operand(draw, None, COMMON, low=0 if maybe(draw, 12) else 1)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["axis"] = integer(draw, -max(x.ndim, 1), max(x.ndim - 1, 0))
    for keyword in ("prepend", "append"):
        if maybe(draw, 5):
            keywords[keyword] = pick(draw, 0, x)
    return Call((x, integer(draw, -1, 4)) if maybe(draw, 2) else (x,), keywords)


@CASES.add("ediff1d")
def _ediff1d(draw: Draw, name: str) -> Call:
    x = operand(draw, None, NUMBERS, tame=True)
    keywords = {key: pick(draw, 0, [1, 2]) for key in ("to_end", "to_begin") if maybe(draw)}
    return Call((x,), keywords)


def _coordinates(draw: Draw, n: int) -> Operand:
    steps = np.ones(n) if maybe(draw, 2) else np.arange(1.0, n + 1)
    return Operand(np.cumsum(steps), "c", pick(draw, "counted", "raw", "list"))


@CASES.add("gradient")
def _gradient(draw: Draw, name: str) -> Call:
    x = operand(draw, shape_of(draw, 1, 3, 4, least=2), NUMBERS, tame=True)
    if maybe(draw, 8):
        x = operand(draw, None, NUMBERS, tame=True)
    axes: Any = axis_of(draw, x.ndim, many=True) if maybe(draw, 2) else None
    keywords: dict[str, Any] = {} if axes is None else {"axis": axes}
    wanted = range(x.ndim) if axes is None else axes if isinstance(axes, tuple) else (axes,)
    spacings: tuple[Any, ...] = ()
    if maybe(draw, 3):
        spacings = (0.5,)
    elif maybe(draw, 2) and all(-x.ndim <= axis < x.ndim for axis in wanted):
        spacings = tuple(
            0.5 if maybe(draw) else _coordinates(draw, x.shape[axis]) for axis in wanted
        )
    if maybe(draw):
        keywords["edge_order"] = pick(draw, 2, 1)
    return Call((x, *spacings), keywords)


@CASES.add("convolve correlate")
def _sliding(draw: Draw, name: str) -> Call:
    x = operand(draw, (integer(draw, 0, 6),), NUMBERS, tame=True)
    y = operand(draw, (integer(draw, 1, 6),), NUMBERS, tame=True)
    if maybe(draw, 3):
        return call(x, y)
    return call(x, y, pick(draw, "full", "same", "valid"))


@CASES.add("cov corrcoef")
def _covariance(draw: Draw, name: str) -> Call:
    x = operand(draw, shape_of(draw, 1, 2), NUMBERS, tame=True)
    keywords: dict[str, Any] = {}
    if maybe(draw, 3):
        keywords["y"] = operand(draw, x.shape, NUMBERS, tame=True)
    if maybe(draw):
        keywords["rowvar"] = False
    if name == "cov" and maybe(draw):
        keywords["ddof"] = pick(draw, 0, 1)
    return Call((x,), keywords)


@CASES.add("trapezoid trapz")
def _trapezoid(draw: Draw, name: str) -> Call:
    y = operand(draw, None, NUMBERS, low=1)
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["axis"] = axis_of(draw, y.ndim, none=False)
    if maybe(draw):
        keywords["dx"] = 0.5
    elif maybe(draw):
        keywords["x"] = operand(draw, y.shape, ("f8",), tame=True)
    return Call((y,), keywords)


@CASES.add("cross")
def _cross(draw: Draw, name: str) -> Call:
    batch = shape_of(draw, 0, 2, 3)
    first = operand(draw, (*batch, 3), NUMBERS)
    second = operand(draw, (3,) if maybe(draw) else (*batch, 3), NUMBERS)
    if maybe(draw, 12):
        second = operand(draw, (*batch, integer(draw, 1, 4)), NUMBERS)
    keywords = {"axisc": pick(draw, 0, -1)} if maybe(draw) else {}
    return Call((first, second), keywords)


@CASES.add("trace")
def _trace(draw: Draw, name: str) -> Call:
    x = operand(draw, None, NUMBERS, low=0 if maybe(draw, 8) else 2)
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["offset"] = integer(draw, -2, 2)
    if maybe(draw):
        keywords["axis1"], keywords["axis2"] = pick(draw, (1, 0), (0, -1), (-1, -2))
    if maybe(draw):
        keywords["dtype"] = pick(draw, "f8", "c16")
    return Call((x,), keywords)


def _total(line: Any) -> Any:
    return line.sum()


def _pair(line: Any) -> Any:
    return np.array([line.size, 7.5])


def _sum_over(values: Any, axis: int) -> Any:
    return values.sum(axis)


def _twice(values: Any) -> Any:
    return 2 * values


@CASES.add("apply_along_axis")
def _apply_along_axis(draw: Draw, name: str) -> Call:
    x = array(draw, None, NUMBERS, low=1)
    return call(pick(draw, _total, _pair, _twice), axis_of(draw, x.ndim, none=False), x)


@CASES.add("apply_over_axes")
def _apply_over_axes(draw: Draw, name: str) -> Call:
    x = array(draw, None, NUMBERS, low=1)
    return call(_sum_over, x, pick(draw, 0, [0], [0, -1]))


@CASES.add("piecewise")
def _piecewise(draw: Draw, name: str) -> Call:
    x = counted(draw, None, NUMBERS)
    pieces = integer(draw, 1, 2)
    conditions = [mask(draw, x.shape) for _ in range(pieces)]
    functions = [pick(draw, 1, _twice) for _ in range(pieces + integer(draw, 0, 1))]
    return call(x, conditions, functions)


def test_a_gradient_of_nothing() -> None:
    empty = Operand(np.empty(0), "c", "counted")
    check("gradient", Call((empty, empty), {}))


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    check(
        name,
        data.draw(CASES.calls(name)),
        errors=data.draw(st.sampled_from(ERROR_STATES)),
        exact=name not in ROUNDED,
        paths=(True,),
    )
