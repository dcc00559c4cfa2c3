"""What a sampling run would cost through counted operations.

The harness samples outside the meter; its report still states the bill. Every operation of
`whestbench.simulation.counted_statistics` costs a fixed amount per run, per chunk and per sample,
so three tiny metered runs tell the three rates, whatever the rules and weights of the meter are.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

import flopscope as flops
from whestbench.domain import sample_mlp
from whestbench.simulation import (
    NAMESPACES,
    counted_statistics,
    sample_layer_statistics_chunk_count,
)

__all__ = ["sampling_breakdown"]

_Counts = dict[str, tuple[int, int]]


def sampling_breakdown(width: int, depth: int, n: int, seconds: float) -> dict[str, Any]:
    """Summary of a sampling run, in the form of `BudgetContext.summary_dict(by_namespace=True)`.

    Parameters
    ----------
    width, depth : int
    n : int
        Number of samples.
    seconds : float
        What the sampling took; all of it is kernel time.

    Returns
    -------
    dict
        Operations, calls and FLOPs are those of `whestbench.sample_layer_statistics`. The budget
        is null: none was open.
    """
    chunks = sample_layer_statistics_chunk_count(width, n)
    per_run, per_chunk, per_sample = _rates(width, depth)
    operations = {
        name: {
            "flop_cost": fixed[0] + chunks * per_chunk[name][0] + n * per_sample[name][0],
            "calls": fixed[1] + chunks * per_chunk[name][1] + n * per_sample[name][1],
            "flopscope_backend_time_s": 0.0,
            "flopscope_overhead_time_s": 0.0,
        }
        for name, fixed in per_run.items()
    }
    totals = {
        "flops_used": sum(entry["flop_cost"] for entry in operations.values()),
        "flopscope_backend_time_s": seconds,
        "flopscope_overhead_time_s": 0.0,
    }
    calls = sum(entry["calls"] for entry in operations.values())
    return {
        "flop_budget": None,
        "flops_remaining": None,
        "wall_time_s": seconds,
        "residual_wall_time_s": 0.0,
        **totals,
        "by_namespace": {
            ".".join(NAMESPACES): {**totals, "calls": calls, "operations": operations}
        },
    }


@functools.lru_cache(maxsize=64)
def _rates(width: int, depth: int) -> tuple[_Counts, _Counts, _Counts]:
    """FLOPs and calls of each operation: per run, per chunk, per sample."""
    # Sums over a single row are billed by another rule, so no chunk here has fewer than two.
    runs = ((2, 2), (3, 3), (4, 2))
    two, three, twice_two = (_metered(width, depth, n, rows) for n, rows in runs)
    per_sample = _minus(three, two)
    per_chunk = _minus(twice_two, two, per_sample, per_sample)
    per_run = _minus(two, per_chunk, per_sample, per_sample)
    return per_run, per_chunk, per_sample


def _minus(counts: _Counts, *others: _Counts) -> _Counts:
    return {
        name: (cost - sum(o[name][0] for o in others), calls - sum(o[name][1] for o in others))
        for name, (cost, calls) in counts.items()
    }


def _metered(width: int, depth: int, n: int, rows: int) -> _Counts:
    mlp = sample_mlp(width, depth, 0)
    with flops.BudgetContext(flop_budget=10**18, quiet=True) as budget:
        counted_statistics(mlp, n, np.random.default_rng(0), rows)
    operations = budget.summary_dict()["operations"]
    return {name: (entry["flop_cost"], entry["calls"]) for name, entry in operations.items()}
