"""Where the time goes: wall = backend + overhead + residual, read by a clock of the core's own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core

pytestmark = pytest.mark.filterwarnings("ignore::flopscope.errors.RemoteCallbackWarning")

NAP = 0.03


def new(limit: int = 10**12, **options: Any) -> flops.BudgetContext:
    return flops.BudgetContext(limit, quiet=True, **options)


def assert_adds_up(budget: flops.BudgetContext) -> None:
    backend, overhead = budget.flopscope_backend_time_s, budget.flopscope_overhead_time_s
    residual = budget.residual_wall_time_s
    assert min(backend, overhead, residual) >= 0.0
    assert budget.wall_time_s == pytest.approx(backend + overhead + residual, rel=1e-9, abs=1e-9)


def nap(*_: Any) -> float:
    time.sleep(NAP)
    return 1.0


def test_the_three_parts_add_up() -> None:
    with new() as budget:
        x = fnp.array(np.linspace(0.0, 1.0, 1000))
        for _ in range(20):
            y = fnp.exp(x) + x
            fnp.sum(y)
            fnp.median(y)
            with flops.namespace("n"):
                fnp.sort(y)
    assert_adds_up(budget)
    assert budget.flopscope_backend_time_s > 0.0
    assert budget.flopscope_overhead_time_s > 0.0
    operations = budget.summary_dict()["operations"].values()
    assert sum(op["flopscope_backend_time_s"] for op in operations) == pytest.approx(
        budget.flopscope_backend_time_s
    )
    assert (
        sum(op["flopscope_overhead_time_s"] for op in operations)
        <= budget.flopscope_overhead_time_s + 1e-9
    )
    records = list(budget.op_log)
    assert sum(record.flopscope_backend_duration_s for record in records) == pytest.approx(
        budget.flopscope_backend_time_s
    )
    assert all(
        0 < record.flopscope_context_start_offset_s < budget.wall_time_s for record in records
    )


def test_before_during_and_after() -> None:
    budget = new()
    assert budget.elapsed_s == 0.0
    assert budget.wall_time_s is None
    assert budget.residual_wall_time_s is None
    assert budget.flopscope_backend_time_s == 0.0
    with budget:
        first = budget.elapsed_s
        time.sleep(0.002)
        assert budget.elapsed_s >= first + 0.002
        assert budget.wall_time_s is None
        assert budget.residual_wall_time_s is None
    wall = budget.wall_time_s
    time.sleep(0.002)
    assert budget.wall_time_s == wall
    assert budget.elapsed_s == wall
    with budget:
        time.sleep(0.002)
    assert budget.wall_time_s >= wall + 0.002
    assert_adds_up(budget)


def test_the_clock_goes_with_time() -> None:
    budget = new()
    begin = time.perf_counter()
    with budget:
        time.sleep(NAP)
    outside = time.perf_counter() - begin
    assert NAP * 0.99 <= budget.wall_time_s <= outside * 1.02 + 0.005


def test_a_sleep_is_residual() -> None:
    with new() as budget:
        time.sleep(0.05)
    assert budget.residual_wall_time_s >= 0.05 * 0.99
    assert_adds_up(budget)


def test_uncounted_numpy_is_residual() -> None:
    with new() as budget:
        end = time.perf_counter() + 0.02
        while time.perf_counter() < end:
            np.sort(np.ones(1000))
    assert budget.residual_wall_time_s >= 0.02 * 0.98
    assert budget.flops_used == 0


def test_kernels_are_backend() -> None:
    x = np.linspace(0.0, 1.0, 400_000)
    with new() as budget:
        for _ in range(3):
            fnp.sin(x)
    (op,) = budget.summary_dict()["operations"].values()
    assert op["calls"] == 3
    assert budget.flopscope_backend_time_s > budget.flopscope_overhead_time_s
    assert_adds_up(budget)


class Sleepy:
    """Takes its time to become an array."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        time.sleep(NAP)
        return np.ones(3)


class SleepyIterator:
    def __iter__(self) -> Any:
        return (nap() for _ in range(1))


