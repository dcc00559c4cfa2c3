"""The closed forms of the quick meter give the prices of the rules, on every small shape."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from flopscope import reference
from flopscope.reference.closed_forms import CLOSED_FORMS

SHAPES = [s for rank in range(4) for s in itertools.product((0, 1, 2, 3), repeat=rank)]
SMALL = [s for s in SHAPES if len(s) < 3]


def price_or_error(function: object, *args: object, **kwargs: object) -> object:
    assert callable(function)
    try:
        return function(*args, **kwargs)
    except ValueError:
        return "refused"


@pytest.mark.parametrize("name", ["sin", "sum", "mean", "var", "std", "cumsum"])
def test_one_array(name: str) -> None:
    for shape in SHAPES:
        array = np.zeros(shape)
        axes: list[int | None] = [None, *range(-len(shape), len(shape))]
        for axis in axes if name != "sin" else [None]:
            kwargs = {} if name == "sin" else {"axis": axis}
            expected = reference.price(name, array, **kwargs)
            assert CLOSED_FORMS[name](array, **kwargs) == expected, (shape, axis)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("isnan", ()),
        ("nonzero", ()),
        ("count_nonzero", ()),
        ("where", ()),
        ("where", (1.0, 0.0)),
        ("astype", ("float32",)),
        ("astype", ("complex128",)),
        ("clip", ()),
        ("clip", (None, 1.0)),
        ("clip", (-1.0, 1.0)),
    ],
)
def test_one_array_and_options(name: str, args: tuple[object, ...]) -> None:
    for shape in SHAPES:
        array = np.zeros(shape)
        expected = reference.price(name, array, *args)
        assert CLOSED_FORMS[name](array, *args) == expected, shape


@pytest.mark.parametrize("name", ["multiply", "matmul", "outer"])
def test_two_arrays(name: str) -> None:
    for left, right in itertools.product(SMALL, repeat=2):
        a, b = np.zeros(left), np.zeros(right)
        expected = price_or_error(reference.price, name, a, b)
        assert price_or_error(CLOSED_FORMS[name], a, b) == expected, (left, right)


def test_stacks_of_matrices() -> None:
    for left, right in [((2, 1, 3, 4), (5, 4, 2)), ((4,), (3, 4, 2)), ((3, 2, 4), (4,))]:
        a, b = np.zeros(left), np.zeros(right)
        assert CLOSED_FORMS["matmul"](a, b) == reference.price("matmul", a, b)
