"""Polynomials by their coefficients, and windows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .comparison import check
from .strategies import (
    Call,
    Cases,
    Draw,
    Operand,
    call,
    integer,
    maybe,
    operand,
    pick,
    shape_of,
    values_of,
)

CASES = Cases()
NUMBERS = ("f8", "f8", "f8", "f4", "c16", "i8", "i2")


def _coefficients(draw: Draw, least: int = 0) -> Operand:
    """Some numbers, zeros at both ends among them; rarely something that is no polynomial."""
    if maybe(draw, 16):
        return operand(draw, shape_of(draw), NUMBERS, tame=True)
    x = operand(draw, (integer(draw, least, 5),), NUMBERS, tame=True)
    for end in (slice(0, 1), slice(1, 2), slice(-1, None)):
        if maybe(draw):
            x.values[end] = 0
    return x


@CASES.add("polyval")
def _polyval(draw: Draw, name: str) -> Call:
    # One row of coefficients: of more rows the document counts the rows, the library the elements.
    p = _coefficients(draw)
    if p.ndim > 1:
        p = operand(draw, (3,), NUMBERS, tame=True)
    return call(p, operand(draw, None, NUMBERS, tame=True))


@CASES.add("polyadd polysub polymul")
def _pair(draw: Draw, name: str) -> Call:
    return call(_coefficients(draw), _coefficients(draw))


@CASES.add("polydiv")
def _polydiv(draw: Draw, name: str) -> Call:
    divisor = _coefficients(draw, 1)
    if divisor.ndim == 1 and not maybe(draw, 8):
        divisor.values[:1] = 2
    return call(_coefficients(draw), divisor)


@CASES.add("polyder polyint")
def _calculus(draw: Draw, name: str) -> Call:
    p = _coefficients(draw)
    if maybe(draw):
        return call(p)
    m = integer(draw, -1 if maybe(draw, 8) else 0, 4)
    if name == "polyint" and m > 0 and maybe(draw):
        return call(p, m, k=list(range(m)))
    return call(p, m)


@CASES.add("polyfit")
def _polyfit(draw: Draw, name: str) -> Call:
    degree = integer(draw, 0, 2)
    points = integer(draw, degree + 4, degree + 7)
    x = Operand(np.arange(points) + values_of(draw, (points,), "f8", tame=True) / 9)
    y = operand(draw, (points,) if maybe(draw, 2) else (points, 2), ("f8", "f4"), tame=True)
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["w"] = Operand(np.abs(values_of(draw, (points,), "f8", tame=True)) + 0.5)
    if maybe(draw):
        keywords["cov"] = pick(draw, True, "unscaled")
    return Call((x, y, degree), keywords)


@CASES.add("poly")
def _poly(draw: Draw, name: str) -> Call:
    if maybe(draw, 3):
        n = integer(draw, 0, 4)
        return call(operand(draw, (n, n), NUMBERS, tame=True))
    return call(operand(draw, (integer(draw, 0, 5),), NUMBERS, tame=True))


@CASES.add("roots")
def _roots(draw: Draw, name: str) -> Call:
    return call(_coefficients(draw))


@CASES.add("bartlett blackman hamming hanning")
def _window(draw: Draw, name: str) -> Call:
    return call(pick(draw, 5, 0, 1, 2, -1, np.int64(4)))


@CASES.add("kaiser")
def _kaiser(draw: Draw, name: str) -> Call:
    return call(integer(draw, 0, 6), pick(draw, 14, 0.5, 0))


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    check(name, data.draw(CASES.calls(name)), exact=False, layout=False, paths=(True,))
