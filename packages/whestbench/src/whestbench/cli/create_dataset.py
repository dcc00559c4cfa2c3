"""``whest create-dataset``: the old name of ``whest dataset bake``."""

from __future__ import annotations

import click


@click.command(
    help="Replaced by `whest dataset bake`.",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Accept whatever the old command took, and name the new one."""
    click.echo(
        "create-dataset was replaced by `whest dataset bake`; try `whest dataset bake --help`",
        err=True,
    )
    return 2
