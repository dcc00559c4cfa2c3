"""Approach 1: the lower envelope of training curves, and lines through it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._compute_laws import ComputeLaws, fit_compute_laws, laws_from_dict
from .errors import NoInteriorMinimumError, TooFewRunsError
from .law import Floats
from .parametric import Interval, check_options, interval
from .runs import as_columns


@dataclass(frozen=True)
class EnvelopeFit(ComputeLaws):
    """Approach 1: laws through the best run at each compute.

    Attributes
    ----------
    compute, n_params, loss : (points,) array
        The envelope that the laws were fitted to.
    samples : (resamples, 2) array or None
        ln of the coefficient and exponent of N*(C), from a bootstrap over curves.
    """

    compute: Floats = field(default_factory=lambda: np.empty(0), compare=False, repr=False)
    n_params: Floats = field(default_factory=lambda: np.empty(0), compare=False, repr=False)
    loss: Floats = field(default_factory=lambda: np.empty(0), compare=False, repr=False)
    outliers: tuple[int, ...] = ()
    samples: Floats | None = field(default=None, compare=False, repr=False)

    @property
    def intervals(self) -> dict[str, Interval]:
        """95 % bootstrap intervals of both exponents; empty without bootstrap."""
        if self.samples is None:
            return {}
        slope = self.samples[:, 1]
        return {"n_exponent": interval(slope, 0.95), "d_exponent": interval(1 - slope, 0.95)}

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; `from_dict` brings the same fit back, bit for bit."""
        return {
            **self.laws_to_dict(),
            "intervals": {name: list(pair) for name, pair in self.intervals.items()},
            "outliers": list(self.outliers),
            **{name: getattr(self, name).tolist() for name in ("compute", "n_params", "loss")},
            "samples": None if self.samples is None else self.samples.tolist(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> EnvelopeFit:
        """The fit that `to_dict` was called on."""
        columns: dict[str, Any] = {
            name: np.array(values[name], dtype=float) for name in ("compute", "n_params", "loss")
        }
        return cls(
            **laws_from_dict(values),
            **columns,
            outliers=tuple(values["outliers"]),
            samples=None if values["samples"] is None else np.array(values["samples"], dtype=float).reshape(-1, 2),
        )


def fit_envelope(
    n: ArrayLike,
    d: Any,
    loss: Any,
    *,
    curve: ArrayLike | None = None,
    flops_per_param_token: float = 6.0,
    smoothing: float = 0.1,
    points: int = 1500,
    bootstrap: int = 0,
    seed: int = 0,
) -> EnvelopeFit:
    """Take, for each compute, the run with the least loss, and fit its laws (approach 1).

    Parameters
    ----------
    n : (curves,) or (points,) array
        Parameters of each curve, or of each point of all curves.
    d, loss : sequence of columns, or (points,) array
        Tokens seen and training loss along each curve: a column for each entry of `n`, or all points
        in one column. A point whose loss is missing or not finite is left out.
    curve : (points,) array, optional
        With one column: which curve a point belongs to. By default points of one size are a curve.
    flops_per_param_token : float
        The k of C = k N D.
    smoothing : float
        Bandwidth in ln D of the local linear smoother of ln loss; 0 for none.
    points : int
        Number of budgets, evenly spaced in ln C.
    bootstrap, seed : int
        Resamples of the curves for intervals of the exponents, and their seed.

    Returns
    -------
    EnvelopeFit

    Raises
    ------
    TooFewRunsError
        Fewer than three curves.
    NoInteriorMinimumError
        At no compute a curve wins against both a smaller and a larger model.

    Examples
    --------
    >>> import numpy as np
    >>> n = np.geomspace(1e7, 1e9, 9)
    >>> d = [size * np.geomspace(1, 400, 50) for size in n]
    >>> loss = [1.8 + 480 * size**-0.35 + 2100 * t**-0.37 for size, t in zip(n, d)]
    >>> abs(fit_envelope(n, d, loss).n_exponent - 0.37 / 0.72) < 0.03
    True
    """
    check_options(flops_per_param_token, 1.0, "keep", bootstrap)
    if smoothing < 0 or points < 2:
        raise ValueError(f"smoothing must be >= 0 and points >= 2, not {smoothing!r} and {points!r}")
    sizes, tokens, losses, dropped = _curves(n, d, loss, curve)
    if len(np.unique(sizes)) < 3:
        raise TooFewRunsError(f"an envelope needs training curves of at least 3 sizes; {len(np.unique(sizes))} given")
    smooth = [_smooth(np.log(t), np.log(v), smoothing) for t, v in zip(tokens, losses, strict=True)]
    starts = [np.log(flops_per_param_token * s * t[0]) for s, t in zip(sizes, tokens, strict=True)]
    ends = [np.log(flops_per_param_token * s * t[-1]) for s, t in zip(sizes, tokens, strict=True)]
    log_c = np.linspace(min(starts), max(ends), points)
    table = np.full((len(sizes), points), np.inf)
    for row, (size, t) in enumerate(zip(sizes, tokens, strict=True)):
        inside = (log_c >= starts[row]) & (log_c <= ends[row])
        log_d = log_c[inside] - np.log(flops_per_param_token * size)
        table[row, inside] = np.interp(log_d, np.log(t), smooth[row])
    rows, columns = _winners(table)
    if len(np.unique(log_c[columns])) < 2 or len(np.unique(sizes[rows])) < 2:
        raise NoInteriorMinimumError(
            "no two sizes win against both a smaller and a larger model at the same compute; "
            "the curves must overlap in compute"
        )
    compute, best_n = np.exp(log_c[columns]), sizes[rows]
    best_loss = np.exp(table[rows, columns])
    laws = fit_compute_laws(compute, best_n, best_loss, flops_per_param_token)
    return EnvelopeFit(
        laws.n_law,
        laws.d_law,
        laws.loss_law,
        flops_per_param_token,
        compute,
        best_n,
        best_loss,
        dropped,
        _bootstrap(table, sizes, log_c, bootstrap, seed) if bootstrap else None,
    )


def _curves(n: Any, d: Any, loss: Any, curve: Any) -> tuple[Floats, list[Floats], list[Floats], tuple[int, ...]]:
    """Curves by ascending size: sizes, tokens, losses; and positions of the points left out."""
    d, loss = list(d), list(loss)
    if d and isinstance(d[0], Iterable):
        lengths = [len(t) for t in d]
        if len(d) != len(list(n)) or len(loss) != len(d):
            raise ValueError(
                f"n, d and loss must have one entry for each curve: {len(list(n))}, {len(d)}, {len(loss)} given"
            )
        if lengths != [len(v) for v in loss]:
            raise ValueError("tokens and losses of a curve must have the same length")
        curve = np.repeat(np.arange(len(d)), lengths)
        n = np.repeat(np.asarray(n, dtype=float), lengths)
        d, loss = [v for t in d for v in t], [v for column in loss for v in column]
    columns = as_columns(n, d, loss)
    which = columns.n if curve is None else np.asarray(curve)
    if which.shape != columns.n.shape:
        raise ValueError("curve must name the curve of each point")
    sizes, tokens, losses = [], [], []
    for name in np.unique(which):
        members = np.flatnonzero((which == name) & columns.valid)
        if len(members) < 2:
            continue
        if len(np.unique(columns.n[members])) > 1:
            raise ValueError(f"curve {name} has points of more than one size")
        members = members[np.argsort(columns.d[members], kind="stable")]
        sizes.append(columns.n[members[0]])
        tokens.append(columns.d[members])
        losses.append(columns.loss[members])
    order = np.argsort(sizes, kind="stable")
    dropped = tuple(int(i) for i in np.flatnonzero(~columns.valid))
    return (
        np.array(sizes)[order],
        [tokens[i] for i in order],
        [losses[i] for i in order],
        dropped,
    )


def _smooth(log_d: Floats, log_loss: Floats, bandwidth: float) -> Floats:
    """Local linear regression with a Gaussian kernel: a straight line stays as it is, ends included."""
    if bandwidth == 0:
        return log_loss
    distance = log_d[None, :] - log_d[:, None]
    kernel = np.exp(-0.5 * (distance / bandwidth) ** 2)
    s0, s1, s2 = (np.einsum("ij,ij->i", kernel, distance**p) for p in range(3))
    t0, t1 = (np.einsum("ij,ij,j->i", kernel, distance**p, log_loss) for p in range(2))
    spread = s0 * s2 - s1**2
    alone = spread <= 1e-12 * s0**2 * bandwidth**2
    with np.errstate(divide="ignore", invalid="ignore"):
        out: Floats = np.where(alone, t0 / s0, (s2 * t0 - s1 * t1) / spread)
    return out


def _winners(table: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the least losses that are bracketed by a smaller and a larger model."""
    seen = np.isfinite(table)
    columns = np.flatnonzero(seen.any(axis=0))
    rows = table[:, columns].argmin(axis=0)
    first = seen[:, columns].argmax(axis=0)
    last = len(table) - 1 - seen[::-1, columns].argmax(axis=0)
    bracketed = (first < rows) & (rows < last)
    return rows[bracketed], columns[bracketed]


def _bootstrap(table: Floats, sizes: Floats, log_c: Floats, resamples: int, seed: int) -> Floats:
    """(resamples, 2): the line of ln N against ln C for curves drawn with replacement."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(resamples):
        drawn = np.unique(rng.integers(0, len(sizes), size=len(sizes)))
        rows, columns = _winners(table[drawn])
        if len(np.unique(sizes[drawn][rows])) >= 2:
            slope, level = np.polyfit(log_c[columns], np.log(sizes[drawn][rows]), 1)
            lines.append((level, slope))
    if not lines:
        raise NoInteriorMinimumError("no resample of the curves has an envelope; intervals need more curves")
    return np.array(lines)
