"""What a sweep says while it runs: a bar, a callback, or nothing."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

from .plan import SweepPlan
from .store import RunRecord

logger = logging.getLogger("flops_fit")


@dataclass(frozen=True)
class ProgressEvent:
    """The state of a sweep after a run, or before the first one (`record` is None).

    Attributes
    ----------
    done, total : int
        Runs that have a result, and runs of the sweep; earlier results count.
    flops_done, flops_total : float
        FLOPs of those runs.
    record : RunRecord or None
        The run that just ended.
    """

    done: int
    total: int
    flops_done: float
    flops_total: float
    record: RunRecord | None = None


class Progress:
    """Tells a sweep's progress in the way the user chose."""

    def __init__(self, choice: bool | Callable[[ProgressEvent], Any] | None, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._callback = choice if callable(choice) else None
        wanted = self._stream.isatty() if choice is None else choice is True
        self._say = wanted
        self._bar: Any = None
        self._task: Any = None

    def begin(self, plan: SweepPlan, event: ProgressEvent) -> None:
        """The cost of the sweep, before it runs."""
        text = f"{plan.summary()}\n  {event.done} of {event.total} runs are there already"
        logger.info("%s", text)
        if self._callback:
            self._callback(event)
        if not self._say:
            return
        print(text, file=self._stream)
        try:
            from rich.console import Console
            from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar
        except ImportError:
            return
        if self._stream.isatty():
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=Console(file=self._stream))
            # FLOPs, not runs, tell the time left: the last runs cost most.
            self._task = self._bar.add_task("training", total=event.flops_total, completed=event.flops_done)
            self._bar.start()

    def update(self, event: ProgressEvent) -> None:
        """A run ended."""
        record = event.record
        assert record is not None
        what = f"loss {record.loss:.4f}" if record.completed else f"failed: {record.error}"
        line = (
            f"[{event.done}/{event.total}] N {record.experiment.num_params:,} D {record.experiment.num_tokens:,} "
            f"{what} ({record.seconds:.1f} s)"
        )
        logger.log(logging.INFO if record.completed else logging.WARNING, "%s", line)
        if self._callback:
            self._callback(event)
        if self._bar is not None:
            text = f"run {event.done} of {event.total}, {what if record.completed else 'failed'}"
            self._bar.update(self._task, completed=event.flops_done, description=text)
        elif self._say:
            print(line, file=self._stream, flush=True)

    def end(self) -> None:
        """Put the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
