"""Threads and tasks: everyone pays for what is theirs, exactly."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp

pytestmark = pytest.mark.filterwarnings("ignore::flopscope.errors.RemoteCallbackWarning")

WORKERS = 6


@pytest.fixture(autouse=True)
def _frequent_switches() -> Iterator[None]:
    """Let the interpreter change threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def new(limit: int = 10**12, **options: Any) -> flops.BudgetContext:
    return flops.BudgetContext(limit, quiet=True, **options)


def in_threads(work: Callable[[int], Any], count: int = WORKERS) -> list[Any]:
    """Run `work(0)`, `work(1)`, ... at the same time; raises what they raise."""
    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(work, i) for i in range(count)]]


def compute(size: int, rounds: int = 100) -> None:
    """4 * size + ... FLOPs per round, through several routes."""
    x = fnp.array(np.linspace(0.1, 1.0, size))
    for _ in range(rounds):
        y = x + 1.0  # size
        y *= x  # size
        fnp.sum(y[::-1])  # size - 1
        fnp.multiply(x, y, out=y)  # size
        x @ y  # 2 * size - 1


def price(size: int, rounds: int = 100) -> int:
    return rounds * (6 * size - 2)


def assert_consistent(budget: flops.BudgetContext) -> None:
    log = list(budget.op_log)
    assert sum(record.flop_cost for record in log) == budget.flops_used
    assert [record.cumulative for record in log] == list(
        np.cumsum([record.flop_cost for record in log])
    )
    operations = budget.summary_dict()["operations"]
    assert sum(op["flop_cost"] for op in operations.values()) == budget.flops_used
    assert sum(op["calls"] for op in operations.values()) == len(log)


# -------------------------------------------------------------------------------------- threads


def test_threads_with_contexts_of_their_own() -> None:
    barrier = threading.Barrier(WORKERS)

    def work(i: int) -> flops.BudgetContext:
        with new(namespace=f"t{i}") as budget:
            barrier.wait()
            compute(10 + i)
            with flops.namespace("inner"):
                compute(10 + i)
            barrier.wait()
        return budget

    for i, budget in enumerate(in_threads(work)):
        assert budget.flops_used == 2 * price(10 + i)
        assert {record.namespace for record in budget.op_log} == {f"t{i}", f"t{i}.inner"}
        assert_consistent(budget)


def test_threads_without_a_context_bill_to_the_open_one() -> None:
    barrier = threading.Barrier(WORKERS)

    def work(i: int) -> None:
        barrier.wait()
        compute(10 + i)

    with new() as budget:
        in_threads(work)
    assert budget.flops_used == sum(price(10 + i) for i in range(WORKERS))
    assert len(budget.op_log) == WORKERS * (1 + 100 * 5)
    assert_consistent(budget)


def test_a_pool_made_before_the_context_bills_to_it() -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: None, range(3)))
        for _ in range(2):
            with new() as budget:
                list(pool.map(compute, [7, 8, 9, 10]))
            assert budget.flops_used == sum(map(price, [7, 8, 9, 10]))
            assert_consistent(budget)


def test_a_shared_budget_is_never_overspent() -> None:
    barrier = threading.Barrier(WORKERS)

    def work(_: int) -> int:
        barrier.wait()
        done = 0
        try:
            for _ in range(1_000):
                fnp.add(np.ones(10), 1.0)
                done += 1
        except flops.BudgetExhaustedError:
            pass
        return done

    with new(12_345) as budget:
        done = in_threads(work)
    assert sum(done) == 1_234
    assert budget.flops_used == 12_340
    assert budget.flops_remaining == 5


def test_one_thread_has_its_own_context_and_another_has_none() -> None:
    ready, finished = threading.Event(), threading.Event()

    def own() -> None:
        with new() as mine:
            ready.set()
            finished.wait(10)
            fnp.exp(np.ones(2))
        results.append(mine.flops_used)

    results: list[int] = []
    with new() as outer:
        thread = threading.Thread(target=own)
        thread.start()
        ready.wait(10)
        fnp.add(np.ones(5), 1.0)  # this thread has a context of its own: it stays the payer
        finished.set()
        thread.join()
    assert results == [32]
    assert outer.flops_used == 5


def test_the_most_recent_context_pays_for_threads_without_one() -> None:
    opened, billed = threading.Event(), threading.Event()
    inner = new()

    def other() -> None:
        with inner:
            opened.set()
            billed.wait(10)

    outer = new()
    with outer:
        thread = threading.Thread(target=other)
        thread.start()
        opened.wait(10)
        bystander = threading.Thread(target=lambda: fnp.add(np.ones(4), 1.0))
        bystander.start()
        bystander.join()
        billed.set()
        thread.join()
        bystander = threading.Thread(target=lambda: fnp.add(np.ones(3), 1.0))
        bystander.start()
        bystander.join()
    assert inner.flops_used == 4
    assert outer.flops_used == 3


