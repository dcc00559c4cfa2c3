"""The report of a contraction as text, and for rich."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from flopscope._core import SymmetryGroup

if TYPE_CHECKING:
    from flopscope._contraction.path_info import PathInfo, StepInfo

__all__ = ["format_table", "group_text", "print_report", "rich_table"]

_COLUMNS = (
    "step",
    "contract",
    "subscript",
    "regime",
    "flops",
    "dense_flops",
    "savings",
    "blas",
    "unique/total",
    "symmetry (inputs → output)",
)


def group_text(group: SymmetryGroup | None, labels: str) -> str:
    """Return a group in the labels of its axes.

    Parameters
    ----------
    group : SymmetryGroup or None
    labels : str
        A label per axis.

    Returns
    -------
    str
        Such as ``S3{i,j,k}``, ``C3{i,j,k}`` or ``PermGroup⟨(i j)(k l)⟩``; ``-`` for none.
    """
    if group is None:
        return "-"
    axes = range(group.degree) if group.axes is None else group.axes
    names = [labels[axis] for axis in axes]
    moved = [names[i] for orbit in group.orbits() if len(orbit) > 1 for i in orbit]
    order = group.order()
    inside = "{" + ",".join(moved) + "}"
    if order == math.factorial(len(moved)) and len({len(o) for o in group.orbits()} - {1}) == 1:
        return f"S{len(moved)}{inside}"
    if len(moved) == group.degree:
        if group == SymmetryGroup.cyclic(axes=tuple(axes)):
            return f"C{len(moved)}{inside}"
        if group == SymmetryGroup.dihedral(axes=tuple(axes)):
            return f"D{len(moved)}{inside}"
    cycles = [_cycles(images, names) for images in group.generator_literals]
    return "PermGroup⟨" + ", ".join(cycle for cycle in cycles if cycle) + "⟩"


def _cycles(images: Any, names: list[str]) -> str:
    seen: set[int] = set()
    text = ""
    for start in range(len(images)):
        if start in seen or images[start] == start:
            continue
        cycle = [start]
        while images[cycle[-1]] != start:
            cycle.append(images[cycle[-1]])
        seen.update(cycle)
        text += "(" + " ".join(names[i] for i in cycle) + ")"
    return text


def _unique(step: StepInfo, size_dict: dict[str, int]) -> str:
    inner = math.prod(size_dict[label] for label in step.inner_labels)
    text = f"V:{step.unique_output}/{math.prod(step.output_shape)}"
    return f"{text} W:{step.unique_inner}/{inner}" if step.inner_labels else text


def _symmetry(step: StepInfo) -> str:
    left, _, result = step.subscript.partition("->")
    given = ", ".join(
        group_text(group, term)
        for group, term in zip(step.input_groups, left.split(","), strict=True)
    )
    return f"{given} → {group_text(step.output_group, result)}"


def _row(number: int, step: StepInfo, size_dict: dict[str, int]) -> list[str]:
    return [
        str(number),
        "(" + ", ".join(str(i) for i in step.path_indices) + ")",
        step.subscript,
        step.cost_source or "-",
        f"{step.flop_cost:,}",
        f"{step.dense_flop_cost:,}",
        f"{step.symmetry_savings:.1%}",
        str(step.blas_type or "-"),
        _unique(step, size_dict),
        _symmetry(step),
    ]


def _extra_rows(step: StepInfo) -> list[list[str]]:
    """Return a row for each pre-reduction, and one for what is left of the step."""
    if not step.pre_reductions:
        return []
    rows = []
    terms = step.subscript.partition("->")[0].split(",")
    for part in step.pre_reductions:
        expression = f"{terms[part.operand_index]}->{part.surviving_subscript}"
        rows.append(["", "", f"  pre-reduce {expression}", "", f"{part.cost:,}"])
        terms[part.operand_index] = part.surviving_subscript
    left = step.flop_cost - sum(part.cost for part in step.pre_reductions)
    result = step.subscript.partition("->")[2]
    expression = ",".join(terms) + "->" + result
    rows.append(["", "", f"  residual contraction {expression}", "", f"{left:,}"])
    return rows


def _sizes(size_dict: dict[str, int]) -> str:
    by_size: dict[int, list[str]] = {}
    for label, n in size_dict.items():
        by_size.setdefault(n, []).append(label)
    return ", ".join("=".join([*labels, str(n)]) for n, labels in by_size.items())


def _head(info: PathInfo) -> list[tuple[str, str]]:
    dense = sum(step.dense_flop_cost for step in info.steps)
    savings = 1 - info.optimized_cost / dense if dense else 0.0
    return [
        ("Complete contraction:", info.eq),
        ("Naive cost (flopscope):", f"{info.naive_cost:,}"),
        ("Optimized cost (flopscope):", f"{info.optimized_cost:,}"),
        ("Speedup:", f"{info.speedup:.3f}x"),
        ("Savings:", f"{savings:.1%}"),
        ("Largest intermediate:", f"{info.largest_intermediate:,} elements"),
        ("Index sizes:", _sizes(info.size_dict)),
        ("Optimizer:", info.optimizer_used),
    ]


def _rows(info: PathInfo, verbose: bool) -> list[list[str]]:
    rows = []
    cumulative = 0
    for number, step in enumerate(info.steps):
        rows.append(_row(number, step, info.size_dict))
        rows += _extra_rows(step)
        cumulative += step.flop_cost
        if verbose:
            subset = "{" + ",".join(str(i) for i in sorted(step.merged_subset)) + "}"
            rows.append(
                [
                    "",
                    "",
                    f"  subset={subset} out_shape={step.output_shape} cumulative={cumulative:,}",
                ]
            )
    return [row + [""] * (len(_COLUMNS) - len(row)) for row in rows]


def format_table(info: PathInfo, verbose: bool = False) -> str:
    """Return a report as plain text.

    Parameters
    ----------
    info : PathInfo
    verbose : bool

    Returns
    -------
    str
    """
    head = _head(info)
    wide = max(len(name) for name, _ in head)
    lines = [f"{name:<{wide}}  {value}" for name, value in head]
    rows = [list(_COLUMNS), *_rows(info, verbose)]
    # A note may be wider than its column: it has the rest of the line.
    widths = [
        max(len(row[i]) for row in rows if not (i == 2 and row[2].startswith("  subset=")))
        for i in range(len(_COLUMNS))
    ]
    text = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    rule = "-" * max(len(line) for line in [*lines, *text])
    return "\n".join([*lines, rule, text[0], rule, *text[1:]])


def rich_table(info: PathInfo, verbose: bool = False) -> Any:
    """Return a report as a table for rich.

    Parameters
    ----------
    info : PathInfo
    verbose : bool

    Returns
    -------
    rich.console.Group
    """
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    head = Table.grid(padding=(0, 2))
    for name, value in _head(info):
        head.add_row(Text(name, style="bold"), Text(value))
    table = Table(*_COLUMNS)
    for row in _rows(info, verbose):
        table.add_row(*(Text(cell) for cell in row))
    return Group(head, table)


def print_report(info: PathInfo, verbose: bool = False) -> None:
    """Print a report, as a table when rich is installed.

    Parameters
    ----------
    info : PathInfo
    verbose : bool
    """
    try:
        from rich.console import Console
    except ImportError:
        print(format_table(info, verbose))
    else:
        Console().print(rich_table(info, verbose))
