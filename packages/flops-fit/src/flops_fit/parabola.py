"""Approach 2: a parabola of loss against ln N for every budget, then lines through the vertices.

The exponent comes out well on clean grids. The prefactor is biased by the width of the grid, by grids
off the optimum, and by alpha != beta, because the surface is no parabola (arXiv 2603.22339).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._compute_laws import ComputeLaws, fit_compute_laws, laws_from_dict
from .errors import NoInteriorMinimumError, TooFewBudgetsError
from .law import Floats
from .outliers import Outlier, find_outliers
from .parametric import Interval, check_options, interval
from .runs import as_columns

# Budgets this close to each other are one: C = k N floor(C / (k N)) moves by up to a part in D.
_SAME_BUDGET = 0.02


@dataclass(frozen=True)
class BudgetParabola:
    """One budget: its runs, the parabola through them, and whether its vertex can be used.

    Attributes
    ----------
    compute : float
        The budget in FLOPs.
    indices : tuple of int
        Positions of its runs.
    coefficients : (float, float, float) or None
        Loss = c0 + c1 t + c2 t^2 with t = ln N - centre.
    centre : float
        Mean ln N of its runs.
    n_params, n_tokens, loss : float
        The vertex; NaN when there is none.
    flag : str
        Why the budget is left out: `"edge-of-grid"`, `"no-minimum"`, `"too-few-sizes"`; empty if it is used.
    """

    compute: float
    indices: tuple[int, ...]
    coefficients: tuple[float, float, float] | None
    centre: float
    n_params: float
    n_tokens: float
    loss: float
    flag: str = ""

    @property
    def usable(self) -> bool:
        """Whether the vertex is a minimum inside the grid."""
        return not self.flag


@dataclass(frozen=True)
class ParabolaFit(ComputeLaws):
    """Approach 2: laws through the vertices of the budgets.

    Attributes
    ----------
    budgets : tuple of BudgetParabola
        All budgets, ascending, the flagged ones too.
    outliers : tuple of int
        Positions of the runs that were left out.
    outlier_report : tuple of Outlier
        Every flagged run with its reason.
    samples : (resamples, 2) array or None
        ln of the coefficient and exponent of N*(C), from a bootstrap within budgets.
    """

    budgets: tuple[BudgetParabola, ...] = ()
    outliers: tuple[int, ...] = ()
    outlier_report: tuple[Outlier, ...] = ()
    samples: Floats | None = field(default=None, compare=False, repr=False)

    @property
    def flagged(self) -> tuple[BudgetParabola, ...]:
        """The budgets that were left out."""
        return tuple(b for b in self.budgets if not b.usable)

    @property
    def intervals(self) -> dict[str, Interval]:
        """95 % bootstrap intervals of both exponents; empty without bootstrap."""
        if self.samples is None:
            return {}
        slope = self.samples[:, 1]
        return {"n_exponent": interval(slope, 0.95), "d_exponent": interval(1 - slope, 0.95)}

    def optimum_intervals(self, compute: float, level: float = 0.95) -> dict[str, Interval]:
        """Percentile intervals of the optimal parameters and tokens; empty without bootstrap."""
        self.optimum(compute)
        if self.samples is None:
            return {}
        n = np.exp(self.samples[:, 0] + self.samples[:, 1] * np.log(compute))
        d = compute / (self.flops_per_param_token * n)
        return {"n_params": interval(n, level), "n_tokens": interval(d, level)}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; `from_dict` brings the same fit back, bit for bit."""
        return {
            **self.laws_to_dict(),
            "intervals": {name: list(pair) for name, pair in self.intervals.items()},
            "budgets": [asdict(b) for b in self.budgets],
            "outliers": [o.to_dict() for o in self.outlier_report],
            "samples": None if self.samples is None else self.samples.tolist(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ParabolaFit:
        """The fit that `to_dict` was called on."""
        budgets = []
        for b in values["budgets"]:
            pair = None if b["coefficients"] is None else tuple(b["coefficients"])
            budgets.append(BudgetParabola(**{**b, "indices": tuple(b["indices"]), "coefficients": pair}))
        report = tuple(Outlier(**o) for o in values["outliers"])
        return cls(
            **laws_from_dict(values),
            budgets=tuple(budgets),
            outliers=tuple(o.index for o in report if o.removed),
            outlier_report=report,
            samples=None if values["samples"] is None else np.array(values["samples"], dtype=float).reshape(-1, 2),
        )


def fit_parabola(
    n: ArrayLike,
    d: ArrayLike,
    loss: ArrayLike,
    *,
    compute: ArrayLike | None = None,
    flops_per_param_token: float = 6.0,
    huber_delta: float = 1e-3,
    outliers: str = "drop",
    bootstrap: int = 0,
    seed: int = 0,
) -> ParabolaFit:
    """Find the optimum of every budget by a parabola, then its laws (approach 2).

    Parameters
    ----------
    n, d, loss : (runs,) array
        Parameters, tokens and final loss of each run.
    compute : (runs,) array, optional
        Planned budget of each run in FLOPs. By default k n d; values within 2 % are one budget.
    flops_per_param_token, huber_delta, outliers, bootstrap, seed
        As for `fit_parametric`. Outliers are judged against the surface, as in `find_outliers`. The
        bootstrap draws runs within each budget.

    Returns
    -------
    ParabolaFit

    Raises
    ------
    TooFewBudgetsError
        The runs have a single budget.
    NoInteriorMinimumError
        Fewer than two budgets have a minimum inside their grid of sizes.

    Examples
    --------
    >>> import numpy as np
    >>> c, n = (a.ravel() for a in np.meshgrid([1e18, 1e19, 1e20], np.geomspace(2e7, 2e9, 9)))
    >>> d = c / 6 / n
    >>> fit = fit_parabola(n, d, 1.8 + 480 * n**-0.35 + 2100 * d**-0.37)
    >>> len(fit.budgets), abs(fit.n_exponent - 0.37 / 0.72) < 0.05
    (3, True)
    """
    columns = as_columns(n, d, loss)
    check_options(flops_per_param_token, huber_delta, outliers, bootstrap)
    report = find_outliers(n, d, loss, huber_delta=huber_delta)
    if outliers == "keep":
        report = [o if not columns.valid[o.index] else _kept(o) for o in report]
    keep = np.setdiff1d(np.flatnonzero(columns.valid), [o.index for o in report if o.removed])
    work = flops_per_param_token * columns.n * columns.d
    if compute is not None:
        work = np.asarray(compute, dtype=float)
        if work.shape != columns.n.shape or not (work[keep] > 0).all():
            raise ValueError("compute must hold one positive budget for each run")
    groups = group_budgets(work, keep)
    if len(groups) < 2:
        raise TooFewBudgetsError(
            f"the runs have {len(groups)} distinct compute budget{'s' * (len(groups) != 1)}; "
            "lines through optima need at least 2, and an interval 3"
        )
    budgets = tuple(
        _parabola(c, members, columns.n[members], columns.loss[members], flops_per_param_token) for c, members in groups
    )
    used = [b for b in budgets if b.usable]
    if len(used) < 2:
        reasons = "; ".join(f"{b.compute:.3g} FLOPs: {b.flag}" for b in budgets if b.flag)
        raise NoInteriorMinimumError(
            f"{len(used)} of {len(budgets)} budgets have a minimum inside their grid of sizes, 2 are needed ({reasons})"
        )
    laws = fit_compute_laws(
        np.array([b.compute for b in used]),
        np.array([b.n_params for b in used]),
        np.array([b.loss for b in used]),
        flops_per_param_token,
    )
    return ParabolaFit(
        laws.n_law,
        laws.d_law,
        laws.loss_law,
        flops_per_param_token,
        budgets,
        tuple(o.index for o in report if o.removed),
        tuple(report),
        _bootstrap(used, columns.n, columns.loss, bootstrap, seed) if bootstrap else None,
    )


def group_budgets(compute: Floats, members: NDArray[np.intp]) -> list[tuple[float, NDArray[np.intp]]]:
    """Runs by budget, ascending: (largest compute of the group, positions).

    A plan rounds tokens down, so the largest k N D of a group is the one nearest to what was planned.
    """
    order = members[np.argsort(compute[members], kind="stable")]
    if not len(order):
        return []
    cuts = np.flatnonzero(np.diff(np.log(compute[order])) > _SAME_BUDGET) + 1
    return [(float(compute[part].max()), np.sort(part)) for part in np.split(order, cuts)]


def _kept(outlier: Outlier) -> Outlier:
    return Outlier(outlier.index, outlier.loss, outlier.reason, outlier.residual, False)


def _parabola(compute: float, members: NDArray[np.intp], n: Floats, loss: Floats, k: float) -> BudgetParabola:
    log_n = np.log(n)
    centre = float(log_n.mean())
    indices = tuple(int(i) for i in members)
    nan = float("nan")
    if len(np.unique(n)) < 3:
        return BudgetParabola(compute, indices, None, centre, nan, nan, nan, "too-few-sizes")
    t = log_n - centre
    c0, c1, c2 = (float(v) for v in _weighted_quadratic(t, loss, np.ones((1, len(t))))[0])
    at_edge = n[np.argmin(loss)] in (n.min(), n.max())
    if not c2 > 1e-12 * abs(c0):
        steps = np.diff(loss[np.lexsort((loss, n))])
        flag = "edge-of-grid" if (steps <= 0).all() or (steps >= 0).all() else "no-minimum"
        return BudgetParabola(compute, indices, (c0, c1, c2), centre, nan, nan, nan, flag)
    vertex = -c1 / (2 * c2)
    inside = t.min() < vertex < t.max() and not at_edge
    best_n = float(np.exp(centre + vertex))
    return BudgetParabola(
        compute,
        indices,
        (c0, c1, c2),
        centre,
        best_n,
        compute / (k * best_n),
        c0 + c1 * vertex + c2 * vertex**2,
        "" if inside else "edge-of-grid",
    )


def _weighted_quadratic(t: Floats, loss: Floats, weights: Floats) -> Floats:
    """Coefficients (problems, 3) of least squares on 1, t, t^2; NaN where a problem has fewer than three sizes."""
    scale = np.abs(t).max()
    powers = np.stack([np.ones_like(t), t / scale, (t / scale) ** 2])
    gram = np.einsum("pi,ai,bi->pab", weights, powers, powers)
    right = np.einsum("pi,ai,i->pa", weights, powers, loss)
    enough = np.array([len(np.unique(t[w > 0])) >= 3 for w in weights])
    out = np.full((len(weights), 3), np.nan)
    if enough.any():
        out[enough] = np.linalg.solve(gram[enough], right[enough][..., None])[..., 0]
    out /= scale ** np.arange(3)
    return out


def _bootstrap(budgets: list[BudgetParabola], n: Floats, loss: Floats, resamples: int, seed: int) -> Floats:
    """(resamples, 2): the line of ln N* against ln C, each from runs drawn within budgets."""
    rng = np.random.default_rng(seed)
    log_c = np.log([b.compute for b in budgets])
    vertices = np.empty((resamples, len(budgets)))
    for column, budget in enumerate(budgets):
        runs = list(budget.indices)
        weights = rng.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), size=resamples)
        t = np.log(n[runs]) - budget.centre
        coefficients = _weighted_quadratic(t, loss[runs], weights.astype(float))
        with np.errstate(divide="ignore", invalid="ignore"):
            vertex = -coefficients[:, 1] / (2 * coefficients[:, 2])
        good = (coefficients[:, 2] > 0) & (np.abs(vertex) <= np.abs(t).max())
        vertices[:, column] = np.where(good, budget.centre + vertex, np.nan)
    seen = np.isfinite(vertices)
    count = seen.sum(axis=1)
    vertices, count = vertices[count >= 2], count[count >= 2]
    seen = np.isfinite(vertices)
    mean_c = (seen * log_c).sum(axis=1) / count
    mean_n = np.where(seen, vertices, 0).sum(axis=1) / count
    offset = np.where(seen, log_c - mean_c[:, None], 0.0)
    slope = (offset * np.where(seen, vertices, 0)).sum(axis=1) / (offset**2).sum(axis=1)
    lines: Floats = np.stack([mean_n - slope * mean_c, slope], axis=1)
    return lines
