"""Progress of a run on standard error: live bars, plain lines, or nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, Protocol

import click

__all__ = ["PlainProgress", "Progress", "RichProgress", "SilentProgress", "make_progress"]


class Progress(Protocol):
    """Told how far a phase is; a phase begins with its first call."""

    def update(self, phase: str, completed: int, total: int, detail: str = "") -> None:
        """Say how far a phase is."""

    def stop(self) -> None:
        """End the display."""


class SilentProgress:
    """Shows nothing: standard output is for a program."""

    def update(self, phase: str, completed: int, total: int, detail: str = "") -> None:
        """Show nothing."""

    def stop(self) -> None:
        """Nothing to end."""


class PlainProgress:
    """Lines ``[run] phase: i/n``, about twenty per phase."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._shown: dict[str, int] = {}

    def update(self, phase: str, completed: int, total: int, detail: str = "") -> None:
        """Print a line when another twentieth is done."""
        step = 20 * completed // max(total, 1)
        if self._shown.get(phase) != step or completed == total:
            self._shown[phase] = step
            click.echo(f"[{self._command}] {phase}: {completed}/{total}", err=True)

    def stop(self) -> None:
        """Nothing to end."""


class RichProgress:
    """Two bars on the terminal; each starts its clock when its phase begins."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bars

        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[detail]}"),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, Any] = {}
        self._bars.start()

    def update(self, phase: str, completed: int, total: int, detail: str = "") -> None:
        """Move a phase's bar."""
        if phase not in self._tasks:
            label = phase.replace("_", " ")
            self._tasks[phase] = self._bars.add_task(label, total=total, detail=detail)
        self._bars.update(self._tasks[phase], completed=completed, total=total, detail=detail)

    def stop(self) -> None:
        """Leave the bars as they are and give the terminal back."""
        self._bars.stop()


@contextlib.contextmanager
def make_progress(format: str, command: str) -> Iterator[Progress]:
    """The progress display of an output format.

    A `breakpoint()` in participant code ends the live display first: it would paint over the
    debugger.
    """
    progress: Progress
    if format == "json":
        progress = SilentProgress()
    elif format == "rich" and sys.stderr.isatty():
        progress = RichProgress()
    else:
        progress = PlainProgress(command)
    before = sys.breakpointhook

    def stop_and_debug(*_args: Any, **_options: Any) -> None:
        progress.stop()
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0.0)  # nobody thinks within the wall limit
        import pdb

        # In the caller's frame: through the hook that was there before, it would stop in ours.
        pdb.Pdb().set_trace(sys._getframe(1))

    if not os.environ.get("PYTHONBREAKPOINT"):
        sys.breakpointhook = stop_and_debug
    try:
        yield progress
    finally:
        sys.breakpointhook = before
        progress.stop()
