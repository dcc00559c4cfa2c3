"""Fourier transforms and their helpers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .comparison import check
from .strategies import (
    Call,
    Cases,
    Draw,
    Operand,
    axis_of,
    call,
    integer,
    maybe,
    operand,
    pick,
    shape_of,
)

CASES = Cases()
REAL_NUMBERS = ("f8", "f8", "f4", "f2", "i8", "i2", "?")
NUMBERS = (*REAL_NUMBERS, "c16", "c8")
NORMS = ("ortho", "forward", "backward")


def _numbers(name: str) -> tuple[str, ...]:
    takes_real = name.removeprefix("fft.").startswith(("rfft", "ihfft"))
    return REAL_NUMBERS if takes_real else NUMBERS


def _operand(draw: Draw, name: str, low: int) -> Operand:
    if maybe(draw, 16):
        return operand(draw, shape_of(draw, least=1), NUMBERS, tame=True)
    least = 1 if "irfft" in name or "hfft" in name else 0  # of nothing NumPy makes anything
    return operand(draw, shape_of(draw, low, 3, 5, least), _numbers(name), tame=True)


@CASES.add("fft.fft fft.ifft fft.rfft fft.irfft fft.hfft fft.ihfft")
def _along_an_axis(draw: Draw, name: str) -> Call:
    x = _operand(draw, name, 1)
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["n"] = integer(draw, -1 if maybe(draw, 12) else 1, 9)
    if maybe(draw, 2):
        keywords["axis"] = axis_of(draw, x.ndim, none=False)
    if maybe(draw):
        keywords["norm"] = pick(draw, *NORMS)
    return Call((x,), keywords)


def _axes(draw: Draw, ndim: int) -> tuple[int, ...]:
    axes = draw(st.lists(st.integers(0, ndim - 1), unique=True, min_size=1, max_size=ndim))
    return tuple(axis - ndim if maybe(draw) else axis for axis in axes)


def _lengths(draw: Draw, count: int) -> tuple[int, ...]:
    return tuple(-1 if maybe(draw, 6) else integer(draw, 1, 6) for _ in range(count))


@CASES.add("fft.fftn fft.ifftn fft.rfftn fft.irfftn")
def _along_axes(draw: Draw, name: str) -> Call:
    x = _operand(draw, name, 1)
    keywords: dict[str, Any] = {}
    count = x.ndim
    if x.ndim and maybe(draw, 2):
        keywords["axes"] = _axes(draw, x.ndim)
        count = len(keywords["axes"])
    if maybe(draw, 2):
        if "axes" not in keywords:
            count = integer(draw, 1, max(x.ndim, 1))
        keywords["s"] = _lengths(draw, count)
    if maybe(draw):
        keywords["norm"] = pick(draw, *NORMS)
    return Call((x,), keywords)


@CASES.add("fft.fft2 fft.ifft2 fft.rfft2 fft.irfft2")
def _along_two_axes(draw: Draw, name: str) -> Call:
    x = _operand(draw, name, 2)
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["axes"] = pick(draw, (0, 1), (1, 0), (-1, -2), (-1, 0))
    if maybe(draw, 2):
        keywords["s"] = _lengths(draw, 2)
    return Call((x,), keywords)


@CASES.add("fft.fftfreq fft.rfftfreq")
def _frequencies(draw: Draw, name: str) -> Call:
    n = integer(draw, 0, 12)
    return call(n, pick(draw, 0.5, 2)) if maybe(draw, 2) else call(n)


@CASES.add("fft.fftshift fft.ifftshift")
def _shift(draw: Draw, name: str) -> Call:
    x = operand(draw, shape_of(draw), NUMBERS)
    return call(x, axes=axis_of(draw, x.ndim, many=True)) if maybe(draw, 2) else call(x)


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    check(name, data.draw(CASES.calls(name)), exact=False, layout=False, paths=(True,))
