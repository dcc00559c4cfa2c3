"""Running a contest on the command line: progress, notes on limits, the report, the exit status."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from whestbench.cli.output import CommandError, Output
from whestbench.exhaustion import ScoringExhaustionWarning
from whestbench.history import History, changes, record_of
from whestbench.report.build import build_report
from whestbench.report.profile import Profiler, diagnostic_plots
from whestbench.report.progress import Progress, make_progress
from whestbench.runner.types import EstimatorEntrypoint
from whestbench.scoring import ContestData, ContestSpec, make_contest
from whestbench.scoring.measure import EXHAUSTIONS
from whestbench.seeds import draw_run_seed
from whestbench.suite import SuiteRun, run_suite
from whestbench.truth.cache import TruthCache

__all__ = ["live_contest", "report_run", "score_on_terminal", "seeded", "truth_figures"]


def seeded(spec: ContestSpec) -> tuple[ContestSpec, str]:
    """The contest with a seed, and whether it was ``"given"`` or ``"drawn"``."""
    if spec.seed is not None:
        return spec, "given"
    return replace(spec, seed=draw_run_seed()), "drawn"


def live_contest(
    spec: ContestSpec, progress: Progress, *, cache: bool = True
) -> Callable[[], ContestData]:
    """A contest that is drawn when it is called for."""

    def sampled(event: dict[str, Any]) -> None:
        progress.update(event["phase"], event["completed"], event["total"], event["mlp_name"])

    return lambda: make_contest(spec, sampled, cache=TruthCache() if cache else None)


def truth_figures(data: ContestData) -> dict[str, Any]:
    """How well the truth is known: samples, standard error, and the error that remains of it."""
    n = data.spec.ground_truth_samples
    return {
        "n_samples": n,
        "standard_error": data.noise_floor**0.5,
        "noise_floor": data.noise_floor,
    }


def score_on_terminal(
    output: Output,
    command: str,
    runner: Any,
    entrypoint: EstimatorEntrypoint | None,
    spec: ContestSpec,
    contest: Callable[[Progress], Callable[[], ContestData]],
    *,
    seed: int,
    max_threads: int | None = None,
    fail_fast: bool = False,
    profiler: Profiler | None = None,
) -> SuiteRun:
    """Run a suite with progress, and a line for each limit that is hit."""
    with make_progress(output.format, command) as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore", ScoringExhaustionWarning)  # told below, in one line each
        done = 0
        notes: list[str] = []

        def scored(entry: dict[str, Any]) -> None:
            nonlocal done
            done += 1
            progress.update("scoring", done, spec.n_mlps, entry["mlp_name"])
            if profiler is not None:
                profiler.mark(entry["mlp_name"])
            hit = next((flag for flag in EXHAUSTIONS if entry[flag]), None)
            if hit is not None:
                what = hit.replace("_", " ")
                notes.append(f"{what}: network {entry['mlp_index']} ({entry['mlp_name']})")

        run = run_suite(
            runner,
            entrypoint,
            spec,
            contest(progress),
            seed=seed,
            max_threads=max_threads,
            on_mlp_scored=scored,
            fail_fast=fail_fast,
        )
    run.results["truth"] = truth_figures(run.data)
    if not output.is_json:
        for line in notes:
            output.note(line)
        counts = run.results["failure_breakdown"]
        if counts["budget_exhausted"] or counts["time_exhausted"]:
            output.note(
                f"{counts['budget_exhausted']} networks ran out of FLOPs, "
                f"{counts['time_exhausted']} out of time"
            )
    return run


def report_run(
    output: Output,
    run: SuiteRun,
    run_config: dict[str, Any],
    *,
    detail: str = "raw",
    profiler: Profiler | None = None,
    plots: bool = False,
    reports: Sequence[Path] = (),
    history: History | None = None,
) -> int:
    """Print the report, write it to files; 1 when any `predict` raised."""
    report = build_report(
        run.results,
        run_config,
        started_at_utc=run.started_at_utc,
        finished_at_utc=run.finished_at_utc,
        duration_s=run.duration_s,
        mode="agent" if output.is_json else "human",
    )
    if profiler is not None:
        report["profile"] = profiler.samples
    if output.is_json:
        output.json(report)
    else:
        from whestbench.report.render import render_report

        console = output.console()
        for part in render_report(report, detail):
            console.print(part)
        if profiler is not None and plots:
            _print_plots(profiler)
    if history is not None:
        _keep(output, history, report)
    for path in reports:  # last: what was printed is not lost if a disk is full
        _write(report, path)
    return int(run.results["failure_breakdown"]["error"] > 0)


def check_reports(paths: Sequence[Path]) -> None:
    """Refuse files that cannot be written, before any work is done."""
    from whestbench.report.document import check_report_path

    try:
        for path in paths:
            check_report_path(path)
    except ValueError as error:
        raise CommandError("usage", "REPORT_PATH", str(error)) from error


def _write(report: dict[str, Any], path: Path) -> None:
    from whestbench.report.document import write_report

    try:
        write_report(report, path)
    except OSError as error:
        raise CommandError("report", "REPORT_PATH", f"{path} was not written: {error}") from error


def _keep(output: Output, history: History, report: dict[str, Any]) -> None:
    """Add the run to the history, and say how the score moved; a full disk is only a note."""
    record = record_of(report)
    try:
        before = history.last_of(record)
        history.add(record)
    except OSError as error:
        output.note(f"warning: this run is not in the history: {error}")
        return
    if before is not None and not output.is_json:
        from whestbench.cli.history import change_text

        (_, change) = changes([before, record])
        output.note(f"change since {before['at_utc'][:16]} UTC: {change_text(change) or 'unknown'}")


def _print_plots(profiler: Profiler) -> None:
    import click

    try:
        click.echo(diagnostic_plots(profiler.samples))
    except ImportError as error:
        raise CommandError("report", "MISSING_EXTRA", str(error)) from error


def check_plots(profile: bool, plots: bool) -> None:
    """Refuse charts without a profile, before any work is done."""
    if plots and not profile:
        from whestbench.cli.output import usage

        usage("--show-diagnostic-plots needs --profile")
    if plots:
        with contextlib.suppress(ModuleNotFoundError):
            import plotext  # noqa: F401

            return
        raise CommandError(
            "usage",
            "MISSING_EXTRA",
            "diagnostic plots need plotext: pip install 'whestbench[plots]'",
        )
