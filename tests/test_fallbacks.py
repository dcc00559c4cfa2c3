"""Groups that are too large to be listed: dense bills and a warning, never an error."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.errors import CostFallbackWarning

ELEMENTS = 2**5


def configure(elements: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flops.configure(dimino_budget=elements)


@pytest.fixture(autouse=True)
def budget() -> Iterator[flops.BudgetContext]:
    """A budget for groups of ten elements at most."""
    configure(10)
    with flops.BudgetContext(10**9, quiet=True) as opened:
        yield opened
    configure(50_000)


def alternating() -> Any:
    """A tensor with the even permutations of its five axes: 60 elements, and no known kind."""
    group = flops.SymmetryGroup.from_generators([[1, 2, 3, 4, 0], [1, 2, 0, 3, 4]])
    return flops.as_symmetric(np.ones((2,) * 5), symmetry=group)


# A call, and its bill without symmetry.
CALLS: dict[str, tuple[Callable[[Any], Any], int]] = {
    "exp": (fnp.exp, 16 * ELEMENTS),
    "add": (lambda t: t + t, ELEMENTS),
    "sum of an axis": (lambda t: fnp.sum(t, axis=0), ELEMENTS - ELEMENTS // 2),
    "sum": (fnp.sum, ELEMENTS - 1),
    "mean": (lambda t: fnp.mean(t, axis=1), ELEMENTS),
    "variance": (lambda t: fnp.var(t, axis=0), 4 * ELEMENTS),
    "median": (lambda t: fnp.median(t, axis=0), ELEMENTS),
    "cumsum": (lambda t: fnp.cumsum(t, axis=0), ELEMENTS - ELEMENTS // 2),
    "clip": (lambda t: fnp.clip(t, 0, 1), 2 * ELEMENTS),
    "isclose": (lambda t: fnp.isclose(t, t), 6 * ELEMENTS),
    "index": (lambda t: t[0], 0),
    "transpose": (lambda t: fnp.transpose(t, (1, 0, 2, 3, 4)), 0),
    "outer": (lambda t: fnp.add.outer(t, t), ELEMENTS**2),
    "times a number": (lambda t: fnp.dot(2.0, t), ELEMENTS),
    "einsum": (lambda t: fnp.einsum("abcde,e->abcd", t, np.ones(2)), 2 * ELEMENTS - ELEMENTS // 2),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_every_element_is_billed(name: str, budget: flops.BudgetContext) -> None:
    call, dense = CALLS[name]
    tensor = alternating()
    used = budget.flops_used
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call(tensor)
    assert budget.flops_used - used >= dense
    if name != "einsum":
        assert budget.flops_used - used == dense
    np.testing.assert_allclose(np.asarray(result), np.asarray(call(fnp.ones((2,) * 5))))
    if name != "transpose":  # which lists nothing
        assert any(issubclass(w.category, CostFallbackWarning) for w in caught)
        assert all(w.filename == __file__ for w in caught)


@pytest.mark.parametrize("name", CALLS)
def test_the_bill_is_exact_once_the_group_may_be_listed(
    name: str, budget: flops.BudgetContext
) -> None:
    call, dense = CALLS[name]
    tensor = alternating()
    configure(60)
    used = budget.flops_used
    with warnings.catch_warnings():
        warnings.simplefilter("error", CostFallbackWarning)
        call(tensor)
    assert budget.flops_used - used <= dense


@pytest.mark.parametrize("name", ["exp", "add", "sum", "clip", "mean", "einsum"])
def test_a_warning_that_is_an_error_leaves_nothing_billed(
    name: str, budget: flops.BudgetContext
) -> None:
    call, _ = CALLS[name]
    tensor = alternating()
    used, calls = budget.flops_used, len(budget.op_log)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CostFallbackWarning)
        with pytest.raises(CostFallbackWarning, match=r"dimino_budget|dense"):
            call(tensor)
    assert (budget.flops_used, len(budget.op_log)) == (used, calls)
