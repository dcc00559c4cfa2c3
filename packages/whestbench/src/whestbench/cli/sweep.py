"""``whest sweep``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import CommandError, Output, command_options, usage
from whestbench.cli.run_options import (
    apply_max_threads,
    contest_options,
    dataset_options,
    debugger_safe,
    live_spec,
    max_threads_option,
)
from whestbench.runner import RUNNERS


def budgets_of(text: str) -> list[int]:
    """Budgets of ``1e8,2e9`` or ``1e8..1e11:7`` (seven of them, evenly spaced in powers)."""
    try:
        if ".." in text:
            ends, _, count = text.partition(":")
            low, high = (float(end) for end in ends.split(".."))
            n = int(count or 5)
            if n < 2:
                raise ValueError("a range needs two budgets or more")
            found = [low * (high / low) ** (i / (n - 1)) for i in range(n)]
        else:
            found = [float(word) for word in text.split(",")]
        budgets = sorted({round(value) for value in found})
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        usage(f"--budgets {text!r}: numbers such as 1e8,1e9 or a range 1e8..1e11:7 ({error})")
    if budgets[0] <= 0:
        usage(f"--budgets {text!r}: budgets are positive")
    return budgets


@click.command(help="Score an estimator under several budgets, on the same networks.")
@click.option("--estimator", required=True, type=click.Path(path_type=Path), help="The .py file.")
@click.option("--class", "class_name", help="Class in the file.")
@click.option("--budgets", required=True, help="1e8,1e9,1e10 or a range 1e8..1e11:7.")
@click.option("--plot", type=click.Path(path_type=Path), help="Picture to write (.png, .svg).")
@click.option("--runner", type=click.Choice(list(RUNNERS)), default="local", show_default=True)
@contest_options
@dataset_options
@max_threads_option
@command_options
def command(
    output: Output,
    estimator: Path,
    class_name: str | None,
    budgets: str,
    plot: Path | None,
    runner: str,
    max_threads: int | None,
    **options: Any,
) -> int:
    """Score once per budget; 1 when a `predict` raised."""
    from whestbench.cli.contests import choose_contest
    from whestbench.cli.shared_contest import score_all
    from whestbench.report.sweep import MISSING, draw_sweep, sweep_points
    from whestbench.runner import EstimatorEntrypoint

    wanted = budgets_of(budgets)
    if options["flop_budget"] is not None:
        usage("--budgets takes the place of --flop-budget")
    if plot is not None and MISSING is not None:
        raise CommandError("sweep", "MISSING_EXTRA", MISSING)
    debugger_safe(output)
    apply_max_threads(max_threads)
    options["flop_budget"] = max(wanted)
    chosen = choose_contest(output, live_spec(options), options)
    entry = EstimatorEntrypoint(estimator, class_name)
    jobs = [(entry, replace(chosen.spec, flop_budget=budget)) for budget in wanted]
    runs = score_all(output, "sweep", chosen, runner, jobs, max_threads=max_threads)
    points = sweep_points(wanted, [run.results for run in runs])
    status = int(any(run.results["failure_breakdown"]["error"] for run in runs))
    if plot is not None:
        try:
            draw_sweep(points, plot, str(estimator))
        except (OSError, ValueError) as error:
            raise CommandError("sweep", "PLOT_ERROR", f"cannot write {plot}: {error}") from error
    if output.is_json:
        output.json(
            {
                "ok": not status,
                "points": points,
                "plot_path": None if plot is None else str(plot),
                "run_config": {**chosen.config(), "runner": runner},
            }
        )
        return status
    _print(output, points)
    if plot is not None:
        click.echo(f"picture: {plot}")
    return status


def _print(output: Output, points: list[dict[str, Any]]) -> None:
    from rich.box import SQUARE
    from rich.table import Table

    table = Table(title="Score by budget", box=SQUARE, title_justify="left")
    for column in ("budget", "score", "final mse", "multiplier", "used", "failed", ""):
        table.add_column(column, justify="right" if column else "left")
    for point in points:
        table.add_row(
            f"{point['flop_budget']:.3g}",
            f"{point['score']:.4e}",
            f"{point['final_layer_mse']:.4e}",
            f"{point['multiplier']:.3f}",
            f"{100 * point['utilization']:.2f} %",
            str(point["failed"]),
            "floor" if point["at_floor"] else "",
        )
    if any(point["at_floor"] for point in points):
        table.caption = "floor: the multiplier is 0.1, a larger budget gains nothing"
    output.console().print(table)
