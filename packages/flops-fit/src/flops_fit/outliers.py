"""Runs that do not belong on the surface: failed ones, and diverged ones by their residuals."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ._surface_fit import SurfaceFit, fit_surface
from .errors import FitError
from .law import Floats
from .runs import MIN_RUNS, Columns, as_columns, check_design

#: A residual in ln loss beyond this many robust standard deviations is an outlier ...
MAD_FACTOR = 5 * 1.4826
#: ... unless it is smaller than this: noise-free runs must not lose their roundest ones.
MIN_RESIDUAL = 0.002


@dataclass(frozen=True)
class Outlier:
    """A run that was flagged.

    Attributes
    ----------
    index : int
        Position of the run in the columns given.
    loss : float
        What was observed.
    reason : str
        Why it was flagged, in words.
    residual : float
        ln(observed) - ln(predicted) under the robust fit of all valid runs; NaN for an invalid loss.
    removed : bool
        Whether the fit left it out. An invalid loss always is.
    """

    index: int
    loss: float
    reason: str
    residual: float
    removed: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def find_outliers(n: ArrayLike, d: ArrayLike, loss: ArrayLike, *, huber_delta: float = 1e-3) -> list[Outlier]:
    """Flag runs whose loss is invalid or far off a robust fit of the surface.

    Parameters
    ----------
    n, d, loss : (runs,) array
        Parameters, tokens and final loss of each run. A loss may be None, NaN or infinite.
    huber_delta : float
        Huber's delta of the robust fit, in ln loss.

    Returns
    -------
    list of Outlier
        By index. Residuals count as far off beyond max(5 x 1.4826 x MAD, 0.002) in ln loss. With fewer than five
        valid runs, or runs that no surface can be fitted to, only invalid losses are flagged.

    Examples
    --------
    >>> [o.index for o in find_outliers([1e6, 1e7, 1e8], [1e9, 1e9, 1e9], [3.0, float("nan"), 2.5])]
    [1]
    """
    columns = as_columns(n, d, loss)
    flagged = invalid_runs(columns)
    keep = np.flatnonzero(columns.valid)
    try:
        if len(keep) < MIN_RUNS:
            return flagged
        check_design(columns.n[keep], columns.d[keep])
        fit = fit_surface(columns.n[keep], columns.d[keep], columns.loss[keep], huber_delta)
    except FitError:
        return flagged
    return sorted(flagged + diverged_runs(columns, fit, removed=True), key=lambda o: o.index)


def invalid_runs(columns: Columns) -> list[Outlier]:
    """The runs whose loss cannot be fitted."""
    out = []
    for i in np.flatnonzero(~columns.valid):
        value = float(columns.loss[i])
        what = "is not finite" if not np.isfinite(value) else "is not positive"
        out.append(Outlier(int(i), value, f"the loss {value:g} {what}", float("nan"), True))
    return out


def diverged_runs(columns: Columns, fit: SurfaceFit, *, removed: bool) -> list[Outlier]:
    """The valid runs far off `fit`, which was made of all valid runs."""
    keep = np.flatnonzero(columns.valid)
    residuals = -fit.residuals()
    limit = threshold(residuals)
    return [
        Outlier(
            int(keep[i]),
            float(columns.loss[keep[i]]),
            f"ln loss is {residuals[i]:+.4f} from the robust surface; the limit is {limit:.4f}",
            float(residuals[i]),
            removed,
        )
        for i in np.flatnonzero(np.abs(residuals) > limit)
    ]


def threshold(residuals: Floats) -> float:
    """The size of residual in ln loss beyond which a run is an outlier."""
    mad = float(np.median(np.abs(residuals - np.median(residuals))))
    return max(MAD_FACTOR * mad, MIN_RESIDUAL)
