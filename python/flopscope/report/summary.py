"""Figures of one budget or of a session, as a dictionary and as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flopscope import _core

if TYPE_CHECKING:
    from flopscope.report.entries import Source
    from flopscope.report.record import Recording

__all__ = [
    "Figures",
    "Row",
    "SummaryView",
    "context_figures",
    "format_summary",
    "session_figures",
    "share",
    "time_text",
]

HEADER = "flopscope FLOP Budget Summary"
NOTHING_RECORDED = "No budget data recorded yet."


@dataclass(frozen=True)
class Row:
    """Totals of one operation in one namespace; times in seconds."""

    namespace: str | None
    op_name: str
    calls: int
    flop_cost: int
    backend_s: float
    overhead_s: float


@dataclass(frozen=True)
class Figures:
    """What a summary shows; times in seconds, None where nothing has been measured yet."""

    namespace: str | None
    flop_budget: int
    flops_used: int
    wall_s: float | None
    backend_s: float
    overhead_s: float
    residual_s: float | None
    rows: tuple[Row, ...]
    only_default: bool = False

    @property
    def flops_remaining(self) -> int:
        """FLOPs that may still be charged."""
        return self.flop_budget - self.flops_used

    def as_dict(self, by_namespace: bool = False) -> dict[str, Any]:
        """Plain numbers under the keys of `BudgetContext.summary_dict`."""
        figures: dict[str, Any] = {
            "flop_budget": self.flop_budget,
            "flops_used": self.flops_used,
            "flops_remaining": self.flops_remaining,
            "operations": _by_operation(self.rows),
            "wall_time_s": self.wall_s,
            "flopscope_backend_time_s": self.backend_s,
            "flopscope_overhead_time_s": self.overhead_s,
            "residual_wall_time_s": self.residual_s,
        }
        if by_namespace:
            figures["by_namespace"] = _by_namespace(self.rows)
        return figures


def _by_operation(rows: Iterable[Row]) -> dict[str, dict[str, Any]]:
    operations: dict[str, dict[str, Any]] = {}
    for row in rows:
        totals = operations.setdefault(
            row.op_name,
            {
                "flop_cost": 0,
                "calls": 0,
                "flopscope_backend_time_s": 0.0,
                "flopscope_overhead_time_s": 0.0,
            },
        )
        totals["flop_cost"] += row.flop_cost
        totals["calls"] += row.calls
        totals["flopscope_backend_time_s"] += row.backend_s
        totals["flopscope_overhead_time_s"] += row.overhead_s
    return operations


def _by_namespace(rows: Iterable[Row]) -> dict[str | None, dict[str, Any]]:
    grouped: dict[str | None, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.namespace, []).append(row)
    return {
        path: {
            "flops_used": sum(row.flop_cost for row in inside),
            "calls": sum(row.calls for row in inside),
            "flopscope_backend_time_s": sum(row.backend_s for row in inside),
            "flopscope_overhead_time_s": sum(row.overhead_s for row in inside),
            "operations": _by_operation(inside),
        }
        for path, inside in grouped.items()
    }


def _rows(raw: Iterable[tuple[Any, ...]]) -> tuple[Row, ...]:
    return tuple(Row(*fields) for fields in raw)


def context_figures(source: Source) -> Figures:
    """Figures of one context, running or left, or of a recording."""
    if not isinstance(source, _core.Budget):
        return _recorded_figures(source)
    wall = source.wall_time_s
    is_running = wall is None and source.elapsed_s > 0.0
    return Figures(
        namespace=source.namespace,
        flop_budget=source.flop_budget,
        flops_used=source.flops_used,
        wall_s=source.elapsed_s if is_running else wall,
        backend_s=source.flopscope_backend_time_s,
        overhead_s=source.flopscope_overhead_time_s,
        residual_s=source.residual_wall_time_s,
        rows=_rows(_core._budget_rows(source)),
    )


def _recorded_figures(recording: Recording) -> Figures:
    """Contexts within the outer one: their time is part of its wall time."""
    outer = context_figures(recording.outer)
    parts = [context_figures(budget) for budget in recording.budgets]
    backend = sum(part.backend_s for part in parts)
    overhead = sum(part.overhead_s for part in parts)
    residual = None
    if outer.residual_s is not None and outer.wall_s is not None:
        residual = max(0.0, outer.wall_s - backend - overhead)
    return Figures(
        namespace=None,
        flop_budget=outer.flop_budget,
        flops_used=sum(part.flops_used for part in parts),
        wall_s=outer.wall_s,
        backend_s=backend,
        overhead_s=overhead,
        residual_s=residual,
        rows=tuple(row for part in parts for row in part.rows),
        only_default=not recording.is_limited,
    )


def session_figures() -> Figures:
    """Figures of all contexts since the last reset, open ones and the default included."""
    total = _core._session_totals()
    wall = total["wall"]
    booked = total["backend"] + total["overhead"]
    return Figures(
        namespace=None,
        flop_budget=total["flop_budget"],
        flops_used=total["flops_used"],
        wall_s=wall,
        backend_s=total["backend"],
        overhead_s=total["overhead"],
        residual_s=None if wall is None else max(0.0, wall - booked),
        rows=_rows(total["rows"]),
        only_default=total["only_default"],
    )


def share(part: float, whole: float) -> str:
    """Return a part in percent."""
    return f"{100.0 * part / whole:.1f}%" if whole else "0.0%"


def time_text(value: float | None) -> str:
    """Return seconds with three decimals; a dash when nothing has been measured."""
    return "-" if value is None else f"{value:.3f}s"


def _labelled(lines: list[tuple[str, str, str]]) -> list[str]:
    label_width = max(len(label) for label, _, _ in lines)
    value_width = max(len(value) for _, value, _ in lines)
    return [
        f"  {label:<{label_width}}  {value:>{value_width}}{note}" for label, value, note in lines
    ]


def _operation_lines(figures: Figures) -> list[str]:
    ranked = sorted(
        _by_operation(figures.rows).items(), key=lambda item: (-item[1]["flop_cost"], item[0])
    )
    return _table(
        [
            (
                name,
                f"{totals['flop_cost']:,}",
                f"({share(totals['flop_cost'], figures.flops_used)})",
                f"[{totals['calls']:,} call{'' if totals['calls'] == 1 else 's'}]",
            )
            for name, totals in ranked
        ],
        "<>>>",
    )


def _time_lines(figures: Figures) -> list[str]:
    def spent(totals: dict[str, Any]) -> float:
        both: float = totals["flopscope_backend_time_s"] + totals["flopscope_overhead_time_s"]
        return both

    ranked = sorted(_by_operation(figures.rows).items(), key=lambda item: -spent(item[1]))
    return _table(
        [
            (
                name,
                time_text(spent(totals)),
                f"Backend {time_text(totals['flopscope_backend_time_s'])}",
                f"Overhead {time_text(totals['flopscope_overhead_time_s'])}",
            )
            for name, totals in ranked
        ],
        "<>>>",
    )


def _namespace_lines(figures: Figures) -> list[str]:
    ranked = sorted(
        _by_namespace(figures.rows).items(),
        key=lambda item: (-item[1]["flops_used"], item[0] or ""),
    )
    return _table(
        [
            (
                path or "(unlabeled)",
                f"{totals['flops_used']:,}",
                f"({share(totals['flops_used'], figures.flops_used)})",
                f"[{totals['calls']:,} call{'' if totals['calls'] == 1 else 's'}]",
                f"Backend {time_text(totals['flopscope_backend_time_s'])}",
                f"Overhead {time_text(totals['flopscope_overhead_time_s'])}",
            )
            for path, totals in ranked
        ],
        "<>>>>>",
    )


def _table(rows: list[tuple[str, ...]], alignment: str) -> list[str]:
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "    "
        + "  ".join(
            f"{cell:{side}{width}}"
            for cell, side, width in zip(row, alignment, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


class SummaryView:
    """A summary that shows itself: as HTML in notebooks, with rich, or as text."""

    def __init__(self, figures: Figures, by_namespace: bool = False) -> None:
        self._figures = figures
        self._by_namespace = by_namespace

    def __repr__(self) -> str:
        return format_summary(self._figures, by_namespace=self._by_namespace)

    def _repr_html_(self) -> str:
        from flopscope.report.html import figures_html

        return figures_html(self._figures, by_namespace=self._by_namespace)

    def __rich__(self) -> Any:
        from flopscope.report.panel import summary_panel

        return summary_panel(self._figures, by_namespace=self._by_namespace)


def format_summary(figures: Figures, by_namespace: bool = False) -> str:
    """Lay the figures out as plain text."""
    header = HEADER
    if figures.namespace:
        header += f" [{figures.namespace}]"
    lines = [header, "=" * len(header)]
    used = (
        "Used:",
        f"{figures.flops_used:,}",
        f"  ({share(figures.flops_used, figures.flop_budget)})",
    )
    if figures.only_default:  # its amount is nobody's choice
        lines += _labelled([(*used[:2], "")])
    else:
        left = f"  ({share(figures.flops_remaining, figures.flop_budget)})"
        lines += _labelled(
            [
                ("Total budget:", f"{figures.flop_budget:,}", ""),
                used,
                ("Remaining:", f"{figures.flops_remaining:,}", left),
            ]
        )
    if by_namespace and figures.rows:
        lines += ["", "  By namespace:", *_namespace_lines(figures)]
    if figures.rows:
        lines += ["", "  By operation:", *_operation_lines(figures)]
    lines.append("")
    lines += _labelled(
        [
            ("Total Wall Time:", time_text(figures.wall_s), ""),
            ("Flopscope Backend:", time_text(figures.backend_s), ""),
            ("Flopscope Overhead:", time_text(figures.overhead_s), ""),
            ("Residual Wall Time:", time_text(figures.residual_s), ""),
        ]
    )
    if figures.rows:
        lines += ["", "  By operation (time):", *_time_lines(figures)]
    return "\n".join(lines)
