"""``flopscope ops``: the table of operations and what they cost."""

from __future__ import annotations

import fnmatch
from typing import Annotated

import typer

__all__ = ["DESCRIPTION", "SUMMARY", "run"]

SUMMARY = "what operations cost"
DESCRIPTION = """\
Lists operations, their formulas and weights. A bill is the formula times the weight.
"""


def run(
    pattern: Annotated[
        str, typer.Argument(help="as in sort, 'linalg.*'; a part of a name is enough")
    ] = "*",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.cli.output import print_json, print_table
    from flopscope.numpy._namespace import ROWS
    from flopscope.pricing.prices import formula_of, weight_of

    wanted = pattern.lower()
    whole = wanted if any(c in wanted for c in "*?[") else f"*{wanted}*"
    rows = [row for row in ROWS.values() if fnmatch.fnmatch(row.name.lower(), whole)]
    if not rows:
        raise ValueError(f"no operation matches {pattern!r}")
    if as_json:
        print_json({
            row.name: {"kind": row.kind, "formula": formula_of(row.name),
                       "weight": weight_of(row.name)}
            for row in rows
        })  # fmt: skip
        return 0
    cells = [
        [
            row.name,
            f"{weight_of(row.name):g}",
            "not supported" if row.kind == "blocked" else formula_of(row.name),
        ]
        for row in rows
    ]
    print_table(f"{len(rows)} operations", ["operation", "weight", "FLOPs"], cells, numbers=1)
    return 0
