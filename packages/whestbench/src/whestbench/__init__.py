"""whestbench: score estimators of random ReLU networks under a FLOP budget.

A participant subclasses `BaseEstimator`; the harness draws networks, samples the truth, meters the
estimator with flopscope and turns error and compute into one score.

Names are imported when they are first used, so that ``import whestbench`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whestbench._version import __version__
    from whestbench.dataset import (
        SCHEMA_VERSION,
        InvalidDatasetError,
        combine_split_datasets,
        create_dataset,
        iter_mlps,
        load_dataset,
        merge_datasets,
        metadata,
        mlp_at,
        publish_dataset,
    )
    from whestbench.domain import MLP, sample_mlp
    from whestbench.exhaustion import (
        BudgetExhaustionWarning,
        CombinedBudgetExhaustionWarning,
        ResidualWallTimeExhaustionWarning,
        ScoringExhaustionWarning,
        TimeExhaustionWarning,
    )
    from whestbench.sdk import BaseEstimator, SetupContext
    from whestbench.simulation import relu, run_mlp, run_mlp_all_layers, sample_layer_statistics

_HOMES = {
    "_version": ("__version__",),
    "dataset": (
        "SCHEMA_VERSION",
        "InvalidDatasetError",
        "combine_split_datasets",
        "create_dataset",
        "iter_mlps",
        "load_dataset",
        "merge_datasets",
        "metadata",
        "mlp_at",
        "publish_dataset",
    ),
    "domain": ("MLP", "sample_mlp"),
    "exhaustion": (
        "BudgetExhaustionWarning",
        "CombinedBudgetExhaustionWarning",
        "ResidualWallTimeExhaustionWarning",
        "ScoringExhaustionWarning",
        "TimeExhaustionWarning",
    ),
    "sdk": ("BaseEstimator", "SetupContext"),
    "simulation": ("relu", "run_mlp", "run_mlp_all_layers", "sample_layer_statistics"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "MLP",
    "SCHEMA_VERSION",
    "BaseEstimator",
    "BudgetExhaustionWarning",
    "CombinedBudgetExhaustionWarning",
    "InvalidDatasetError",
    "ResidualWallTimeExhaustionWarning",
    "ScoringExhaustionWarning",
    "SetupContext",
    "TimeExhaustionWarning",
    "__version__",
    "combine_split_datasets",
    "create_dataset",
    "iter_mlps",
    "load_dataset",
    "merge_datasets",
    "metadata",
    "mlp_at",
    "publish_dataset",
    "relu",
    "run_mlp",
    "run_mlp_all_layers",
    "sample_layer_statistics",
    "sample_mlp",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'whestbench' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"whestbench.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
