"""What keeping the source of every operation costs: nanoseconds per call, beside a plain budget.

    python benchmarks/attribution.py

A small addition is called in short rounds, plain and watched ones in turn; the figures are of the
shortest rounds. "New frame" calls a function for every addition, whose frame object CPython makes
when somebody looks at it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import flopscope as flops
import flopscope.numpy as fnp

CASES: dict[str, dict[str, Any]] = {
    "plain": {},
    "line": {"attribute": "line"},
    "stack": {"attribute": "stack"},
    "memory": {"memory": True},
    "line and memory": {"attribute": "line", "memory": True},
}


def in_loop(x: Any, y: Any, calls: int) -> None:
    """Additions on one line."""
    for _ in range(calls):
        x + y


def add(x: Any, y: Any) -> None:
    """One addition in a frame of its own."""
    x + y


def in_function(x: Any, y: Any, calls: int) -> None:
    """Additions in frames of their own."""
    for _ in range(calls):
        add(x, y)


def measure(run: Callable[[Any, Any, int], None], rounds: int, calls: int) -> dict[str, float]:
    """Shortest time per call, in nanoseconds, for every case."""
    x, y = fnp.array([1.0] * 16), fnp.array([2.0] * 16)
    best = dict.fromkeys(CASES, float("inf"))
    for _ in range(rounds):
        for name, settings in CASES.items():
            with flops.BudgetContext(10**12, quiet=True, **settings):
                start = time.perf_counter()
                run(x, y, calls)
                best[name] = min(best[name], (time.perf_counter() - start) / calls)
    return {name: 1e9 * seconds for name, seconds in best.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--calls", type=int, default=1000)
    options = parser.parse_args()
    print(f"{'':<20}{'in a loop':>18}{'new frame':>18}")
    loop = measure(in_loop, options.rounds, options.calls)
    frames = measure(in_function, options.rounds, options.calls)
    for name in CASES:
        cells = "".join(
            f"{found[name]:>8.0f} (+{found[name] - found['plain']:>4.0f}) ns"
            for found in (loop, frames)
        )
        print(f"{name:<20}{cells}")


if __name__ == "__main__":
    main()
