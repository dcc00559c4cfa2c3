"""``whest compare``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import CommandError, Output, command_options
from whestbench.cli.run_options import (
    apply_max_threads,
    contest_options,
    dataset_options,
    debugger_safe,
    live_spec,
    max_threads_option,
)
from whestbench.runner import RUNNERS

_FIGURES = (
    "adjusted_final_layer_score",
    "final_layer_mse",
    "all_layers_mse",
    "mean_score_multiplier",
    "mean_effective_compute",
    "n_failed_mlps",
)


@click.command(help="Score two estimators on the same networks and compare them pair by pair.")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option("--class-a", help="Class in the first file.")
@click.option("--class-b", help="Class in the second file.")
@click.option("--runner", type=click.Choice(list(RUNNERS)), default="local", show_default=True)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
)
@contest_options
@dataset_options
@max_threads_option
@command_options
def command(
    output: Output,
    a: Path,
    b: Path,
    class_a: str | None,
    class_b: str | None,
    runner: str,
    confidence: float,
    max_threads: int | None,
    **options: Any,
) -> int:
    """Score both, then compare; 1 when a `predict` raised."""
    from whestbench.cli.contests import choose_contest
    from whestbench.cli.shared_contest import score_all
    from whestbench.comparison import compare_scores
    from whestbench.runner import EstimatorEntrypoint

    debugger_safe(output)
    apply_max_threads(max_threads)
    chosen = choose_contest(output, live_spec(options), options)
    if chosen.spec.n_mlps < 2:
        raise CommandError(
            "compare", "SCORING_VALIDATION_ERROR", "a comparison needs two networks or more"
        )
    entries = [EstimatorEntrypoint(a, class_a), EstimatorEntrypoint(b, class_b)]
    jobs = [(entry, chosen.spec) for entry in entries]
    runs = score_all(output, "compare", chosen, runner, jobs, max_threads=max_threads)
    results = [run.results for run in runs]
    scores = [[row["adjusted_final_layer_score"] for row in found["per_mlp"]] for found in results]
    paired = compare_scores(scores[0], scores[1], confidence)
    status = int(any(found["failure_breakdown"]["error"] for found in results))
    if output.is_json:
        sides = [
            {"estimator_path": str(path), **{key: found[key] for key in _FIGURES}, "scores": column}
            for path, found, column in zip((a, b), results, scores, strict=True)
        ]
        output.json(
            {
                "ok": not status,
                "a": sides[0],
                "b": sides[1],
                "paired": asdict(paired),
                "mlp_names": [row["mlp_name"] for row in results[0]["per_mlp"]],
                "run_config": {**chosen.config(), "runner": runner},
            }
        )
        return status
    _print(output, (a, b), results, paired)
    return status


def _print(output: Output, paths: tuple[Path, Path], results: list[Any], paired: Any) -> None:
    from rich.box import SQUARE
    from rich.table import Table

    console = output.console()
    table = Table(title="Means over networks", box=SQUARE, title_justify="left")
    table.add_column("")
    for side, path in zip("ab", paths, strict=True):
        table.add_column(f"{side}: {path}", justify="right", overflow="fold")
    for key in _FIGURES:
        table.add_row(key.replace("_", " "), *(f"{found[key]:.5g}" for found in results))
    console.print(table)
    console.print(
        f"score of b minus score of a, over {paired.n} networks: {paired.mean_difference:+.4e}, "
        f"{100 * paired.confidence:g} % interval {paired.low:+.4e} to {paired.high:+.4e} "
        f"(p = {paired.p_value:.2g})",
        highlight=False,
    )
    console.print(
        f"better on single networks: a on {paired.a_better}, b on {paired.b_better}, "
        f"the same on {paired.ties}",
        highlight=False,
    )
    words = {
        "a": "a is better",
        "b": "b is better",
        "undecided": "undecided: take more networks (--n-mlps)",
    }
    console.print(words[paired.verdict])
