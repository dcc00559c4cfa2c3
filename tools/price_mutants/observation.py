"""What the fact functions do while a row runs: the lines that ran, and what was told."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any, NamedTuple

from tests.pricing.metering import Outcome, run

from price_mutants.fact_sources import FILES
from price_mutants.pins import Pin

__all__ = ["Observed", "holds", "observe", "outcome_of"]

_NAMES = {str(path): path.name for path in FILES}

Place = tuple[str, int]


class Observed(NamedTuple):
    """A row that holds, the lines of fact files it ran, and what functions there returned."""

    pin: Pin
    seconds: float
    lines: frozenset[Place]
    told: tuple[tuple[Place, Any], ...]


def outcome_of(pin: Pin) -> Outcome | None:
    """Run a row; None if its operands cannot even be made."""
    try:
        return run(pin.expression, pin.price_list)
    except Exception:
        return None


def holds(pin: Pin) -> bool:
    """Whether a row is billed as its table says."""
    outcome = outcome_of(pin)
    if pin.is_misnamed:
        return outcome is not None and outcome.total == pin.bill.total
    return outcome == Outcome(*pin.bill)


def _plain(value: Any) -> Any:
    return tuple(_plain(x) for x in value) if isinstance(value, (tuple, list)) else value


def watched(pin: Pin) -> tuple[bool, Observed]:
    """Run a row and see what the fact functions do. Says whether the row holds."""
    lines: set[Place] = set()
    told: list[tuple[Place, Any]] = []

    def inside(frame: FrameType, event: str, value: Any) -> Any:
        name = _NAMES[frame.f_code.co_filename]
        if event == "line":
            lines.add((name, frame.f_lineno))
        elif event == "return" and isinstance(value, (tuple, list)):
            told.append(((name, frame.f_code.co_firstlineno), _plain(value)))
        return inside

    def entered(frame: FrameType, event: str, value: Any) -> Any:
        return inside if frame.f_code.co_filename in _NAMES else None

    start = time.perf_counter()
    sys.settrace(entered)
    try:
        good = holds(pin)
    finally:
        sys.settrace(None)
    seconds = time.perf_counter() - start
    simple = tuple((place, value) for place, value in told if _is_simple(value))
    return good, Observed(pin, seconds, frozenset(lines), simple)


def _is_simple(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(_is_simple(x) for x in value)
    return isinstance(value, (int, float, str, bool, type(None)))


def observe(pins: Sequence[Pin]) -> tuple[list[Observed], list[Pin]]:
    """Run rows; those that do not hold come second."""
    good, bad = [], []
    for pin in pins:
        is_good, observed = watched(pin)
        if is_good:
            good.append(observed)
        else:
            bad.append(pin)
    return good, bad
