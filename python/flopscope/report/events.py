"""The log as nested events: namespaces, calls and operations that open and close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from flopscope import _core
from flopscope.report.entries import Place, budgets_of, places

if TYPE_CHECKING:
    from flopscope.report.entries import Source

__all__ = ["Event", "Frame", "Weight", "events"]

Weight = Literal["flops", "time"]
_BLOCK = 4096


class Frame(NamedTuple):
    """What is open: a namespace, a line that called, or an operation."""

    kind: str  # "namespace", "line" or "operation"
    name: str
    place: Place | None = None


class Event(NamedTuple):
    """A frame opens or closes, at a number of FLOPs or of seconds."""

    opens: bool
    frame: Frame
    at: float
    flops: int = 0


def _path(namespace: str | None, stack: tuple[Place, ...]) -> tuple[Frame, ...]:
    spaces = () if namespace is None else tuple(namespace.split("."))
    return (
        *(Frame("namespace", name) for name in spaces),
        *(Frame("line", place.function, place) for place in stack),
    )


def _records(source: Source) -> Iterator[tuple[int, str | None, str, int, float, float]]:
    """Site, namespace, operation, FLOPs, begin and duration of every record, budget by budget."""
    ended = 0.0  # of the budgets before: each counts time from its own beginning
    for budget in budgets_of(source):
        begun = ended
        length = _core._log_length(budget)
        for first in range(0, length, _BLOCK):
            rows = _core._trace_rows(budget, first, min(length, first + _BLOCK))
            for site, namespace, name, flops, start, backend, overhead in rows:
                ended = max(ended, begun + start + backend + overhead)
                yield site, namespace, name, flops, begun + start, backend + overhead


def events(source: Source, weight: Weight) -> Iterator[Event]:
    """Go through the log; frames that neighbours share stay open between them.

    With the weight ``"flops"`` time is the number of FLOPs spent so far, and operations that cost
    nothing are left out.
    """
    open_frames: tuple[Frame, ...] = ()
    now: float = 0
    for site, namespace, name, flops, start, duration in _records(source):
        if weight == "flops" and flops == 0:
            continue
        path = _path(namespace, places(site))
        shared = 0
        while shared < min(len(path), len(open_frames)) and path[shared] == open_frames[shared]:
            shared += 1
        for frame in reversed(open_frames[shared:]):
            yield Event(False, frame, now)
        # A call that an operation of its own calls back is inside of it; events keep their order.
        begin = now if weight == "flops" else max(now, start)
        end = begin + flops if weight == "flops" else max(begin, start + duration)
        for frame in path[shared:]:
            yield Event(True, frame, begin)
        operation = Frame("operation", name)
        yield Event(True, operation, begin, flops)
        yield Event(False, operation, end)
        now = end
        open_frames = path
    for frame in reversed(open_frames):
        yield Event(False, frame, now)
