"""``whest dataset combine-splits``."""

from __future__ import annotations

from pathlib import Path

import click

from whestbench.cli.dataset_errors import dataset_command


@click.command(help="Combine datasets of one split each into one of several splits.")
@click.argument("inputs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option("--default-split", help="Split that is used when none is named.")
@click.option("--skip-prepared-arrow", is_flag=True, help="Write no Arrow copies.")
@dataset_command
def command(
    inputs: tuple[Path, ...], output: Path, default_split: str | None, skip_prepared_arrow: bool
) -> None:
    """Combine."""
    from whestbench.dataset import combine_split_datasets

    folder = combine_split_datasets(
        inputs,
        output_dir=output,
        default_split=default_split,
        write_prepared_arrow=not skip_prepared_arrow,
    )
    click.echo(f"{folder}: {len(inputs)} splits")
