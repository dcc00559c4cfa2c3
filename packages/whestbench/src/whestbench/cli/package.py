"""``whest package``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import CommandError, Output, command_options

_IGNORED = ("requirements", "submission_metadata", "approach")


@click.command(help="Package an estimator and the folder it lies in.")
@click.option(
    "--estimator",
    required=True,
    type=click.Path(path_type=Path),
    help="estimator.py or its folder; the folder travels.",
)
@click.option("--class", "class_name", help="Class in the file.")
@click.option("--output", "target", type=click.Path(path_type=Path), help="Archive to write.")
@click.option("--single-file", is_flag=True, help="Ship the one file, not its folder.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--requirements", hidden=True)
@click.option("--submission-metadata", hidden=True)
@click.option("--approach", hidden=True)
@command_options
def command(
    output: Output,
    estimator: Path,
    class_name: str | None,
    target: Path | None,
    single_file: bool,
    yes: bool,
    **ignored: Any,
) -> int:
    """Preview, ask, write."""
    from whestbench.cli.package_options import chosen_files, confirmed
    from whestbench.packaging import PackagingError, build_archive

    for name in _IGNORED:
        if ignored[name] is not None:
            output.note(f"warning: --{name.replace('_', '-')} is ignored")
    selection = chosen_files(output, estimator, single_file=single_file)
    if not confirmed(output, "package these files?", yes=yes):
        output.note("nothing was written")
        return 0
    try:
        path = build_archive(selection, class_name=class_name, output=target)
    except PackagingError as error:
        raise CommandError("package", error.code, str(error)) from error
    if output.is_json:
        output.json({"ok": True, "artifact_path": str(path)})
    else:
        click.echo(str(path))
    return 0