def test_namespaces_belong_to_their_thread() -> None:
    barrier = threading.Barrier(WORKERS)

    def work(i: int) -> None:
        with flops.namespace(f"n{i}"):
            barrier.wait()
            for _ in range(50):
                fnp.add(np.ones(i + 1), 1.0)
            barrier.wait()

    with new() as budget:
        in_threads(work)
        fnp.add(1.0, 1.0)
        assert budget.namespace is None
    spaces = budget.summary_dict(by_namespace=True)["by_namespace"]
    for i in range(WORKERS):
        assert spaces[f"n{i}"]["flops_used"] == 50 * (i + 1)
    assert spaces[None]["flops_used"] == 1


def test_exceptions_in_threads_stay_there() -> None:
    barrier = threading.Barrier(WORKERS)

    def work(i: int) -> str:
        barrier.wait()
        try:
            with new(100) as budget:
                for _ in range(50):
                    if i % 2:
                        fnp.add(np.ones(3), 1.0)
                        with flops.namespace("n"):
                            fnp.add(np.ones(3), np.ones(4))
                    else:
                        fnp.exp(np.ones(5))
        except ValueError:
            assert budget.flops_used == 3
            return "shape"
        except flops.BudgetExhaustedError:
            assert budget.flops_used == 80
            return "budget"
        return "none"

    assert in_threads(work) == ["budget", "shape"] * (WORKERS // 2)
    with new() as budget:
        fnp.add(1.0, 1.0)
    assert budget.op_log[0].namespace is None


def test_one_context_entered_by_one_thread_after_another() -> None:
    budget = new()

    def work() -> None:
        with budget:
            fnp.add(np.ones(3), 1.0)

    for _ in range(3):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert budget.flops_used == 9
    with pytest.raises(RuntimeError):
        in_threads(lambda _: budget.__enter__(), 2)
    budget.__exit__(None, None, None)


def test_a_context_left_in_another_thread() -> None:
    budget = new()

    def enter() -> None:
        budget.__enter__()
        fnp.add(np.ones(3), 1.0)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    fnp.add(np.ones(2), 1.0)  # the open context pays for this thread
    budget.__exit__(None, None, None)
    assert budget.flops_used == 5
    fnp.add(np.ones(2), 1.0)
    with new() as other:
        fnp.add(np.ones(2), 1.0)
    assert budget.flops_used == 5
    assert other.flops_used == 2
    assert budget.wall_time_s is not None


def test_threads_share_arrays_and_tags() -> None:
    plain = fnp.array(np.linspace(0.0, 1.0, 2_000))
    barrier = threading.Barrier(WORKERS)

    def work(_: int) -> float:
        barrier.wait()
        total = 0.0
        for _ in range(60):
            total = float(fnp.sum(fnp.exp(plain[::2]) + plain[1::2]))
            tagged = fnp.ones((5, 5))
            row = tagged[1]
            fnp.exp(tagged)
            tagged[0, 1] = 2.0
            row += 1.0
            assert tagged.symmetry is None
            assert tagged[1, 1] == 2.0
        return total

    with new() as budget:
        results = in_threads(work)
    assert len(set(results)) == 1
    expected = WORKERS * 60 * (1000 * 16 + 1000 + 999 + 15 * 16 + 5)
    assert budget.flops_used == expected
    assert_consistent(budget)


def test_kernels_that_release_the_lock_interleave() -> None:
    big = np.linspace(0.1, 1.0, 50_000)
    barrier = threading.Barrier(4)

    def work(i: int) -> bool:
        array = fnp.array(big)
        barrier.wait()
        for _ in range(8):
            total = fnp.sqrt(array[::-1]) * array.reshape(100, 500).T.reshape(-1)
            fnp.sort(total)
            array @ array
        return np.asarray(array).tolist() == big.tolist()

    with new() as budget:
        assert all(in_threads(work, 4))
    assert budget.flops_used == 4 * 8 * (50_000 + 50_000 + 50_000 * 16 + 99_999)


# ------------------------------------------------------------------------------------ asyncio


def test_tasks_with_contexts_of_their_own() -> None:
    async def work(i: int) -> flops.BudgetContext:
        with new(namespace=f"task{i}") as budget:
            for _ in range(20):
                fnp.add(np.ones(i + 1), 1.0)
                await asyncio.sleep(0)
                with flops.namespace("inner"):
                    await asyncio.sleep(0)
                    fnp.exp(np.ones(i + 1))
                    await asyncio.sleep(0)
        return budget

    async def main() -> list[flops.BudgetContext]:
        return await asyncio.gather(*(work(i) for i in range(WORKERS)))

    for i, budget in enumerate(asyncio.run(main())):
        assert budget.flops_used == 20 * 17 * (i + 1)
        assert [record.namespace for record in budget.op_log] == [
            f"task{i}",
            f"task{i}.inner",
        ] * 20
        assert_consistent(budget)


def test_tasks_within_one_context_have_their_own_namespaces() -> None:
    async def work(i: int) -> None:
        with flops.namespace(f"n{i}"):
            for _ in range(10):
                fnp.add(np.ones(i + 1), 1.0)
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(work(i) for i in range(WORKERS)))
        fnp.add(1.0, 1.0)

    with new() as budget:
        asyncio.run(main())
    spaces = budget.summary_dict(by_namespace=True)["by_namespace"]
    assert {space: totals["flops_used"] for space, totals in spaces.items()} == {
        None: 1,
        **{f"n{i}": 10 * (i + 1) for i in range(WORKERS)},
    }


