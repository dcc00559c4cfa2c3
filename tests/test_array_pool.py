"""Dropped arrays may come back as the memory of new ones, but never while somebody looks."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**15, quiet=True) as context:
        yield context


def test_what_somebody_holds_is_not_reused(budget: flops.BudgetContext) -> None:
    x = fnp.asarray(np.arange(16.0))
    view = (x + 1.0)[3:]
    buffer = memoryview(x + 2.0)
    plain = np.asarray(x + 3.0)
    others = [x * float(i) for i in range(50)]
    assert view.tolist() == list(range(4, 17))
    assert buffer.tolist() == list(range(2, 18))
    assert plain.tolist() == list(range(3, 19))
    assert all(float(other[1]) == i for i, other in enumerate(others))


def test_changed_arrays_are_not_mistaken(budget: flops.BudgetContext) -> None:
    x = fnp.asarray(np.arange(16.0))
    for change in (
        lambda a: a.setflags(write=False),
        lambda a: setattr(a, "shape", (2, 8)),
        lambda a: setattr(a, "shape", (1, 16)),
        lambda a: a.resize(7, refcheck=False),
        lambda a: a.fill(9.0),
        lambda a: setattr(a, "dtype", np.dtype("int64")),
        lambda a: setattr(a, "dtype", np.dtype(">f8")),
    ):
        array = x + 1.0
        change(array)
        del array
        fresh = [x + 1.0, fnp.zeros(16), fnp.ones((2, 8)), fnp.zeros((1, 16)), fnp.zeros(7)]
        assert [a.shape for a in fresh] == [(16,), (16,), (2, 8), (1, 16), (7,)]
        assert all(a.dtype == np.float64 and a.flags.writeable for a in fresh)
        assert all(a.flags.c_contiguous and a.flags.owndata for a in fresh)
        assert fresh[0].tolist() == list(range(1, 17))
        assert [float(fnp.sum(a)) for a in fresh[1:]] == [0.0, 16.0, 0.0, 0.0]


def test_many_that_are_dropped_at_once_come_back_apart(budget: flops.BudgetContext) -> None:
    for elements in (8, 16, 256, 300, 4096, 5000):
        x = fnp.asarray(np.arange(float(elements)))
        for _ in range(3):
            kept = [x + float(i) for i in range(100)]
            assert len({array.__array_interface__["data"][0] for array in kept}) == 100
            assert all(float(array[0]) == i for i, array in enumerate(kept))
            del kept


def test_weak_references_die(budget: flops.BudgetContext) -> None:
    x = fnp.asarray(np.arange(16.0))
    array = x + 1.0
    calls: list[int] = []
    reference = weakref.ref(array, lambda _: calls.append(1))
    del array
    assert reference() is None
    assert calls == [1]
    assert (x + 1.0).tolist() == list(range(1, 17))


def test_subclasses_have_arrays_of_their_own(budget: flops.BudgetContext) -> None:
    class Named(fnp.ndarray):
        name = "none"

    named = np.zeros(16).view(Named)
    named.name = "mine"
    del named
    gc.collect()
    assert not hasattr(fnp.asarray(np.zeros(16)) + 1.0, "name")


def test_live_bytes_are_all_seen() -> None:
    x = fnp.asarray(np.arange(2048.0))
    with flops.BudgetContext(flop_budget=10**9, quiet=True):
        warm = x + 1.0  # leaves an array in the pool
        del warm
    with flops.BudgetContext(flop_budget=10**9, quiet=True, memory=True) as budget:
        kept = [x + 1.0, x + 2.0]
        assert budget.peak_live_bytes >= 2 * x.nbytes
        del kept


def test_threads(budget: flops.BudgetContext) -> None:
    def work(seed: int) -> bool:
        x = fnp.asarray(np.full(16, float(seed)))
        return all(float(fnp.sum(x + 1.0 - x)) == 16.0 for _ in range(300))

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(16)))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.booleans()), max_size=40))
def test_any_order_of_making_and_dropping(steps: list[tuple[int, int, bool]]) -> None:
    kept: list[tuple[fnp.ndarray, np.ndarray]] = []
    with flops.BudgetContext(flop_budget=10**12, quiet=True):
        for i, (rows, columns, drops) in enumerate(steps):
            plain = np.full((rows, columns), float(i))
            kept.append((fnp.asarray(plain) * 2.0, plain * 2.0))
            if drops:
                del kept[len(kept) // 2]
            assert all(np.array_equal(np.asarray(a), b) for a, b in kept)
