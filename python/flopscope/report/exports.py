"""Figures in formats that other programs read: JSON, CSV, Chrome trace, speedscope."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from importlib import resources
from typing import TYPE_CHECKING, Any, get_args

from flopscope import _core
from flopscope._files.writing import write_atomically
from flopscope._version import __numpy_version__, __version__
from flopscope.report.entries import Entry, Place, Totals, entries, group
from flopscope.report.events import Event, Frame, Weight, events
from flopscope.report.figures import context_figures

if TYPE_CHECKING:
    from flopscope.report.entries import Source

__all__ = ["FORMATS", "check_target", "export", "json_report", "report_schema"]

SCHEMA_VERSION = 1


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema of `json_report`."""
    text = resources.files("flopscope.report").joinpath("schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


# ----------------------------------------------------------------------------------------- JSON


def _totals(totals: Totals) -> dict[str, Any]:
    return asdict(totals)


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else place._asdict()


def json_report(budget: Source) -> dict[str, Any]:
    """Return everything that a budget knows in sums, as JSON has it."""
    figures = context_figures(budget)
    rows = entries(budget)
    places = budget.attribute is not None
    return {
        "format": "flopscope-report",
        "version": SCHEMA_VERSION,
        "generator": {"flopscope": __version__, "numpy": __numpy_version__},
        "budget": {
            "namespace": figures.namespace,
            "flop_budget": figures.flop_budget,
            "flops_used": figures.flops_used,
            "wall_time_s": figures.wall_s,
            "backend_time_s": figures.backend_s,
            "overhead_time_s": figures.overhead_s,
            "residual_time_s": figures.residual_s,
            "attribute": budget.attribute,
            "memory": budget.peak_live_bytes is not None,
            "peak_live_bytes": budget.peak_live_bytes,
        },
        "operations": [
            {"name": name, **_totals(totals)}
            for name, totals in group(rows, lambda entry: entry.op_name).items()
        ],
        "namespaces": [
            {"path": path, **_totals(totals)}
            for path, totals in group(rows, lambda entry: entry.namespace).items()
        ],
        "lines": [
            {"place": _place(place), **_totals(totals)}
            for place, totals in group(rows, lambda entry: entry.place).items()
        ]
        if places
        else None,
        "sub_budgets": [asdict(part) for part in figures.sub_budgets],
        "escapes": [asdict(escape) for escape in figures.escapes],
        "entries": [
            {
                "namespace": entry.namespace,
                "stack": [_place(place) for place in entry.stack],
                "operation": entry.op_name,
                "calls": entry.calls,
                "flops": entry.flops,
                "backend_s": entry.backend_s,
                "overhead_s": entry.overhead_s,
                "bytes_read": entry.bytes_read,
                "bytes_written": entry.bytes_written,
            }
            for entry in rows
        ],
    }


def _json(budget: Source, weight: Weight) -> Iterator[str]:
    yield json.dumps(json_report(budget), indent=1)
    yield "\n"


# ------------------------------------------------------------------------------------------ CSV

_COLUMNS = (
    "namespace", "file", "line", "function", "operation", "calls", "flops", "backend_s",
    "overhead_s", "bytes_read", "bytes_written",
)  # fmt: skip


def _cells(entry: Entry) -> Iterable[Any]:
    place = entry.place or Place("", 0, "")
    return (
        entry.namespace or "", place.file, place.line or "", place.function, entry.op_name,
        entry.calls, entry.flops, f"{entry.backend_s:.9f}", f"{entry.overhead_s:.9f}",
        entry.bytes_read, entry.bytes_written,
    )  # fmt: skip


def _csv(budget: Source, weight: Weight) -> Iterator[str]:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(_COLUMNS)
    for entry in entries(budget):
        writer.writerow(_cells(entry))
    yield stream.getvalue()


# ---------------------------------------------------------------------------------- trace formats


def _joined(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    for at, item in enumerate(items):
        yield ("" if at == 0 else ",\n") + json.dumps(item)


def _title(frame: Frame) -> str:
    if frame.place is None:
        return frame.name
    return f"{frame.name} ({os.path.basename(frame.place.file)}:{frame.place.line})"


def _chrome_event(event: Event, weight: Weight) -> dict[str, Any]:
    # Trace viewers count in microseconds: one FLOP is shown as one of them.
    scale = 1.0 if weight == "flops" else 1e6
    made: dict[str, Any] = {
        "ph": "B" if event.opens else "E",
        "name": _title(event.frame),
        "cat": event.frame.kind,
        "ts": event.at * scale,
        "pid": 1,
        "tid": 1,
    }
    if event.frame.kind == "operation" and event.opens:
        made["args"] = {"flops": event.flops}
    elif event.frame.place is not None and event.opens:
        made["args"] = event.frame.place._asdict()
    return made


def _chrome(budget: Source, weight: Weight) -> Iterator[str]:
    unit = "1 us = 1 FLOP" if weight == "flops" else "time"
    meta = {"generator": f"flopscope {__version__}", "weight": unit}
    yield f'{{"otherData": {json.dumps(meta)},\n"traceEvents": [\n'
    name = {"ph": "M", "pid": 1, "tid": 1, "name": "thread_name", "args": {"name": unit}}
    yield json.dumps(name)
    for text in _joined(_chrome_event(event, weight) for event in events(budget, weight)):
        yield (",\n" if not text.startswith(",") else "") + text
    yield "\n]}\n"


def _speedscope(budget: Source, weight: Weight) -> Iterator[str]:
    numbers: dict[Frame, int] = {}
    end = 0.0

    def made() -> Iterator[dict[str, Any]]:
        nonlocal end
        for event in events(budget, weight):
            end = event.at
            frame = numbers.setdefault(event.frame, len(numbers))
            yield {"type": "O" if event.opens else "C", "frame": frame, "at": event.at}

    unit = "none" if weight == "flops" else "seconds"
    yield '{"$schema": "https://www.speedscope.app/file-format-schema.json",\n'
    yield f'"exporter": "flopscope {__version__}",\n"profiles": [{{"type": "evented", '
    yield f'"name": {json.dumps(budget.namespace or weight)}, "unit": "{unit}", "startValue": 0,\n'
    yield '"events": [\n'
    yield from _joined(made())
    yield f'\n], "endValue": {json.dumps(end)}}}],\n"shared": {{"frames": [\n'
    yield from _joined(
        {
            "name": frame.name,
            **({"file": frame.place.file, "line": frame.place.line} if frame.place else {}),
        }
        for frame in numbers
    )
    yield "\n]}}\n"


_WRITERS: dict[str, Callable[[Source, Weight], Iterator[str]]] = {
    "json": _json,
    "csv": _csv,
    "chrome": _chrome,
    "speedscope": _speedscope,
}
FORMATS = tuple(_WRITERS)
_SUFFIXES = (
    (".speedscope.json", "speedscope"),
    (".trace.json", "chrome"),
    (".json", "json"),
    (".csv", "csv"),
)


def _format_of(path: str) -> str:
    for suffix, name in _SUFFIXES:
        if path.endswith(suffix):
            return name
    raise ValueError(
        f"the format of {path!r} cannot be told from its name; end it in "
        f"{', '.join(suffix for suffix, _ in _SUFFIXES)}, or give format={FORMATS}"
    )


def check_target(path: Any, format: str | None = None) -> str:
    """Return the format that a file would be written in; ValueError when there is none."""
    chosen = _format_of(os.fspath(path)) if format is None else format
    if chosen not in _WRITERS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    return chosen


def export(budget: Source, path: Any, format: str | None = None, weight: Weight = "flops") -> None:
    """Write the figures of a budget to a file; see `BudgetContext.export`."""
    name = os.fspath(path)
    chosen = check_target(path, format)
    if weight not in get_args(Weight):
        raise ValueError(f"weight must be 'flops' or 'time', got {weight!r}")
    with _core._OwnTime():
        parts = _WRITERS[chosen](budget, weight)
        write_atomically(
            name, lambda stream: stream.writelines(part.encode("utf-8") for part in parts)
        )
