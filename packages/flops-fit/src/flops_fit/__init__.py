"""How big a model, how much data, what loss, for a given compute budget."""

from __future__ import annotations

from .envelope import EnvelopeFit, fit_envelope
from .errors import (
    DatasetTooSmallWarning,
    DegenerateDesignError,
    FitError,
    FitWarning,
    MissingExtraError,
    NoInteriorMinimumError,
    NotIdentifiableError,
    PlanError,
    TooFewBudgetsError,
    TooFewRunsError,
)
from .law import Law, Optimum
from .outliers import Outlier, find_outliers
from .parabola import BudgetParabola, ParabolaFit, fit_parabola
from .parametric import ParametricFit, fit_parametric
from .power_law import PowerLawFit, fit_power_law

__version__ = "0.1.0"

__all__ = [
    "BudgetParabola",
    "DatasetTooSmallWarning",
    "DegenerateDesignError",
    "EnvelopeFit",
    "FitError",
    "FitWarning",
    "Law",
    "MissingExtraError",
    "NoInteriorMinimumError",
    "NotIdentifiableError",
    "Optimum",
    "Outlier",
    "ParabolaFit",
    "ParametricFit",
    "PlanError",
    "PowerLawFit",
    "TooFewBudgetsError",
    "TooFewRunsError",
    "find_outliers",
    "fit_envelope",
    "fit_parabola",
    "fit_parametric",
    "fit_power_law",
]
