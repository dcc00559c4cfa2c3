"""``whest validate-package``."""

from __future__ import annotations

from pathlib import Path

import click

from whestbench.cli.output import CommandError, Output, command_options


@click.command(help="Check an archive as the server will.")
@click.argument("archive", type=click.Path(path_type=Path))
@command_options
def command(output: Output, archive: Path) -> None:
    """Check it."""
    from whestbench.packaging import PackagingError, verify_archive

    try:
        manifest = verify_archive(archive)
    except PackagingError as error:
        raise CommandError("package", error.code, str(error)) from error
    if output.is_json:
        output.json({"ok": True, "manifest": manifest})
        return
    entry = manifest["entrypoint"]
    click.echo(
        f"{archive}: {entry['class']} of {entry['module']}.py, "
        f"{len(manifest['files'])} files, sound"
    )
