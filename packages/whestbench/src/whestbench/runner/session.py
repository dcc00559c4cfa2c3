"""An estimator's life in one process: load, setup, predict, teardown.

The local runner and the worker of the subprocess runner both are this, so that they fail alike.
"""

from __future__ import annotations

import bdb
import contextlib
import os
import time
import traceback
from typing import Any

from flopscope.errors import BudgetExhaustedError, TimeExhaustedError
from whestbench.domain import MLP
from whestbench.loader import load_estimator_from_path
from whestbench.runner.deadline import deadline
from whestbench.runner.errors import RunnerError, RunnerErrorDetail
from whestbench.runner.types import EstimatorEntrypoint, ResourceLimits
from whestbench.sdk import BaseEstimator, SetupContext

__all__ = ["EstimatorSession"]

# Beyond the wall limit before user code that calls no counted operation is interrupted: the meter
# itself notices the limit at the next operation.
_GRACE_S = 0.05


class _SetupTimeout(BaseException):
    """Not an `Exception`, so that user code seldom catches it."""


class EstimatorSession:
    """Runs the three methods of an estimator under their limits."""

    def __init__(self) -> None:
        self._estimator: BaseEstimator | None = None
        self._limits = ResourceLimits()
        self.class_name: str | None = None
        self.module_name: str | None = None

    def start(
        self, entrypoint: EstimatorEntrypoint, context: SetupContext, limits: ResourceLimits
    ) -> None:
        """Load the file and run `setup`.

        Raises
        ------
        RunnerError
            ``SETUP_ERROR``, ``SETUP_TIMEOUT`` or ``ESTIMATOR_MISSING_MODULE``.
        """
        estimator, _ = load_estimator_from_path(entrypoint.file_path, entrypoint.class_name)
        self.start_with(estimator, context, limits)

    def start_with(
        self, estimator: BaseEstimator, context: SetupContext, limits: ResourceLimits
    ) -> None:
        """Run `setup` of an estimator that is there already."""
        self._limits = limits
        limit = limits.setup_timeout_s
        self.class_name = type(estimator).__name__
        self.module_name = type(estimator).__module__
        started = time.perf_counter()
        try:
            with deadline(limit, _SetupTimeout):
                estimator.setup(context)
        except _SetupTimeout:
            raise self._late(time.perf_counter() - started) from None
        except (KeyboardInterrupt, bdb.BdbQuit):
            raise
        except BaseException as error:
            raise _wrapped("setup", "SETUP_ERROR", error) from error
        # Compiled code is not interrupted, and elsewhere than on the main thread nothing is.
        if time.perf_counter() - started > limit:
            raise self._late(time.perf_counter() - started)
        self._estimator = estimator

    def _late(self, seconds: float) -> RunnerError:
        limit = self._limits.setup_timeout_s
        message = f"setup took {seconds:.1f} s, longer than its limit of {limit:g} s"
        return RunnerError("setup", RunnerErrorDetail("SETUP_TIMEOUT", message))

    def predict(self, mlp: MLP, budget: int) -> Any:
        """Run `predict` inside whatever meter is open.

        Raises
        ------
        BudgetExhaustedError, TimeExhaustedError
            From the meter, or because the wall limit was passed without an operation.
        RunnerError
            ``PREDICT_ERROR`` for any other exception, ``RUNNER_NOT_STARTED``.
        """
        if self._estimator is None:
            detail = RunnerErrorDetail("RUNNER_NOT_STARTED", "start() was not called, or failed")
            raise RunnerError("predict", detail)
        limit = self._limits.wall_time_limit_s
        process, started = os.getpid(), time.perf_counter()

        def late() -> BaseException:
            elapsed = time.perf_counter() - started
            return TimeExhaustedError("predict", elapsed_s=elapsed, limit_s=limit or 0.0)

        try:
            with deadline(None if limit is None else limit + _GRACE_S, late):
                return self._estimator.predict(mlp, budget)
        except (BudgetExhaustedError, TimeExhaustedError, KeyboardInterrupt, bdb.BdbQuit):
            raise
        except BaseException as error:
            raise _wrapped("predict", "PREDICT_ERROR", error) from error
        finally:
            if os.getpid() != process:
                # A child that user code forked and let return: only one of us may go on.
                os._exit(0)

    def close(self) -> None:
        """Run `teardown`; what it raises is of no consequence to a score."""
        estimator, self._estimator = self._estimator, None
        if estimator is not None:
            with (
                contextlib.suppress(Exception),
                deadline(self._limits.setup_timeout_s, _teardown_timeout),
            ):
                estimator.teardown()


def _teardown_timeout() -> BaseException:
    return TimeoutError("teardown took too long")


def _wrapped(stage: str, code: str, error: BaseException) -> RunnerError:
    text = "".join(traceback.format_exception(error))
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return RunnerError(stage, RunnerErrorDetail(code, message, None, text))
