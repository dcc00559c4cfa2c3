"""``whest dataset upload``."""

from __future__ import annotations

from pathlib import Path

import click

from whestbench.cli.dataset_errors import dataset_command


@click.command(help="Upload a dataset folder to the Hugging Face hub.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--repo", required=True, help="owner/repo")
@click.option("--tag", help="Tag of the uploaded state.")
@click.option("--private", is_flag=True, help="Make a new repository private.")
@click.option("--token", help="Access token; the stored one by default.")
@click.option("--message", help="Commit message.")
@dataset_command
def command(
    folder: Path, repo: str, tag: str | None, private: bool, token: str | None, message: str | None
) -> None:
    """Upload."""
    from whestbench.dataset import publish_dataset

    address = publish_dataset(
        folder, repo_id=repo, tag=tag, token=token, private=private, message=message
    )
    click.echo(address)
