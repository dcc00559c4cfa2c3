"""How big a model, how much data, what loss, for a given compute budget.

`find_optimal` plans, trains and fits a sweep; `fit_parametric`, `fit_parabola` and `fit_envelope` fit runs that
are there already. Parts that need torch or matplotlib are imported when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .analysis import Analysis, ScalingLawAnalyzer
from .api import find_optimal
from .contracts import ModelFamily, check_dataset, check_loss, check_model
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
    missing_extra,
)
from .flops import count_forward_k, count_training_k, estimate_model_flops
from .law import Law, Optimum
from .outliers import Outlier, find_outliers
from .parabola import BudgetParabola, ParabolaFit, fit_parabola
from .parametric import ParametricFit, fit_parametric
from .plan import Experiment, PlanOptions, SweepPlan
from .planner import SweepPlanner, plan_sweep
from .power_law import PowerLawFit, fit_power_law
from .progress import ProgressEvent
from .propose import Proposal, propose_runs
from .result import Result
from .runner import TrainingRunner
from .settings import MockSettings, TrainSettings
from .speed import measure_speed
from .store import ResultStore, RunRecord

if TYPE_CHECKING:
    from .data.images import CifarDataset
    from .data.stories import TinyStoriesDataset
    from .models.gpt import GPT, GPTConfig, create_model_for_scaling, next_token_loss
    from .models.vit import ViT, ViTConfig
    from .visualize import ScalingVisualizer

__version__ = "0.1.0"

_LAZY = {
    "CifarDataset": "data.images",
    "GPT": "models.gpt",
    "GPTConfig": "models.gpt",
    "ScalingVisualizer": "visualize",
    "TinyStoriesDataset": "data.stories",
    "ViT": "models.vit",
    "ViTConfig": "models.vit",
    "create_model_for_scaling": "models.gpt",
    "next_token_loss": "models.gpt",
}

__all__ = [
    "GPT",
    "Analysis",
    "BudgetParabola",
    "CifarDataset",
    "DatasetTooSmallWarning",
    "DegenerateDesignError",
    "EnvelopeFit",
    "Experiment",
    "FitError",
    "FitWarning",
    "GPTConfig",
    "Law",
    "MissingExtraError",
    "MockSettings",
    "ModelFamily",
    "NoInteriorMinimumError",
    "NotIdentifiableError",
    "Optimum",
    "Outlier",
    "ParabolaFit",
    "ParametricFit",
    "PlanError",
    "PlanOptions",
    "PowerLawFit",
    "ProgressEvent",
    "Proposal",
    "Result",
    "ResultStore",
    "RunRecord",
    "ScalingLawAnalyzer",
    "ScalingVisualizer",
    "SweepPlan",
    "SweepPlanner",
    "TinyStoriesDataset",
    "TooFewBudgetsError",
    "TooFewRunsError",
    "TrainSettings",
    "TrainingRunner",
    "ViT",
    "ViTConfig",
    "check_dataset",
    "check_loss",
    "check_model",
    "count_forward_k",
    "count_training_k",
    "create_model_for_scaling",
    "estimate_model_flops",
    "find_optimal",
    "find_outliers",
    "fit_envelope",
    "fit_parabola",
    "fit_parametric",
    "fit_power_law",
    "measure_speed",
    "next_token_loss",
    "plan_sweep",
    "propose_runs",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        try:
            return getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise missing_extra("torch", "torch", name) from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
