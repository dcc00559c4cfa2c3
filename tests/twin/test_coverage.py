"""Every operation that the twin prices is compared by some property."""

from __future__ import annotations

import pytest

import flopscope.numpy as fnp
from flopscope import reference
from flopscope.errors import UnsupportedFunctionError

from . import (
    test_calculus,
    test_contractions,
    test_creation,
    test_movement,
    test_ordering,
    test_pointwise,
    test_reductions,
)
from .strategies import is_here

FAMILIES = (
    test_calculus,
    test_contractions,
    test_creation,
    test_movement,
    test_ordering,
    test_pointwise,
    test_reductions,
)


def _compared() -> list[str]:
    return [name for family in FAMILIES for name in family.CASES]


def test_every_operation_has_a_property() -> None:
    # The samplers' own module tells whether one is missing.
    wanted = {name for name in reference.operations() if not name.startswith("random.")}
    assert sorted(wanted - set(_compared())) == []


def test_no_property_is_of_nothing() -> None:
    assert sorted(set(_compared()) - set(reference.operations())) == []


def test_each_operation_belongs_to_one_family() -> None:
    names = _compared()
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(name for name in _compared() if not is_here(name)))
def test_names_that_numpy_lacks_say_so(name: str) -> None:
    with pytest.raises(UnsupportedFunctionError):
        getattr(fnp, name)([1.0, 2.0])
