"""The subprocess runner: the estimator runs in a worker, which is replaced if it dies."""

from __future__ import annotations

import itertools
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from flopscope.errors import BudgetExhaustedError, TimeExhaustedError
from whestbench.domain import MLP
from whestbench.runner.errors import RunnerError, RunnerErrorDetail
from whestbench.runner.isolation import Isolation
from whestbench.runner.types import EstimatorEntrypoint, PredictStats, ResourceLimits
from whestbench.runner.wire import Message, ProtocolError
from whestbench.runner.worker_process import WorkerProcess
from whestbench.sdk import SetupContext

__all__ = ["SubprocessRunner"]

# Beyond a limit, before the worker is taken for stuck: it notices its limits itself, and needs
# time to start Python and to import NumPy.
GRACE_S = 5.0
_START_GRACE_S = 60.0
_SEND_S = 60.0


class SubprocessRunner:
    """Runs an estimator in a worker process.

    The worker meters itself and its figures count. A worker that dies or hangs is replaced, so
    that only the network it failed on is lost.

    Parameters
    ----------
    echo : bool
        Show what the estimator prints on standard error.
    isolation : Isolation, optional
        What is taken from the worker beyond its limits.
    refuse_callbacks : bool
        Let operations fail that call a Python function back, as on a remote backend.
    """

    def __init__(
        self,
        *,
        echo: bool = True,
        isolation: Isolation | None = None,
        refuse_callbacks: bool = False,
    ) -> None:
        self._echo = echo
        self._refuse_callbacks = refuse_callbacks
        self._isolation = isolation
        self._worker: WorkerProcess | None = None
        self._begin: tuple[EstimatorEntrypoint, SetupContext, ResourceLimits] | None = None
        self._numbers = itertools.count(1)
        self._stats: PredictStats | None = None
        self.class_name: str | None = None
        self.module_name: str | None = None

    def start(
        self, entrypoint: EstimatorEntrypoint, context: SetupContext, limits: ResourceLimits
    ) -> None:
        """Start a worker, load the estimator there and run its `setup`.

        Raises
        ------
        RunnerError
            ``SETUP_ERROR``, ``SETUP_TIMEOUT``, ``ESTIMATOR_MISSING_MODULE``, or a ``WORKER_...``
            code when the worker died.
        """
        file = Path(entrypoint.file_path).expanduser().resolve()
        self._begin = (replace(entrypoint, file_path=file), context, limits)
        self._start_worker()

    def _start_worker(self) -> None:
        assert self._begin is not None
        entrypoint, context, limits = self._begin
        self._worker = self._make_worker(limits)
        request = {
            "type": "start",
            "entrypoint": asdict(entrypoint),
            "context": asdict(context),
            "limits": asdict(limits),
            "refuse_callbacks": self._refuse_callbacks,
            **self._start_fields(),
        }
        limit = limits.setup_timeout_s + _START_GRACE_S
        try:
            reply = self._ask("setup", request, {}, limit)
        except TimeoutError:
            raise self._lost(
                "setup", "SETUP_TIMEOUT", f"setup did not end within {limits.setup_timeout_s:g} s"
            ) from None
        if reply.header.get("status") != "ok":
            self._end()
            raise self._failure("setup", reply, "SETUP_PROTOCOL_ERROR")
        self.class_name = reply.header.get("class_name")
        self.module_name = reply.header.get("module_name")

    def _make_worker(self, limits: ResourceLimits) -> WorkerProcess:
        return WorkerProcess(limits.max_threads, echo=self._echo, isolation=self._isolation)

    def _start_fields(self) -> dict[str, Any]:
        """More of the message that starts a worker."""
        return {}

    def _predict_fields(self, budget: int) -> dict[str, Any]:
        """More of the message that asks for a prediction."""
        return {}

    def _figures(self, figures: dict[str, Any]) -> PredictStats:
        """What counts of the figures that a worker sent."""
        return PredictStats.from_dict(figures)

    def predict(self, mlp: MLP, budget: int) -> Any:
        """Run `predict` on one network in the worker.

        Raises
        ------
        BudgetExhaustedError, TimeExhaustedError
            With the measured figures in `last_predict_stats`.
        RunnerError
            For an exception in `predict`, or a lost worker.
        """
        self._stats = PredictStats()
        if self._begin is None:
            detail = RunnerErrorDetail("RUNNER_NOT_STARTED", "start() was not called, or failed")
            raise RunnerError("predict", detail)
        limits = self._begin[2]
        if self._worker is None or not self._worker.is_alive():
            self._end()
            self._start_worker()
        assert self._worker is not None
        self._worker.next_network()
        described = {"width": mlp.width, "depth": mlp.depth, "seed": mlp.seed, "name": mlp.name}
        weights = np.stack([np.asarray(w, dtype=np.float32) for w in mlp.weights])
        wall = limits.wall_time_limit_s
        limit = limits.predict_timeout_s if wall is None else wall + GRACE_S
        started = time.perf_counter()
        try:
            reply = self._ask(
                "predict",
                {
                    "type": "predict",
                    "budget": int(budget),
                    "mlp": described,
                    **self._predict_fields(int(budget)),
                },
                {"weights": weights},
                limit,
            )
        except TimeoutError:
            elapsed = time.perf_counter() - started
            self._end()
            if wall is None:
                raise self._lost(
                    "predict", "PREDICT_TIMEOUT", f"predict gave no answer within {limit:g} s"
                ) from None
            # Nothing is known of it but the time.
            self._stats = PredictStats(wall_time_s=elapsed, residual_wall_time_s=elapsed)
            raise TimeExhaustedError("predict", elapsed_s=elapsed, limit_s=wall) from None
        return self._answer(reply, mlp, budget)

    def _answer(self, reply: Message, mlp: MLP, budget: int) -> Any:
        header = reply.header
        status = header.get("status")
        if status in ("ok", "budget_exhausted", "time_exhausted"):
            self._stats = self._figures(header["stats"])
        if status == "ok":
            if "shape" in header:
                return np.broadcast_to(np.float32(0.0), tuple(header["shape"]))
            if "predictions" not in reply.arrays:
                detail = RunnerErrorDetail("PREDICT_NO_DATA", "the worker sent no predictions")
                raise RunnerError("predict", detail)
            return reply.arrays["predictions"]
        if status == "budget_exhausted":
            left = budget - self._stats.flops_used if self._stats else 0
            raise BudgetExhaustedError("predict", flop_cost=left + 1, flops_remaining=left)
        if status == "time_exhausted":
            elapsed = self._stats.wall_time_s if self._stats else 0.0
            limit = self._begin[2].wall_time_limit_s if self._begin else None
            raise TimeExhaustedError("predict", elapsed_s=elapsed, limit_s=limit or 0.0)
        raise self._failure("predict", reply, "WORKER_PROTOCOL_ERROR")

    def last_predict_stats(self) -> dict[str, Any] | None:
        """Figures of the worker's meter for the last `predict`."""
        return None if self._stats is None else self._stats.to_dict()

    def close(self) -> None:
        """Run `teardown` and end the worker and whatever it started."""
        if self._worker is not None and self._worker.is_alive() and self._begin is not None:
            try:
                self._ask("teardown", {"type": "close"}, {}, self._begin[2].setup_timeout_s)
            except (TimeoutError, RunnerError):
                self._end()
        self._end(patience_s=1.0)
        self._begin = None

    def _ask(
        self, stage: str, header: dict[str, Any], arrays: dict[str, Any], timeout: float
    ) -> Message:
        """Send a request and wait for its reply; a lost worker becomes a `RunnerError`."""
        assert self._worker is not None
        number = next(self._numbers)
        try:
            self._worker.channel.send(number, header, arrays, _SEND_S)
            reply = self._worker.channel.receive(timeout)
        except TimeoutError:
            raise
        except EOFError:
            how = self._worker.exit_text()
            raise self._lost(stage, "WORKER_EOF", f"the worker {how} during {stage}") from None
        except BrokenPipeError:
            how = self._worker.exit_text()
            raise self._lost(
                stage, "WORKER_BROKEN_PIPE", f"the worker {how} before {stage}"
            ) from None
        except ProtocolError as error:
            raise self._lost(stage, "WORKER_PROTOCOL_ERROR", str(error)) from None
        except OSError as error:
            raise self._lost(stage, "WORKER_IO_ERROR", str(error)) from None
        if reply.number != number:
            raise self._lost(
                stage,
                "WORKER_PROTOCOL_ERROR",
                f"the worker answered request {reply.number} instead of {number}",
            )
        return reply

    def _lost(self, stage: str, code: str, message: str) -> RunnerError:
        self._stats = PredictStats()
        output = self._end()
        details = {"worker_output": output[-20:]} if output else None
        return RunnerError(stage, RunnerErrorDetail(code, message, details))

    def _failure(self, stage: str, reply: Message, otherwise: str) -> RunnerError:
        self._stats = PredictStats()
        detail = reply.header.get("detail")
        if not isinstance(detail, dict):
            message = f"the worker answered {reply.header.get('status')!r}"
            return RunnerError(stage, RunnerErrorDetail(otherwise, message))
        return RunnerError(stage, RunnerErrorDetail(**detail))

    def _end(self, patience_s: float = 0.0) -> list[str]:
        worker, self._worker = self._worker, None
        if worker is None:
            return []
        worker.end(patience_s)
        return list(worker.output)
