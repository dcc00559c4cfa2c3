"""``whest profile-simulation``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import CommandError, Output, command_options
from whestbench.cli.run_options import apply_max_threads, max_threads_option

_PRESETS = ("super-quick", "quick", "standard", "exhaustive")


@click.command(help="Time running and sampling networks on this machine.")
@click.option("--preset", type=click.Choice(_PRESETS), default="quick", show_default=True)
@click.option("--output", "target", type=click.Path(path_type=Path), help="JSON file to write.")
@click.option("--verbose", is_flag=True, help="Show every single time.")
@click.option("--log-progress", is_flag=True, help="Progress lines on standard error.")
@max_threads_option
@command_options
def command(
    output: Output,
    preset: str,
    target: Path | None,
    verbose: bool,
    log_progress: bool,
    max_threads: int | None,
) -> int:
    """Check correctness, then time; 1 when a result is wrong."""
    apply_max_threads(max_threads)
    from whestbench.hardware import host
    from whestbench.report.progress import make_progress
    from whestbench.simulation_profile import check_correctness, profile_simulation

    correctness = check_correctness()
    shown = "plain" if log_progress else "json" if output.format != "rich" else "rich"
    with make_progress(shown, "profile") as progress:
        timings = profile_simulation(
            preset, lambda done, total, what: progress.update("timing", done, total, what)
        )
    found: dict[str, Any] = {
        "ok": correctness["ok"],
        "preset": preset,
        "correctness": correctness,
        "timings": timings,
        "host": host(),
    }
    if target is not None:
        try:
            target.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(
                "profile", "WRITE_ERROR", f"cannot write {target}: {error}"
            ) from error
    if output.is_json:
        output.json(found)
    else:
        _print(output, found, verbose)
    return int(not correctness["ok"])


def _print(output: Output, found: dict[str, Any], verbose: bool) -> None:
    from rich.box import SQUARE
    from rich.table import Table

    table = Table(title=f"Preset {found['preset']}, median of 3", box=SQUARE, title_justify="left")
    columns = ["operation", "width", "depth", "samples", "seconds", "GFLOP/s"]
    for column in columns + (["single times"] if verbose else []):
        table.add_column(column, justify="left" if column == "operation" else "right")
    for row in found["timings"]:
        cells = [
            row["operation"],
            str(row["width"]),
            str(row["depth"]),
            f"{row['n_samples']:,}",
            f"{row['median_s']:.4f}",
            f"{row['gflops']:.1f}",
        ]
        if verbose:
            cells.append(" ".join(f"{seconds:.4f}" for seconds in row["times_s"]))
        table.add_row(*cells)
    console = output.console()
    console.print(table)
    word = "right" if found["ok"] else "WRONG"
    worst = max(found["correctness"]["max_abs_error"].values())
    console.print(f"results are {word}: largest deviation from float64 {worst:.1e}")
