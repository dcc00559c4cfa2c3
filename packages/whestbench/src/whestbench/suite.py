"""One run from start to end: open the estimator, get the contest, score, take notes.

The order matters: an estimator that cannot be loaded is found out before any truth is sampled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whestbench.report.build import utc_now
from whestbench.runner.types import EstimatorEntrypoint, ResourceLimits
from whestbench.scoring import ContestData, ContestSpec, evaluate_estimator
from whestbench.sdk import SetupContext

__all__ = ["SuiteRun", "run_suite"]


@dataclass(frozen=True)
class SuiteRun:
    """What a run brought.

    Attributes
    ----------
    results : dict
        Of `whestbench.scoring.evaluate_estimator`.
    data : ContestData
    started_at_utc, finished_at_utc : str
        Of set-up and scoring.
    duration_s : float
        Set-up and scoring, without the ground truth.
    """

    results: dict[str, Any]
    data: ContestData
    started_at_utc: str
    finished_at_utc: str
    duration_s: float


def run_suite(
    runner: Any,
    entrypoint: EstimatorEntrypoint | None,
    spec: ContestSpec,
    contest: Callable[[], ContestData],
    *,
    seed: int,
    max_threads: int | None = None,
    on_mlp_scored: Callable[[dict[str, Any]], None] | None = None,
    fail_fast: bool = False,
) -> SuiteRun:
    """Run an estimator over a contest.

    Parameters
    ----------
    runner : EstimatorRunner
    entrypoint : EstimatorEntrypoint or None
        None for a runner that brings its estimator.
    spec : ContestSpec
        Known before the contest is: `setup` is told its shape and budget.
    contest : callable
        Draws or loads the contest; called after `setup` went well.
    seed : int
        Given to `setup`.
    max_threads : int, optional
    on_mlp_scored : callable, optional
        Given each network's entry.
    fail_fast : bool

    Returns
    -------
    SuiteRun

    Raises
    ------
    RunnerError
        When the estimator cannot be loaded or set up.
    """
    folder = (
        None if entrypoint is None else Path(entrypoint.file_path).expanduser().resolve().parent
    )
    context = SetupContext(
        width=spec.width,
        depth=spec.depth,
        flop_budget=spec.flop_budget,
        submission_dir=folder,
        seed=seed,
    )
    started_at = utc_now()
    try:
        started = time.perf_counter()
        runner.start(entrypoint, context, ResourceLimits.of(spec, max_threads))
        setup_s = time.perf_counter() - started
        data = contest()
        started = time.perf_counter()
        results = evaluate_estimator(runner, data, on_mlp_scored, fail_fast=fail_fast)
        duration = setup_s + time.perf_counter() - started
    finally:
        runner.close()
    return SuiteRun(results, data, started_at, utc_now(), duration)
