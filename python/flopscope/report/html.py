"""Tables for notebooks and pages: HTML that needs nothing but itself, sorted by a click."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from flopscope.report.figures import Figures
from flopscope.report.summary import HEADER, share, time_text

__all__ = ["Cell", "breakdowns", "figures_html", "number", "page_style", "sort_script", "table"]

_ids = itertools.count(1)

_BACKEND, _OVERHEAD = "flopscope_backend_time_s", "flopscope_overhead_time_s"

# Colours come from the page around it, so that light and dark notebooks both work.
_STYLE = """
.flopscope{font:13px/1.45 system-ui,sans-serif;color:inherit;max-width:64em}
.flopscope h3{font-size:1.05em;margin:.9em 0 .3em}
.flopscope table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.2em 0 .8em}
.flopscope th,.flopscope td{padding:.15em .8em;text-align:right;border:0;background:none}
.flopscope th:first-child,.flopscope td:first-child{text-align:left;padding-left:.2em}
.flopscope td.text,.flopscope th.text{text-align:left}
.flopscope thead th{border-bottom:1px solid color-mix(in srgb,currentColor 45%,transparent);
 white-space:nowrap;font-weight:600}
.flopscope tbody tr:hover{background:color-mix(in srgb,currentColor 7%,transparent)}
.flopscope th button{all:unset;cursor:pointer;font:inherit}
.flopscope th button:focus-visible{outline:2px solid #4a90d9;outline-offset:2px}
.flopscope th[aria-sort=ascending] button::after{content:" \\25B4"}
.flopscope th[aria-sort=descending] button::after{content:" \\25BE"}
.flopscope td.bar{background:linear-gradient(90deg,#4a90d955 var(--share),transparent 0)}
.flopscope .totals td{padding:.05em .8em}
"""

_SORT = """
(function(root){
 root.querySelectorAll("table[data-sortable]").forEach(function(table){
  var heads=Array.from(table.tHead.rows[0].cells);
  heads.forEach(function(head,column){
   head.querySelector("button").addEventListener("click",function(){
    var down=head.getAttribute("aria-sort")!=="descending";
    if(head.getAttribute("aria-sort")===null&&head.classList.contains("text"))down=false;
    heads.forEach(function(other){other.removeAttribute("aria-sort")});
    head.setAttribute("aria-sort",down?"descending":"ascending");
    var body=table.tBodies[0];
    var value=function(row){return row.cells[column].dataset.value};
    Array.from(body.rows).sort(function(a,b){
     var x=value(a),y=value(b);
     var order=head.classList.contains("text")?x.localeCompare(y):Number(x)-Number(y);
     return down?-order:order;
    }).forEach(function(row){body.appendChild(row)});
   });
  });
 });
})"""


def page_style() -> str:
    """Return the style sheet of the tables."""
    return _STYLE


def sort_script(element_id: str) -> str:
    """Return the script that makes the tables of an element sortable."""
    return f'{_SORT}(document.getElementById("{element_id}"));'


class Cell(NamedTuple):
    """What a cell shows and what it is sorted by; `bar`: a share of 1 drawn behind it."""

    text: str
    value: float | str
    bar: float | None = None


def number(value: float, text: str | None = None) -> Cell:
    """Return the cell of a number, by default with thousands separators."""
    return Cell(f"{value:,}" if text is None else text, value)


def table(heads: Sequence[str], rows: Iterable[Sequence[Cell]], texts: Iterable[int] = (0,)) -> str:
    """Lay out a sortable table; the columns in `texts` hold text, the others numbers.

    Rows come sorted by the second column, from the top down.
    """
    is_text = set(texts)
    kind = [' class="text"' if at in is_text else "" for at in range(len(heads))]
    sorted_by = ' aria-sort="descending"'
    head = "".join(
        f'<th scope="col"{kind[at]}{sorted_by if at == 1 else ""}>'
        f'<button type="button">{escape(name)}</button></th>'
        for at, name in enumerate(heads)
    )
    lines = []
    for row in rows:
        cells = []
        for at, cell in enumerate(row):
            look = kind[at]
            if cell.bar is not None:
                look = f' class="bar" style="--share:{100 * cell.bar:.2f}%"'
            cells.append(
                f'<td{look} data-value="{escape(str(cell.value))}">{escape(cell.text)}</td>'
            )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f"<table data-sortable><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _totals(figures: Figures) -> str:
    lines = []
    if not figures.only_default:
        lines.append(("Total budget:", f"{figures.flop_budget:,}", ""))
    used = "" if figures.only_default else share(figures.flops_used, figures.flop_budget)
    lines.append(("Used:", f"{figures.flops_used:,}", used))
    if not figures.only_default:
        left = share(figures.flops_remaining, figures.flop_budget)
        lines.append(("Remaining:", f"{figures.flops_remaining:,}", left))
    lines += [
        ("Total Wall Time:", time_text(figures.wall_s), ""),
        ("Flopscope Backend:", time_text(figures.backend_s), ""),
        ("Flopscope Overhead:", time_text(figures.overhead_s), ""),
        ("Residual Wall Time:", time_text(figures.residual_s), ""),
    ]
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in lines
    )
    return f'<table class="totals"><tbody>{rows}</tbody></table>'


def _breakdown(what: str, groups: dict[str, dict[str, float]], total: int, flops: str) -> str:
    rows = [
        (
            Cell(name, name),
            number(int(totals[flops])),
            Cell(
                share(totals[flops], total),
                totals[flops],
                totals[flops] / total if total else 0.0,
            ),
            number(int(totals["calls"])),
            Cell(f"{totals[_BACKEND]:.6f}", totals[_BACKEND]),
            Cell(f"{totals[_OVERHEAD]:.6f}", totals[_OVERHEAD]),
        )
        for name, totals in sorted(groups.items(), key=lambda item: (-item[1][flops], item[0]))
    ]
    heads = (what, "FLOPs", "share", "calls", "backend s", "overhead s")
    return f"<h3>By {what}</h3>{table(heads, rows)}"


def breakdowns(figures: Figures, by_namespace: bool) -> str:
    """Return the tables by namespace and by operation."""
    data = figures.as_dict(by_namespace=True)
    parts = []
    if by_namespace:
        spaces = {path or "(unlabeled)": part for path, part in data["by_namespace"].items()}
        parts.append(_breakdown("namespace", spaces, figures.flops_used, "flops_used"))
    if figures.rows:
        parts.append(_breakdown("operation", data["operations"], figures.flops_used, "flop_cost"))
    return "".join(parts)


def sub_budgets_html(figures: Figures, head: str = "h3") -> str:
    """Return the table of sub-budgets; nothing when there are none."""
    if not figures.sub_budgets:
        return ""
    rows = [
        (
            Cell(part.namespace, part.namespace),
            number(part.flops_used),
            Cell("none", -1.0) if part.flop_budget is None else number(part.flop_budget),
            Cell("soft" if part.soft else "hard", "soft" if part.soft else "hard"),
            Cell(f"{part.elapsed_s:.6f}", part.elapsed_s),
        )
        for part in sorted(figures.sub_budgets, key=lambda part: -part.flops_used)
    ]
    heads = ("sub-budget", "FLOPs", "limit", "kind", "seconds")
    return f"<{head}>Sub-budgets</{head}>{table(heads, rows, (0, 3))}"


def escapes_html(figures: Figures, head: str = "h3") -> str:
    """Return the table of escapes; nothing when there are none."""
    if not figures.escapes:
        return ""
    rows = [
        (
            Cell(each.what, each.what),
            number(each.nbytes),
            number(each.count),
            Cell(each.where or "(unknown)", each.where or ""),
        )
        for each in sorted(figures.escapes, key=lambda each: -each.nbytes)
    ]
    heads = ("way", "bytes", "times", "line")
    return f"<{head}>Escapes from the meter</{head}>{table(heads, rows, (0, 3))}"


def figures_html(figures: Figures, by_namespace: bool = False) -> str:
    """Lay the figures of a summary out as a fragment of HTML."""
    element = f"flopscope-{next(_ids)}"
    title = HEADER + (f" [{figures.namespace}]" if figures.namespace else "")
    return (
        f'<div class="flopscope" id="{element}"><style>{_STYLE}</style>'
        f"<h3>{escape(title)}</h3>{_totals(figures)}{breakdowns(figures, by_namespace)}"
        f"{sub_budgets_html(figures)}{escapes_html(figures)}"
        f"<script>{sort_script(element)}</script></div>"
    )
