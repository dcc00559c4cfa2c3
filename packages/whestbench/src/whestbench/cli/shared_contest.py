"""Several scorings of one contest: its truth is sampled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whestbench.cli.contests import ChosenContest
from whestbench.cli.output import Output
from whestbench.cli.scored import score_on_terminal
from whestbench.loader import load_estimator_class
from whestbench.runner import EstimatorEntrypoint, make_runner
from whestbench.scoring import ContestData, ContestSpec
from whestbench.suite import SuiteRun

__all__ = ["score_all"]


def score_all(
    output: Output,
    command: str,
    chosen: ChosenContest,
    runner: str,
    jobs: Sequence[tuple[EstimatorEntrypoint, ContestSpec]],
    *,
    max_threads: int | None = None,
) -> list[SuiteRun]:
    """Score every job on the networks of one contest.

    Parameters
    ----------
    output : Output
    command : str
        Named in progress lines.
    chosen : ChosenContest
    runner : str
        Name of the runner; each job gets a fresh one.
    jobs : sequence of (EstimatorEntrypoint, ContestSpec)
        The specs differ in limits only.
    max_threads : int, optional

    Returns
    -------
    list of SuiteRun
    """
    # A file that cannot be loaded should not cost the sampling, whichever job it belongs to.
    if runner in ("local", "inprocess"):
        for entrypoint, _ in jobs:
            load_estimator_class(entrypoint.file_path, entrypoint.class_name)
    drawn: list[ContestData] = []
    runs = []
    for entrypoint, spec in jobs:

        def contest(progress: object, spec: ContestSpec = spec) -> object:
            def draw() -> ContestData:
                if not drawn:
                    drawn.append(chosen.contest(progress)())  # type: ignore[arg-type]
                return replace(drawn[0], spec=spec)

            return draw

        runs.append(
            score_on_terminal(
                output,
                command,
                make_runner(runner),
                entrypoint,
                spec,
                contest,  # type: ignore[arg-type]
                seed=chosen.seed,
                max_threads=max_threads,
            )
        )
    return runs