def test_a_task_that_fails_leaves_the_others_alone() -> None:
    async def work(i: int) -> int:
        with new(100) as budget, flops.namespace("n"):
            for _ in range(10):
                fnp.add(np.ones(3), 1.0)
                await asyncio.sleep(0)
                if i == 1:
                    fnp.add(np.ones(3), np.ones(4))
                if i == 2:
                    fnp.exp(np.ones(100))
        return budget.flops_used

    async def main() -> list[Any]:
        return await asyncio.gather(*(work(i) for i in range(4)), return_exceptions=True)

    first, shape, short, last = asyncio.run(main())
    assert (first, last) == (30, 30)
    assert isinstance(shape, ValueError)
    assert isinstance(short, flops.BudgetExhaustedError)


def test_a_cancelled_task_closes_its_context() -> None:
    budget = new()

    async def work() -> None:
        with budget:
            fnp.add(np.ones(3), 1.0)
            await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        fnp.add(np.ones(3), 1.0)

    asyncio.run(main())
    assert budget.flops_used == 3
    assert budget.wall_time_s is not None


def test_a_context_left_in_another_task() -> None:
    budget = new()

    async def enter() -> None:
        budget.__enter__()
        fnp.add(np.ones(3), 1.0)

    async def leave() -> None:
        budget.__exit__(None, None, None)
        fnp.add(np.ones(5), 1.0)

    async def main() -> None:
        await asyncio.create_task(enter())
        await asyncio.create_task(leave())

    asyncio.run(main())
    assert budget.flops_used == 3
    with new() as other:
        fnp.add(np.ones(2), 1.0)
    assert (budget.flops_used, other.flops_used) == (3, 2)


def test_a_task_of_an_open_context_cannot_open_another() -> None:
    async def work() -> None:
        with new():
            pass

    async def main() -> None:
        await asyncio.create_task(work())

    with new(), pytest.raises(RuntimeError, match="Cannot nest"):
        asyncio.run(main())


def test_a_namespace_left_in_another_context() -> None:
    space = flops.namespace("n")
    with new() as budget:
        contextvars.copy_context().run(space.__enter__)
        fnp.add(1.0, 1.0)
        space.__exit__(None, None, None)
        fnp.add(1.0, 1.0)
    assert [record.namespace for record in budget.op_log] == [None, None]


def test_generators_keep_their_context_open() -> None:
    def steps(budget: flops.BudgetContext) -> Iterator[None]:
        with budget:
            for _ in range(3):
                fnp.add(np.ones(2), 1.0)
                yield

    budget = new()
    generator = steps(budget)
    next(generator)
    next(generator)
    generator.close()
    assert budget.flops_used == 4
    with new() as other:
        fnp.add(1.0, 1.0)
    assert (budget.flops_used, other.flops_used) == (4, 1)


def test_asyncio_to_thread_bills_to_its_task() -> None:
    async def work(i: int) -> int:
        with new() as budget:
            for _ in range(5):
                await asyncio.to_thread(compute, 10 + i, 5)
        return budget.flops_used

    async def main() -> list[int]:
        return await asyncio.gather(*(work(i) for i in range(3)))

    assert asyncio.run(main()) == [5 * price(10 + i, 5) for i in range(3)]


def test_closed_contexts_are_never_billed() -> None:
    budget = new()
    with budget:
        context = contextvars.copy_context()  # still refers to the open context
        fnp.add(1.0, 1.0)
    context.run(lambda: fnp.add(np.ones(9), 1.0))
    assert budget.flops_used == 1
    with new() as other:
        context.run(lambda: fnp.add(np.ones(9), 1.0))
    assert (budget.flops_used, other.flops_used) == (1, 9)


def test_callbacks_may_open_and_close_contexts() -> None:
    inner = new()

    def callback(row: Any) -> Any:
        return np.asarray(fnp.sum(row))

    def elsewhere(_: Any) -> float:
        thread = threading.Thread(target=lambda: inner.__enter__())
        thread.start()
        thread.join()
        inner.__exit__(None, None, None)
        return 0.0

    with new() as budget:
        fnp.apply_along_axis(callback, 1, np.ones((2, 3)))
        fnp.apply_along_axis(elsewhere, 1, np.ones((1, 3)))
    assert_consistent(budget)
    assert inner.flops_used == 0
