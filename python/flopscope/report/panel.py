"""The summary as a rich panel. Imports rich, which is optional."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from flopscope.report.figures import Figures
from flopscope.report.summary import escape_lines, sub_budget_lines

__all__ = ["summary_panel"]


def _totals(figures: Figures) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    if not figures.only_default:
        table.add_row("Total budget:", f"{figures.flop_budget:,}", "")
    whole = figures.flop_budget
    share = f"{100 * figures.flops_used / whole:.1f}%" if whole else ""
    table.add_row("Used:", f"{figures.flops_used:,}", "" if figures.only_default else share)
    if not figures.only_default:
        left = f"{100 * figures.flops_remaining / whole:.1f}%" if whole else ""
        table.add_row("Remaining:", f"{figures.flops_remaining:,}", left)
    for label, value in (
        ("Total Wall Time:", figures.wall_s),
        ("Flopscope Backend:", figures.backend_s),
        ("Flopscope Overhead:", figures.overhead_s),
        ("Residual Wall Time:", figures.residual_s),
    ):
        table.add_row(label, "-" if value is None else f"{value:.3f}s", "")
    return table


def _breakdown(title: str, groups: dict[str, dict[str, float]], total: int) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column(title.split()[-1])
    for heading in ("FLOPs", "share", "calls", "backend", "overhead"):
        table.add_column(heading, justify="right")
    for name, totals in sorted(groups.items(), key=lambda item: (-item[1]["flops"], item[0])):
        table.add_row(
            name,
            f"{int(totals['flops']):,}",
            f"{100 * totals['flops'] / total:.1f}%" if total else "",
            f"{int(totals['calls']):,}",
            f"{totals['flopscope_backend_time_s']:.3f}s",
            f"{totals['flopscope_overhead_time_s']:.3f}s",
        )
    return table


def summary_panel(figures: Figures, by_namespace: bool = False) -> Panel:
    """Lay the figures out as a panel of tables."""
    data = figures.as_dict(by_namespace=True)
    parts: list[RenderableType] = [_totals(figures)]
    if by_namespace:
        spaces = {
            path or "(unlabeled)": {**totals, "flops": totals["flops_used"]}
            for path, totals in data["by_namespace"].items()
        }
        parts += ["", _breakdown("By namespace", spaces, figures.flops_used)]
    if figures.rows:
        operations = {
            name: {**totals, "flops": totals["flop_cost"]}
            for name, totals in data["operations"].items()
        }
        parts += ["", _breakdown("By operation", operations, figures.flops_used)]
    for title, lines in (
        ("Sub-budgets", sub_budget_lines(figures)),
        ("Escapes from the meter", escape_lines(figures)),
    ):
        if lines:
            parts += ["", Text(title, style="italic"), *map(Text, lines)]
    return Panel(
        Group(*parts), title="flopscope FLOP Budget Summary", title_align="left", expand=False
    )
