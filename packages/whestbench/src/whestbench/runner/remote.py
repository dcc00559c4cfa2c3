"""The runner against a flopscope server: refused until flopscope has one."""

from __future__ import annotations

from typing import Any, NoReturn

from whestbench.runner.errors import RunnerError, RunnerErrorDetail

__all__ = ["RemoteRunner"]


class RemoteRunner:
    """Would run participant code against a flopscope server process."""

    def start(self, *_arguments: Any, **_options: Any) -> NoReturn:
        """Refuse.

        Raises
        ------
        RunnerError
            With code ``SETUP_ERROR``, always.
        """
        raise RunnerError(
            "setup",
            RunnerErrorDetail(
                "SETUP_ERROR",
                "the remote runner needs a flopscope server, which the installed flopscope does "
                "not have; use --runner subprocess, which isolates the estimator on this machine",
            ),
        )

    predict = start

    def last_predict_stats(self) -> None:
        """No figures: nothing ran."""

    def close(self) -> None:
        """Nothing to let go of."""
