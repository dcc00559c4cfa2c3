"""``flopscope diff``: what changed between two exported reports."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

__all__ = ["add_parser", "run"]

_KEYS = {"operation": ("operations", "name"), "namespace": ("namespaces", "path"),
         "line": ("lines", "place")}  # fmt: skip


def _tolerance(text: str) -> tuple[float, bool]:
    """A growth in percent, or in FLOPs: the number, and whether it is percent."""
    is_percent = text.endswith("%")
    try:
        value = float(text.rstrip("%").replace("_", ""))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a percentage nor FLOPs") from None
    if not value >= 0.0:
        raise argparse.ArgumentTypeError(f"{text!r} is negative")
    return value, is_percent


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Describe the subcommand and its options."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "diff",
        help="compare two exported reports",
        description="Compares two files that `flopscope run --export` or budget.export() wrote as "
        "JSON. Exit status 1 when the bill grew beyond what is tolerated.",
    )
    parser.add_argument("before", help="JSON report")
    parser.add_argument("after", help="JSON report")
    parser.add_argument("--by", choices=list(_KEYS), default="operation")
    parser.add_argument("--fail-over", type=_tolerance, metavar="GROWTH",
                        help="tolerated growth of the total, as in 0%% or 1000")  # fmt: skip
    parser.add_argument("--all", action="store_true", help="list what did not change, too")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


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


def run(options: argparse.Namespace) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.cli.output import print_table

    reports = [read_report(path) for path in (options.before, options.after)]
    old, new = (report["budget"]["flops_used"] for report in reports)
    before, after = (
        _sums(report, options.by, path)
        for report, path in zip(reports, (options.before, options.after), strict=True)
    )
    names = sorted(before.keys() | after.keys(),
                   key=lambda n: (-abs(after.get(n, 0) - before.get(n, 0)), n))  # fmt: skip
    changed = [n for n in names if options.all or before.get(n, 0) != after.get(n, 0)]
    grew = False
    if options.fail_over is not None:
        value, is_percent = options.fail_over
        allowed = old * value / 100.0 if is_percent else value
        grew = new - old > allowed
    if options.json:
        rows = [{"name": n, "before": before.get(n, 0), "after": after.get(n, 0)} for n in changed]
        print(json.dumps({"before": old, "after": new, "by": options.by, "changes": rows,
                          "failed": grew}, indent=2))  # fmt: skip
        return int(grew)
    rows_text = [
        [n, f"{before.get(n, 0):,}", f"{after.get(n, 0):,}",
         f"{after.get(n, 0) - before.get(n, 0):+,}", _change(before.get(n, 0), after.get(n, 0))]
        for n in changed
    ]  # fmt: skip
    rows_text.append(["total", f"{old:,}", f"{new:,}", f"{new - old:+,}", _change(old, new)])
    heads = [options.by, "before", "after", "FLOPs", "change"]
    print_table(f"{options.before} -> {options.after}", heads, rows_text, numbers=4)
    if grew:
        print(f"The bill grew by {new - old:,} FLOPs, more than is tolerated.")
    return int(grew)
