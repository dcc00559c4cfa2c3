"""Breakdowns of budgets by namespace: renamed for the report, and summed over networks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["estimator_breakdown", "sum_breakdowns"]

_UNLABELLED = "estimator-client"


def estimator_breakdown(summary: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A meter's summary with every namespace under ``estimator.``.

    Parameters
    ----------
    summary : mapping or None
        `BudgetContext.summary_dict(by_namespace=True)`.

    Returns
    -------
    dict or None
    """
    if summary is None:
        return None
    namespaces: dict[str, Any] = {}
    for label, entry in (summary.get("by_namespace") or {}).items():
        # The figures of a worker come as JSON, which has no null keys: it sends empty labels.
        namespaces[f"estimator.{label or _UNLABELLED}"] = entry
    dropped = ("by_namespace", "operations")
    kept = {key: value for key, value in summary.items() if key not in dropped}
    return {**kept, "by_namespace": namespaces}


def sum_breakdowns(breakdowns: Iterable[Mapping[str, Any] | None]) -> dict[str, Any] | None:
    """Sum of every figure over networks; None where no network has any."""
    total: dict[str, Any] | None = None
    for breakdown in breakdowns:
        if breakdown is not None:
            total = _add(total or {}, breakdown)
    return total


def _add(total: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in more.items():
        if isinstance(value, Mapping):
            total[key] = _add(dict(total.get(key) or {}), value)
        elif value is None:
            total.setdefault(key, None)
        elif isinstance(value, list):  # escapes of each network
            total[key] = [*(total.get(key) or []), *value]
        else:
            total[key] = (total.get(key) or 0) + value
    return total
