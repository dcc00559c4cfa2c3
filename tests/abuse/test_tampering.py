"""Attempts to change what a budget says it spent, or what it allows."""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import contextvars
import gc
import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core
from flopscope.errors import BudgetExhaustedError, TimeExhaustedError

from .registry import attack

GROUP = "Totals, limits, prices and clocks"


@pytest.fixture
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(10_000, quiet=True) as opened:
        yield opened


def spend(n: int = 10) -> None:
    fnp.add(fnp.zeros(n), 1.0)


def price(function: Callable[[], Any]) -> int:
    with flops.BudgetContext(10**12, quiet=True) as budget:
        function()
    return budget.flops_used


def heavy() -> Any:
    """Operations of several kinds of pricing: rules in C++, in Python, and planned."""
    m = fnp.array(np.eye(6) + 0.5)
    fnp.linalg.svd(m)
    fnp.linalg.solve(m, m)
    fnp.fft.fft(m)
    fnp.sort(m)
    fnp.einsum("ij,jk,kl->il", m, m, m)
    fnp.histogram(m.ravel(), bins=5)
    fnp.polyfit(fnp.arange(6.0), fnp.arange(6.0), 2)
    fnp.median(m)
    fnp.interp(m, fnp.arange(6.0), fnp.arange(6.0))
    return m @ m


@attack(GROUP, "`budget.flops_used = 0`, `budget._used = 0`, `del`", "refused")
def test_assigned_figures(budget: flops.BudgetContext) -> None:
    spend()
    for name in ("flops_used", "flop_budget", "flops_remaining", "wall_time_limit_s", "escapes",
                 "op_log", "_used", "strict", "flops_elsewhere", "state"):  # fmt: skip
        with pytest.raises(AttributeError):
            setattr(budget, name, 0)
        with pytest.raises(AttributeError):
            delattr(budget, name)
        with pytest.raises(AttributeError):
            object.__setattr__(budget, name, 0)
    assert not hasattr(budget, "__dict__")
    assert (budget.flops_used, budget.flop_budget) == (10, 10_000)


@attack(GROUP, "`BudgetContext.flops_used = 0`, on the class and its bases", "refused")
def test_assigned_classes(budget: flops.BudgetContext) -> None:
    for cls in (flops.BudgetContext, _core.Budget, flops.SubBudget, _core._Part,
                flops.FlopscopeArray, flops.SymmetricTensor, flops.Escape):  # fmt: skip
        for name in ("flops_used", "__enter__", "__exit__", "__add__", "__array_ufunc__"):
            with pytest.raises((TypeError, AttributeError)):
                setattr(cls, name, lambda *_: 0)
            with pytest.raises((TypeError, AttributeError)):
                type.__setattr__(cls, name, lambda *_: 0)
    spend()
    assert budget.flops_used == 10


@attack(GROUP, "a subclass of `BudgetContext` that shows other figures", "harmless",
        "`attest` reads the core's")  # fmt: skip
def test_lying_subclass() -> None:
    class Lying(flops.BudgetContext):
        flops_used = 0  # type: ignore[assignment]

        @property
        def escapes(self) -> tuple[flops.Escape, ...]:
            return ()

    with Lying(100, quiet=True) as budget:
        spend()
        np.asarray(fnp.ones(3))
        with pytest.raises(BudgetExhaustedError):
            spend(91)
    assert budget.flops_used == 0
    statement = budget.attest()
    assert statement["budget"]["flops_used"] == 10
    assert len(statement["escapes"]) == 1


@attack(GROUP, "`budget.__init__(10**18)` again", "refused")
def test_init_again(budget: flops.BudgetContext) -> None:
    with pytest.raises(RuntimeError, match="twice"):
        budget.__init__(10**18)  # type: ignore[misc]
    assert budget.flop_budget == 10_000


@attack(GROUP, "`budget.__class__ = Other`", "refused")
def test_class_assigned(budget: flops.BudgetContext) -> None:
    with pytest.raises(TypeError):
        budget.__class__ = type("Other", (), {})  # type: ignore[assignment]
    with pytest.raises(TypeError):
        fnp.ones(3).__class__ = np.ndarray


