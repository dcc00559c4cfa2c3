"""``whest run``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import Output, command_options
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
@click.option("--runner", type=click.Choice(list(RUNNERS)), default="local", show_default=True)
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
    runner: str,
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
    from whestbench.cli.scored import check_plots, check_reports, report_run, score_on_terminal
    from whestbench.history import History
    from whestbench.report.profile import Profiler
    from whestbench.runner import EstimatorEntrypoint, make_runner

    check_plots(profile, plots)
    check_reports(reports)
    debugger_safe(output)
    apply_max_threads(max_threads)
    chosen = choose_contest(output, live_spec(options), options)
    spec = chosen.spec
    profiler = Profiler() if profile else None
    where = make_runner(runner)
    run = score_on_terminal(
        output,
        "run",
        where,
        EstimatorEntrypoint(estimator, class_name),
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
