"""The report of a budget as one HTML page that needs nothing but itself."""

from __future__ import annotations

import linecache
import os
from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from flopscope import _core
from flopscope._files.writing import write_atomically
from flopscope._version import __numpy_version__, __version__
from flopscope.report.entries import Entry, Totals, entries, group
from flopscope.report.figures import Figures, context_figures
from flopscope.report.html import (
    Cell,
    escapes_html,
    number,
    page_style,
    sort_script,
    sub_budgets_html,
    table,
)
from flopscope.report.icicle import ICICLE_SCRIPT, icicle_html
from flopscope.report.roofline import Peaks, machine_peaks, roofline_svg
from flopscope.report.summary import share, time_text

if TYPE_CHECKING:
    from flopscope.report.entries import Source

__all__ = ["page_html", "write_page"]

_STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2733;--soft:#5c6b7a;--line:#d8dee5;
 --backend:#2f7ed8;--overhead:#e0922f;--residual:#9aa7b4}
@media(prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e3e8ee;--soft:#93a1b0;
 --line:#2d3641}}
body{background:var(--paper);color:var(--ink);margin:0;font:14px/1.5 system-ui,sans-serif}
main{max-width:72em;margin:0 auto;padding:1.5em}
h1{font-size:1.5em;margin:0 0 .2em}h2{font-size:1.15em;margin:2em 0 .5em}
.note{color:var(--soft);font-size:.9em;margin:.4em 0}
.figures{display:flex;flex-wrap:wrap;gap:.6em 2.4em;margin:1em 0}
.figures div{min-width:7em}.figures b{display:block;font-size:1.35em;font-weight:600;
 font-variant-numeric:tabular-nums}.figures span{color:var(--soft);font-size:.9em}
.scroll{overflow-x:auto}.scroll td{white-space:nowrap}.flopscope{max-width:none}
.flopscope td.text:last-child,.flopscope td code{font-family:ui-monospace,monospace;
 white-space:pre}
.times{display:flex;height:1.6em;border-radius:3px;overflow:hidden;background:var(--line)}
.times div{height:100%}.legend span{display:inline-block;margin-right:1.6em}
.legend i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em}
.icicle{position:relative}
.icicle .cell{all:unset;position:absolute;box-sizing:border-box;height:23px;overflow:hidden;
 white-space:nowrap;text-overflow:ellipsis;font-size:12px;line-height:23px;text-indent:4px;
 cursor:pointer;color:#1c2733;box-shadow:inset -1px 0 var(--paper)}
.icicle .cell:focus-visible{outline:2px solid var(--ink);outline-offset:-2px}
.icicle .cell[hidden]{display:none}.icicle .all{background:#c3ccd6}
.icicle .namespace{background:hsl(210 45% 78%)}
.icicle .line{background:hsl(calc(35 + var(--hue)/18) 75% 78%)}
.icicle .operation{background:hsl(var(--hue) 45% 76%)}
.roofline{width:100%;max-width:60em}.roofline .grid{stroke:var(--line)}
.roofline .tick{fill:var(--soft);font-size:11px}.roofline .name{fill:var(--ink);font-size:12px}
.roofline .roof{fill:none;stroke:var(--ink);stroke-width:2}
.roofline .dot{fill:#2f7ed8;fill-opacity:.55;stroke:#2f7ed8}
"""


def _figure(value: str, label: str) -> str:
    return f"<div><b>{escape(value)}</b><span>{escape(label)}</span></div>"


def _bytes(value: float) -> str:
    for size, unit in ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB")):
        if value >= size:
            return f"{value / size:.2f} {unit}"
    return f"{int(value)} B"


def _totals(budget: Source, figures: Figures, rows: Iterable[Entry]) -> str:
    used = share(figures.flops_used, figures.flop_budget)
    limit = "" if figures.only_default else f", {used} of {figures.flop_budget:,}"
    parts = [
        _figure(f"{figures.flops_used:,}", f"FLOPs{limit}"),
        _figure(f"{sum(entry.calls for entry in rows):,}", "operations"),
        _figure(time_text(figures.wall_s), "wall time"),
    ]
    if budget.peak_live_bytes is not None:
        moved = sum(entry.bytes_read + entry.bytes_written for entry in rows)
        parts.append(_figure(_bytes(moved), "read and written"))
        parts.append(_figure(_bytes(budget.peak_live_bytes), "most that lived at once"))
    return f'<div class="figures">{"".join(parts)}</div>'


def _times(figures: Figures) -> str:
    wall = figures.wall_s or 0.0
    residual = figures.residual_s
    if residual is None:
        residual = max(0.0, wall - figures.backend_s - figures.overhead_s)
    buckets = {
        "backend": (figures.backend_s, "kernels"),
        "overhead": (figures.overhead_s, "flopscope"),
        "residual": (residual, "your Python"),
    }
    whole = sum(seconds for seconds, _ in buckets.values()) or 1.0
    bars, legend = [], []
    for name, (seconds, label) in buckets.items():
        colour = f"background:var(--{name})"
        bars.append(f'<div style="width:{100 * seconds / whole:.3f}%;{colour}"></div>')
        legend.append(
            f'<span><i style="{colour}"></i>{name} ({label}): {seconds:.6f} s, '
            f"{share(seconds, whole)}</span>"
        )
    return f'<div class="times">{"".join(bars)}</div><p class="legend">{"".join(legend)}</p>'


def _row(first: Iterable[Cell], totals: Totals, total: int, has_bytes: bool) -> list[Cell]:
    first = list(first)
    part = totals.flops / total if total else 0.0
    cells = [
        first[0],
        number(totals.flops),
        Cell(share(totals.flops, total), totals.flops, part),
        number(totals.calls),
        Cell(f"{totals.backend_s:.6f}", totals.backend_s),
        Cell(f"{totals.overhead_s:.6f}", totals.overhead_s),
    ]
    if has_bytes:
        moved = totals.bytes_moved
        intensity = totals.flops / moved if moved else 0.0
        rate = totals.flops / totals.backend_s if totals.backend_s else 0.0
        cells += [
            Cell(_bytes(moved), moved),
            Cell(f"{intensity:.3g}" if moved else "", intensity),
            Cell(f"{rate / 1e9:.3g}" if rate else "", rate),
        ]
    return cells + first[1:]


def _table(
    heads: tuple[str, ...],
    groups: Mapping[Any, Totals],
    describe: Any,
    total: int,
    has_bytes: bool,
) -> str:
    measured = ["FLOPs", "share", "calls", "backend s", "overhead s"]
    if has_bytes:
        measured += ["bytes", "FLOP/B", "GFLOP/s"]
    columns = (heads[0], *measured, *heads[1:])
    rows = [_row(describe(key), totals, total, has_bytes) for key, totals in groups.items()]
    texts = [0, *range(1 + len(measured), len(columns))]
    return f'<div class="scroll">{table(columns, rows, texts)}</div>'


def _named(key: str | None) -> list[Cell]:
    name = "(unlabeled)" if key is None else key
    return [Cell(name, name)]


def _line(place: Any) -> list[Cell]:
    if place is None:
        return [Cell("(unknown)", ""), Cell("", ""), Cell("", "")]
    where = f"{os.path.basename(place.file)}:{place.line}"
    text = linecache.getline(place.file, place.line).strip()
    key = f"{place.file}:{place.line:08}"
    return [Cell(where, key), Cell(place.function, place.function), Cell(text[:120], text)]


def _roofline(budget: Source, operations: dict[str, Totals], peaks: Peaks | bool) -> str:
    if peaks is False:
        return ""
    if budget.peak_live_bytes is None:
        return (
            "<h2>Roofline</h2><p class=note>This budget did not meter bytes: make it with "
            "<code>BudgetContext(..., memory=True)</code> or <code>flopscope.profile()</code>.</p>"
        )
    drawn = roofline_svg(operations, machine_peaks() if peaks is True else peaks)
    missing = '<p class="note">No operation has both FLOPs and bytes.</p>'
    return f"<h2>Roofline</h2>{drawn or missing}"


def page_html(budget: Source, *, title: str | None = None, peaks: Peaks | bool = True) -> str:
    """Return the page; see `BudgetContext.report`."""
    figures = context_figures(budget)
    rows = entries(budget)
    total = figures.flops_used
    has_bytes = budget.peak_live_bytes is not None
    operations = group(rows, lambda entry: entry.op_name)
    heading = title or "flopscope report" + (f": {figures.namespace}" if figures.namespace else "")
    parts = [
        f"<h1>{escape(heading)}</h1>",
        f'<p class="note">flopscope {__version__}, NumPy {__numpy_version__}</p>',
        _totals(budget, figures, rows),
        "<h2>Where the FLOPs went</h2>",
        icicle_html(rows),
        "<h2>Where the time went</h2>",
        _times(figures),
        "<h2>By operation</h2>",
        _table(("operation",), operations, _named, total, has_bytes),
    ]
    spaces = group(rows, lambda entry: entry.namespace)
    if set(spaces) - {None}:
        parts += ["<h2>By namespace</h2>", _table(("namespace",), spaces, _named, total, has_bytes)]
    if budget.attribute is not None:
        lines = group(rows, lambda entry: entry.place)
        heads = ("line", "function", "source")
        parts += ["<h2>By source line</h2>", _table(heads, lines, _line, total, has_bytes)]
    parts += [sub_budgets_html(figures, "h2"), escapes_html(figures, "h2")]
    parts.append(_roofline(budget, operations, peaks))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(heading)}</title><style>{page_style()}{_STYLE}</style></head>"
        f'<body><main class="flopscope" id="report">{"".join(parts)}</main>'
        f"<script>{sort_script('report')}{ICICLE_SCRIPT}</script></body></html>\n"
    )


def write_page(
    budget: Source, path: Any, *, title: str | None = None, peaks: Peaks | bool = True
) -> None:
    """Write the page to a file; see `BudgetContext.report`."""
    with _core._OwnTime():
        text = page_html(budget, title=title, peaks=peaks).encode("utf-8")
        write_atomically(os.fspath(path), lambda stream: stream.write(text))