@attack(GROUP, "records of the log changed, or the list of them", "harmless", "they are copies")
def test_log_changed(budget: flops.BudgetContext) -> None:
    spend()
    record = budget.op_log[-1]
    with pytest.raises(AttributeError):
        record.flop_cost = 0  # type: ignore[misc]
    budget.op_log[:].clear()
    with pytest.raises((TypeError, AttributeError)):
        budget.op_log[0] = record  # type: ignore[index]
    assert [r.flop_cost for r in budget.op_log] == [0, 10]


@attack(GROUP, "`time.perf_counter`, `time.monotonic` and others patched", "harmless",
        "the clock is read in C++")  # fmt: skip
def test_patched_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = time.sleep
    for name in ("perf_counter", "monotonic", "time", "process_time"):
        monkeypatch.setattr(time, name, lambda: 0.0)
        monkeypatch.setattr(time, f"{name}_ns", lambda: 0)
    with flops.BudgetContext(10**9, quiet=True, wall_time_limit_s=0.02) as budget:
        spend()
        sleep(0.03)
        with pytest.raises(TimeExhaustedError):
            spend()
    assert budget.wall_time_s is not None
    assert budget.wall_time_s >= 0.03


@attack(GROUP, "`math.prod`, `np.prod`, `np.shape`, `max` and other helpers patched", "harmless",
        "what prices a call has private copies of them")  # fmt: skip
def test_patched_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = price(heavy)
    for module in (math, np):
        for name in ("prod", "ceil", "log2", "broadcast_shapes", "shape", "size", "ndim"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, lambda *_, **__: 0)
    with monkeypatch.context() as patched:
        for name in ("max", "min", "sum", "abs"):
            patched.setattr(builtins, name, lambda *_, **__: 0)
        got = price(heavy)
    assert got == expected


@attack(GROUP, "functions of `flopscope.pricing` replaced, in all modules", "harmless",
        "the counted functions hold sealed copies; `attest` names what was replaced")  # fmt: skip
