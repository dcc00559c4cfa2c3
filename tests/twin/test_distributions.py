"""Distribution functions. NumPy has none, so only the bills are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope as flops
from flopscope import reference

from .comparison import check_bill
from .strategies import Call, Cases, Draw, Operand, found_in, maybe, operand, shapes_together

CASES = Cases()
#: Distribution -> its shape parameters, which have no default.
SHAPES = {"truncnorm": ("a", "b"), "lognorm": ("s",)}
NAMES = sorted(name for name in reference.operations() if name.startswith("stats."))


@CASES.add(" ".join(NAMES))
def _distribution(draw: Draw, name: str) -> Call:
    """Points and parameters that broadcast together, by position or by name."""
    _, distribution, _ = name.split(".")
    required = SHAPES.get(distribution, ())
    optional = [key for key in ("loc", "scale") if maybe(draw, 2)]
    shapes = shapes_together(draw, 1 + len(required) + len(optional))
    numbers = ("f8", "f8", "f4", "i8")
    drawn = [operand(draw, shape, numbers, tame=True) for shape in shapes]
    positional, named = drawn[: 1 + len(required)], drawn[1 + len(required) :]
    keywords: dict[str, Any] = dict(zip(optional, named, strict=True))
    if optional and optional[0] == "loc" and maybe(draw):
        positional.append(keywords.pop("loc"))
    return Call(tuple(positional), keywords)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_as_the_twin(name: str, data: st.DataObject) -> None:
    check_bill(name, data.draw(CASES.calls(name)), function=found_in(flops, name))


def test_parameters_broadcast_with_the_points() -> None:
    five = Operand(values=_points(5))
    check_bill("stats.norm.pdf", Call((0.0,), {"loc": five}), function=flops.stats.norm.pdf)
    assert reference.charged("stats.norm.pdf", 0.0, loc=_points(5)) == 5 * 27


def _points(n: int) -> Any:
    return np.linspace(0.0, 1.0, n)
