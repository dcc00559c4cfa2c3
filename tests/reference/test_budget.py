"""The budget: check, then charge, then record."""

from __future__ import annotations

import time

import pytest

from flopscope import reference


def test_charges_are_weighted_and_recorded() -> None:
    budget = reference.Budget(1_000)
    assert budget.charge("exp", 12, shapes=((3, 4),)) == 192
    assert budget.charge("matmul", 105, "ij,jk->ik", ((3, 4), (4, 5))) == 105
    assert budget.charge("reshape", 0) == 0
    assert budget.flops_used == 297
    assert budget.flops_remaining == 703
    assert budget.totals == {"exp": 192, "matmul": 105, "reshape": 0}
    assert budget.records[1] == reference.Record(
        "matmul", "ij,jk->ik", ((3, 4), (4, 5)), 105, 297, None
    )


def test_nothing_happens_when_the_budget_is_short() -> None:
    budget = reference.Budget(100)
    budget.charge("add", 60)
    with pytest.raises(reference.ReferenceBudgetExhausted, match="exp would cost 48") as caught:
        budget.charge("exp", 3)
    assert (caught.value.flop_cost, caught.value.flops_remaining) == (48, 40)
    assert budget.flops_used == 60
    assert len(budget.records) == 1


def test_the_last_flop_may_be_spent() -> None:
    budget = reference.Budget(12)
    budget.charge("add", 12)
    assert budget.flops_remaining == 0
    budget.charge("reshape", 0)
    with pytest.raises(reference.ReferenceBudgetExhausted):
        budget.charge("add", 1)


def test_bad_amounts_are_refused() -> None:
    with pytest.raises(ValueError, match="flop_budget must be > 0"):
        reference.Budget(0)
    with pytest.raises(ValueError, match="must not be negative"):
        reference.Budget(10).charge("add", -1)


def test_own_weights() -> None:
    budget = reference.Budget(1_000, weights={"add": 2.5})
    assert budget.charge("add", 3) == 7
    assert budget.charge("exp", 3) == 3


def test_namespaces_label_the_records() -> None:
    budget = reference.Budget(1_000)
    with budget.namespace("fit"), budget.namespace(" step "):
        budget.charge("add", 1)
    budget.charge("add", 1)
    assert [record.namespace for record in budget.records] == ["fit.step", None]
    for bad in ("", "a.b"):
        with pytest.raises(ValueError, match="namespace"), budget.namespace(bad):
            pass


def test_time_goes_into_two_buckets() -> None:
    budget = reference.Budget(1_000)
    with budget.backend():
        time.sleep(0.002)
    assert 0.002 <= budget.backend_time_s <= budget.elapsed_s
    assert budget.other_time_s >= 0.0
