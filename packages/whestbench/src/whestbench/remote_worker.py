"""The worker of the remote runner: ``python -m whestbench.remote_worker READ_FD WRITE_FD``.

A client of a flopscope server, without NumPy: arrays, budget and kernels are the server's. It holds
no control token. Each budget is opened by a ticket, whose bill the harness reads from the server.
"""

from __future__ import annotations

import sys
from typing import Any

import flopscope as flops
from flopscope.errors import BudgetExhaustedError, TimeExhaustedError
from flopscope.remote.client.array import RemoteArray
from flopscope.remote.client.budget import use_ticket
from flopscope.remote.client.codec import from_buffer
from flopscope.remote.client.transfer import fetch, upload
from whestbench.domain import MLP
from whestbench.runner.errors import RunnerError, RunnerErrorDetail
from whestbench.runner.types import ResourceLimits
from whestbench.runner.wire import Message, RawArray, RawChannel
from whestbench.runner.worker import EstimatorWorker, Reply, serve_descriptors

__all__ = ["main"]

_DESCRS = {"bool": "|b1", "int8": "|i1", "uint8": "|u1"}
_SETUP_FLOPS = 10**15


def _descr(dtype: str) -> str:
    """NumPy's short name of a dtype."""
    letters = dtype.rstrip("0123456789")
    letter = {"int": "i", "uint": "u", "float": "f", "complex": "c"}.get(letters, "b")
    return _DESCRS.get(dtype) or f"<{letter}{int(dtype[len(letters) :]) // 8}"


class Worker(EstimatorWorker):
    """One estimator in front of a server."""

    def start(self, request: Message) -> Reply:
        header = request.header
        use_ticket(header["ticket"])
        with flops.BudgetContext(_SETUP_FLOPS, quiet=True):
            return self.start_session(header, ResourceLimits(**header["limits"]))

    def predict(self, request: Message) -> Reply:
        described, stacked = request.header["mlp"], request.arrays["weights"]
        status = "ok"
        answer: RawArray | None = None
        use_ticket(request.header["ticket"])
        budget = flops.BudgetContext(request.header["budget"], quiet=True)
        try:
            with budget:
                mlp = MLP(weights=_weights(stacked), **described)
                answer = _elements(self.session.predict(mlp, request.header["budget"]), mlp)
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

    def detail_of(self, error: BaseException) -> RunnerErrorDetail:
        if isinstance(error, RunnerError):
            return error.detail
        return RunnerErrorDetail("PREDICT_ERROR", f"{type(error).__name__}: {error}")


def _weights(stacked: Any) -> list[Any]:
    """The matrices on the server. Uploading is free, and no time of the participant's."""
    depth, width, _ = stacked.shape
    size = 4 * width * width
    return [
        upload(bytes(stacked.data[at * size : (at + 1) * size]), (width, width), "float32")
        for at in range(depth)
    ]


def _elements(answer: Any, mlp: MLP) -> RawArray:
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


def main() -> int:
    """Serve on the file descriptors of the command line."""
    return serve_descriptors("whestbench.remote_worker", lambda *fds: Worker(RawChannel(*fds)))


if __name__ == "__main__":
    sys.exit(main())
