"""``whest dataset download``."""

from __future__ import annotations

from pathlib import Path

import click

from whestbench.cli.dataset_errors import dataset_command


@click.command(help="Download a dataset from the Hugging Face hub.")
@click.argument("repo")
@click.option("--output", type=click.Path(path_type=Path), help="A new folder; the hub's cache.")
@click.option("--revision", help="Tag or commit.")
@click.option("--token", help="Access token; the stored one by default.")
@click.option("--split", help="Only the data of this split.")
@dataset_command
def command(
    repo: str, output: Path | None, revision: str | None, token: str | None, split: str | None
) -> None:
    """Download."""
    from whestbench.dataset.hub import fetch

    if output is not None and output.exists() and any(output.iterdir()):
        raise FileExistsError(f"{output} exists and is not empty; choose another folder")
    if revision is None and "@" not in repo:
        click.echo("warning: no revision is named; a later download may differ", err=True)
    found = fetch(repo, revision=revision, token=token, folder=output, split=split)
    click.echo(str(found))
