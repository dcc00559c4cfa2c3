"""``whest history``."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import click

from whestbench.cli.output import Output, command_options


@click.command(help="Past runs on this machine, and how the score moved.")
@click.option("--estimator", type=click.Path(path_type=Path), help="Only runs of this file.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Newest runs.")
@click.option("--clear", is_flag=True, help="Forget all runs.")
@command_options
def command(output: Output, estimator: Path | None, limit: int, clear: bool) -> int:
    """Print the table."""
    from whestbench.history import History, changes, contest_key

    history = History()
    if clear:
        if not history.is_off:
            history.path.unlink(missing_ok=True)
        output.json({"ok": True}) if output.is_json else output.note("no runs are kept any more")
        return 0
    records = history.records(estimator)
    rows = [
        {**record, "contest_key": contest_key(record), "change": change}
        for record, change in zip(records, changes(records), strict=True)
    ][-limit:]
    if output.is_json:
        output.json({"ok": True, "path": str(history.path), "runs": rows})
    elif not rows:
        output.note("no runs are kept yet; `whest run` adds one")
    else:
        output.console().print(_table(rows))
    return 0


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich.box import SQUARE
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SQUARE, caption="Scores with the same contest letters can be compared.")
    for head, side in (
        ("when", "left"), ("estimator", "left"), ("contest", "left"), ("score", "right"),
        ("change", "right"), ("final mse", "right"), ("FLOPs", "right"), ("failed", "right"),
    ):  # fmt: skip
        table.add_column(head, justify=side, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        contest = row["contest"]
        when = datetime.datetime.fromisoformat(row["at_utc"]).astimezone()
        path = Path(row["estimator"])
        table.add_row(
            f"{when:%Y-%m-%d %H:%M}",
            Text(f"{path.parent.name}/{path.name}"),
            f"{contest['width']}x{contest['depth']} {row['contest_key']}",
            _figure(row["adjusted_final_layer_score"]),
            change_text(row["change"]),
            _figure(row["final_layer_mse"]),
            f"{row['mean_flops_used']:.3g}",
            str(row["n_failed_mlps"] or ""),
        )
    return table


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4e}"


def change_text(change: float | None) -> str:
    """A relative change in percent; empty where there is nothing to compare with."""
    if change is None:
        return ""
    return "=" if change == 0 else f"{100 * change:+.2f} %"
