"""Making and testing symmetry, and drawing symmetric tensors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope as flops

from .comparison import check_bill
from .strategies import Call, Cases, Draw, array, call, found_in, maybe, pick
from .symmetries import group_of, in_library_terms, shape_for

CASES = Cases()
NUMBERS = ("f8", "f8", "f4", "c16", "i8")


@CASES.add("as_symmetric is_symmetric symmetrize")
def _of_data(draw: Draw, name: str) -> Call:
    drawn = group_of(draw)
    x = array(draw, shape_for(draw, drawn), NUMBERS, tame=True)
    if name == "is_symmetric" and maybe(draw):
        return call(x, symmetry=drawn, atol=1.0, rtol=0.5)
    return call(x, symmetry=drawn)


@CASES.add("random.symmetric")
def _draw_symmetric(draw: Draw, name: str) -> Call:
    drawn = group_of(draw)
    shape = shape_for(draw, drawn)
    if maybe(draw):
        return call(shape, drawn, pick(draw, "uniform", "normal", "randn"))
    return call(shape, drawn)


@pytest.mark.parametrize("name", sorted(CASES))
@given(data=st.data())
def test_as_the_twin(name: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(name))
    function = found_in(flops if "." not in name else flops.numpy, name)
    check_bill(name, drawn, function=function, counted=in_library_terms(drawn))


def test_no_group_is_no_question() -> None:
    call_without = call([[1.0]], symmetry=None)
    check_bill("is_symmetric", call_without, function=flops.is_symmetric)
