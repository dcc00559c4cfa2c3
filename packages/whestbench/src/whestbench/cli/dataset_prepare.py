"""``whest dataset prepare-arrow``."""

from __future__ import annotations

from pathlib import Path

import click

from whestbench.cli.dataset_errors import dataset_command


@click.command(help="Write Arrow copies of every split, which load without conversion.")
@click.argument("folder", type=click.Path(path_type=Path))
@dataset_command
def command(folder: Path) -> None:
    """Prepare."""
    from whestbench.dataset.combine import prepare_arrow

    for name in prepare_arrow(folder):
        click.echo(f"{folder}/prepared/{name}")
