"""Time spent inside the library, on the client: nested spans count once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from time import perf_counter_ns
from typing import ParamSpec, TypeVar

__all__ = ["Clock", "clock", "spanned"]

P = ParamSpec("P")
R = TypeVar("R")


class Clock:
    """Adds up the time during which any thread is inside a span."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._began = 0
        self._total_ns = 0

    def __enter__(self) -> None:
        with self._lock:
            if not self._depth:
                self._began = perf_counter_ns()
            self._depth += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._depth -= 1
            if not self._depth:
                self._total_ns += perf_counter_ns() - self._began

    def total_ns(self) -> int:
        """Nanoseconds so far, those of a span that is open included."""
        with self._lock:
            running = perf_counter_ns() - self._began if self._depth else 0
            return self._total_ns + running


clock = Clock()


def spanned(function: Callable[P, R]) -> Callable[P, R]:
    """Count a function's time as the library's."""

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        with clock:
            return function(*args, **kwargs)

    return inside