def test_patched_pricing(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import FunctionType

    expected = price(heavy)
    replaced = 0
    for name, module in list(sys.modules.items()):
        if not name.startswith("flopscope.pricing"):
            continue
        for key, value in list(vars(module).items()):
            if isinstance(value, FunctionType) and value.__module__ == name:
                monkeypatch.setattr(module, key, lambda *_, **__: 0)
                replaced += 1
    assert replaced > 50
    assert price(heavy) == expected
    with flops.BudgetContext(10, quiet=True) as budget:
        pass
    assert len(budget.attest()["changed_functions"]) == replaced


@attack(GROUP, "`f.__code__` and `f.__defaults__` of pricing functions assigned", "harmless",
        "as above")  # fmt: skip
def test_patched_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from flopscope.pricing.facts import linalg

    expected = price(heavy)
    for name in ("_svd", "_square", "_qr"):
        function = getattr(linalg, name)
        monkeypatch.setattr(function, "__code__", (lambda *_, **__: 0).__code__)
    assert price(heavy) == expected


@attack(GROUP, "`_core._set_default_cost_model(...)` with weights of one's own", "refused")
def test_replaced_weights() -> None:
    expected = price(heavy)
    model = _core._default_cost_model()
    with pytest.raises(TypeError, match="not for programs"):
        model.derive("cheap", {"add": 0.0, "linalg.svd": 0.0}, True, None)
    with pytest.raises(TypeError, match="not for programs"):
        _core._set_default_cost_model(model)
    flops.accounting.__dict__.setdefault("weights", {})
    assert price(heavy) == expected


@attack(GROUP, "environment variables of weights set while the program runs", "harmless",
        "they are read once, at import")  # fmt: skip
def test_late_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = price(heavy)
    monkeypatch.setenv("FLOPSCOPE_DISABLE_WEIGHTS", "1")
    monkeypatch.setenv("FLOPSCOPE_WEIGHTS_FILE", "none.json")
    assert price(heavy) == expected


@attack(GROUP, "`_core._set_dispatch`, `_set_array_ops`, `_set_skipped_folders` again", "refused")
def test_tables_set_again(budget: flops.BudgetContext) -> None:
    with pytest.raises(RuntimeError):
        _core._set_array_ops({}, {})
    with pytest.raises(RuntimeError):
        _core._set_skipped_folders([""], [""])
    _core._set_dispatch({np.add: fnp.positive}, {np.sum: fnp.ndim})
    v = fnp.array([1.0, 2.0])
    np.add(v, v)
    np.sum(v)
    assert budget.flops_used == 3


@attack(GROUP, "`_core._make_op('reshape', np.matmul)`: an operation that is free", "refused")
def test_own_operations() -> None:
    with pytest.raises(TypeError, match="own"):
        _core._make_op("reshape", np.matmul)
    with pytest.raises(TypeError):
        _core.CountedFunction()  # type: ignore[call-arg]
    for name in ("target", "id", "rule", "pricing"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(fnp.matmul, name, None)


@attack(GROUP, "a dry budget inside (`_dry=True`), which the session does not see", "refused")
def test_dry_budget(budget: flops.BudgetContext) -> None:
    with pytest.raises(TypeError, match="own"):
        flops.BudgetContext(10**18, quiet=True, _dry=True)


@attack(GROUP, "another `BudgetContext` inside, with a limit of its own", "refused")
def test_nested_context(budget: flops.BudgetContext) -> None:
    with pytest.raises(RuntimeError, match="nest"), flops.BudgetContext(10**18, quiet=True):
        pass
    with pytest.raises(TypeError, match="own"):
        _core._detach(budget)
    spend()
    assert budget.flops_used == 10


@attack(GROUP, "another `BudgetContext` in a thread", "shows", "`flops_elsewhere` is not 0")
def test_context_in_a_thread(budget: flops.BudgetContext) -> None:
    def work() -> None:
        with flops.BudgetContext(10**18, quiet=True):
            spend(123)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    spend()
    assert (budget.flops_used, budget.flops_elsewhere) == (10, 123)


@attack(GROUP, "`budget.__exit__(None, None, None)` early, then computing", "shows",
        "`flops_elsewhere` is not 0")  # fmt: skip
def test_early_exit() -> None:
    budget = flops.BudgetContext(100, quiet=True)
    budget.__enter__()
    spend()
    budget.__exit__(None, None, None)
    spend(5_000)
    with pytest.raises(RuntimeError, match="not open"):
        budget.__exit__(None, None, None)  # the end of the `with` block
    assert (budget.flops_used, budget.flops_elsewhere) == (10, 5_000)
    statement = budget.attest()
    assert statement["budget"]["flops_elsewhere"] == 5_000


@attack(GROUP, "the budget found by the garbage collector, its references cleared", "harmless")
def test_garbage_collector(budget: flops.BudgetContext) -> None:
    spend()
    assert gc.get_referents(budget) in ([], [flops.BudgetContext])
    state = [found for found in gc.get_objects() if type(found) is flops.BudgetContext]
    assert all(not hasattr(found, "__dict__") for found in state)
    gc.collect()
    spend()
    assert budget.flops_used == 20


@attack(GROUP, "figures written into `BudgetContext.__dict__` through `gc.get_referents`", "shows",
        "`attest` names the member; `_core` keeps the true figure")  # fmt: skip
def test_class_dict(budget: flops.BudgetContext) -> None:
    spend()
    (names,) = (d for d in gc.get_referents(vars(flops.BudgetContext)) if type(d) is dict)
    original = names["attest"]
    names["attest"] = lambda self, **_: {"budget": {"flops_used": 0}}
    try:
        from flopscope._attestation.attest import attest as true_attest

        statement = true_attest(budget)
    finally:
        names["attest"] = original
    assert statement["budget"]["flops_used"] == 10
    assert "flopscope._budget.BudgetContext.attest" in statement["changed_functions"]


@attack(GROUP, "the context variable emptied: `contextvars.Context().run(f)`", "billed")
def test_empty_context(budget: flops.BudgetContext) -> None:
    contextvars.Context().run(spend, 7)
    assert budget.flops_used == 7


@attack(GROUP, "something else put into the context variable", "billed")
def test_foreign_scope(budget: flops.BudgetContext) -> None:
    (variable,) = (v for v in contextvars.copy_context() if v.name == "flopscope_scope")
    for value in (None, 3, budget, object()):
        token = variable.set(value)
        spend(1)
        variable.reset(token)
    assert budget.flops_used == 4


@attack(GROUP, "8 threads and a pool that compute at once", "billed")
def test_threads(budget: flops.BudgetContext) -> None:
    def work(_: int) -> None:
        for _ in range(100):
            spend(1)

    threads = [threading.Thread(target=work, args=(0,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert budget.flops_used == 1_600
    assert sum(record.flop_cost for record in budget.op_log) == 1_600


@attack(GROUP, "threads that race for the last FLOPs", "refused", "the limit is never passed")
def test_race_for_the_last() -> None:
    refused = []

    def work() -> None:
        for _ in range(200):
            with contextlib.suppress(BudgetExhaustedError):
                spend(1)
                continue
            refused.append(1)

    with flops.BudgetContext(500, quiet=True) as budget:
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (budget.flops_used, len(refused)) == (500, 700)


@attack(GROUP, "asyncio tasks with namespaces, interleaved", "billed")
def test_tasks(budget: flops.BudgetContext) -> None:
    async def work(name: str) -> None:
        with flops.namespace(name):
            for _ in range(20):
                spend(1)
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(work(f"task{i}") for i in range(10)))

    asyncio.run(main())
    spaces = budget.summary_dict(by_namespace=True)["by_namespace"]
    assert {part["flops_used"] for part in spaces.values()} == {20}
    assert budget.flops_used == 200


@attack(GROUP, "`_core._Stopwatch(budget, 10**9)`, `_OwnTime()`: time booked elsewhere", "refused")
def test_private_clocks(budget: flops.BudgetContext) -> None:
    for call in (lambda: _core._Stopwatch(budget, 10**9), lambda: _core._OwnTime().__enter__()):
        with pytest.raises((TypeError, IndexError)):
            call()


@attack(GROUP, "a negative or huge `deduct`", "refused")
def test_deduct(budget: flops.BudgetContext) -> None:
    for cost in (2**64, 2**200):
        with pytest.raises(BudgetExhaustedError):
            budget.deduct("gain", flop_cost=cost)
    for bad, error in ((-1, ValueError), (True, TypeError), (1.5, TypeError)):
        with pytest.raises(error):
            budget.deduct("gain", flop_cost=bad)  # type: ignore[arg-type]
    assert budget.flops_used == 0


@attack(GROUP, "`budget_reset()` in the middle", "harmless", "budgets keep their figures")
def test_reset(budget: flops.BudgetContext) -> None:
    spend()
    flops.budget_reset()
    spend()
    assert budget.flops_used == 20


@attack(GROUP, "`fnp.add = np.add`, names of the facade replaced", "billed",
        "NumPy's own function bills counted arrays")  # fmt: skip
def test_names_replaced(budget: flops.BudgetContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fnp, "add", np.add)
    with pytest.warns(UserWarning, match="auto-routed"):
        fnp.add(fnp.zeros(4), 1.0)
    assert budget.flops_used == 4


@attack(GROUP, "error classes replaced by things that are no exceptions", "refused")
def test_errors_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    from flopscope import errors

    for value in (None, int, lambda *_, **__: 3):
        monkeypatch.setattr(errors, "BudgetExhaustedError", value)
        with flops.BudgetContext(5, quiet=True) as budget:
            with pytest.raises(Exception):  # noqa: B017, PT011 - whatever it is, it is raised
                spend(6)
            assert budget.flops_used == 0


@attack(GROUP, "a private function that makes a tagged array called from outside", "refused")
def test_private_tagging() -> None:
    group = flops.SymmetryGroup.symmetric((0, 1))
    for function in (_core._tag, _core._tag_view):
        with pytest.raises(TypeError, match="own"):
            function(fnp.array(np.arange(4.0).reshape(2, 2)), group, False)
