"""Score against budget: the points of a sweep, and their picture."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from whestbench.budget import MULTIPLIER_FLOOR

__all__ = ["MISSING", "draw_sweep", "sweep_points"]

MISSING: str | None = (
    None
    if importlib.util.find_spec("matplotlib")
    else "a picture needs matplotlib: pip install 'whestbench[plots]'"
)
"""What to say when no picture can be drawn; None when it can."""


def sweep_points(budgets: Sequence[int], results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One point per budget.

    ``at_floor`` marks the budgets of which so little is used that every network's multiplier is
    0.1: from there on the score is a tenth of the error, whatever the budget.
    """
    points = []
    for budget, found in zip(budgets, results, strict=True):
        multipliers = [row["score_multiplier"] for row in found["per_mlp"]]
        points.append(
            {
                "flop_budget": budget,
                "score": found["adjusted_final_layer_score"],
                "final_layer_mse": found["final_layer_mse"],
                "multiplier": found["mean_score_multiplier"],
                "utilization": found["mean_compute_utilization"],
                "effective_compute": found["mean_effective_compute"],
                "failed": found["n_failed_mlps"],
                "at_floor": max(multipliers) == MULTIPLIER_FLOOR,
            }
        )
    return points


def draw_sweep(points: Sequence[dict[str, Any]], path: Path, title: str) -> None:
    """Write a picture: score and error against budget, both axes logarithmic."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    budgets = [point["flop_budget"] for point in points]
    axes.plot(budgets, [p["score"] for p in points], "o-", color="C0", label="score")
    axes.plot(
        budgets, [p["final_layer_mse"] for p in points], "s--", color="C1", label="final-layer mse"
    )
    failed = [point for point in points if point["failed"]]
    if failed:
        axes.plot(
            [p["flop_budget"] for p in failed],
            [p["score"] for p in failed],
            "x",
            color="C3",
            markersize=11,
            label="some networks failed",
        )
    floor = [point["flop_budget"] for point in points if point["at_floor"]]
    if floor:
        axes.axvspan(min(floor), max(budgets) * 1.05, color="0.5", alpha=0.15, lw=0)
        axes.axvline(min(floor), color="0.4", lw=1, ls=":", label="multiplier at its floor, 0.1")
    axes.set_xscale("log")
    if all(point["score"] > 0 and point["final_layer_mse"] > 0 for point in points):
        axes.set_yscale("log")
    axes.set_xlabel("FLOP budget per network")
    axes.set_ylabel("score (lower is better)")
    axes.set_title(title, fontsize=10)
    axes.grid(True, which="both", alpha=0.25)
    axes.legend()
    figure.savefig(path, dpi=120)
