"""Contests and scores."""

from __future__ import annotations

from whestbench.scoring.contest import ContestData, make_contest, make_contest_from_dataset
from whestbench.scoring.evaluate import evaluate_estimator
from whestbench.scoring.predictions import PredictionError, validate_predictions
from whestbench.scoring.spec import ContestSpec

__all__ = [
    "ContestData",
    "ContestSpec",
    "PredictionError",
    "evaluate_estimator",
    "make_contest",
    "make_contest_from_dataset",
    "validate_predictions",
]
