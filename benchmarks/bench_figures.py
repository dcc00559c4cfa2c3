"""Figures that are not a ratio of two calls: context, summary, memory of the log, import time."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable

LOGGED = 100_000

MEMORY_PROGRAM = """
import gc, resource, sys
import flopscope as flops, flopscope.numpy as fnp

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()

a, b, add = fnp.ones(16), fnp.ones(16), fnp.add
with flops.BudgetContext(flop_budget=10**15, quiet=True):
    def work(times):
        for _ in range(times):
            add(a, b)
    work(1_000)
    gc.collect()
    before = resident()
    work({times})
    print((resident() - before) / {times})
"""

IMPORT_PROGRAM = """
import time
import numpy
start = time.perf_counter()
import {module}
print(1e3 * (time.perf_counter() - start))
"""


def best_ns(action: Callable[[], object], calls: int, rounds: int) -> float:
    """Shortest round of ``calls`` calls, per call, in nanoseconds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter_ns()
        for _ in range(calls):
            action()
        best = min(best, (time.perf_counter_ns() - start) / calls)
    return best


def enter_and_exit() -> Callable[[], object]:
    """Enters and leaves a context that exists already."""
    import flopscope as flops

    budget = flops.BudgetContext(flop_budget=10**15, quiet=True)

    def action() -> None:
        with budget:
            pass

    return action


def make_enter_and_exit() -> Callable[[], object]:
    """Makes a context, enters and leaves it."""
    import flopscope as flops

    def action() -> None:
        with flops.BudgetContext(flop_budget=10**15, quiet=True):
            pass

    return action


def empty_context() -> Callable[[], object]:
    """The twin that does nothing: `contextlib.nullcontext`."""

    def action() -> None:
        with contextlib.nullcontext():
            pass

    return action


def summary_after(operations: int) -> Callable[[], str]:
    """`summary()` of a budget that has logged so many operations of four kinds."""
    import flopscope as flops
    import flopscope.numpy as fnp

    a = fnp.ones(4)
    budget = flops.BudgetContext(flop_budget=10**15, quiet=True)
    with budget:
        for _ in range(operations // 4):
            fnp.exp(a + a) * a
            fnp.sum(a)
    summary: Callable[[], str] = budget.summary
    return summary


def run_program(program: str) -> float:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return float(done.stdout)


def bytes_per_logged_operation(times: int = 1_000_000) -> float:
    """Growth of resident memory per logged operation (Linux only)."""
    return run_program(MEMORY_PROGRAM.format(times=times))


def import_ms(module: str, rounds: int = 7) -> float:
    """Shortest time to import ``module`` into a fresh process that has NumPy already."""
    return min(run_program(IMPORT_PROGRAM.format(module=module)) for _ in range(rounds))


def all_figures() -> list[tuple[str, float, str, float | None]]:
    """Name, value, unit, and the goal it should stay below."""
    return [
        ("empty context (contextlib.nullcontext)", best_ns(empty_context(), 500, 50), "ns", None),
        ("enter + exit a context", best_ns(enter_and_exit(), 500, 50), "ns", 1000.0),
        ("make + enter + exit a context", best_ns(make_enter_and_exit(), 500, 50), "ns", None),
        (
            f"summary() after {LOGGED:,} operations",
            best_ns(summary_after(LOGGED), 1, 20) / 1e6,
            "ms",
            1.0,
        ),
        ("memory per logged operation", bytes_per_logged_operation(), "bytes", 64.0),
        ("import flopscope.numpy, NumPy loaded", import_ms("flopscope.numpy"), "ms", 20.0),
    ]
