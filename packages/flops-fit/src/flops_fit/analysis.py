"""The three approaches side by side on the runs of a sweep."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .envelope import EnvelopeFit, fit_envelope
from .errors import FitError, FitWarning
from .law import Optimum
from .outliers import Outlier, find_outliers
from .parabola import ParabolaFit, fit_parabola
from .parametric import Interval, ParametricFit, fit_parametric
from .power_law import PowerLawFit, fit_power_law
from .store import COMPLETED, RunRecord

_T = TypeVar("_T")

#: The approaches in the order in which they are trusted: all runs at once, optima of budgets, envelope of curves.
APPROACHES = ("parametric", "parabola", "envelope")


@dataclass(frozen=True)
class Analysis:
    """What the runs of a sweep say.

    Attributes
    ----------
    parametric, parabola, envelope : fit or None
        Approaches 3, 2 and 1; None where the runs do not support it.
    refusals : dict
        Why an approach has no fit.
    outliers : tuple of Outlier
        Flagged runs by index; failed runs with their message.
    flops_per_param_token : float
        The k of C = k N D.
    """

    parametric: ParametricFit | None = None
    parabola: ParabolaFit | None = None
    envelope: EnvelopeFit | None = None
    refusals: Mapping[str, str] = field(default_factory=dict)
    outliers: tuple[Outlier, ...] = ()
    flops_per_param_token: float = 6.0

    @property
    def method(self) -> str:
        """Name of the approach that predictions come from: the first of `APPROACHES` that has a fit."""
        for name in APPROACHES:
            if getattr(self, name) is not None:
                return name
        reasons = "; ".join(f"{name}: {why}" for name, why in self.refusals.items())
        raise FitError(f"the runs support none of the approaches ({reasons})")

    @property
    def best(self) -> ParametricFit | ParabolaFit | EnvelopeFit:
        """The fit that predictions come from."""
        fit: ParametricFit | ParabolaFit | EnvelopeFit = getattr(self, self.method)
        return fit

    def optimum(self, compute: float) -> Optimum:
        """The optimal parameters, tokens and loss of a budget."""
        return self.best.optimum(compute)

    def intervals(self, compute: float, level: float = 0.95) -> dict[str, Interval]:
        """Bootstrap intervals of the optimum: `n_params`, `n_tokens` and, for the surface, `loss`."""
        best = self.best
        return {} if isinstance(best, EnvelopeFit) else best.optimum_intervals(compute, level)

    def comparison(self) -> str:
        """The exponents of the approaches as a markdown table."""
        lines = [
            "| Approach | N exponent | 95 % interval | D exponent |",
            "| --- | --- | --- | --- |",
        ]
        titles = {"parametric": "3, parametric", "parabola": "2, parabola", "envelope": "1, envelope"}
        for name in reversed(APPROACHES):
            fit = getattr(self, name)
            if fit is None:
                lines.append(f"| {titles[name]} | none: {self.refusals.get(name, '')} | | |")
                continue
            pair = fit.intervals.get("n_exponent")
            text = f"{pair[0]:.4f} to {pair[1]:.4f}" if pair else "unavailable"
            lines.append(f"| {titles[name]} | {fit.n_exponent:.4f} | {text} | {fit.d_exponent:.4f} |")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; `from_dict` brings the same analysis back, bit for bit."""
        fits = {name: getattr(self, name) for name in APPROACHES}
        return {
            **{name: None if fit is None else fit.to_dict() for name, fit in fits.items()},
            "refusals": dict(self.refusals),
            "outliers": [o.to_dict() for o in self.outliers],
            "flops_per_param_token": self.flops_per_param_token,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Analysis:
        """The analysis that `to_dict` was called on."""
        kinds: dict[str, Any] = {"parametric": ParametricFit, "parabola": ParabolaFit, "envelope": EnvelopeFit}
        fits = {name: None if values[name] is None else kind.from_dict(values[name]) for name, kind in kinds.items()}
        return cls(
            **fits,
            refusals=dict(values["refusals"]),
            outliers=tuple(Outlier(**o) for o in values["outliers"]),
            flops_per_param_token=values["flops_per_param_token"],
        )


class ScalingLawAnalyzer:
    """Fits the runs of a sweep.

    Parameters
    ----------
    records : sequence of RunRecord
        Runs, failed ones too.
    flops_per_param_token, huber_delta, outliers, bootstrap, seed
        As for `fit_parametric`.

    Examples
    --------
    >>> import flops_fit
    >>> class Linear:
    ...     def __init__(self, width): self.width = width
    ...     def num_params(self): return 100 * self.width
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = flops_fit.find_optimal(Linear, "width", compute_budgets=[1e14, 1e15, 1e16],
    ...                                     mode="mock", output_dir=folder, bootstrap=0, progress=False)
    ...     analyzer = flops_fit.ScalingLawAnalyzer(bootstrap=0).load_results(f"{folder}/results.json")
    >>> round(analyzer.analyze().parametric.alpha, 4)
    0.3478
    """

    def __init__(
        self,
        records: Sequence[RunRecord] = (),
        *,
        flops_per_param_token: float = 6.0,
        huber_delta: float = 1e-3,
        outliers: str = "drop",
        bootstrap: int = 1000,
        seed: int = 0,
    ) -> None:
        self.records = list(records)
        self._options: dict[str, Any] = {
            "flops_per_param_token": flops_per_param_token,
            "huber_delta": huber_delta,
            "outliers": outliers,
            "bootstrap": bootstrap,
            "seed": seed,
        }
        self._analysis: Analysis | None = None

    def load_results(self, path: str | os.PathLike[str]) -> ScalingLawAnalyzer:
        """Take the runs of a `results.json`; returns itself."""
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(content, list):
            raise ValueError(f"{path} holds no list of runs")
        try:
            self.records = [RunRecord.from_dict(values) for values in content]
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} holds no list of runs: {error!r}") from None
        self._analysis = None
        return self

    def columns(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Parameters, tokens, losses (NaN for failed runs) and planned budgets of all runs."""
        n = np.array([r.experiment.num_params for r in self.records], dtype=float)
        d = np.array([r.tokens or r.experiment.num_tokens for r in self.records], dtype=float)
        loss = np.array([np.nan if r.loss is None else r.loss for r in self.records], dtype=float)
        compute = np.array([r.experiment.compute_budget for r in self.records], dtype=float)
        return n, d, loss, compute

    def find_optimal_per_budget(self) -> list[dict[str, float]]:
        """The vertex of every budget that has one: budget, parameters, tokens, loss."""
        parabola = self.analyze().parabola
        if parabola is None:
            return []
        return [
            {
                "compute_budget": b.compute,
                "optimal_params": b.n_params,
                "optimal_tokens": b.n_tokens,
                "optimal_loss": b.loss,
            }
            for b in parabola.budgets
            if b.usable
        ]

    def fit_power_law(self, x: ArrayLike, y: ArrayLike, *, name: str = "y", offset: bool = False) -> PowerLawFit:
        """`flops_fit.fit_power_law`."""
        return fit_power_law(x, y, name=name, offset=offset)

    def analyze(self) -> Analysis:
        """Fit all three approaches; made once."""
        if self._analysis is None:
            self._analysis = self._analyze()
        return self._analysis

    def predict(self, compute: float) -> Optimum:
        """The optimal parameters, tokens and loss of a budget."""
        return self.analyze().optimum(compute)

    def _analyze(self) -> Analysis:
        n, d, loss, compute = self.columns()
        refusals: dict[str, str] = {}
        k = self._options["flops_per_param_token"]
        flagged = find_outliers(n, d, loss, huber_delta=self._options["huber_delta"])
        parametric = _attempt("parametric", refusals, lambda: fit_parametric(n, d, loss, **self._options))
        parabola = _attempt("parabola", refusals, lambda: fit_parabola(n, d, loss, compute=compute, **self._options))
        envelope = _attempt("envelope", refusals, lambda: self._envelope({o.index for o in flagged}))
        if parametric is not None:
            flagged = list(parametric.outlier_report)
        named = tuple(
            replace(o, reason=f"the run failed: {self.records[o.index].error}")
            if self.records[o.index].status != COMPLETED
            else o
            for o in flagged
        )
        return Analysis(parametric, parabola, envelope, refusals, named, k)

    def _envelope(self, left_out: set[int]) -> EnvelopeFit:
        kept = [r for i, r in enumerate(self.records) if r.completed and r.curve and i not in left_out]
        # With a warm-up, the first points tell of the schedule, not of the model.
        curves = [r.curve[len(r.curve) // 10 :] for r in kept]
        return fit_envelope(
            [float(r.experiment.num_params) for r in kept],
            [[float(t) for t, _ in curve] for curve in curves],
            [[v for _, v in curve] for curve in curves],
            flops_per_param_token=self._options["flops_per_param_token"],
            bootstrap=min(self._options["bootstrap"], 200),
            seed=self._options["seed"],
        )


def _attempt(name: str, refusals: dict[str, str], fit: Callable[[], _T]) -> _T | None:
    """The fit, or None and why not. An interval that cannot be given is absent from the tables, so no warning."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FitWarning)
            return fit()
    except FitError as error:
        refusals[name] = str(error)
        return None