CALLBACKS: dict[str, Callable[[], Any]] = {
    "apply_along_axis": lambda: fnp.apply_along_axis(nap, 0, np.ones((3, 1))),
    "apply_over_axes": lambda: fnp.apply_over_axes(
        lambda a, axis: (nap(), np.sum(a, axis=axis))[1], np.ones((2, 2)), 0
    ),
    "piecewise": lambda: fnp.piecewise(np.ones(3), [np.ones(3, dtype=bool)], [nap]),
    "fromfunction": lambda: fnp.fromfunction(lambda i: (nap(), i)[1], (3,)),
    "fromiter": lambda: fnp.fromiter(SleepyIterator(), dtype=float),
    "operator hook": lambda: fnp.array(np.ones(3)) + Sleepy(),
    "ufunc hook": lambda: fnp.exp(Sleepy()),
    "reduction hook": lambda: fnp.sum(Sleepy()),
    "matmul hook": lambda: fnp.matmul(np.ones(3), Sleepy()),
}


@pytest.mark.parametrize("name", sorted(CALLBACKS))
def test_the_users_code_is_residual(name: str) -> None:
    with new() as budget:
        CALLBACKS[name]()
    assert budget.residual_wall_time_s >= NAP * 0.99
    assert budget.flopscope_backend_time_s < NAP
    assert budget.flopscope_overhead_time_s < NAP
    assert_adds_up(budget)


@pytest.mark.parametrize("name", sorted(CALLBACKS))
def test_the_users_code_may_fail(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: float) -> None:
        raise RuntimeError("no time")

    monkeypatch.setattr(time, "sleep", broken)
    with new() as budget:
        with pytest.raises(RuntimeError, match="no time"):
            CALLBACKS[name]()
        fnp.add(1.0, 1.0)
    assert_adds_up(budget)


def test_counted_calls_inside_callbacks_are_billed_and_timed_once() -> None:
    def inner(row: Any) -> Any:
        time.sleep(NAP / 3)
        return fnp.sum(fnp.exp(row))

    with new() as budget:
        fnp.apply_along_axis(inner, 1, np.ones((3, 4)))
    logged = [record.op_name for record in budget.op_log]
    assert logged.count("exp") == 3
    assert logged.count("sum") == 3
    assert logged.count("apply_along_axis") == 1
    assert budget.flops_used == 3 * (4 * 16 + 3) + 3 * 4
    assert budget.residual_wall_time_s >= NAP * 0.99
    operations = budget.summary_dict()["operations"]
    assert operations["apply_along_axis"]["flopscope_backend_time_s"] < NAP
    assert_adds_up(budget)


def test_a_slow_nested_call_is_not_counted_twice() -> None:
    x = np.linspace(0.0, 1.0, 300_000)

    def inner(_: Any) -> float:
        fnp.sin(x)
        return 0.0

    with new() as budget:
        fnp.apply_along_axis(inner, 0, np.ones((2, 1)))
    operations = budget.summary_dict()["operations"]
    slow = operations["sin"]["flopscope_backend_time_s"]
    assert operations["apply_along_axis"]["flopscope_backend_time_s"] < slow
    assert budget.flopscope_backend_time_s < 2 * slow
    assert_adds_up(budget)


def test_deducted_blocks_are_backend() -> None:
    with new() as budget:
        with budget.deduct("own", flop_cost=1):
            time.sleep(NAP)
        with budget.deduct_after("own") as work:
            work.set_cost(1)
    operations = budget.summary_dict()["operations"]
    assert operations["own"]["flopscope_backend_time_s"] >= NAP * 0.99
    assert budget.flopscope_backend_time_s >= NAP * 0.99
    assert_adds_up(budget)


def test_counted_calls_in_a_deducted_block_are_timed_once() -> None:
    x = np.linspace(0.0, 1.0, 300_000)
    with new() as budget, budget.deduct("own", flop_cost=1):
        fnp.sin(x)
    operations = budget.summary_dict()["operations"]
    assert (
        operations["own"]["flopscope_backend_time_s"]
        < operations["sin"]["flopscope_backend_time_s"]
    )
    assert_adds_up(budget)


def test_refused_calls_are_timed_but_not_logged() -> None:
    with new(1) as budget:
        for _ in range(10):
            with pytest.raises(flops.BudgetExhaustedError):
                fnp.exp(1.0)
    assert budget.flopscope_overhead_time_s > 0
    assert len(budget.op_log) == 0
    assert_adds_up(budget)


