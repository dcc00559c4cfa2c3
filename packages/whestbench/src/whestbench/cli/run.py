"""``whest run``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import Output, command_options, usage
from whestbench.cli.run_options import (
    apply_max_threads,
    contest_options,
    dataset_options,
    debugger_safe,
    live_spec,
    max_threads_option,
)
from whestbench.runner import RUNNERS


@click.command(help="Score an estimator on random networks and print the report.")
@click.option("--estimator", required=True, type=click.Path(path_type=Path), help="The .py file.")
@click.option("--class", "class_name", help="Class in the file.")
@click.option("--runner", type=click.Choice(list(RUNNERS)), help="Where it runs; local by default.")
@click.option(
    "--grader-like",
    is_flag=True,
    help="Run the packaged submission in a worker without network and files, as a grader does.",
)
@click.option("--detail", type=click.Choice(["raw", "full"]), default="raw", show_default=True)
@click.option("--profile", is_flag=True, help="Record time and memory after each network.")
@click.option("--show-diagnostic-plots", "plots", is_flag=True, help="Chart the profile.")
@click.option(
    "--report",
    "reports",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="Write the report too: .html, .md or .json; may be repeated.",
)
@click.option("--no-history", is_flag=True, help="Do not keep the run for `whest history`.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first exception.")
@contest_options
@dataset_options
@max_threads_option
@command_options
def command(
    output: Output,
    estimator: Path,
    class_name: str | None,
    runner: str | None,
    grader_like: bool,
    detail: str,
    profile: bool,
    plots: bool,
    reports: tuple[Path, ...],
    no_history: bool,
    fail_fast: bool,
    max_threads: int | None,
    **options: Any,
) -> int:
    """Score and report; 1 when a `predict` raised or set-up failed."""
    from whestbench.cli.contests import choose_contest
    from whestbench.cli.grader_like import as_grader
    from whestbench.cli.scored import check_plots, check_reports, report_run, score_on_terminal
    from whestbench.history import History
    from whestbench.report.profile import Profiler
    from whestbench.runner import EstimatorEntrypoint, make_runner

    if grader_like and runner not in (None, "subprocess", "server"):
        usage(f"--grader-like runs in a worker, not with --runner {runner}")
    check_plots(profile, plots)
    check_reports(reports)
    debugger_safe(output)
    apply_max_threads(max_threads)
    chosen = choose_contest(output, live_spec(options), options)
    spec = chosen.spec
    profiler = Profiler() if profile else None
    with contextlib.ExitStack() as stack:
        if grader_like:
            where, entrypoint, kept_from = stack.enter_context(
                as_grader(output, estimator, class_name)
            )
            runner = "subprocess"
        else:
            runner = runner or "local"
            where = make_runner(runner)
            entrypoint, kept_from = EstimatorEntrypoint(estimator, class_name), None
        run = score_on_terminal(
            output,
            "run",
            where,
            entrypoint,
            spec,
            chosen.contest,
            seed=chosen.seed,
            max_threads=max_threads,
            fail_fast=fail_fast,
            profiler=profiler,
        )
    config = {
        **chosen.config(),
        "runner": runner,
        **({} if kept_from is None else {"grader_like": kept_from}),
        "max_threads": max_threads,
        "estimator_class": getattr(where, "class_name", class_name),
        "estimator_path": str(estimator),
        "profile_enabled": profile,
    }
    return report_run(
        output,
        run,
        config,
        detail=detail,
        profiler=profiler,
        plots=plots,
        reports=reports,
        history=None if no_history else History(),
    )
