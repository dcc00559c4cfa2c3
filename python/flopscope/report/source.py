"""FLOPs by line of the source."""

from __future__ import annotations

import inspect
import linecache
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING, Any

from flopscope.report.entries import Place, Totals, entries, group
from flopscope.report.summary import share

if TYPE_CHECKING:
    from flopscope.report.entries import Source

__all__ = ["LineFigures", "annotate", "line_figures", "require_places"]


@dataclass(frozen=True)
class LineFigures:
    """What the operations of one line spent.

    Attributes
    ----------
    file, line, function : str, int, str
        The line; ``None``, 0, ``None`` gathers operations whose place is not known.
    flops, calls : int
    backend_s, overhead_s : float
        Seconds in kernels, and in flopscope.
    bytes_read, bytes_written : int
        0 unless the budget was made with ``memory=True``.
    operations : dict
        FLOPs by operation.
    """

    file: str | None
    line: int
    function: str | None
    flops: int
    calls: int
    backend_s: float
    overhead_s: float
    bytes_read: int
    bytes_written: int
    operations: dict[str, int] = field(repr=False)


def require_places(budget: Source) -> None:
    """Raise ValueError for budgets that keep no places."""
    if budget.attribute is None:
        raise ValueError(
            "this budget does not know where its operations were called; make it with "
            "BudgetContext(..., attribute='line'), or use flopscope.profile()"
        )


def line_figures(budget: Source) -> list[LineFigures]:
    """Return the figures of every line, the most expensive first."""
    require_places(budget)
    rows = entries(budget)
    operations: dict[Place | None, dict[str, int]] = {}
    for entry in rows:
        ours = operations.setdefault(entry.place, {})
        ours[entry.op_name] = ours.get(entry.op_name, 0) + entry.flops
    return [
        LineFigures(
            file=None if place is None else place.file,
            line=0 if place is None else place.line,
            function=None if place is None else place.function,
            flops=totals.flops,
            calls=totals.calls,
            backend_s=totals.backend_s,
            overhead_s=totals.overhead_s,
            bytes_read=totals.bytes_read,
            bytes_written=totals.bytes_written,
            operations=dict(sorted(operations[place].items(), key=lambda item: -item[1])),
        )
        for place, totals in group(rows, lambda entry: entry.place).items()
    ]


def _code_lines(code: CodeType) -> range:
    """The lines of a function, those of functions within it included."""
    last = max((line for _, _, line in code.co_lines() if line), default=code.co_firstlineno)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            last = max(last, _code_lines(constant)[-1])
    return range(code.co_firstlineno, last + 1)


def _spans(target: Any) -> tuple[str, range | None]:
    """The file of a function, module or path, and the lines that are meant: None for all."""
    if isinstance(target, (str, os.PathLike)):
        return os.path.abspath(os.fspath(target)), None
    if inspect.ismodule(target):
        return inspect.getfile(target), None
    function = inspect.unwrap(target) if callable(target) else target
    function = getattr(function, "__func__", function)
    if inspect.isclass(function):
        lines, first = inspect.getsourcelines(function)
        return inspect.getfile(function), range(first, first + len(lines))
    code = getattr(function, "__code__", None)
    if code is None:
        raise TypeError(
            f"annotate takes functions, classes, modules and paths; got {type(target).__name__}"
        )
    return code.co_filename, _code_lines(code)


def _same_file(left: str, right: str) -> bool:
    return left == right or os.path.abspath(left) == os.path.abspath(right)


def _number(value: int) -> str:
    return f"{value:,}" if value else ""


def _section(
    file: str, span: range | None, sums: dict[Place | None, Totals], total: int
) -> list[str]:
    spent: dict[int, Totals] = {}
    for place, totals in sums.items():
        if place is not None and _same_file(place.file, file):
            ours = spent.setdefault(place.line, Totals())
            ours.flops += totals.flops
            ours.calls += totals.calls
    numbers = span if span is not None else range(1, len(linecache.getlines(file)) + 1)
    if not len(numbers) and spent:  # the source is not there any more
        numbers = range(min(spent), max(spent) + 1)
    inside = [spent[n] for n in numbers if n in spent]
    subtotal = sum(totals.flops for totals in inside)
    rows = [("line", "FLOPs", "share", "calls", "")]
    for n in numbers:
        totals = spent.get(n, Totals())
        text = linecache.getline(file, n).rstrip()
        part = share(totals.flops, total) if totals.flops else ""
        rows.append((str(n), _number(totals.flops), part, _number(totals.calls), text))
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    lines = [
        "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=False))
        + f"  {row[4]}".rstrip()
        for row in rows
    ]
    return [f"{file}: {subtotal:,} of {total:,} FLOPs ({share(subtotal, total)})", *lines]


def annotate(budget: Source, target: Any = None) -> str:
    """Return source with FLOPs, their share and the number of calls beside each line."""
    require_places(budget)
    key: Callable[[Any], Place | None] = lambda entry: entry.place  # noqa: E731 - typed
    sums = group(entries(budget), key)
    total = budget.flops_used
    if target is not None:
        file, span = _spans(target)
        return "\n".join(_section(file, span, sums, total))
    files = list(dict.fromkeys(place.file for place in sums if place is not None))
    parts = [
        "\n".join(_section(file, None if os.path.exists(file) else range(0), sums, total))
        for file in files
    ]
    return "\n\n".join(parts) if parts else "No operation has been recorded yet."
