"""Reports as files: Markdown, a self-contained HTML page, or JSON, by the name of the file."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from whestbench.report.build import finite
from whestbench.report.sections import Section, report_sections

__all__ = ["check_report_path", "report_html", "report_markdown", "write_report"]

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #18794e; --bad: #c62a2f; }
@media (prefers-color-scheme: dark) { :root { --good: #4cc38a; --bad: #ff8589; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
p.note { opacity: .75; } .wide { overflow-x: auto; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .3rem .6rem;
  border-bottom: 1px solid var(--line); } th { font-weight: 600; background: var(--soft); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.bad td { color: var(--bad); } td.bar { width: 10rem; padding: 0 .6rem; }
td.bar div { background: currentColor; opacity: .35; height: .7rem; border-radius: 2px; }
pre { overflow-x: auto; background: var(--soft); padding: .8rem; }
.headline { font-size: 1.3rem; color: var(--good); }
"""


def check_report_path(path: Path) -> Callable[[dict[str, Any]], str]:
    """What writes a report of this name.

    Raises
    ------
    ValueError
        When the name tells no format, or its folder is not there.
    """
    writers = {".html": report_html, ".md": report_markdown, ".json": _report_json}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise ValueError(f"{path}: a report's name ends in {', '.join(writers)}")
    if not path.expanduser().parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}")
    return writer


def write_report(report: dict[str, Any], path: Path) -> None:
    """Write a report; the file is replaced only when the new one is complete."""
    text = check_report_path(path)(report)
    target = path.expanduser()
    handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(scratch, 0o666 & ~mask)
        os.replace(scratch, target)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _title(report: dict[str, Any]) -> str:
    config = report["run_config"]
    name = config.get("estimator_class") or "estimator"
    return f"{name} on {config['n_mlps']} networks of {config['width']} x {config['depth']}"


def _is_number(section: Section, column: int) -> bool:
    """Whether a column holds figures, which are set to the right."""
    cells = [row[column] for row in section.rows]
    return all(cell[:1].isdigit() or cell in ("-", "inf", "nan") for cell in cells)


# --- Markdown ------------------------------------------------------------------------------------


def report_markdown(report: dict[str, Any]) -> str:
    """The report in Markdown, with the tables of GitHub."""
    lines = [f"# {_cell(_title(report))}", ""]
    for section in report_sections(report):
        lines += [f"## {section.title}", ""]
        if section.rows:
            lines += [*_markdown_table(section), ""]
        if section.note:
            lines += [_cell(section.note), ""]
        if section.code:
            fence = "`" * max(3, _longest_run(section.code) + 1)
            lines += [f"{fence}text", section.code, fence, ""]
    return "\n".join(lines)


def _markdown_table(section: Section) -> list[str]:
    columns = range(len(section.rows[0]))
    heads = section.heads or ["" for _ in columns]
    rules = ["---:" if _is_number(section, column) else "---" for column in columns]
    rows = [heads, rules, *([_cell(cell) for cell in row] for row in section.rows)]
    return [f"| {' | '.join(row)} |" for row in rows]


def _cell(text: str) -> str:
    """Text that Markdown takes for nothing but text, on one line."""
    text = " ".join(text.split())
    for sign in "\\`*_|<>[]":
        text = text.replace(sign, f"\\{sign}")
    return text


def _longest_run(text: str) -> int:
    runs = [len(run) for run in "".join(c if c == "`" else " " for c in text).split()]
    return max(runs, default=0)


# --- HTML ----------------------------------------------------------------------------------------


def report_html(report: dict[str, Any]) -> str:
    """The report as one page that needs nothing else."""
    title, results = escape(_title(report)), report["results"]
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        f'<p class="headline">score {results["adjusted_final_layer_score"]:.6e}</p>',
    ]
    for section in report_sections(report):
        parts.append(f"<h2>{escape(section.title)}</h2>")
        if section.rows:
            parts.append(_html_table(section))
        if section.note:
            parts.append(f'<p class="note">{escape(section.note)}</p>')
        if section.code:
            parts.append(f"<pre>{escape(section.code)}</pre>")
    return "\n".join([*parts, "</body></html>", ""])


def _html_table(section: Section) -> str:
    kinds = [' class="n"' if _is_number(section, i) else "" for i in range(len(section.rows[0]))]
    lines = ['<div class="wide"><table>']
    if section.heads:
        cells = [
            f"<th{k}>{escape(head)}</th>" for k, head in zip(kinds, section.heads, strict=True)
        ]
        lines.append(
            f"<thead><tr>{''.join(cells)}{'<th></th>' if section.bars else ''}</tr></thead>"
        )
    lines.append("<tbody>")
    for place, row in enumerate(section.rows):
        cells = [f"<td{k}>{escape(cell)}</td>" for k, cell in zip(kinds, row, strict=True)]
        if section.bars:
            width = f"{100 * section.bars[place]:.1f}%"
            cells.append(f'<td class="bar"><div style="width: {width}"></div></td>')
        bad = ' class="bad"' if place in section.bad else ""
        lines.append(f"<tr{bad}>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def _report_json(report: dict[str, Any]) -> str:
    return json.dumps(finite(report), indent=2, allow_nan=False) + "\n"
