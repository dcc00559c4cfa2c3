"""Grading networks of one submission in an isolated worker."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from whestbench.exhaustion import ScoringExhaustionWarning
from whestbench.graded import graded_worker
from whestbench.runner import ResourceLimits
from whestbench.scoring import ContestData
from whestbench.scoring.evaluate import score_network
from whestbench.scoring.measure import measure
from whestbench.sdk import SetupContext

__all__ = ["grade_archive"]


def grade_archive(
    archive: Path,
    data: ContestData,
    indices: Iterable[int],
    on_entry: Callable[[dict[str, Any]], None],
    *,
    max_threads: int | None = None,
    isolate_network: bool = True,
    isolate_files: bool = True,
    worker_user: str | None = None,
) -> None:
    """Unpack an archive and score its estimator on some networks of a contest.

    Parameters
    ----------
    archive : pathlib.Path
    data : ContestData
    indices : iterable of int
        Which networks.
    on_entry : callable
        Given each network's entry as soon as it is there.
    max_threads : int, optional
    isolate_network, isolate_files : bool
        See `whestbench.runner.isolation.Isolation`.
    worker_user : str, optional

    Raises
    ------
    PackagingError
        For an archive that breaks a rule.
    RunnerError
        When the estimator cannot be loaded or set up.
    """
    with graded_worker(
        archive, no_network=isolate_network, no_files=isolate_files, user=worker_user
    ) as (runner, entrypoint, _):
        context = SetupContext(
            width=data.spec.width,
            depth=data.spec.depth,
            flop_budget=data.spec.flop_budget,
            submission_dir=Path(entrypoint.file_path).parent,
            seed=data.spec.seed if data.spec.seed is not None else 0,
        )
        runner.start(entrypoint, context, ResourceLimits.of(data.spec, max_threads))
        for index in indices:
            mlp = data.mlps[index]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ScoringExhaustionWarning)
                measured = measure(runner, mlp, data.spec)
            truth = data.all_layer_targets[index]
            on_entry(score_network(index, mlp.name, measured, truth, data.spec))
