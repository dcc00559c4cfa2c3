"""The isolated worker: ``python -m whestbench.subprocess_worker READ_FD WRITE_FD``.

Answers ``start``, ``predict`` and ``close`` on its own pair of pipes; standard output belongs to
the participant. It limits its own memory before it imports their file, and meters itself.
"""

from __future__ import annotations

import contextlib
import sys
import warnings

import flopscope.numpy as fnp
from flopscope.errors import RemoteCallbackWarning
from whestbench.domain import MLP
from whestbench.runner.types import ResourceLimits
from whestbench.runner.wire import Channel, Message
from whestbench.runner.worker import EstimatorWorker, Reply, serve_descriptors
from whestbench.scoring.measure import Failure, failure_of, metered_predict

__all__ = ["main"]


class Worker(EstimatorWorker):
    """One estimator that meters itself."""

    _limits = ResourceLimits()

    def start(self, request: Message) -> Reply:
        header = request.header
        self._limits = ResourceLimits(**header["limits"])
        _limit_memory(self._limits.memory_limit_mb)
        if header["refuse_callbacks"]:
            # What is a warning here is an error on a remote backend.
            warnings.simplefilter("error", RemoteCallbackWarning)
        return self.start_session(header, self._limits)

    def predict(self, request: Message) -> Reply:
        described = request.header["mlp"]
        # Copies: participant code may write into its weights.
        weights = [fnp.asarray(w.copy()) for w in request.arrays["weights"]]
        mlp = MLP(weights=weights, **described)
        answer, stats, exhausted = metered_predict(
            self.session, mlp, request.header["budget"], self._limits.wall_time_limit_s
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

    def detail_of(self, error: BaseException) -> Failure:
        return failure_of(error)


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
    return serve_descriptors("whestbench.subprocess_worker", lambda *fds: Worker(Channel(*fds)))


if __name__ == "__main__":
    sys.exit(main())
