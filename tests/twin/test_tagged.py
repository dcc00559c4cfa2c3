"""Calls on tagged arrays: every family again, its operands symmetric where they can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope.numpy as fnp

from . import test_linalg, test_ordering, test_pointwise, test_reductions
from .comparison import check
from .strategies import equal_sides
from .symmetries import with_tags

FAMILIES = (test_linalg, test_ordering, test_pointwise, test_reductions)
NAMES = [(family, name) for family in FAMILIES for name in family.CASES.here()]
IDS = [name for _, name in NAMES]
#: Given a tagged array and `out`, they return a tagged copy of `out`; NumPy returns `out` itself.
OUT_IS_COPIED = frozenset({"around", "round", "fix", "isneginf", "isposinf"})
METHODS = ("reduce", "accumulate", "outer", "reduceat")
UFUNCS = ("add", "multiply", "maximum", "logical_and", "subtract", "power", "hypot", "bitwise_or")


@pytest.mark.parametrize(("family", "name"), NAMES, ids=IDS)
@given(data=st.data())
def test_as_numpy_and_the_twin(family: Any, name: str, data: st.DataObject) -> None:
    with equal_sides():
        drawn = data.draw(family.CASES.calls(name))
    # The rest of a ufunc's arguments are arrays to write to.
    drawn = with_tags(data.draw, drawn, getattr(getattr(np, name, None), "nin", None))
    if name in OUT_IS_COPIED:
        drawn.kwargs.pop("out", None)
    check(
        name,
        drawn,
        target=getattr(family, "TARGETS", {}).get(name),
        exact=False,
        layout=False,
        paths=(True,),
    )


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_methods_as_numpy_and_the_twin(method: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(UFUNCS))
    with equal_sides():
        drawn = with_tags(data.draw, test_pointwise.METHODS[method](data.draw, method))
    check(
        f"{name}.{method}",
        drawn,
        function=getattr(getattr(fnp, name), method),
        target=getattr(getattr(np, name), method),
        exact=False,
        layout=False,
        paths=(True,),
    )
