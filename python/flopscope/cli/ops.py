"""``flopscope ops``: the table of operations and what they cost."""

from __future__ import annotations

import argparse
import fnmatch
from typing import Any

__all__ = ["add_parser", "run"]


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Describe the subcommand and its options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "ops", help="what operations cost", description="Lists operations, their formulas and "
        "weights. A bill is the formula times the weight."
    )  # fmt: skip
    parser.add_argument("pattern", nargs="?", default="*",
                        help="as in sort, 'linalg.*'; a part of a name is enough")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def run(options: argparse.Namespace) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope import _core
    from flopscope.cli.output import print_json, print_table
    from flopscope.numpy._namespace import ROWS

    pattern = options.pattern.lower()
    whole = pattern if any(c in pattern for c in "*?[") else f"*{pattern}*"
    rows = [row for row in ROWS.values() if fnmatch.fnmatch(row.name.lower(), whole)]
    if not rows:
        raise ValueError(f"no operation matches {options.pattern!r}")
    if options.json:
        print_json({
            row.name: {"kind": row.kind, "formula": row.formula,
                       "weight": _core._weight_of(row.name)}
            for row in rows
        })  # fmt: skip
        return 0
    cells = [
        [
            row.name,
            f"{_core._weight_of(row.name):g}",
            "not supported" if row.kind == "blocked" else row.formula,
        ]
        for row in rows
    ]
    print_table(f"{len(rows)} operations", ["operation", "weight", "FLOPs"], cells, numbers=1)
    return 0
