"""``whest validate``."""

from __future__ import annotations

from pathlib import Path

import click

from whestbench.cli.output import CommandError, Output, command_options

_WIDTH, _DEPTH, _BUDGET = 4, 2, 100
CHECKS = ("class resolved", "setup completed", "predict shape", "values finite")


@click.command(help="Load an estimator, run setup, and predict on a tiny network, unmetered.")
@click.option("--estimator", required=True, type=click.Path(path_type=Path), help="The .py file.")
@click.option("--class", "class_name", help="Class in the file.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@command_options
def command(output: Output, estimator: Path, class_name: str | None, seed: int) -> None:
    """Run the four checks."""
    from whestbench.domain import sample_mlp
    from whestbench.runner import EstimatorEntrypoint, LocalRunner, ResourceLimits
    from whestbench.scoring.predictions import PredictionError, validate_predictions
    from whestbench.sdk import SetupContext

    runner = LocalRunner()
    context = SetupContext(
        width=_WIDTH,
        depth=_DEPTH,
        flop_budget=_BUDGET,
        submission_dir=estimator.expanduser().resolve().parent,
        seed=seed,
    )
    try:
        runner.start(EstimatorEntrypoint(estimator, class_name), context, ResourceLimits())
        answer = runner.predict(sample_mlp(_WIDTH, _DEPTH, seed, seed=seed), _BUDGET)
        checked = validate_predictions(answer, _DEPTH, _WIDTH)
    except PredictionError as error:
        raise CommandError("validate", error.code, str(error), details=error.details) from error
    finally:
        runner.close()
    if output.is_json:
        output.json(
            {
                "ok": True,
                "class_name": runner.class_name,
                "module_name": runner.module_name,
                "output_shape": list(checked.shape),
            }
        )
        return
    found = (runner.class_name, "", str(checked.shape), "")
    for check, what in zip(CHECKS, found, strict=True):
        click.echo(f"ok  {check}{': ' if what else ''}{what}")
