"""What subcommands print: JSON, and tables with rich where it is installed, else with spaces."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["print_json", "print_table"]


def print_json(figures: dict[str, Any]) -> None:
    """Print figures as JSON."""
    print(json.dumps(figures, indent=2, allow_nan=False))


def print_table(title: str, heads: list[str], rows: list[list[str]], numbers: int = 2) -> None:
    """Print a table: with rich where it is installed, else with spaces.

    The `numbers` columns after the first hold figures.
    """
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:
        _print_plain(title, heads, rows, numbers)
        return
    table = Table(
        title=title, title_justify="left", show_header=any(heads), box=None, padding=(0, 2, 0, 1)
    )
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if 1 <= place <= numbers else "left")
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table)
    console.print()


def _print_plain(title: str, heads: list[str], rows: list[list[str]], numbers: int) -> None:
    shown = [heads, *rows] if any(heads) else rows
    widths = [max(len(row[place]) for row in shown) for place in range(len(heads))]
    print(title)
    for row in shown:
        cells = [
            cell.rjust(width) if 1 <= place <= numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f" {'   '.join(cells)}".rstrip())  # spaced as rich does it
    print()
