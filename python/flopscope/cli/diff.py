"""``flopscope diff``: what changed between two exported reports."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["DESCRIPTION", "SUMMARY", "run"]

SUMMARY = "compare two exported reports"
DESCRIPTION = """\
Compares two files that `flopscope run --export` or budget.export() wrote as JSON. Exit status 1
when the bill grew beyond what is tolerated.
"""

_KEYS = {"operation": ("operations", "name"), "namespace": ("namespaces", "path"),
         "line": ("lines", "place")}  # fmt: skip


class Grouping(str, Enum):
    """What sums are compared by."""

    operation = "operation"
    namespace = "namespace"
    line = "line"


def _tolerance(text: str) -> Any:
    """A growth in percent, or in FLOPs: the number, and whether it is percent."""
    is_percent = text.endswith("%")
    try:
        value = float(text.rstrip("%").replace("_", ""))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a percentage nor FLOPs") from None
    if not value >= 0.0:
        raise typer.BadParameter(f"{text!r} is negative")
    return value, is_percent


def read_report(path: str) -> dict[str, Any]:
    """Read a JSON report; ValueError for anything else."""
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    if not isinstance(read, dict) or read.get("format") != "flopscope-report":
        raise ValueError(f"{path} is no report; write one with budget.export('name.json')")
    if read.get("version") != 1:
        raise ValueError(f"{path} has version {read.get('version')!r}; this flopscope reads 1")
    return read


def _sums(report: dict[str, Any], by: str, path: str) -> dict[str, int]:
    part, key = _KEYS[by]
    rows = report[part]
    if rows is None:
        raise ValueError(f"{path} tells no lines; record it with attribute='line'")
    sums: dict[str, int] = {}
    for row in rows:
        name = row[key]
        if isinstance(name, dict):
            # Lines move; functions stay.
            name = f"{Path(name['file']).name}:{name['function']}"
        label = "(unlabeled)" if name is None else name
        sums[label] = sums.get(label, 0) + row["flops"]
    return sums


def _change(before: int, after: int) -> str:
    if before == after:
        return "="
    return f"{100.0 * (after - before) / before:+.2f} %" if before else "new"


def run(
    before: Annotated[str, typer.Argument(help="JSON report")],
    after: Annotated[str, typer.Argument(help="JSON report")],
    by: Annotated[Grouping, typer.Option(help="what sums are compared by")] = Grouping.operation,
    fail_over: Annotated[
        Any,
        typer.Option(
            parser=_tolerance,
            metavar="GROWTH",
            help="tolerated growth of the total, as in 0% or 1000",
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="list what did not change, too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.cli.output import print_table

    reports = [read_report(path) for path in (before, after)]
    old, new = (report["budget"]["flops_used"] for report in reports)
    old_sums, new_sums = (
        _sums(report, by.value, path) for report, path in zip(reports, (before, after), strict=True)
    )
    names = sorted(
        old_sums.keys() | new_sums.keys(),
        key=lambda name: (-abs(new_sums.get(name, 0) - old_sums.get(name, 0)), name),
    )
    sums = [(name, old_sums.get(name, 0), new_sums.get(name, 0)) for name in names]
    changed = [row for row in sums if show_all or row[1] != row[2]]
    grew = False
    if fail_over is not None:
        value, is_percent = fail_over
        grew = new - old > (old * value / 100.0 if is_percent else value)
    if as_json:
        rows = [{"name": name, "before": was, "after": now} for name, was, now in changed]
        print(json.dumps({"before": old, "after": new, "by": by.value, "changes": rows,
                          "failed": grew}, indent=2))  # fmt: skip
        return int(grew)
    rows_text = [
        [name, f"{was:,}", f"{now:,}", f"{now - was:+,}", _change(was, now)]
        for name, was, now in [*changed, ("total", old, new)]
    ]
    heads = [by.value, "before", "after", "FLOPs", "change"]
    print_table(f"{before} -> {after}", heads, rows_text, numbers=4)
    if grew:
        print(f"The bill grew by {new - old:,} FLOPs, more than is tolerated.")
    return int(grew)
