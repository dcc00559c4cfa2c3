"""``whest version``."""

from __future__ import annotations

import click

from whestbench._version import __version__
from whestbench.cli.output import Output, command_options


@click.command(help="Print the version.")
@command_options
def command(output: Output) -> None:
    """Print name and version."""
    if output.is_json:
        output.json(
            {"ok": True, "command": "version", "name": "whestbench", "version": __version__}
        )
    else:
        click.echo(f"whestbench {__version__}")
