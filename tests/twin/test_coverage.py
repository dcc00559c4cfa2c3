"""Every operation that can be called has a price in the twin, and a property that compares it."""

from __future__ import annotations

import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core, reference
from flopscope.errors import UnsupportedFunctionError

from . import (
    test_calculus,
    test_contractions,
    test_creation,
    test_distributions,
    test_fourier,
    test_linalg,
    test_movement,
    test_ordering,
    test_pointwise,
    test_polynomials,
    test_reductions,
    test_samplers,
    test_symmetry,
    test_text,
)
from .strategies import is_here

FAMILIES = (
    test_calculus,
    test_contractions,
    test_creation,
    test_distributions,
    test_fourier,
    test_linalg,
    test_movement,
    test_ordering,
    test_pointwise,
    test_polynomials,
    test_reductions,
    test_symmetry,
    test_text,
)


def _compared() -> list[str]:
    return [name for family in FAMILIES for name in family.CASES]


def _callable_rows() -> set[str]:
    """The operations of the library's table, without those that are refused."""
    return {
        name for name, _module, kind, *_ in _core._op_rows() if kind not in ("blocked", "indexing")
    }


def test_the_twin_knows_every_operation() -> None:
    assert sorted(_callable_rows() - reference.operations()) == []


def test_the_twin_knows_no_other_operation() -> None:
    assert sorted(reference.operations() - _callable_rows()) == []


def test_weights_are_those_of_the_table() -> None:
    found = {name: reference.weight(name) for name in sorted(_callable_rows())}
    assert found == {name: flops.accounting.get_weight(name) for name in found}


def test_every_operation_has_a_property() -> None:
    named = {*_compared(), *test_text.FREE}
    # The samplers' own module tells whether one of them is missing.
    samplers = {name for name in reference.operations() if name.startswith("random.")}
    assert sorted(reference.operations() - samplers - named) == []
    assert sorted(samplers - named - test_samplers.compared()) == []


def test_no_property_is_of_nothing() -> None:
    assert sorted(set(_compared()) - set(reference.operations())) == []


def test_each_operation_belongs_to_one_family() -> None:
    names = _compared()
    assert len(names) == len(set(names))


OWN = {*test_distributions.CASES, *test_symmetry.CASES}  # NumPy has no such functions


@pytest.mark.parametrize("name", sorted(n for n in _compared() if n not in OWN and not is_here(n)))
def test_names_that_numpy_lacks_say_so(name: str) -> None:
    with pytest.raises(UnsupportedFunctionError):
        getattr(fnp, name)([1.0, 2.0])
