"""Interrupting Python code that takes too long."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

__all__ = ["deadline"]

# After the first interruption, in case the code swallowed it.
_REPEAT_S = 1.0


@contextlib.contextmanager
def deadline(seconds: float | None, make_error: Callable[[], BaseException]) -> Iterator[None]:
    """Raise an error inside the block once it has run for too long.

    Python code and sleeping are interrupted; one long call into compiled code is interrupted when
    it returns. Works on the main thread of a POSIX process; elsewhere the block just runs.

    Parameters
    ----------
    seconds : float or None
        No deadline when None.
    make_error : callable
        Makes the exception that is raised, again every second until the block is left.
    """
    on_main = threading.current_thread() is threading.main_thread()
    if seconds is None or not on_main or not hasattr(signal, "setitimer"):
        yield
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise make_error()

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3), _REPEAT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
