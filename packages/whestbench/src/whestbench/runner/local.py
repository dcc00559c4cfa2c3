"""The local runner: the estimator runs in this process, under the scorer's own meter."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any

from threadpoolctl import threadpool_limits

from whestbench.domain import MLP
from whestbench.runner.session import EstimatorSession
from whestbench.runner.types import EstimatorEntrypoint, ResourceLimits
from whestbench.sdk import BaseEstimator, SetupContext

__all__ = ["InProcessRunner", "LocalRunner"]

_log = logging.getLogger(__name__)


class LocalRunner:
    """Runs an estimator in this process.

    Wall limits interrupt Python code; memory is not limited. What the estimator prints goes to
    standard error, so that a report on standard output stays whole.

    Parameters
    ----------
    estimator : BaseEstimator, optional
        Run this object instead of loading one; `start` then takes None for the entrypoint.
    """

    def __init__(self, estimator: BaseEstimator | None = None) -> None:
        self._given = estimator
        self._session = EstimatorSession()
        self._resources = contextlib.ExitStack()

    @property
    def class_name(self) -> str | None:
        """Name of the class that was loaded."""
        return self._session.class_name

    @property
    def module_name(self) -> str | None:
        """Name of the module it was loaded under."""
        return self._session.module_name

    def start(
        self, entrypoint: EstimatorEntrypoint | None, context: SetupContext, limits: ResourceLimits
    ) -> None:
        """Load the estimator and run its `setup`; see `EstimatorSession.start`."""
        _log.info("a local run cannot enforce the memory limit of %d MB", limits.memory_limit_mb)
        if limits.max_threads is not None:
            self._resources.enter_context(threadpool_limits(limits=limits.max_threads))
        with _stdout_to_stderr():
            if self._given is not None:
                self._session.start_with(self._given, context, limits)
            elif entrypoint is not None:
                self._session.start(entrypoint, context, limits)
            else:
                raise ValueError("there is neither an estimator nor a file to load one from")

    def predict(self, mlp: MLP, budget: int) -> Any:
        """Run `predict` inside the meter that is open; see `EstimatorSession.predict`."""
        with _stdout_to_stderr():
            return self._session.predict(mlp, budget)

    def last_predict_stats(self) -> dict[str, Any] | None:
        """None: the scorer's own meter counts."""
        return None

    def close(self) -> None:
        """Run `teardown`."""
        with _stdout_to_stderr():
            self._session.close()
        self._resources.close()


InProcessRunner = LocalRunner


def _stdout_to_stderr() -> contextlib.AbstractContextManager[Any]:
    return contextlib.redirect_stdout(sys.stderr)
