"""Amounts, costs and groups at and beyond what numbers hold."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core
from flopscope.errors import BudgetExhaustedError

from .registry import attack

GROUP = "Limits of numbers"


@attack(GROUP, "budgets of NaN, infinity, 0, -1, 2**126, text, None", "refused")
def test_amounts() -> None:
    for amount in (float("nan"), float("inf"), -float("inf"), 0, -1, 0.5, 2**126, 2**300, 1e40):
        with pytest.raises(ValueError, match="flop_budget"):
            flops.BudgetContext(amount, quiet=True)
    for amount in ("1000", None, [], b"1", 1j):
        with pytest.raises(TypeError):
            flops.BudgetContext(amount, quiet=True)  # type: ignore[arg-type]
    for seconds in (float("nan"),):
        with pytest.raises(ValueError, match="seconds"):
            flops.BudgetContext(1, quiet=True, wall_time_limit_s=seconds)


@attack(GROUP, "totals beyond 64 bits", "billed", "exactly")
def test_totals_beyond_64_bits() -> None:
    with flops.BudgetContext(2**100, quiet=True) as budget:
        for _ in range(3):
            budget.deduct("work", flop_cost=2**64 - 2)
        with budget.sub("part", flops=2**90) as part:
            budget.deduct("work", flop_cost=2**64 - 2)
            budget.deduct("work", flop_cost=2**64 - 2)
    assert budget.flops_used == 5 * (2**64 - 2)
    assert part.flops_used == 2 * (2**64 - 2)
    assert budget.flops_remaining == 2**100 - 5 * (2**64 - 2)
    statement = budget.attest()
    assert sum(statement["log"]["records"][i][3] for i in statement["log"]["order"]) == (
        budget.flops_used
    )


@attack(GROUP, "a cost that passes 64 bits: a huge einsum on broadcast views", "refused",
        "whatever the budget, never wrapped")  # fmt: skip
def test_costs_beyond_64_bits() -> None:
    wide: Any = fnp.broadcast_to(fnp.ones(1, dtype=np.int8), (2**31, 2**31))
    with flops.BudgetContext(2**125, quiet=True) as budget:
        with pytest.raises(BudgetExhaustedError):
            fnp.einsum("ij,jk->ik", wide, wide)
        with pytest.raises(BudgetExhaustedError):
            wide @ wide
    assert budget.flops_used == 0


@attack(GROUP, "an operation of NaN elements, infinite elements, empty arrays", "billed",
        "by shape: values change nothing")  # fmt: skip
def test_values() -> None:
    with flops.BudgetContext(10**6, quiet=True) as budget, np.errstate(all="ignore"):
        for value in (np.nan, np.inf, -np.inf, 0.0):
            fnp.multiply(fnp.full(5, value), 2.0)
        assert budget.flops_used == 20


@attack(GROUP, "the full symmetric group of 9 axes, and of 30", "billed", "in closed form, no hang")
def test_huge_groups() -> None:
    with flops.BudgetContext(10**6, quiet=True) as budget:
        fnp.exp(fnp.ones((2,) * 9))
    assert budget.flops_used == 160
    assert flops.SymmetryGroup.symmetric(tuple(range(30))).order() > 2**100


@attack(GROUP, "an expression of 10,000 nested operations", "billed")
def test_deep_expressions() -> None:
    with flops.BudgetContext(10**6, quiet=True) as budget:
        x = fnp.ones(3)
        for _ in range(10_000):
            x = -x
    assert budget.flops_used == 30_000


@attack(GROUP, "lists nested 1,000 deep with an array in them", "refused")
def test_deep_lists() -> None:
    nested: Any = fnp.ones(3)
    for _ in range(1_000):
        nested = [nested]
    with flops.BudgetContext(10**6, quiet=True) as budget:
        with pytest.raises((ValueError, RecursionError, TypeError)):
            fnp.add(nested, 1.0)
        assert budget.flops_used == 0


@attack(GROUP, "an einsum of 40 operands", "billed", "the path search is bounded")
def test_wide_einsum() -> None:
    operands: list[Any] = []
    for i in range(40):
        operands += [fnp.ones((2, 2)), [i, i + 1]]
    with flops.BudgetContext(10**9, quiet=True) as budget:
        fnp.einsum(*operands, [0, 40])
    assert 0 < budget.flops_used < 10**6


@attack(GROUP, "thousands of namespaces and sub-budgets", "billed", "sums stay exact")
def test_many_scopes() -> None:
    with flops.BudgetContext(10**6, quiet=True) as budget:
        x = fnp.ones(1)
        for i in range(2_000):
            with flops.namespace(f"n{i}"), budget.sub("s", flops=1):
                fnp.add(x, x)
    rows = _core._budget_rows(budget)
    assert sum(row[3] for row in rows) == budget.flops_used == 2_000


@attack(GROUP, "an int subclass with operators of its own as amount", "harmless")
def test_int_subclass() -> None:
    class Sly(int):
        def __rshift__(self, other: Any) -> Any:
            return 2**62

        def __le__(self, other: Any) -> bool:
            return True

    with flops.BudgetContext(10, quiet=True) as budget:
        with pytest.raises((TypeError, ValueError, BudgetExhaustedError)):
            budget.deduct("x", flop_cost=Sly(11))
        assert budget.flops_used == 0


@attack(GROUP, "`budget` dropped inside its own block, and a thread that goes on", "billed")
def test_budget_outlives_its_name() -> None:
    budget = flops.BudgetContext(10**6, quiet=True)
    done = threading.Event()

    def work() -> None:
        for _ in range(50):
            fnp.add(fnp.zeros(2), 1.0)
        done.set()

    with budget:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert done.is_set()
    assert budget.flops_used == 100
