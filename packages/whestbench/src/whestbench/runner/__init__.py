"""Runners: where an estimator's code runs, and under which limits."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from whestbench.runner.errors import RunnerError, RunnerErrorDetail
from whestbench.runner.types import (
    EstimatorEntrypoint,
    EstimatorRunner,
    PredictStats,
    ResourceLimits,
)

if TYPE_CHECKING:
    from whestbench.runner.local import InProcessRunner, LocalRunner
    from whestbench.runner.remote import RemoteRunner
    from whestbench.runner.subprocess import SubprocessRunner

__all__ = [
    "EstimatorEntrypoint",
    "EstimatorRunner",
    "InProcessRunner",
    "LocalRunner",
    "PredictStats",
    "RemoteRunner",
    "ResourceLimits",
    "RunnerError",
    "RunnerErrorDetail",
    "SubprocessRunner",
    "make_runner",
]

# The runners import the loader, which imports the errors of this package.
_HOMES = {
    "InProcessRunner": "local",
    "LocalRunner": "local",
    "RemoteRunner": "remote",
    "SubprocessRunner": "subprocess",
}

RUNNERS = {
    "local": "LocalRunner",
    "inprocess": "LocalRunner",
    "subprocess": "SubprocessRunner",
    "server": "SubprocessRunner",
    "remote": "RemoteRunner",
}
"""Names on the command line."""


def make_runner(name: str) -> EstimatorRunner:
    """The runner of a name of the command line.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if name not in RUNNERS:
        raise ValueError(f"unknown runner {name!r}; there are {', '.join(RUNNERS)}")
    runner: EstimatorRunner = __getattr__(RUNNERS[name])()
    return runner


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'whestbench.runner' has no attribute {name!r}")
    return getattr(importlib.import_module(f"whestbench.runner.{_HOMES[name]}"), name)
