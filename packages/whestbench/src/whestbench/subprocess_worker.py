"""The isolated worker: ``python -m whestbench.subprocess_worker READ_FD WRITE_FD``.

Answers ``start``, ``predict`` and ``close`` on its own pair of pipes; standard output belongs to
the participant. It limits its own memory before it imports their file, and meters itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import flopscope.numpy as fnp
from flopscope.errors import RemoteCallbackWarning
from whestbench.domain import MLP
from whestbench.runner.errors import RunnerError
from whestbench.runner.session import EstimatorSession
from whestbench.runner.types import EstimatorEntrypoint, ResourceLimits
from whestbench.runner.wire import Channel, Message
from whestbench.scoring.measure import Failure, failure_of, metered_predict
from whestbench.sdk import SetupContext

__all__ = ["main"]

_Reply = tuple[dict[str, Any], dict[str, Any]]


class Worker:
    """One estimator behind a channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._session = EstimatorSession()
        self._limits = ResourceLimits()
        self._process = os.getpid()

    def serve(self) -> None:
        """Answer until told to close, or until the harness is gone."""
        while True:
            try:
                request = self._channel.receive()
            except EOFError:
                return
            closing = request.header.get("type") == "close"
            header, arrays = self._answer(request)
            if os.getpid() != self._process:
                os._exit(0)  # a forked child of user code that got back here
            self._channel.send(request.number, header, arrays)
            if closing:
                return

    def _answer(self, request: Message) -> _Reply:
        handlers = {"start": self._start, "predict": self._predict, "close": self._close}
        handler = handlers.get(request.header.get("type", ""))
        if handler is None:
            return {"status": "protocol_error", "message": "unknown request"}, {}
        try:
            return handler(request)
        except BaseException as error:  # whatever it is, the harness gets an answer
            status = "runtime_error" if handler == self._start else "error"
            return {"status": status, **_failure(failure_of(error))}, {}

    def _start(self, request: Message) -> _Reply:
        header = request.header
        self._limits = ResourceLimits(**header["limits"])
        _limit_memory(self._limits.memory_limit_mb)
        if header["refuse_callbacks"]:
            # What is a warning here is an error on a remote backend.
            warnings.simplefilter("error", RemoteCallbackWarning)
        entry, context = header["entrypoint"], dict(header["context"])
        for name in ("submission_dir", "scratch_dir"):
            context[name] = None if context[name] is None else Path(context[name])
        self._session.start(
            EstimatorEntrypoint(Path(entry["file_path"]), entry["class_name"]),
            SetupContext(**context),
            self._limits,
        )
        names = {
            "class_name": self._session.class_name,
            "module_name": self._session.module_name,
        }
        return {"status": "ok", **names}, {}

    def _predict(self, request: Message) -> _Reply:
        described = request.header["mlp"]
        # Copies: participant code may write into its weights.
        weights = [fnp.asarray(w.copy()) for w in request.arrays["weights"]]
        mlp = MLP(weights=weights, **described)
        answer, stats, exhausted = metered_predict(
            self._session, mlp, request.header["budget"], self._limits.wall_time_limit_s
        )
        figures = stats.to_dict()
        breakdown = figures["budget_breakdown"]
        if breakdown is not None:
            spaces = breakdown["by_namespace"].items()
            breakdown["by_namespace"] = {label or "": entry for label, entry in spaces}
        if exhausted is not None or answer is None:
            return {"status": exhausted, "stats": figures}, {}
        if answer.shape != (mlp.depth, mlp.width):
            return {"status": "ok", "stats": figures, "shape": list(answer.shape)}, {}
        return {"status": "ok", "stats": figures}, {"predictions": answer}

    def _close(self, request: Message) -> _Reply:
        self._session.close()
        return {"status": "ok"}, {}


def _failure(failure: Failure) -> dict[str, Any]:
    return {"detail": asdict(failure)}


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # no such limit on this platform
        return
    wanted = megabytes * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (wanted, wanted))


def main() -> int:
    """Serve on the file descriptors of the command line."""
    try:
        read_fd, write_fd = (int(argument) for argument in sys.argv[1:])
    except ValueError:
        sys.stderr.write("usage: python -m whestbench.subprocess_worker READ_FD WRITE_FD\n")
        return 2
    for fd in (read_fd, write_fd):
        os.set_inheritable(fd, False)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with contextlib.suppress(BrokenPipeError, RunnerError):
        Worker(Channel(read_fd, write_fd)).serve()
    sys.stdout.flush()
    # Threads that participant code left running must not keep the process alive.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
