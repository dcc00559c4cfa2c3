"""What both workers have in common: requests answered in order, until told to close. No NumPy."""

from __future__ import annotations

import contextlib
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from whestbench.runner.errors import RunnerError
from whestbench.runner.session import EstimatorSession
from whestbench.runner.types import EstimatorEntrypoint, ResourceLimits
from whestbench.runner.wire import Message
from whestbench.sdk import SetupContext

__all__ = ["EstimatorWorker", "Reply", "serve_descriptors"]

Reply = tuple[dict[str, Any], dict[str, Any]]
"""Header and arrays of an answer."""


class EstimatorWorker(ABC):
    """One estimator behind a channel.

    Parameters
    ----------
    channel : Channel or RawChannel
    """

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self._process = os.getpid()
        self.session = EstimatorSession()

    @abstractmethod
    def start(self, request: Message) -> Reply:
        """Load the estimator and run its `setup`."""

    @abstractmethod
    def predict(self, request: Message) -> Reply:
        """Run `predict` on one network."""

    @abstractmethod
    def detail_of(self, error: BaseException) -> Any:
        """Describe an error, as a dataclass."""

    def serve(self) -> None:
        """Answer until told to close, or until the harness is gone."""
        closing = False
        while not closing:
            try:
                request = self._channel.receive()
            except EOFError:
                return
            header, arrays = self._answer(request)
            if os.getpid() != self._process:
                os._exit(0)  # a forked child of user code that got back here
            self._channel.send(request.number, header, arrays)
            closing = request.header.get("type") == "close"

    def start_session(self, header: dict[str, Any], limits: ResourceLimits) -> Reply:
        """Start the estimator that a request names."""
        entry, context = header["entrypoint"], dict(header["context"])
        for name in ("submission_dir", "scratch_dir"):
            context[name] = None if context[name] is None else Path(context[name])
        self.session.start(
            EstimatorEntrypoint(Path(entry["file_path"]), entry["class_name"]),
            SetupContext(**context),
            limits,
        )
        names = {
            "class_name": self.session.class_name,
            "module_name": self.session.module_name,
        }
        return {"status": "ok", **names}, {}

    def _close(self, request: Message) -> Reply:
        self.session.close()
        return {"status": "ok"}, {}

    def _answer(self, request: Message) -> Reply:
        handlers = {"start": self.start, "predict": self.predict, "close": self._close}
        kind = request.header.get("type", "")
        if kind not in handlers:
            return {"status": "protocol_error", "message": "unknown request"}, {}
        try:
            return handlers[kind](request)
        except BaseException as error:  # whatever it is, the harness gets an answer
            status = "runtime_error" if kind == "start" else "error"
            return {"status": status, "detail": asdict(self.detail_of(error))}, {}


def serve_descriptors(module: str, open_worker: Callable[[int, int], EstimatorWorker]) -> int:
    """Serve on the two file descriptors that the command line names.

    Returns
    -------
    int
        2 for a wrong command line; the process ends otherwise.
    """
    try:
        read_fd, write_fd = (int(argument) for argument in sys.argv[1:])
    except ValueError:
        sys.stderr.write(f"usage: python -m {module} READ_FD WRITE_FD\n")
        return 2
    for fd in (read_fd, write_fd):
        os.set_inheritable(fd, False)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with contextlib.suppress(BrokenPipeError, RunnerError):
        open_worker(read_fd, write_fd).serve()
    sys.stdout.flush()
    # Threads that participant code left running must not keep the process alive.
    os._exit(0)
