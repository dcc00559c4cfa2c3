"""From predictions to scores: per network, and over the suite."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from whestbench.budget import effective_compute, score_multiplier
from whestbench.scoring.breakdowns import estimator_breakdown, sum_breakdowns
from whestbench.scoring.contest import ContestData
from whestbench.scoring.measure import EXHAUSTIONS, Measured, measure
from whestbench.scoring.spec import ContestSpec

__all__ = ["aggregate", "evaluate_estimator", "score_network"]

_PER_NETWORK_ERRORS = ("final_layer_mse", "all_layers_mse", "adjusted_final_layer_score")


def evaluate_estimator(
    estimator: Any,
    data: ContestData,
    on_mlp_scored: Callable[[dict[str, Any]], None] | None = None,
    *,
    fail_fast: bool = False,
) -> dict[str, Any]:
    """Score an estimator on every network of a contest.

    Parameters
    ----------
    estimator : object
        With ``predict(mlp, budget)``. If it also has ``last_predict_stats()``, and that returns a
        dict (``flops_used, wall_time_s, flopscope_backend_time_s, flopscope_overhead_time_s,
        residual_wall_time_s, budget_breakdown``), those figures replace the local meter's.
    data : ContestData
    on_mlp_scored : callable, optional
        Given the entry of each network as soon as it is scored.
    fail_fast : bool
        Let the first exception through. Limits that are hit are scores, not exceptions.

    Returns
    -------
    dict
        The ``results`` of the report, see the documentation. Lower scores are better.

    Warns
    -----
    ScoringExhaustionWarning
        One of its subclasses, per network that hit a limit.

    Examples
    --------
    >>> import numpy as np
    >>> from whestbench.scoring import ContestSpec, make_contest
    >>> class Zero:
    ...     def predict(self, mlp, budget):
    ...         return np.zeros((mlp.depth, mlp.width))
    >>> data = make_contest(ContestSpec(4, 2, 2, 10**9, 1000, seed=0))
    >>> evaluate_estimator(Zero(), data)["n_failed_mlps"]
    0
    """
    entries = []
    for index, mlp in enumerate(data.mlps):
        measured = measure(estimator, mlp, data.spec, fail_fast=fail_fast)
        entry = score_network(index, mlp.name, measured, data.all_layer_targets[index], data.spec)
        if measured.exhausted is not None:
            warnings.warn(
                f"network {index} ({mlp.name}): {measured.exhausted.replace('_', ' ')}; "
                "scored as zeros with multiplier 1",
                EXHAUSTIONS[measured.exhausted],
                stacklevel=2,
            )
        entries.append(entry)
        if on_mlp_scored is not None:
            on_mlp_scored(entry)
    results = aggregate(entries, data.spec)
    results["breakdowns"]["sampling"] = sum_breakdowns(data.sampling_breakdowns)
    return results


def score_network(
    index: int,
    name: str,
    measured: Measured,
    truth: np.ndarray[Any, Any],
    spec: ContestSpec,
) -> dict[str, Any]:
    """The report's entry of one network.

    Errors are squared, and averaged, in float32; the score is a float64 product.
    """
    failed = measured.predictions is None
    answer = np.zeros_like(truth) if measured.predictions is None else measured.predictions
    with np.errstate(over="ignore"):  # an answer of 1e30 is finite, and its error is not
        squared = (answer - truth) ** 2
        final = float(np.mean(squared[-1]))
        per_layer = [float(value) for value in np.mean(squared, axis=1)]
        overall = float(np.mean(squared))
    stats = measured.stats
    compute = 0.0
    if measured.failure is None:
        compute = effective_compute(
            stats.flops_used, stats.residual_wall_time_s, spec.lambda_flops_per_second
        )
    multiplier = 1.0 if failed else score_multiplier(compute, spec.flop_budget)
    entry: dict[str, Any] = {
        "mlp_index": index,
        "mlp_name": name,
        "final_layer_mse": final,
        "all_layers_mse": overall,
        "per_layer_mse": per_layer,
        "adjusted_final_layer_score": final * multiplier,
        "score_multiplier": multiplier,
        "flops_used": stats.flops_used,
        "effective_compute": compute,
        **{flag: measured.exhausted == flag for flag in EXHAUSTIONS},
        "wall_time_s": stats.wall_time_s,
        "flopscope_backend_time_s": stats.flopscope_backend_time_s,
        "flopscope_overhead_time_s": stats.flopscope_overhead_time_s,
        "residual_wall_time_s": stats.residual_wall_time_s,
        "breakdowns": {"estimator": estimator_breakdown(stats.budget_breakdown)},
        "traceback": None,
    }
    if measured.failure is not None:
        failure = measured.failure
        entry["error"] = (
            failure.message
            if failure.details is None
            else {"message": failure.message, "details": failure.details}
        )
        entry["error_code"] = failure.code
        entry["traceback"] = failure.traceback
    return entry


def aggregate(entries: list[dict[str, Any]], spec: ContestSpec) -> dict[str, Any]:
    """Suite figures of the entries of `score_network`: arithmetic means over networks."""
    scores = [entry["adjusted_final_layer_score"] for entry in entries]
    utilization = [
        entry["effective_compute"] / spec.flop_budget if spec.flop_budget > 0 else 0.0
        for entry in entries
    ]
    failures = {flag: sum(bool(entry[flag]) for entry in entries) for flag in EXHAUSTIONS}
    failures["error"] = sum("error" in entry for entry in entries)
    layers = np.array([entry["per_layer_mse"] for entry in entries], dtype=np.float32)
    with np.errstate(over="ignore"):
        per_layer = [float(value) for value in np.mean(layers, axis=0)]
    return {
        **{key: _mean(entry[key] for entry in entries) for key in _PER_NETWORK_ERRORS},
        "per_layer_mse": per_layer,
        "best_mlp_adjusted_final_layer_score": min(scores),
        "worst_mlp_adjusted_final_layer_score": max(scores),
        # Correctly rounded, where the other means are summed in order: so stands the worked example
        # of the contract, to the last digit (0.425, but 0.16171875000000002).
        "mean_score_multiplier": math.fsum(e["score_multiplier"] for e in entries) / len(entries),
        "mean_compute_utilization": _mean(utilization),
        "mean_effective_compute": _mean(entry["effective_compute"] for entry in entries),
        "n_failed_mlps": sum(failures.values()),
        "failure_breakdown": failures,
        "per_mlp": entries,
        "breakdowns": {
            "sampling": None,
            "estimator": sum_breakdowns(entry["breakdowns"]["estimator"] for entry in entries),
        },
    }


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(np.fromiter(values, dtype=np.float64)))
