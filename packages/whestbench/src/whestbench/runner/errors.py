"""What goes wrong around an estimator, with codes that scripts can tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["RunnerError", "RunnerErrorDetail"]


@dataclass(frozen=True)
class RunnerErrorDetail:
    """Code, message and, where there is one, the traceback of a failure.

    Attributes
    ----------
    code : str
        One of the codes of the report, e.g. ``PREDICT_ERROR``.
    message : str
        One line.
    details : dict or None
        More, for programs.
    traceback : str or None
        Of the participant's code.
    """

    code: str
    message: str
    details: dict[str, Any] | None = None
    traceback: str | None = None


class RunnerError(RuntimeError):
    """An estimator could not be started, or failed on a network.

    Attributes
    ----------
    stage : str
        ``"setup"``, ``"predict"`` or ``"teardown"``.
    detail : RunnerErrorDetail
    """

    def __init__(self, stage: str, detail: RunnerErrorDetail) -> None:
        super().__init__(detail.message)
        self.stage = stage
        self.detail = detail
