"""``whest init``."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import click

from whestbench.cli.output import CommandError, Output, command_options

_FILES = {
    "estimator.py": "estimator.py",
    "requirements.txt": "requirements.txt",
    ".whestignore": "whestignore",
}


@click.command(help="Write estimator.py, requirements.txt and .whestignore unless they are there.")
@click.argument("path", required=False, default=".", type=click.Path(path_type=Path))
@command_options
def command(output: Output, path: Path) -> None:
    """Write the starter files."""
    created = []
    templates = resources.files("whestbench") / "templates"
    try:
        path.mkdir(parents=True, exist_ok=True)
        for name, template in _FILES.items():
            target = path / name
            if not target.exists():
                target.write_text(
                    (templates / template).read_text(encoding="utf-8"), encoding="utf-8"
                )
                created.append(str(target))
    except OSError as error:
        raise CommandError("init", "INIT_ERROR", f"cannot write to {path}: {error}") from error
    if output.is_json:
        output.json({"ok": True, "created": created})
        return
    for name in created:
        click.echo(f"created {name}")
    if not created:
        click.echo(f"nothing to do: {path} has all starter files")
    click.echo(f"next: whest validate --estimator {path / 'estimator.py'}")
