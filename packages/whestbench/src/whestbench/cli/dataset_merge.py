"""``whest dataset merge``."""

from __future__ import annotations

from pathlib import Path

import click

from whestbench.cli.dataset_errors import dataset_command


@click.command(help="Join the parts of a set that was baked in slices.")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A new folder.")
@dataset_command
def command(inputs: tuple[Path, ...], output: Path) -> None:
    """Merge."""
    from whestbench.dataset import merge_datasets

    click.echo(f"{merge_datasets(inputs, output_dir=output)}: {len(inputs)} parts joined")
