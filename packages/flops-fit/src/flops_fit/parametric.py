"""Approach 3: the surface fitted to all runs at once."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._surface_fit import SurfaceFit, fit_surface
from .errors import FitError, FitWarning
from .law import CONSTANTS, Floats, Law, optimal_params, predicted_loss
from .outliers import Outlier, diverged_runs, invalid_runs
from .runs import MIN_RUNS, as_columns, check_design

Interval = tuple[float, float]


@dataclass(frozen=True)
class ParametricFit(Law):
    """A fitted surface: constants, how well they fit, and how sure they are.

    Attributes
    ----------
    objective : float
        Sum over the fitted runs of Huber(ln predicted - ln observed); NaN if not fitted to runs.
    outliers : tuple of int
        Positions of the runs that were left out.
    outlier_report : tuple of Outlier
        Every flagged run with the reason, left out or not.
    n_runs : int
        Number of runs that were fitted.
    huber_delta : float
        Huber's delta, in ln loss.
    samples : (resamples, 5) array or None
        Constants of the bootstrap fits in the order E, A, B, alpha, beta.
    """

    objective: float = float("nan")
    outliers: tuple[int, ...] = ()
    outlier_report: tuple[Outlier, ...] = ()
    n_runs: int = 0
    huber_delta: float = 1e-3
    samples: Floats | None = field(default=None, compare=False, repr=False)

    @classmethod
    def from_constants(
        cls,
        E: float,
        A: float,
        B: float,
        alpha: float,
        beta: float,
        *,
        flops_per_param_token: float = 6.0,
    ) -> ParametricFit:
        """A surface with known constants, such as published ones.

        Examples
        --------
        >>> law = ParametricFit.from_constants(1.8172, 482.01, 2085.43, 0.3478, 0.3658)
        >>> round(law.optimum(5.76e23).n_params / 1e9, 1)
        72.2
        """
        return cls(E, A, B, alpha, beta, flops_per_param_token)

    @property
    def intervals(self) -> dict[str, Interval]:
        """95 % bootstrap intervals of the constants and of both exponents; empty without bootstrap."""
        return self.constant_intervals()

    @property
    def standard_errors(self) -> dict[str, float]:
        """Bootstrap standard deviations of the constants and of both exponents."""
        return {name: float(values.std(ddof=1)) for name, values in self._sampled().items()}

    def constant_intervals(self, level: float = 0.95) -> dict[str, Interval]:
        """Percentile intervals of E, A, B, alpha, beta, n_exponent and d_exponent at a `level`."""
        return {name: interval(values, level) for name, values in self._sampled().items()}

    def optimum_intervals(self, compute: float, level: float = 0.95) -> dict[str, Interval]:
        """Percentile intervals of the optimal parameters, tokens and loss at one budget.

        Returns
        -------
        dict
            `n_params`, `n_tokens`, `loss`, each (low, high); empty without bootstrap.
        """
        self.optimum(compute)
        if self.samples is None:
            return {}
        c = compute / self.flops_per_param_token
        constants = self.samples.T
        n = optimal_params(constants, c)
        found = {"n_params": n, "n_tokens": c / n, "loss": predicted_loss(constants, n, c / n)}
        return {name: interval(values, level) for name, values in found.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; `from_dict` brings the same fit back, bit for bit."""
        return {
            **{name: getattr(self, name) for name in CONSTANTS},
            "flops_per_param_token": self.flops_per_param_token,
            "objective": self.objective,
            "n_runs": self.n_runs,
            "huber_delta": self.huber_delta,
            "n_exponent": self.n_exponent,
            "d_exponent": self.d_exponent,
            "intervals": {name: list(pair) for name, pair in self.intervals.items()},
            "outliers": [o.to_dict() for o in self.outlier_report],
            "samples": None if self.samples is None else self.samples.tolist(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ParametricFit:
        """The fit that `to_dict` was called on."""
        report = tuple(Outlier(**o) for o in values["outliers"])
        samples = values["samples"]
        return cls(
            **{name: values[name] for name in (*CONSTANTS, "flops_per_param_token")},
            objective=values["objective"],
            n_runs=values["n_runs"],
            huber_delta=values["huber_delta"],
            outliers=tuple(o.index for o in report if o.removed),
            outlier_report=report,
            samples=None if samples is None else np.array(samples, dtype=float).reshape(-1, 5),
        )

    def _sampled(self) -> dict[str, Floats]:
        if self.samples is None:
            return {}
        columns = dict(zip(CONSTANTS, self.samples.T, strict=True))
        columns["n_exponent"] = columns["beta"] / (columns["alpha"] + columns["beta"])
        columns["d_exponent"] = columns["alpha"] / (columns["alpha"] + columns["beta"])
        return columns


def fit_parametric(
    n: ArrayLike,
    d: ArrayLike,
    loss: ArrayLike,
    *,
    flops_per_param_token: float = 6.0,
    huber_delta: float = 1e-3,
    outliers: str = "drop",
    bootstrap: int = 0,
    seed: int = 0,
) -> ParametricFit:
    """Fit L(N, D) = E + A N^-alpha + B D^-beta to runs (approach 3 of Hoffmann et al. 2022).

    Parameters
    ----------
    n, d, loss : (runs,) array
        Parameters, training tokens and final loss of each run. A missing (None), non-finite or
        non-positive loss is left out and reported.
    flops_per_param_token : float
        The k of C = k N D; only `optimum` uses it.
    huber_delta : float
        Where Huber's loss on ln L turns linear.
    outliers : {"drop", "keep"}
        Whether runs beyond max(5 x 1.4826 x MAD, 0.002) in ln loss are left out. Kept or not, they
        are listed in `outlier_report`.
    bootstrap : int
        Number of resamples of the fitted runs for intervals; 0 for none.
    seed : int
        Seed of the resampling.

    Returns
    -------
    ParametricFit

    Raises
    ------
    TooFewRunsError, DegenerateDesignError, NotIdentifiableError
        The runs do not determine the surface. All are `FitError`, a `ValueError`.
    ValueError
        An argument is out of range, or the columns do not match.

    Examples
    --------
    >>> import numpy as np
    >>> n, d = np.meshgrid([1e7, 1e8, 1e9], [1e9, 1e10, 1e11])
    >>> loss = 1.8 + 480 * n**-0.35 + 2100 * d**-0.37
    >>> fit = fit_parametric(n.ravel(), d.ravel(), loss.ravel())
    >>> round(fit.alpha, 6), round(fit.beta, 6)
    (0.35, 0.37)
    """
    columns = as_columns(n, d, loss)
    check_options(flops_per_param_token, huber_delta, outliers, bootstrap)
    report = invalid_runs(columns)
    keep = np.flatnonzero(columns.valid)
    check_design(columns.n[keep], columns.d[keep])
    fit = fit_surface(columns.n[keep], columns.d[keep], columns.loss[keep], huber_delta)
    if len(keep) > MIN_RUNS:
        diverged = diverged_runs(columns, fit, removed=outliers == "drop")
        report = sorted(report + diverged, key=lambda o: o.index)
        if diverged and outliers == "drop":
            keep = np.setdiff1d(keep, [o.index for o in diverged])
            check_design(columns.n[keep], columns.d[keep])
            fit = fit_surface(columns.n[keep], columns.d[keep], columns.loss[keep], huber_delta)
    return ParametricFit(
        **dict(zip(CONSTANTS, fit.constants, strict=True)),
        flops_per_param_token=flops_per_param_token,
        objective=fit.objective,
        outliers=tuple(o.index for o in report if o.removed),
        outlier_report=tuple(report),
        n_runs=len(keep),
        huber_delta=huber_delta,
        samples=_bootstrap(fit, bootstrap, seed) if bootstrap else None,
    )


def check_options(flops_per_param_token: float, huber_delta: float, outliers: str, bootstrap: int) -> None:
    """Refuse options of a fit that mean nothing."""
    for name, value in (
        ("flops_per_param_token", flops_per_param_token),
        ("huber_delta", huber_delta),
    ):
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} must be a positive number, not {value!r}")
    if outliers not in ("drop", "keep"):
        raise ValueError(f"outliers must be 'drop' or 'keep', not {outliers!r}")
    if bootstrap < 0:
        raise ValueError(f"bootstrap must be 0 or a number of resamples, not {bootstrap!r}")


def interval(values: Floats, level: float) -> Interval:
    """The central percentile interval of bootstrap values."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level!r}")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _bootstrap(fit: SurfaceFit, resamples: int, seed: int) -> Floats:
    """Constants of refits to runs drawn with replacement."""
    runs = len(fit.x)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(runs, np.full(runs, 1 / runs), size=resamples).astype(float)
    usable = np.array([_supports_fit(fit, w > 0) for w in weights])
    if not usable.any():
        raise FitError(f"no resample of {runs} runs determines the surface; intervals need more runs")
    constants, _ = fit.refit(weights[usable])
    constants = constants[np.isfinite(constants).all(axis=1) & (constants[:, 1:] > 0).all(axis=1)]
    if len(constants) < resamples / 2:
        warnings.warn(
            f"only {len(constants)} of {resamples} resamples determine the surface; the intervals are too narrow",
            FitWarning,
            stacklevel=3,
        )
    return constants


def _supports_fit(fit: SurfaceFit, drawn: np.ndarray[Any, np.dtype[np.bool_]]) -> bool:
    try:
        check_design(np.exp(fit.x[drawn]), np.exp(fit.y[drawn]))
    except FitError:
        return False
    return True
