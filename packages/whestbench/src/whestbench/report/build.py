"""The report as a dictionary, schema 1.1, and the error object of every command."""

from __future__ import annotations

import datetime
from typing import Any

from whestbench._version import __version__
from whestbench.hardware import host

__all__ = ["REPORT_SCHEMA_VERSION", "build_report", "error_object", "finite", "utc_now"]

REPORT_SCHEMA_VERSION = "1.1"


def utc_now() -> str:
    """The time, UTC, in ISO 8601."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def build_report(
    results: dict[str, Any],
    run_config: dict[str, Any],
    *,
    started_at_utc: str,
    finished_at_utc: str,
    duration_s: float,
    mode: str = "agent",
) -> dict[str, Any]:
    """Assemble a report.

    Parameters
    ----------
    results : dict
        Of `whestbench.scoring.evaluate_estimator`.
    run_config : dict
        Everything the run was asked for.
    started_at_utc, finished_at_utc : str
        When scoring began and ended.
    duration_s : float
        Set-up and scoring, without the sampling of the truth.
    mode : str
        ``"agent"`` for JSON, ``"human"`` otherwise.

    Returns
    -------
    dict
    """
    return {
        "schema_version": REPORT_SCHEMA_VERSION,
        "mode": mode,
        "results": results,
        "run_meta": {
            "run_started_at_utc": started_at_utc,
            "run_finished_at_utc": finished_at_utc,
            "run_duration_s": duration_s,
            "host": host(),
        },
        "run_config": run_config,
        "whestbench_version": __version__,
    }


def error_object(
    stage: str,
    code: str,
    message: str,
    details: dict[str, Any] | None = None,
    traceback: str | None = None,
) -> dict[str, Any]:
    """What a failing command prints in JSON mode."""
    error: dict[str, Any] = {"stage": stage, "code": code, "message": message}
    if details is not None:
        error["details"] = details
    if traceback is not None:
        error["traceback"] = traceback
    return {"ok": False, "error": error, "whestbench_version": __version__}


def finite(value: Any) -> Any:
    """The value with null for every number that JSON lacks."""
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value
