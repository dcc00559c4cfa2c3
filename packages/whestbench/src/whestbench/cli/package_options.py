"""Choosing, showing and confirming what travels: shared by ``package`` and ``submit``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from whestbench.cli.output import CommandError, Output
from whestbench.packaging import PackagingError, Selection, preview_lines, select_files

__all__ = ["chosen_files", "confirmed"]


def chosen_files(output: Output, estimator: Path, *, single_file: bool) -> Selection:
    """The files of a submission, shown on standard error unless JSON was asked for."""
    try:
        selection = select_files(estimator, single_file=single_file)
    except PackagingError as error:
        raise CommandError("package", error.code, str(error)) from error
    if not output.is_json:
        what = "only this file travels" if single_file else f"the folder {selection.root} travels"
        output.note(f"{what}:")
        for line in preview_lines(selection):
            output.note(f"  {line}")
    return selection


def confirmed(output: Output, question: str, *, yes: bool) -> bool:
    """Ask, unless told not to, or nobody is there to answer."""
    if yes or output.is_json or not sys.stdin.isatty():
        return True
    return click.confirm(question, default=True, err=True)
