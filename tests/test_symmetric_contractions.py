"""Calls on symmetric operands: bills against enumeration, values and tags against NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.reference import contraction as twin

SWAP = flops.SymmetryGroup.symmetric(axes=(0, 1))
N = 3


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(10**6, quiet=True) as opened:
        yield opened


def matrix(seed: int) -> Any:
    return fnp.asarray(np.random.default_rng(seed).standard_normal((N, N)))


def tensor(seed: int) -> Any:
    raw = np.asarray(matrix(seed))
    return flops.as_symmetric(raw + raw.T, symmetry=SWAP)


def expected(subscripts: str, left: Any, right: Any) -> int:
    """The bill by enumeration of assignments."""
    terms, output = subscripts.split("->")
    groups = [[(1, 0)] if x.symmetry is not None else None for x in (left, right)]
    lengths = dict.fromkeys(output + terms.replace(",", ""), N)
    return twin.bill(terms.split(","), output, lengths, groups, [id(left), id(right)]).total


CALLS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any], str]] = {
    "einsum": (
        lambda a, b: fnp.einsum("ij,kj->ik", a, b),
        lambda a, b: np.einsum("ij,kj->ik", a, b),
        "ij,kj->ik",
    ),
    "sublists": (
        lambda a, b: fnp.einsum(a, [0, 1], b, [2, 1], [0, 2]),
        lambda a, b: np.einsum(a, [0, 1], b, [2, 1], [0, 2]),
        "ij,kj->ik",
    ),
    "matmul": (fnp.matmul, np.matmul, "ij,jk->ik"),
    "operator": (lambda a, b: a @ b, lambda a, b: a @ b, "ij,jk->ik"),
    "dot": (fnp.dot, np.dot, "ij,jk->ik"),
    "inner": (fnp.inner, np.inner, "ij,kj->ik"),
    "vecdot": (fnp.vecdot, lambda a, b: np.sum(a * b, axis=-1), "ij,ij->i"),
    "tensordot": (fnp.tensordot, np.tensordot, "ij,ij->"),
    "tensordot 0": (
        lambda a, b: fnp.tensordot(a, b, axes=0),
        lambda a, b: np.tensordot(a, b, axes=0),
        "ij,kl->ijkl",
    ),
    "tensordot int64": (
        lambda a, b: fnp.tensordot(a, b, axes=np.int64(1)),
        lambda a, b: np.tensordot(a, b, axes=1),
        "ij,jk->ik",
    ),
    "tensordot pairs": (
        lambda a, b: fnp.tensordot(a, b, axes=([1], [-1])),
        lambda a, b: np.tensordot(a, b, axes=([1], [1])),
        "ij,kj->ik",
    ),
    "tensordot arrays": (
        lambda a, b: fnp.tensordot(a, b, np.array([[1], [1]])),
        lambda a, b: np.tensordot(a, b, axes=([1], [1])),
        "ij,kj->ik",
    ),
}

OPERANDS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "A A": lambda: (matrix(1),) * 2,
    "A B": lambda: (matrix(1), matrix(2)),
    "S S": lambda: (tensor(1),) * 2,
    "S T": lambda: (tensor(1), tensor(2)),
    "S A": lambda: (tensor(1), matrix(2)),
    "A S": lambda: (matrix(1), tensor(2)),
}


@pytest.mark.parametrize("operands", OPERANDS)
@pytest.mark.parametrize("name", CALLS)
def test_bills_values_and_tags(name: str, operands: str, budget: flops.BudgetContext) -> None:
    call, plain, subscripts = CALLS[name]
    left, right = OPERANDS[operands]()
    result = call(left, right)
    assert budget.op_log[-1].flop_cost == expected(subscripts, left, right)
    values = np.asarray(result)
    np.testing.assert_allclose(values, plain(np.asarray(left), np.asarray(right)), rtol=1e-12)
    group = getattr(result, "symmetry", None)
    if group is None:
        return
    assert group.order() > 1
    assert flops.is_symmetric(result, symmetry=group)


def test_one_object_twice_is_cheaper_than_two_equal_ones(budget: flops.BudgetContext) -> None:
    v = fnp.arange(4.0)
    same = fnp.outer(v, v)
    bills = [budget.op_log[-1].flop_cost]
    other = fnp.outer(v, v.copy())
    bills.append(budget.op_log[-1].flop_cost)
    assert bills == [10, 16]
    assert same.symmetry == SWAP
    assert other.symmetry is None


def test_a_refused_product_bills_nothing() -> None:
    a = tensor(1)
    with flops.BudgetContext(5, quiet=True) as small:
        with pytest.raises(flops.errors.BudgetExhaustedError):
            fnp.inner(a, a)
        with pytest.raises(ValueError, match="matmul"):
            fnp.matmul(a, np.ones((4, 4)))
    assert small.flops_used == 0
    assert small.op_log == []


def test_numpy_functions_without_a_row_take_no_counted_arrays(budget: flops.BudgetContext) -> None:
    for plain in (np.ones(3), fnp.ones(3)):
        with pytest.raises(TypeError, match="is not counted"):
            np.lib.scimath.power(fnp.ones(3), plain)
    assert budget.flops_used == 0
