"""How fast this machine runs and samples networks, and whether it does so right."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp
from whestbench.domain import MLP, sample_mlp
from whestbench.simulation import run_mlp, sample_layer_statistics
from whestbench.truth.kernel import layer_statistics

__all__ = ["PRESETS", "check_correctness", "profile_simulation"]

PRESETS: dict[str, tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = {
    "super-quick": ((256,), (4,), (10_000,)),
    "quick": ((256,), (4, 128), (10_000, 100_000)),
    "standard": ((64, 256), (4, 32, 128), (10_000, 100_000)),
    "exhaustive": ((64, 256), (4, 32, 128), (10_000, 100_000, 1_000_000)),
}
"""Widths, depths and numbers of samples of each grid."""

_REPEATS = 3
_UNLIMITED = 10**18


def check_correctness() -> dict[str, Any]:
    """Compare the three ways of running a network with its definition in float64."""
    mlp = sample_mlp(32, 3, 7)
    x = np.random.default_rng(1).standard_normal((2000, 32), dtype=np.float32)
    h = x.astype(np.float64)
    means = []
    for w in mlp.weights:
        h = np.maximum(h @ np.asarray(w, dtype=np.float64), 0.0)
        means.append(h.mean(axis=0))
    truth = np.stack(means)
    with flops.BudgetContext(flop_budget=_UNLIMITED, quiet=True):
        last = np.asarray(run_mlp(mlp, fnp.asarray(x)))
        counted = np.asarray(sample_layer_statistics(mlp, 2000, 1)[0])
    fast = layer_statistics(mlp, 2000, 1).means
    errors = {
        "run_mlp": float(np.max(np.abs(last - h))),
        "sample_layer_statistics": float(np.max(np.abs(counted - truth))),
        "layer_statistics": float(np.max(np.abs(fast - truth))),
    }
    return {"ok": max(errors.values()) < 1e-4, "max_abs_error": errors}


def profile_simulation(
    preset: str, progress: Callable[[int, int, str], None] | None = None
) -> list[dict[str, Any]]:
    """Median times of three runs each, over the grid of a preset.

    Returns
    -------
    list of dict
        ``operation, width, depth, n_samples, median_s, times_s, gflops``; the operation
        ``layer_statistics`` is the harness's own loop, outside the meter.
    """
    cells = list(itertools.product(*PRESETS[preset]))
    timings = []
    for position, (width, depth, n) in enumerate(cells):
        mlp = sample_mlp(width, depth, 0)
        for name, run in _operations(mlp, n).items():
            if progress is not None:
                progress(position, len(cells), f"{name} {width}x{depth}, {n:,} samples")
            times = [_seconds(run) for _ in range(_REPEATS)]
            median = statistics.median(times)
            timings.append(
                {
                    "operation": name,
                    "width": width,
                    "depth": depth,
                    "n_samples": n,
                    "median_s": median,
                    "times_s": times,
                    "gflops": 2.0 * n * depth * width**2 / median / 1e9,
                }
            )
    if progress is not None:
        progress(len(cells), len(cells), "done")
    return timings


def _operations(mlp: MLP, n: int) -> dict[str, Callable[[], object]]:
    x = fnp.asarray(np.random.default_rng(0).standard_normal((n, mlp.width), dtype=np.float32))

    def forward() -> None:
        with flops.BudgetContext(flop_budget=_UNLIMITED, quiet=True):
            run_mlp(mlp, x)

    return {
        "run_mlp": forward,
        "sample_layer_statistics": lambda: sample_layer_statistics(mlp, n, 0),
        "layer_statistics": lambda: layer_statistics(mlp, n, 0),
    }


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
