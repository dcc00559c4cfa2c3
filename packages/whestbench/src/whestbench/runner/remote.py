"""The remote runner: the estimator is a client of a flopscope server, without NumPy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from flopscope.remote.folders import socket_folder
from whestbench.domain import MLP
from whestbench.runner.errors import RunnerError, RunnerErrorDetail
from whestbench.runner.isolation import Isolation
from whestbench.runner.subprocess import SubprocessRunner
from whestbench.runner.types import EstimatorEntrypoint, PredictStats, ResourceLimits
from whestbench.runner.worker_process import WorkerProcess
from whestbench.sdk import SetupContext

__all__ = ["RemoteRunner"]

_SETUP_FLOPS = 10**15
_UNLIMITED = 10**18
_IDLE_S = 3600.0


class _ServerProcess:
    """A flopscope server of the harness's own."""

    def __init__(self, limits: ResourceLimits) -> None:
        self._folder = socket_folder("whest-")
        self.url = f"ipc://{self._folder.name}/flopscope"
        self._errors = Path(self._folder.name) / "errors"
        reading, writing = os.pipe()
        environment = dict(os.environ)
        environment.pop("FLOPSCOPE_SERVER_URL", None)
        if limits.max_threads is not None:
            names = ("OMP_NUM", "MKL_NUM", "OPENBLAS_NUM", "VECLIB_MAXIMUM")
            environment.update({f"{name}_THREADS": str(limits.max_threads) for name in names})
        command = [
            sys.executable, "-m", "flopscope.remote.server", "--url", self.url,
            "--timeout", str(_IDLE_S), "--token-fd", str(writing),
            "--memory-limit", str(limits.memory_limit_mb / 1024),
        ]  # fmt: skip
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stderr=errors, pass_fds=(writing,), env=environment
            )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self.token = pipe.read().strip()
        if not self.token:
            said = self._errors.read_text(encoding="utf-8", errors="replace")
            self.end()
            message = f"the flopscope server did not start: {said[-500:]}"
            raise RunnerError("setup", RunnerErrorDetail("SETUP_ERROR", message))

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()


class RemoteRunner(SubprocessRunner):
    """Runs an estimator against a flopscope server process.

    The estimator's process has handles instead of arrays: no NumPy, no compiled core, no control
    token. FLOPs and backend time are the server's; the residual time is what the client measured,
    within the wall time of the server's clock.

    Parameters
    ----------
    echo : bool
        Show what the estimator prints on standard error.
    isolation : Isolation, optional
        What is taken from the worker beyond its limits.
    """

    def __init__(self, *, echo: bool = True, isolation: Isolation | None = None) -> None:
        super().__init__(echo=echo, isolation=isolation)
        self._server: _ServerProcess | None = None
        self._control: Any = None
        self._ticket = ""

    def start(
        self, entrypoint: EstimatorEntrypoint, context: SetupContext, limits: ResourceLimits
    ) -> None:
        """Start a server and a worker, load the estimator there and run its `setup`.

        Raises
        ------
        RunnerError
            As for `SubprocessRunner.start`; ``SETUP_ERROR`` too when there is no server.
        """
        try:
            from flopscope.remote.control_client import ControlClient
        except ImportError as error:
            raise RunnerError("setup", RunnerErrorDetail("SETUP_ERROR", str(error))) from None
        self._stop_server()
        self._server = _ServerProcess(limits)
        self._control = ControlClient(self._server.url, self._server.token)
        super().start(entrypoint, context, limits)

    def _make_worker(self, limits: ResourceLimits) -> WorkerProcess:
        assert self._server is not None
        return WorkerProcess(
            limits.max_threads,
            echo=self._echo,
            isolation=self._isolation,
            module="whestbench.remote_worker",
            variables={"FLOPSCOPE_SERVER_URL": self._server.url},
        )

    def _start_fields(self) -> dict[str, Any]:
        return {"ticket": self._control.ticket(_SETUP_FLOPS)}

    def _predict_fields(self, budget: int) -> dict[str, Any]:
        allowed = budget if budget > 0 else _UNLIMITED
        self._ticket = self._control.ticket(allowed)
        return {"ticket": self._ticket, "budget": allowed}

    def _figures(self, figures: dict[str, Any]) -> PredictStats:
        known = self._control.report(self._ticket)
        client = PredictStats.from_dict(figures)
        wall_s = max(client.wall_time_s, float(known.get("wall_s", 0.0)))
        backend_s = float(known.get("backend_s", 0.0))
        residual_s = min(max(client.residual_wall_time_s, 0.0), wall_s)
        breakdown = known.get("breakdown")
        if breakdown is not None:
            spaces = breakdown["by_namespace"].items()
            breakdown["by_namespace"] = {label or None: entry for label, entry in spaces}
        return PredictStats(
            flops_used=int(known["flops_used"]),
            wall_time_s=wall_s,
            flopscope_backend_time_s=backend_s,
            flopscope_overhead_time_s=max(0.0, wall_s - residual_s - backend_s),
            residual_wall_time_s=residual_s,
            budget_breakdown=breakdown,
        )

    def predict(self, mlp: MLP, budget: int) -> Any:
        """Run `predict` on one network; see `SubprocessRunner.predict`."""
        from flopscope.errors import TimeExhaustedError

        try:
            return super().predict(mlp, budget)
        except TimeExhaustedError:
            # It was interrupted in the middle of an exchange: its session is lost.
            self._end()
            raise

    def close(self) -> None:
        """Run `teardown`, end the worker and the server."""
        super().close()
        self._stop_server()

    def _stop_server(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._server is not None:
            self._server.end()
        self._server = self._control = None
