"""``flopscope migrate``: what a program costs under another price list, and why."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from flopscope.cli.run import CONTEXT_SETTINGS, as_main, execute

__all__ = ["CONTEXT_SETTINGS", "DESCRIPTION", "SUMMARY", "run"]

SUMMARY = "what a script bills under another price list"
DESCRIPTION = """\
Runs a Python script once and bills it by two price lists: which operations and which lines of its
source will cost more or less, ordered by the difference, and what the lists state of them.
"""


def _change(before: int, after: int) -> str:
    ratio = f" ({after / before:.3g}x)" if before and after != before else ""
    return f"{after - before:+,}{ratio}"


def _reasons(before: Any, after: Any, names: list[str]) -> list[list[str]]:
    known = {change.op_name: change for change in before.diff(after)}
    rows = []
    for name in names:
        # Methods of ufuncs follow their ufunc.
        change = known.get(name) or known.get(name.rpartition(".")[0])
        rows.append([name, *(("", "") if change is None else (change.before, change.after))])
    return rows


def _as_json(before: Any, after: Any, recording: Any) -> dict[str, Any]:
    from flopscope.report.bills import bills_of, by_line

    def sides(costs: dict[str, int]) -> dict[str, int]:
        return {name: costs.get(name, 0) for name in (before.name, after.name)}

    bills = {bill.cost_model: bill for bill in bills_of(recording)}
    names = {name for bill in bills.values() for name in bill.operations}
    operations = {
        name: {model: bill.operations.get(name, 0) for model, bill in bills.items()}
        for name in names
    }
    lines = [
        {
            "file": place.file if place else None,
            "line": place.line if place else None,
            "operation": op_name,
            **sides(costs),
        }
        for (place, op_name), costs in by_line(recording).items()
    ]

    def difference(costs: dict[str, Any]) -> int:
        return int(costs[after.name] - costs[before.name])

    return {
        "from": before.name,
        "to": after.name,
        "bills": {name: bill.flops_used for name, bill in bills.items()},
        "operations": dict(
            sorted(operations.items(), key=lambda item: (-difference(item[1]), item[0]))
        ),
        "lines": sorted(lines, key=lambda line: -difference(line)),
    }


def _show(told: dict[str, Any], before: Any, after: Any) -> None:
    from flopscope.cli.output import print_table

    old, new = told["from"], told["to"]
    bills = told["bills"]
    print(f"{old}: {bills[old]:,} FLOPs; {new}: {bills[new]:,} FLOPs, "
          f"{_change(bills[old], bills[new])}")  # fmt: skip
    changed = {
        name: costs for name, costs in told["operations"].items() if costs[old] != costs[new]
    }
    if not changed:
        print("No operation of the program changes its price.")
        return
    print()
    rows = [
        [name, f"{costs[old]:,}", f"{costs[new]:,}", _change(costs[old], costs[new])]
        for name, costs in changed.items()
    ]
    print_table("by operation", ["operation", old, new, "difference"], rows, numbers=3)
    print()
    rows = [
        [line["operation"], f"{line[old]:,}", f"{line[new]:,}", _change(line[old], line[new]),
         f"{line['file']}:{line['line']}"]
        for line in told["lines"]
        if line[old] != line[new]
    ]  # fmt: skip
    print_table("by line", ["operation", old, new, "difference", "line"], rows, numbers=3)
    print()
    reasons = _reasons(before, after, list(changed))
    print_table("what the lists state", ["operation", old, new], reasons, numbers=0)


def run(
    script: Annotated[str, typer.Argument(help="path of the script, or name of the module")],
    arguments: Annotated[list[str] | None, typer.Argument(help="for the script")] = None,
    before: Annotated[str, typer.Option("--from", metavar="NAME", help="price list")] = "0.8",
    after: Annotated[str, typer.Option("--to", metavar="NAME", help="price list")] = "0.5",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
    is_module: Annotated[bool, typer.Option("-m", help="run a module")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.cli.output import print_json
    from flopscope.pricing.cost_model import cost_model
    from flopscope.report.record import record

    old, new = cost_model(before), cost_model(after)
    with (
        record(attribute="line", cost_model=old, also=(new,)) as recording,
        as_main(script, arguments or [], is_module),
    ):
        status = execute(script, is_module)
    sys.stdout.flush()
    told = _as_json(old, new, recording)
    if as_json:
        print_json(told)
    else:
        _show(told, old, new)
    return status
