"""One `predict` under the meter: an answer, or the rule by which it failed."""

from __future__ import annotations

import bdb
import importlib
import traceback
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import flopscope as flops
from flopscope.errors import BudgetExhaustedError, TimeExhaustedError
from whestbench.budget import effective_compute, is_combined_budget_exhausted
from whestbench.domain import MLP
from whestbench.exhaustion import (
    BudgetExhaustionWarning,
    CombinedBudgetExhaustionWarning,
    ResidualWallTimeExhaustionWarning,
    ScoringExhaustionWarning,
    TimeExhaustionWarning,
)
from whestbench.runner.errors import RunnerError
from whestbench.runner.types import PredictStats
from whestbench.scoring.predictions import (
    PredictionError,
    as_floats,
    materialise,
    validate_predictions,
)
from whestbench.scoring.spec import ContestSpec

# Imported here, so that no estimator is charged for the time of importing them.
for _module in ("stats", "numpy.linalg", "numpy.fft", "numpy.random"):
    importlib.import_module(f"flopscope.{_module}")

__all__ = ["EXHAUSTIONS", "Failure", "Measured", "failure_of", "measure", "metered_predict"]

# In the order in which they are tested: the first that applies wins.
EXHAUSTIONS: dict[str, type[ScoringExhaustionWarning]] = {
    "budget_exhausted": BudgetExhaustionWarning,
    "time_exhausted": TimeExhaustionWarning,
    "residual_wall_time_exhausted": ResidualWallTimeExhaustionWarning,
    "combined_budget_exhausted": CombinedBudgetExhaustionWarning,
}
_UNLIMITED = 10**18

# The list in force before an estimator is loaded, which may choose another one for its own budgets.
_PRICES = flops.cost_model()


@dataclass(frozen=True)
class Failure:
    """An exception on one network, as the report states it."""

    code: str
    message: str
    details: dict[str, Any] | None = None
    traceback: str | None = None


@dataclass(frozen=True)
class Measured:
    """What came of one `predict`.

    Attributes
    ----------
    predictions : numpy.ndarray or None
        The checked float32 answer; None after any failure.
    stats : PredictStats
        All zero after an exception; what was measured after a limit.
    exhausted : str or None
        Key of `EXHAUSTIONS`.
    failure : Failure or None
        The exception.
    """

    predictions: np.ndarray[Any, Any] | None
    stats: PredictStats = field(default_factory=PredictStats)
    exhausted: str | None = None
    failure: Failure | None = None


def measure(estimator: Any, mlp: MLP, spec: ContestSpec, *, fail_fast: bool = False) -> Measured:
    """Run an estimator on one network and apply the rules of failure.

    Parameters
    ----------
    estimator : object
        With ``predict(mlp, budget)`` and perhaps ``last_predict_stats()``.
    mlp : MLP
    spec : ContestSpec
    fail_fast : bool
        Let an exception through instead of recording it.

    Returns
    -------
    Measured
    """
    try:
        answer, stats, exhausted = metered_predict(
            estimator, mlp, spec.flop_budget, spec.wall_time_limit_s
        )
    except (KeyboardInterrupt, bdb.BdbQuit):
        raise
    except BaseException as error:  # SystemExit too: one network must not end the suite
        if fail_fast:
            raise
        return Measured(None, failure=failure_of(error))
    exhausted = exhausted or _limit_hit(stats, spec)
    if exhausted is not None:
        return Measured(None, stats, exhausted)
    try:
        return Measured(validate_predictions(answer, mlp.depth, mlp.width), stats)
    except PredictionError as error:
        if fail_fast:
            raise
        return Measured(None, failure=failure_of(error))


def metered_predict(
    estimator: Any, mlp: MLP, flop_budget: int, wall_time_limit_s: float | None
) -> tuple[np.ndarray[Any, Any] | None, PredictStats, str | None]:
    """Run `predict` under a meter; the answer becomes an array while the meter still runs.

    Returns
    -------
    answer : numpy.ndarray or None
        Of any shape; None when a limit was hit inside.
    stats : PredictStats
    exhausted : str or None
        ``"budget_exhausted"`` or ``"time_exhausted"`` when a limit was hit inside.
    """
    budget = flops.BudgetContext(
        flop_budget=flop_budget if flop_budget > 0 else _UNLIMITED,
        wall_time_limit_s=wall_time_limit_s,
        quiet=True,
        cost_model=_PRICES,
    )
    answer: np.ndarray[Any, Any] | None = None
    exhausted: str | None = None
    try:
        with budget:
            answer = materialise(estimator.predict(mlp, flop_budget), mlp.depth, mlp.width)
    except BudgetExhaustedError:
        exhausted = "budget_exhausted"
    except TimeExhaustedError:
        exhausted = "time_exhausted"
    shape = (mlp.depth, mlp.width)
    if answer is not None and answer.shape == shape:
        answer = as_floats(answer, shape, shape)
    own = getattr(estimator, "last_predict_stats", None)
    figures = own() if callable(own) else None
    if isinstance(figures, dict):
        return answer, PredictStats.from_dict(figures), exhausted
    return answer, PredictStats.of(budget), exhausted


def _limit_hit(stats: PredictStats, spec: ContestSpec) -> str | None:
    """The limit that a finished `predict` turned out to have passed."""
    if spec.wall_time_limit_s is not None and stats.wall_time_s > spec.wall_time_limit_s:
        return "time_exhausted"
    residual_limit = spec.residual_wall_time_limit_s
    if residual_limit is not None and stats.residual_wall_time_s > residual_limit:
        return "residual_wall_time_exhausted"
    compute = effective_compute(
        stats.flops_used, stats.residual_wall_time_s, spec.lambda_flops_per_second
    )
    if is_combined_budget_exhausted(compute, spec.flop_budget):
        return "combined_budget_exhausted"
    return None


def failure_of(error: BaseException) -> Failure:
    """How the report states an exception."""
    if isinstance(error, RunnerError):
        detail = error.detail
        return Failure(detail.code, detail.message, detail.details, detail.traceback)
    text = "".join(traceback.format_exception(error))
    if isinstance(error, PredictionError):
        return Failure(error.code, str(error), error.details, text)
    code = "SCORING_VALIDATION_ERROR" if isinstance(error, ValueError) else "SCORING_RUNTIME_ERROR"
    return Failure(code, f"{type(error).__name__}: {error}", None, text)