def test_python_clocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong() -> float:
        return 1e9

    budget = new(wall_time_limit_s=100.0)
    for name in ("perf_counter", "monotonic", "time", "process_time", "thread_time"):
        monkeypatch.setattr(time, name, wrong)
        monkeypatch.setattr(time, f"{name}_ns", lambda: 10**18)
    with budget:
        fnp.add(np.ones(3), 1.0)
        time.sleep(NAP)
        elapsed = budget.elapsed_s
    monkeypatch.undo()
    assert NAP * 0.99 <= elapsed < 30
    assert NAP * 0.99 <= budget.wall_time_s < 30
    assert budget.residual_wall_time_s >= NAP * 0.99
    assert_adds_up(budget)


def test_the_clock_source_is_named() -> None:
    assert _core._clock_source() in {"cycle_counter", "monotonic"}


# --------------------------------------------------------------------------------- time limits


def test_an_expired_limit_stops_the_next_call() -> None:
    with new(wall_time_limit_s=0.01) as budget:
        fnp.add(1.0, 1.0)
        time.sleep(0.02)
        with pytest.raises(flops.TimeExhaustedError, match="exceeds limit") as caught:
            fnp.exp(np.ones(3))
    error = caught.value
    assert error.op_name == "exp"
    assert error.limit_s == 0.01
    assert error.elapsed_s >= 0.02 * 0.99
    assert isinstance(error, flops.FlopscopeError)
    # The charge was made when the clock was looked at, so it stays.
    assert [record.op_name for record in budget.op_log] == ["add", "exp"]
    assert budget.flops_used == 49
    assert_adds_up(budget)


def test_a_limit_is_noticed_after_the_kernel() -> None:
    def slow(_: Any) -> float:
        time.sleep(0.03)
        return 0.0

    with new(wall_time_limit_s=0.02) as budget:
        with pytest.raises(flops.TimeExhaustedError):
            fnp.apply_along_axis(slow, 0, np.ones((3, 1)))
        with pytest.raises(flops.TimeExhaustedError):
            fnp.add(1.0, 1.0)
    assert_adds_up(budget)


@pytest.mark.parametrize(
    "call",
    [
        lambda: fnp.sum(np.ones(3)),
        lambda: fnp.matmul(np.ones(3), np.ones(3)),
        lambda: fnp.sort(np.ones(3)),
        lambda: fnp.array(np.ones(3)) * 2.0,
        lambda: fnp.arange(5),
        lambda: fnp.random.default_rng(0).normal(size=3),
        lambda: fnp.add.reduce(np.ones(3)),
        lambda: fnp.einsum("i,i", np.ones(3), np.ones(3)),
    ],
)
def test_every_kind_of_call_looks_at_the_limit(call: Callable[[], Any]) -> None:
    with new(wall_time_limit_s=0.001):
        time.sleep(0.002)
        with pytest.raises(flops.TimeExhaustedError):
            call()


def test_charges_of_ones_own_look_at_the_limit() -> None:
    with new(wall_time_limit_s=0.001) as budget:
        time.sleep(0.002)
        with pytest.raises(flops.TimeExhaustedError):
            budget.deduct("own", flop_cost=1)


def test_the_budget_is_checked_before_the_clock() -> None:
    with new(1, wall_time_limit_s=0.001) as budget:
        time.sleep(0.002)
        with pytest.raises(flops.BudgetExhaustedError):
            fnp.exp(1.0)
    assert budget.flops_used == 0


@pytest.mark.parametrize("limit", [60, 1e9, 1e300, float("inf")])
def test_a_distant_limit_stops_nothing(limit: float) -> None:
    with new(wall_time_limit_s=limit) as budget:
        fnp.exp(np.ones(3))
    assert budget.wall_time_limit_s == limit
    assert budget.flops_used == 48


@pytest.mark.parametrize("limit", [0, -1.0])
def test_a_limit_of_nothing_stops_everything(limit: float) -> None:
    with new(wall_time_limit_s=limit), pytest.raises(flops.TimeExhaustedError):
        fnp.exp(np.ones(3))


def test_the_limit_starts_at_every_entry() -> None:
    budget = new(wall_time_limit_s=5.0)
    for _ in range(3):
        with budget:
            fnp.add(1.0, 1.0)
    assert budget.flops_used == 3
    fnp.add(1.0, 1.0)  # a closed context has no deadline
