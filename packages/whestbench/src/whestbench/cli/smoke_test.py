"""``whest smoke-test``."""

from __future__ import annotations

import click

from whestbench.cli.output import Output, command_options
from whestbench.cli.run_options import apply_max_threads, debugger_safe, max_threads_option

_NEXT = """next:
  whest init my-estimator
  whest validate --estimator my-estimator/estimator.py
  whest run --estimator my-estimator/estimator.py --n-mlps 3 --n-samples 100000"""


@click.command(help="Score the built-in hybrid estimator on three networks.")
@click.option("--detail", type=click.Choice(["raw", "full"]), default="raw", show_default=True)
@click.option("--profile", is_flag=True, help="Record time and memory after each network.")
@click.option("--show-diagnostic-plots", "plots", is_flag=True, help="Chart the profile.")
@max_threads_option
@command_options
def command(
    output: Output, detail: str, profile: bool, plots: bool, max_threads: int | None
) -> int:
    """Score and report."""
    from whestbench.cli.contests import choose_contest
    from whestbench.cli.scored import check_plots, report_run, score_on_terminal
    from whestbench.estimators import CombinedEstimator
    from whestbench.report.profile import Profiler
    from whestbench.rounds import DEFAULT_FLOP_BUDGET
    from whestbench.runner import LocalRunner
    from whestbench.scoring import ContestSpec

    check_plots(profile, plots)
    debugger_safe(output)
    apply_max_threads(max_threads)
    spec = ContestSpec(256, 32, 3, DEFAULT_FLOP_BUDGET, 10_000)
    chosen = choose_contest(output, spec, {"no_cache": True})
    profiler = Profiler() if profile else None
    run = score_on_terminal(
        output,
        "smoke-test",
        LocalRunner(CombinedEstimator()),
        None,
        chosen.spec,
        chosen.contest,
        seed=chosen.seed,
        max_threads=max_threads,
        profiler=profiler,
    )
    config = {
        **chosen.config(),
        "runner": "local",
        "max_threads": max_threads,
        "estimator_class": "CombinedEstimator",
        "estimator_path": None,
        "profile_enabled": profile,
    }
    status = report_run(output, run, config, detail=detail, profiler=profiler, plots=plots)
    if not output.is_json:
        click.echo(_NEXT)
    return status
