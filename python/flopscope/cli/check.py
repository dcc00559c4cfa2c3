"""``flopscope check``: places in a program that leave the meter, or waste FLOPs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["DESCRIPTION", "SUMMARY", "run"]

SUMMARY = "find places that leave the meter or waste FLOPs"
# The mark keeps the lines of a paragraph apart.
DESCRIPTION = """\
Reads Python files without running them, and names places that are worth a look:

\b
  FS001  a NumPy function on a counted array: slower, or refused
  FS002  a counted array taken out of the meter by numpy.asarray or numpy.array
  FS003  an operation that calls a Python function back: a remote backend refuses it
  FS004  billed work inside a loop whose operands do not change there
  FS005  a name that flopscope.numpy does not have

A line with the comment "flopscope: ignore" is left out. Exit status 1 when something was found.
"""


def _files(paths: list[str]) -> list[Path]:
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        if path.is_dir():
            found += sorted(path.rglob("*.py"))
        elif path.exists():
            found.append(path)
        else:
            raise FileNotFoundError(f"there is no file {name!r}")
    return found


def run(
    paths: Annotated[list[str], typer.Argument(help="files, or folders of them")],
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.cli.lint import check_source
    from flopscope.cli.output import print_json
    from flopscope.cli.progress import tracked

    findings = []
    status = 0
    for path in tracked(_files(paths), "checking"):
        try:
            findings += check_source(path.read_text(encoding="utf-8"), str(path))
        except (SyntaxError, ValueError) as error:  # noqa: PERF203 - the other files count
            print(f"{path}: cannot be read: {error}", file=sys.stderr)
            status = 2
    if as_json:
        print_json({"findings": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            print(f"{finding.path}:{finding.line}:{finding.column}: "
                  f"{finding.code} {finding.message}")  # fmt: skip
    return status or int(bool(findings))
