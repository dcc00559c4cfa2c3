"""Power laws of one variable: y = k x^a, or y = k x^a + l_inf for losses."""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from .errors import DegenerateDesignError, FitWarning, TooFewRunsError
from .law import Floats

Interval = tuple[float, float]

# Exponents of a loss against compute that the start of an offset fit is looked for in.
_EXPONENTS = np.geomspace(1e-3, 3.0, 200)


@dataclass(frozen=True)
class PowerLawFit:
    """A fitted power law.

    Attributes
    ----------
    name : str
        What is predicted, for tables and plots.
    coefficient_k, exponent_a : float
        y = k x^a (+ l_inf).
    r_squared : float
        Share of the variance explained: of ln y, or of y with an additive constant.
    k_ci, a_ci : (float, float) or None
        95 % intervals of Student's t from the residuals; None when there are no more points than constants.
    l_inf : float or None
        The additive constant; None when the law has none.
    """

    name: str
    coefficient_k: float
    exponent_a: float
    r_squared: float
    k_ci: Interval | None = None
    a_ci: Interval | None = None
    l_inf: float | None = None

    def predict(self, x: ArrayLike) -> Any:
        """The law at `x`: a float for a number, an array for an array."""
        value = self.coefficient_k * np.asarray(x, dtype=float) ** self.exponent_a + (self.l_inf or 0.0)
        return float(value) if np.ndim(value) == 0 else value

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PowerLawFit:
        """The law that `to_dict` was called on."""
        pairs = {name: None if values[name] is None else tuple(values[name]) for name in ("k_ci", "a_ci")}
        return cls(**{**values, **pairs})


def fit_power_law(x: ArrayLike, y: ArrayLike, *, name: str = "y", offset: bool = False) -> PowerLawFit:
    """Fit y = k x^a by least squares on logarithms, or y = k x^a + l_inf by least squares on relative errors.

    Parameters
    ----------
    x, y : (points,) array
        Positive values.
    name : str
        What `y` is.
    offset : bool
        Whether the law has an additive constant l_inf >= 0. Only losses have one: with it, laws of N and D
        would not multiply to the budget.

    Returns
    -------
    PowerLawFit

    Raises
    ------
    TooFewRunsError
        Fewer distinct `x` than needed: two, or three with an additive constant.
    ValueError
        A value is not positive and finite, or the lengths differ.

    Examples
    --------
    >>> law = fit_power_law([1.0, 10.0, 100.0, 1000.0], [3.0, 9.486833, 30.0, 94.86833])
    >>> round(law.coefficient_k, 4), round(law.exponent_a, 4)
    (3.0, 0.5)
    """
    x_, y_ = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x_.ndim != 1 or x_.shape != y_.shape:
        raise ValueError(f"x and y must be columns of one length, not of shapes {x_.shape} and {y_.shape}")
    for what, column in (("x", x_), ("y", y_)):
        if not (np.isfinite(column).all() and (column > 0).all()):
            raise ValueError(f"{what} must be positive and finite: a power law has logarithms")
    need = 3 if offset else 2
    distinct = len(np.unique(x_))
    if distinct < need:
        raise TooFewRunsError(
            f"a power law {'with' if offset else 'without'} additive constant needs {need} distinct x; {distinct} given"
        )
    order = np.lexsort((y_, x_))
    fit = _with_offset if offset else _straight
    return fit(x_[order], y_[order], name)


def _straight(x: Floats, y: Floats, name: str) -> PowerLawFit:
    log_x, log_y = np.log(x), np.log(y)
    centre = log_x.mean()
    design = np.stack([np.ones_like(log_x), log_x - centre], axis=1)
    (level, slope), *_ = np.linalg.lstsq(design, log_y, rcond=None)
    rest = log_y - design @ (level, slope)
    total = ((log_y - log_y.mean()) ** 2).sum()
    r_squared = 1.0 if total == 0 else 1.0 - float(rest @ rest) / float(total)
    intercept = level - slope * centre
    k_ci = a_ci = None
    if len(x) > 2:
        # ln k is the line at ln x = 0, outside of the data as a rule.
        spread = float(((log_x - centre) ** 2).sum())
        t = _t(len(x) - 2) * np.sqrt(float(rest @ rest) / (len(x) - 2))
        a_ci = _around(slope, t / np.sqrt(spread))
        low, high = _around(intercept, t * np.sqrt(1 / len(x) + centre**2 / spread))
        k_ci = (float(np.exp(low)), float(np.exp(high)))
    else:
        warnings.warn(
            f"the law of {name} goes through its 2 points exactly: no interval can be given",
            FitWarning,
            stacklevel=3,
        )
    return PowerLawFit(name, float(np.exp(intercept)), float(slope), r_squared, k_ci, a_ci)


def _with_offset(x: Floats, y: Floats, name: str) -> PowerLawFit:
    from scipy import optimize  # takes as long to import as all else here

    log_x = np.log(x)
    centre = log_x.mean()
    # y = l_inf + exp(level) (x / centre)^-gamma, relative errors. Profile over gamma for a start.
    powers = np.exp(-np.outer(_EXPONENTS, log_x - centre))
    best, start = np.inf, np.zeros(3)
    for gamma, column in zip(_EXPONENTS, powers, strict=True):
        coefficients, error = optimize.nnls(np.stack([1 / y, column / y], axis=1), np.ones_like(y))
        if error < best and coefficients[1] > 0:
            best, start = error, np.array([coefficients[0], np.log(coefficients[1]), gamma])
    if not np.isfinite(best):
        raise DegenerateDesignError(f"{name} does not fall with x: no power law with a floor fits")

    def errors(v: Floats) -> Floats:
        relative: Floats = (v[0] + np.exp(v[1] - v[2] * (log_x - centre))) / y - 1.0
        return relative

    def jacobian(v: Floats) -> Floats:
        term = np.exp(v[1] - v[2] * (log_x - centre)) / y
        return np.stack([1 / y, term, -(log_x - centre) * term], axis=1)

    solved = optimize.least_squares(
        errors,
        start,
        jac=jacobian,
        bounds=([0.0, -np.inf, 1e-6], [np.inf, np.inf, np.inf]),
        x_scale="jac",
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
        max_nfev=2000,
    )
    l_inf, level, gamma = (float(v) for v in solved.x)
    log_k = level + gamma * centre
    rest = errors(solved.x) * y
    total = float(((y - y.mean()) ** 2).sum())
    r_squared = 1.0 if total == 0 else 1.0 - float(rest @ rest) / total
    k_ci = a_ci = None
    free = len(x) - 3
    if free > 0:
        jac = solved.jac
        covariance = np.linalg.pinv(jac.T @ jac) * float(solved.fun @ solved.fun) / free
        along = np.array([0.0, 1.0, centre])
        a_ci = _around(-gamma, _t(free) * np.sqrt(max(0.0, covariance[2, 2])))
        low, high = _around(log_k, _t(free) * np.sqrt(max(0.0, float(along @ covariance @ along))))
        with np.errstate(over="ignore"):
            k_ci = (float(np.exp(low)), float(np.exp(high)))
    return PowerLawFit(name, float(np.exp(log_k)), -gamma, r_squared, k_ci, a_ci, l_inf)


def _t(free: int) -> float:
    return float(special.stdtrit(free, 0.975))


def _around(middle: float, half: float) -> Interval:
    return float(middle - half), float(middle + half)
