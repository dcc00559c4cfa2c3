"""The worker of the remote runner: ``python -m whestbench.remote_worker READ_FD WRITE_FD``.

A client of a flopscope server, without NumPy: arrays, budget and kernels are the server's. It holds
no control token. Each budget is opened by a ticket, whose bill the harness reads from the server.
"""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import flopscope as flops
from flopscope.errors import BudgetExhaustedError, TimeExhaustedError
from flopscope.remote.client.array import RemoteArray
from flopscope.remote.client.budget import use_ticket
from flopscope.remote.client.codec import from_buffer
from flopscope.remote.client.transfer import fetch, upload
from whestbench.domain import MLP
from whestbench.runner.errors import RunnerError, RunnerErrorDetail
from whestbench.runner.session import EstimatorSession
from whestbench.runner.types import EstimatorEntrypoint, ResourceLimits
from whestbench.runner.wire import Message, RawArray, RawChannel
from whestbench.sdk import SetupContext

__all__ = ["main"]

_Reply = tuple[dict[str, Any], dict[str, Any]]
_DESCRS = {"bool": "|b1", "int8": "|i1", "uint8": "|u1"}
_SETUP_FLOPS = 10**15


def _descr(dtype: str) -> str:
    """NumPy's short name of a dtype."""
    letters = dtype.rstrip("0123456789")
    letter = {"int": "i", "uint": "u", "float": "f", "complex": "c"}.get(letters, "b")
    return _DESCRS.get(dtype) or f"<{letter}{int(dtype[len(letters) :]) // 8}"


class Worker:
    """One estimator behind a channel, in front of a server."""

    def __init__(self, channel: RawChannel) -> None:
        self._channel = channel
        self._session = EstimatorSession()
        self._process = os.getpid()

    def serve(self) -> None:
        """Answer until told to close, or until the harness is gone."""
        while True:
            try:
                request = self._channel.receive()
            except EOFError:
                return
            header, arrays = self._answer(request)
            if os.getpid() != self._process:
                os._exit(0)  # a forked child of user code that got back here
            self._channel.send(request.number, header, arrays)
            if request.header.get("type") == "close":
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
            return {"status": status, "detail": asdict(_detail(error))}, {}

    def _start(self, request: Message) -> _Reply:
        header = request.header
        entry, context = header["entrypoint"], dict(header["context"])
        for name in ("submission_dir", "scratch_dir"):
            context[name] = None if context[name] is None else Path(context[name])
        use_ticket(header["ticket"])
        with flops.BudgetContext(_SETUP_FLOPS, quiet=True):
            self._session.start(
                EstimatorEntrypoint(Path(entry["file_path"]), entry["class_name"]),
                SetupContext(**context),
                ResourceLimits(**header["limits"]),
            )
        names = {
            "class_name": self._session.class_name,
            "module_name": self._session.module_name,
        }
        return {"status": "ok", **names}, {}

    def _predict(self, request: Message) -> _Reply:
        described, stacked = request.header["mlp"], request.arrays["weights"]
        status = "ok"
        answer: RawArray | None = None
        use_ticket(request.header["ticket"])
        budget = flops.BudgetContext(request.header["budget"], quiet=True)
        try:
            with budget:
                mlp = MLP(weights=_weights(stacked), **described)
                answer = _cells(self._session.predict(mlp, request.header["budget"]), mlp)
        except BudgetExhaustedError:
            status = "budget_exhausted"
        except TimeExhaustedError:
            status = "time_exhausted"
        figures = {
            "flops_used": budget.flops_used,
            "wall_time_s": budget.wall_time_s,
            "flopscope_backend_time_s": budget.flopscope_backend_time_s,
            "flopscope_overhead_time_s": budget.flopscope_overhead_time_s,
            "residual_wall_time_s": budget.residual_wall_time_s,
        }
        header: dict[str, Any] = {"status": status, "stats": figures}
        if answer is None:
            return header, {}
        if answer.shape != (mlp.depth, mlp.width):
            return {**header, "shape": list(answer.shape)}, {}
        return header, {"predictions": answer}

    def _close(self, _request: Message) -> _Reply:
        self._session.close()
        return {"status": "ok"}, {}


def _weights(stacked: Any) -> list[Any]:
    """The matrices on the server. Uploading is free, and no time of the participant's."""
    depth, width, _ = stacked.shape
    size = 4 * width * width
    return [
        upload(bytes(stacked.data[at * size : (at + 1) * size]), (width, width), "float32")
        for at in range(depth)
    ]


def _cells(answer: Any, mlp: MLP) -> RawArray:
    """Bytes of a prediction; fetched while the meter still runs."""
    if type(answer) is RemoteArray:
        if answer.shape != (mlp.depth, mlp.width):
            return RawArray("<f4", answer.shape, b"")
        if answer.dtype.startswith("complex"):
            raise _bad_shape("predict returned complex values, which do not convert to float32")
        data, shape, dtype = fetch(answer)
        return RawArray(_descr(dtype), shape, data)
    try:
        found = from_buffer(memoryview(answer))
    except TypeError:
        found = None
    if found is None:
        raise _bad_shape(
            f"predict returned a {type(answer).__name__}, which is no array of numbers"
        )
    data, shape, dtype = found
    return RawArray(_descr(dtype), shape, data)


def _bad_shape(message: str) -> RunnerError:
    hint = {"hint": "return one array, e.g. fnp.stack(list_of_layer_means)"}
    return RunnerError("predict", RunnerErrorDetail("ESTIMATOR_BAD_SHAPE", message, hint))


def _detail(error: BaseException) -> RunnerErrorDetail:
    if isinstance(error, RunnerError):
        return error.detail
    return RunnerErrorDetail("PREDICT_ERROR", f"{type(error).__name__}: {error}")


def main() -> int:
    """Serve on the file descriptors of the command line."""
    try:
        read_fd, write_fd = (int(argument) for argument in sys.argv[1:])
    except ValueError:
        sys.stderr.write("usage: python -m whestbench.remote_worker READ_FD WRITE_FD\n")
        return 2
    for fd in (read_fd, write_fd):
        os.set_inheritable(fd, False)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    with contextlib.suppress(BrokenPipeError, RunnerError):
        Worker(RawChannel(read_fd, write_fd)).serve()
    sys.stdout.flush()
    # Threads that participant code left running must not keep the process alive.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
