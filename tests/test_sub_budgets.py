"""Sub-budgets: limits on a part of a program."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
import warnings
from collections.abc import Iterator

import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope.errors import BudgetExhaustedError, SubBudgetWarning, TimeExhaustedError


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(10_000, quiet=True) as opened:
        yield opened


def spend(n: int) -> None:
    fnp.add(fnp.zeros(n), 1.0)


def test_a_hard_limit_stops_an_operation_before_it_runs(budget: flops.BudgetContext) -> None:
    with budget.sub("encoder", flops=100) as part:
        spend(60)
        with pytest.raises(BudgetExhaustedError, match="sub-budget 'encoder'") as caught:
            spend(41)
        assert (caught.value.flops_remaining, caught.value.sub_budget) == (40, "encoder")
        spend(40)
        assert (part.flops_used, part.flops_remaining) == (100, 0)
    assert budget.flops_used == 100
    spend(1)
    assert budget.flops_used == 101
    assert part.flops_used == 100


def test_unspent_stays_with_the_parent(budget: flops.BudgetContext) -> None:
    with budget.sub("a", flops=9_000):
        spend(10)
    spend(9_990)
    assert budget.flops_remaining == 0


def test_the_budgets_own_limit_holds_inside(budget: flops.BudgetContext) -> None:
    with budget.sub("a", flops=10**9), pytest.raises(BudgetExhaustedError) as caught:
        spend(10_001)
    assert caught.value.sub_budget is None
    assert budget.flops_used == 0


def test_all_limits_around_an_operation_hold(budget: flops.BudgetContext) -> None:
    with budget.sub("outer", flops=50) as outer:
        with budget.sub("inner", flops=80) as inner:
            spend(30)
            with pytest.raises(BudgetExhaustedError) as caught:
                spend(21)
            assert caught.value.sub_budget == "outer"
            spend(20)
        assert (outer.flops_used, inner.flops_used) == (50, 50)
    assert inner.namespace == "outer.inner"


def test_namespaces_within_belong_to_it(budget: flops.BudgetContext) -> None:
    with budget.sub("encoder", flops=10) as part, flops.namespace("attention"):
        spend(4)
        with pytest.raises(BudgetExhaustedError):
            spend(7)
    with flops.namespace("encoder"):
        spend(100)
    assert part.flops_used == 4
    spaces = budget.summary_dict(by_namespace=True)["by_namespace"]
    assert spaces["encoder.attention"]["flops_used"] == 4
    assert spaces["encoder"]["flops_used"] == 100
    assert budget.op_log[1].namespace == "encoder.attention"


def test_two_of_one_name_are_two(budget: flops.BudgetContext) -> None:
    for _ in range(3):
        with budget.sub("step", flops=10) as part:
            spend(10)
        assert part.flops_used == 10
    assert budget.summary_dict(by_namespace=True)["by_namespace"]["step"]["flops_used"] == 30


def test_one_may_be_entered_again_and_goes_on(budget: flops.BudgetContext) -> None:
    part = budget.sub("step", flops=10)
    for _ in range(2):
        with part:
            spend(4)
    with part, pytest.raises(BudgetExhaustedError):
        spend(3)
    assert part.flops_used == 8
    with part, pytest.raises(RuntimeError, match="is open"), part:
        pass
    with budget.sub("other"), pytest.raises(RuntimeError, match="another namespace"), part:
        pass


def test_a_soft_limit_warns_once(budget: flops.BudgetContext) -> None:
    with budget.sub("soft", flops=10, soft=True) as part:
        spend(10)
        with pytest.warns(SubBudgetWarning, match="FLOP limit of sub-budget 'soft'"):
            spend(1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            spend(100)
    assert part.flops_used == 111
    assert part.flops_remaining == 0


def test_a_soft_limit_as_an_error_bills_nothing(budget: flops.BudgetContext) -> None:
    with budget.sub("soft", flops=10, soft=True) as part, warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SubBudgetWarning):
            spend(11)
    assert part.flops_used == budget.flops_used == 0


def test_a_time_limit_stops_the_next_operation(budget: flops.BudgetContext) -> None:
    with budget.sub("slow", seconds=0.02) as part:
        spend(1)
        time.sleep(0.03)
        used = budget.flops_used
        with pytest.raises(TimeExhaustedError, match="sub-budget 'slow'") as caught:
            spend(1)
        assert caught.value.sub_budget == "slow"
        assert caught.value.elapsed_s > caught.value.limit_s
        assert budget.flops_used == used
    spend(1)
    assert part.elapsed_s >= 0.03


def test_time_outside_does_not_count(budget: flops.BudgetContext) -> None:
    part = budget.sub("slow", seconds=0.5)
    with part:
        spend(1)
    first = part.elapsed_s
    time.sleep(0.02)
    assert part.elapsed_s == first < 0.5


def test_a_soft_time_limit(budget: flops.BudgetContext) -> None:
    with budget.sub("slow", seconds=1e-9, soft=True), pytest.warns(SubBudgetWarning, match="time"):
        spend(1)
    assert budget.flops_used == 1


def test_deduct_counts(budget: flops.BudgetContext) -> None:
    with budget.sub("a", flops=10) as part:
        with budget.deduct("own", flop_cost=7):
            pass
        with pytest.raises(BudgetExhaustedError):
            budget.deduct("own", flop_cost=4)
    assert part.flops_used == budget.flops_used == 7


def test_samplers_and_unaffordable_draws(budget: flops.BudgetContext) -> None:
    generator = fnp.random.default_rng(0)
    twin = fnp.random.default_rng(0)
    with budget.sub("a", flops=10), pytest.raises(BudgetExhaustedError):
        generator.standard_normal(1_000)
    assert generator.standard_normal(2).tolist() == twin.standard_normal(2).tolist()


def test_threads_without_a_context_bill_to_the_part(budget: flops.BudgetContext) -> None:
    def work() -> None:
        for _ in range(100):
            spend(1)

    with budget.sub("pool", flops=1_000) as part:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert part.flops_used == 400
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert (part.flops_used, budget.flops_used) == (400, 500)


def test_an_empty_context_does_not_leave_the_part(budget: flops.BudgetContext) -> None:
    with budget.sub("a", flops=10) as part, pytest.raises(BudgetExhaustedError):
        contextvars.Context().run(spend, 11)
    assert part.flops_used == 0


def test_tasks_have_their_own(budget: flops.BudgetContext) -> None:
    async def work(name: str, n: int) -> flops.SubBudget:
        with budget.sub(name, flops=5 * n) as part:
            for _ in range(5):
                spend(n)
                await asyncio.sleep(0)
        return part

    async def main() -> list[flops.SubBudget]:
        return list(await asyncio.gather(*(work(f"task{n}", n) for n in range(1, 6))))

    assert [part.flops_used for part in asyncio.run(main())] == [5, 10, 15, 20, 25]
    assert budget.flops_used == 75


def test_attribution_and_sub_budgets_go_together() -> None:
    with flops.BudgetContext(1_000, quiet=True, attribute="line", memory=True) as budget:
        with budget.sub("a", flops=10) as part:
            spend(6)
        spend(5)
    assert part.flops_used == 6
    assert sum(line.flops for line in budget.lines()) == budget.flops_used == 11


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"flops": 0}, ValueError),
        ({"flops": -1}, ValueError),
        ({"flops": float("nan")}, ValueError),
        ({"flops": float("inf")}, ValueError),
        ({"flops": "10"}, TypeError),
        ({"flops": 2**126}, ValueError),
        ({"seconds": 0}, ValueError),
        ({"seconds": -1.0}, ValueError),
        ({"seconds": float("nan")}, ValueError),
        ({"seconds": "1"}, TypeError),
    ],
)
def test_limits_that_are_none(
    budget: flops.BudgetContext, arguments: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        budget.sub("a", **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "  ", "a.b", 3])
def test_names_that_are_none(budget: flops.BudgetContext, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        budget.sub(name)


def test_only_within_its_budget() -> None:
    budget = flops.BudgetContext(100, quiet=True)
    part = budget.sub("a", flops=10)
    with pytest.raises(RuntimeError, match="billed"), part:
        pass
    assert not part.is_open
    assert part.namespace is None
    assert repr(part) == "<SubBudget 'a': 0 of 10 FLOPs used>"


def test_an_exception_leaves_it(budget: flops.BudgetContext) -> None:
    with pytest.raises(KeyError), budget.sub("a", flops=10) as part:
        raise KeyError
    assert not part.is_open
    spend(100)
    assert part.flops_used == 0
