"""Summaries as text."""

from __future__ import annotations

from typing import Any

from flopscope.report.figures import Figures, SubFigures, by_namespace_path, by_operation

__all__ = [
    "HEADER",
    "NOTHING_RECORDED",
    "SummaryView",
    "bill_lines",
    "escape_lines",
    "format_summary",
    "share",
    "sub_budget_lines",
    "time_text",
]

Operations = dict[str, dict[str, Any]]  # what `by_operation` returns

HEADER = "flopscope FLOP Budget Summary"
NOTHING_RECORDED = "No budget data recorded yet."


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


def _operation_lines(operations: Operations, figures: Figures) -> list[str]:
    ranked = sorted(operations.items(), key=lambda item: (-item[1]["flop_cost"], item[0]))
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


def _time_lines(operations: Operations) -> list[str]:
    def spent(totals: dict[str, Any]) -> float:
        both: float = totals["flopscope_backend_time_s"] + totals["flopscope_overhead_time_s"]
        return both

    ranked = sorted(operations.items(), key=lambda item: -spent(item[1]))
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
        by_namespace_path(figures.rows).items(),
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


def sub_budget_lines(figures: Figures) -> list[str]:
    """Lay sub-budgets out as lines of text."""

    def limit(part: SubFigures) -> str:
        allowed = "no limit" if part.flop_budget is None else f"{part.flop_budget:,}"
        return f"{allowed}{' (soft)' if part.soft else ''}"

    return _table(
        [
            (part.namespace, f"{part.flops_used:,}", f"of {limit(part)}", time_text(part.elapsed_s))
            for part in figures.sub_budgets
        ],
        "<><>",
    )


def bill_lines(figures: Figures) -> list[str]:
    """Lay bills under several price lists out as lines of text, a column for each."""
    bills = figures.bills
    names = {name for bill in bills for name in bill.operations}

    def costs(name: str) -> tuple[int, ...]:
        return tuple(bill.operations.get(name, 0) for bill in bills)

    ranked = sorted(names, key=lambda name: (*(-cost for cost in costs(name)), name))
    rows = [(name, *(f"{cost:,}" for cost in costs(name))) for name in ranked if any(costs(name))]
    return _table(
        [
            ("", *(bill.cost_model for bill in bills)),
            *rows,
            ("total", *(f"{bill.flops_used:,}" for bill in bills)),
        ],
        "<" + ">" * len(bills),
    )


def escape_lines(figures: Figures) -> list[str]:
    """Lay escapes out as lines of text."""
    return _table(
        [
            (
                escape.what,
                f"{escape.nbytes:,} bytes",
                f"[{escape.count:,} time{'' if escape.count == 1 else 's'}]",
                escape.where or "(unknown)",
            )
            for escape in figures.escapes
        ],
        "<>><",
    )


def _table(rows: list[tuple[str, ...]], alignment: str) -> list[str]:
    if not rows:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    pads = [str.ljust if side == "<" else str.rjust for side in alignment]
    return [
        "    "
        + "  ".join(
            [pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)]
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
    if figures.cost_models not in ((), ("0.8",)):
        lines += _labelled([("Price list:", ", ".join(figures.cost_models), "")])
    if figures.bills:
        lines += ["", "  By price list:", *bill_lines(figures)]
    if by_namespace and figures.rows:
        lines += ["", "  By namespace:", *_namespace_lines(figures)]
    operations = by_operation(figures.rows)
    if operations:
        lines += ["", "  By operation:", *_operation_lines(operations, figures)]
    if figures.sub_budgets:
        lines += ["", "  Sub-budgets:", *sub_budget_lines(figures)]
    if figures.escapes:
        lines += ["", "  Escapes from the meter:", *escape_lines(figures)]
    lines.append("")
    lines += _labelled(
        [
            ("Total Wall Time:", time_text(figures.wall_s), ""),
            ("Flopscope Backend:", time_text(figures.backend_s), ""),
            ("Flopscope Overhead:", time_text(figures.overhead_s), ""),
            ("Residual Wall Time:", time_text(figures.residual_s), ""),
        ]
    )
    if operations:
        lines += ["", "  By operation (time):", *_time_lines(operations)]
    return "\n".join(lines)
