"""Whole estimators, written once for any array module: time over NumPy, and where it goes.

    python benchmarks/estimators.py                  three estimators of four networks
    python benchmarks/estimators.py --size 64x32     one network (WIDTHxDEPTH), may be given again
    python benchmarks/estimators.py --reference      also the meter written in plain Python
    python benchmarks/estimators.py --json FILE      figures for a program to read

The estimators are those of `examples/estimate_mlp.py`. Runs alternate between the sides; the ratio
is that of the shortest runs. Overhead and residual are shares of the wall time of the counted run
with the least of them. Values must be equal bit for bit, and bills equal to the reference meter's.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench_cases import BUDGET, bit_equal

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
from estimate_mlp import covariance_propagation, he_network, mean_propagation, sampling

import flopscope as flops
import flopscope.numpy as fnp

SIZES = ("256x8", "64x32", "16x64", "1024x4")
SAMPLES = 200
#: The longest that the runs of one estimator take, and the fewest and most of them, per side.
SECONDS = 3.0
FEWEST, MOST = 5, 400

#: Ratio of counted time to NumPy's.
GOALS = {
    ("mean", "64x32"): 1.15,
    ("covariance", "64x32"): 1.15,
    ("mean", "256x8"): 1.02,
    ("covariance", "256x8"): 1.02,
}
#: Residual time of a whole run, in microseconds.
RESIDUAL_GOALS = {("mean", "256x8"): 40.0}

Estimator = Callable[[Sequence[Any], Any], Any]

ESTIMATORS: dict[str, Estimator] = {
    "mean": mean_propagation,
    "covariance": covariance_propagation,
    "sampling": lambda weights, xp: sampling(weights, xp, samples=SAMPLES, seed=0),
}
#: The Python meter has no generators, and prices large products one multiplication at a time.
REFERENCE = ("mean", "covariance")
REFERENCE_WIDTH = 64


@dataclass
class Row:
    """Times in microseconds: the shortest runs."""

    estimator: str
    size: str
    numpy: float
    counted: float
    reference: float | None
    operations: int
    flops: int
    overhead: float
    residual: float
    goal: float | None
    residual_goal: float | None

    @property
    def ratio(self) -> float:
        return self.counted / self.numpy

    @property
    def verdict(self) -> str:
        parts = []
        if self.goal is not None:
            parts.append(f"x {self.goal:.2f} {'ok' if self.ratio <= self.goal else 'MISSED'}")
        if self.residual_goal is not None:
            met = self.residual <= self.residual_goal
            parts.append(f"residual {self.residual_goal:.0f} us {'ok' if met else 'MISSED'}")
        return ", ".join(parts)


def timed(run: Callable[[], Any]) -> float:
    start = time.perf_counter_ns()
    run()
    return (time.perf_counter_ns() - start) / 1e3


def counted_run(estimator: Estimator, weights: Sequence[Any]) -> tuple[float, flops.BudgetContext]:
    budget = flops.BudgetContext(flop_budget=BUDGET, quiet=True)
    with budget:
        wall = timed(lambda: estimator(weights, fnp))
    return wall, budget


def reference_run(estimator: Estimator, weights: Sequence[np.ndarray]) -> tuple[float, int, Any]:
    from flopscope.reference import Budget, MeteredNumpy

    budget = Budget(BUDGET)
    xp = MeteredNumpy(budget, exact=False)
    metered = [xp.asarray(w) for w in weights]
    start = time.perf_counter_ns()
    value = estimator(metered, xp)
    return (time.perf_counter_ns() - start) / 1e3, budget.flops_used, value


def measure(name: str, size: str, reference: bool) -> Row:
    width, depth = (int(part) for part in size.split("x"))
    estimator = ESTIMATORS[name]
    plain = he_network(width, depth, seed=0)
    counted = [fnp.asarray(w) for w in plain]

    want = estimator(plain, np)
    with flops.BudgetContext(flop_budget=BUDGET, quiet=True) as budget:
        got = estimator(counted, fnp)
    if not bit_equal(np.asarray(got), np.asarray(want)):
        raise AssertionError(f"{name} {size}: values differ from NumPy's")
    used, operations = budget.flops_used, len(budget.op_log)

    numpy_us: list[float] = []
    runs: list[tuple[float, flops.BudgetContext]] = []
    gc.collect()
    gc.disable()
    try:
        begin = time.perf_counter()
        while len(runs) < FEWEST or (len(runs) < MOST and time.perf_counter() - begin < SECONDS):
            numpy_us.append(timed(lambda: estimator(plain, np)))
            runs.append(counted_run(estimator, counted))
    finally:
        gc.enable()

    reference_us = None
    if reference and name in REFERENCE and width <= REFERENCE_WIDTH:
        reference_us, bill, value = reference_run(estimator, plain)
        if bill != used or not bit_equal(np.asarray(value), np.asarray(want)):
            raise AssertionError(f"{name} {size}: {used} FLOPs, the reference meter has {bill}")
    return Row(
        name,
        size,
        min(numpy_us),
        min(wall for wall, _ in runs),
        reference_us,
        operations,
        used,
        min(b.flopscope_overhead_time_s for _, b in runs) * 1e6,
        min(b.residual_wall_time_s for _, b in runs) * 1e6,
        GOALS.get((name, size)),
        RESIDUAL_GOALS.get((name, size)),
    )


def line(row: Row) -> str:
    reference = f"{row.reference:>12.0f}" if row.reference is not None else f"{'-':>12}"
    return (
        f"{row.estimator:<11} {row.size:>7} {row.numpy:>10.0f} {row.counted:>10.0f} {reference}"
        f" {row.ratio:>6.3f} {row.operations:>6} {100 * row.overhead / row.counted:>8.1f}%"
        f" {100 * row.residual / row.counted:>8.1f}%  {row.verdict}"
    ).rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", action="append", metavar="WIDTHxDEPTH")
    parser.add_argument("--estimator", action="append", choices=sorted(ESTIMATORS))
    parser.add_argument("--reference", action="store_true", help="also time flopscope.reference")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    print(
        f"{'estimator':<11} {'size':>7} {'NumPy us':>10} {'counted us':>10} {'Python us':>12}"
        f" {'ratio':>6} {'calls':>6} {'overhead':>9} {'residual':>9}  goal"
    )
    rows = []
    for size in options.size or SIZES:
        for name in options.estimator or ESTIMATORS:
            rows.append(measure(name, size, options.reference))
            print(line(rows[-1]), flush=True)
    if options.json:
        from ratios import machine

        fields = [vars(row) | {"ratio": row.ratio, "verdict": row.verdict} for row in rows]
        options.json.write_text(
            json.dumps({"about": machine(), "rows": fields}, indent=2) + "\n", encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
