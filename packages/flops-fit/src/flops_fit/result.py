"""What a sweep answers: tables, predictions, intervals, plots, and a file that keeps them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .analysis import Analysis
from .outliers import Outlier
from .parametric import Interval
from .plan import SweepPlan
from .store import RunRecord, write_json

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .visualize import ScalingVisualizer

_FORMAT = 1


class Result:
    """A finished sweep.

    Attributes
    ----------
    analysis : Analysis
        The three fits.
    output_dir : Path
        Where the sweep keeps its files.
    compute_budgets : list of float
        The budgets of the sweep, in FLOPs.
    records : list of RunRecord
        All runs, failed ones too.
    plan : SweepPlan
        What was planned.
    """

    def __init__(
        self,
        analysis: Analysis,
        plan: SweepPlan,
        records: Sequence[RunRecord],
        output_dir: str | os.PathLike[str] = "outputs",
    ) -> None:
        self.analysis, self.plan, self.records = analysis, plan, list(records)
        self.output_dir = Path(output_dir)
        self.compute_budgets = list(plan.compute_budgets)

    def __repr__(self) -> str:
        done = sum(r.completed for r in self.records)
        return f"Result({done} of {len(self.records)} runs, output_dir={str(self.output_dir)!r})"

    @property
    def visualizer(self) -> ScalingVisualizer:
        """Draws the plots."""
        from .visualize import ScalingVisualizer

        return ScalingVisualizer(self.analysis, self.records, self.output_dir / "plots")

    @property
    def outliers(self) -> tuple[Outlier, ...]:
        """Runs that were flagged, by their index in `records`, with the reason."""
        return self.analysis.outliers

    def predict(self, compute: float) -> dict[str, Any]:
        """The optimum of a budget.

        Parameters
        ----------
        compute : float
            FLOPs.

        Returns
        -------
        dict
            `target_compute`, `optimal_params` (int), `optimal_tokens` (int), `expected_loss`, `tokens_per_param`.
            Tokens are those that the rounded number of parameters leaves, so the product keeps to the budget.

        Raises
        ------
        FitError
            The runs support none of the approaches.
        """
        best = self.analysis.optimum(compute)
        n = max(1, round(best.n_params))
        d = max(1, round(compute / (self.analysis.flops_per_param_token * n)))
        return {
            "target_compute": compute,
            "optimal_params": n,
            "optimal_tokens": d,
            "expected_loss": best.loss,
            "tokens_per_param": d / n,
        }

    def intervals(self, compute: float, level: float = 0.95) -> dict[str, Interval]:
        """Bootstrap intervals of `optimal_params`, `optimal_tokens`, `expected_loss` and `tokens_per_param`.

        Empty when there are none: no bootstrap was asked for, or predictions come from approach 1. Approach 2 has
        none of the loss.
        """
        found = self.analysis.intervals(compute, level)
        names = {"n_params": "optimal_params", "n_tokens": "optimal_tokens", "loss": "expected_loss"}
        out = {names[name]: pair for name, pair in found.items()}
        if "n_params" in found:
            work = compute / self.analysis.flops_per_param_token
            low, high = found["n_params"]
            out["tokens_per_param"] = (work / high**2, work / low**2)
        return out

    def chinchilla_table(self, compute_budgets: Sequence[float] | None = None) -> str:
        """The optima of budgets as a markdown table; nine budgets from 1e18 to 1e22 by default."""
        budgets = np.geomspace(1e18, 1e22, 9) if compute_budgets is None else compute_budgets
        lines = [
            "| Compute Budget | Optimal N | Optimal D | D/N Ratio | Predicted Loss |",
            "| --- | --- | --- | --- | --- |",
        ]
        for compute in budgets:
            p = self.predict(float(compute))
            lines.append(
                f"| {p['target_compute']:.2e} | {p['optimal_params']:,} | {p['optimal_tokens']:,} "
                f"| {p['tokens_per_param']:.1f} | {p['expected_loss']:.4f} |"
            )
        return "\n".join(lines)

    def plot(self, show: bool = False) -> list[Figure]:
        """Three figures, saved in `output_dir/plots`: iso-FLOP curves, optima against C, D/N against C.

        The loss surface with the efficient frontier is saved beside them;
        `visualizer.plot_surface()` gives its figure.
        """
        return self.visualizer.plot_all(show=show)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "format": _FORMAT,
            "output_dir": str(self.output_dir),
            "plan": self.plan.to_dict(),
            "analysis": self.analysis.to_dict(),
            "records": [r.to_dict() for r in self.records],
        }

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write everything to one JSON file; `Result.load` brings it back with the same predictions, bit for bit."""
        path = Path(path)
        write_json(path, self.to_dict())
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Result:
        """The result that `save` wrote.

        Raises
        ------
        ValueError
            The file holds no result, or one of another format.
        """
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
            if values["format"] != _FORMAT:
                raise ValueError(f"format {values['format']} is not {_FORMAT}")
            return cls(
                Analysis.from_dict(values["analysis"]),
                SweepPlan.from_dict(values["plan"]),
                [RunRecord.from_dict(r) for r in values["records"]],
                values["output_dir"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no saved result: {error}") from error
