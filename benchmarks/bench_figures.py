"""Figures that are not a ratio of two calls: context, summary, memory of the log, import time."""

from __future__ import annotations

import contextlib
import os
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


IMPORT_RATIO_PROGRAM = """
import time
start = time.perf_counter()
import numpy
between = time.perf_counter()
import {module}
print((time.perf_counter() - between) / (between - start))
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


def enter_and_exit_namespace() -> Callable[[], object]:
    """Enters and leaves a namespace; to be called inside a context."""
    import flopscope as flops

    def action() -> None:
        with flops.namespace("part"):
            pass

    return action


def namespace_ns() -> float:
    import flopscope as flops

    with flops.BudgetContext(flop_budget=10**15, quiet=True):
        return best_ns(enter_and_exit_namespace(), 500, 50)


def growth_of_log(operations: int = 1_000_000) -> float:
    """Time of an addition after so many operations, over that of the first ones."""
    import flopscope as flops
    import flopscope.numpy as fnp

    a = fnp.ones(16)
    with flops.BudgetContext(flop_budget=10**15, quiet=True):
        first = best_ns(lambda: a + a, 1000, 10)
        for _ in range(operations):
            a + a
        return best_ns(lambda: a + a, 1000, 10) / first


def closed_to_open() -> float:
    """Time of an addition under no context of the program's own, over that under one."""
    import flopscope as flops
    import flopscope.numpy as fnp

    a = fnp.ones(16)
    closed = best_ns(lambda: a + a, 1000, 30)
    with flops.BudgetContext(flop_budget=10**15, quiet=True):
        return closed / best_ns(lambda: a + a, 1000, 30)


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
    # An installed package is imported from bytecode.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env=environment
    )
    return float(done.stdout)


def bytes_per_logged_operation(times: int = 1_000_000) -> float:
    """Growth of resident memory per logged operation (Linux only)."""
    return run_program(MEMORY_PROGRAM.format(times=times))


def import_ms(module: str, rounds: int = 7) -> float:
    """Shortest time to import ``module`` into a fresh process that has NumPy already."""
    return min(run_program(IMPORT_PROGRAM.format(module=module)) for _ in range(rounds))


def import_to_numpy(module: str, rounds: int) -> float:
    """Smallest ratio of the time to import ``module`` to that of importing NumPy before it."""
    program = IMPORT_RATIO_PROGRAM.format(module=module)
    return min(run_program(program) for _ in range(rounds))


def all_figures() -> list[tuple[str, float, str, float | None]]:
    """Name, value, unit, and the goal it should stay below."""
    summary_us = best_ns(summary_after(LOGGED), 1, 50) / 1e3
    return [
        ("empty context (contextlib.nullcontext)", best_ns(empty_context(), 500, 50), "ns", None),
        ("enter + exit a context", best_ns(enter_and_exit(), 500, 100), "ns", 500.0),
        ("make + enter + exit a context", best_ns(make_enter_and_exit(), 500, 50), "ns", None),
        ("enter + exit a namespace", namespace_ns(), "ns", None),
        (f"summary() after {LOGGED:,} operations", summary_us, "us", 50.0),
        ("memory per logged operation", bytes_per_logged_operation(), "bytes", 48.0),
        ("a + b after 1,000,000 operations, to before", growth_of_log(), "x", None),
        ("a + b outside of any context, to inside", closed_to_open(), "x", None),
        ("import flopscope.numpy, NumPy loaded", import_ms("flopscope.numpy", 15), "ms", 15.0),
    ]
