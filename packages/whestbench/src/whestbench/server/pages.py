"""The pages: leaderboard and submissions, rendered on the server without scripts."""

from __future__ import annotations

import functools
from typing import Any

import jinja2

from whestbench.scoring.measure import EXHAUSTIONS
from whestbench.scoring.spec import ContestSpec
from whestbench.server.settings import ServerSettings
from whestbench.server.tables import SubmissionRow

__all__ = ["leaderboard_page", "submission_page"]


@functools.lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("whestbench.server"),
        autoescape=True,  # names and descriptions come from participants
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sci"] = lambda value: "-" if value is None else f"{value:.4e}"
    environment.filters["count"] = lambda value: f"{value:,.0f}"
    environment.filters["time"] = lambda when: f"{when:%Y-%m-%d %H:%M:%S}" if when else "-"
    return environment


def leaderboard_page(
    settings: ServerSettings,
    spec: ContestSpec,
    leaderboard: list[dict[str, Any]],
    submissions: list[tuple[SubmissionRow, str]],
) -> str:
    """The leaderboard and the newest submissions."""
    waiting = sum(row.status in ("submitted", "initiated") for row, _ in submissions)
    return (
        _templates()
        .get_template("leaderboard.html")
        .render(
            settings=settings,
            spec=spec,
            leaderboard=leaderboard,
            submissions=submissions,
            waiting=waiting,
        )
    )


def submission_page(
    settings: ServerSettings, spec: ContestSpec, row: SubmissionRow, entries: list[dict[str, Any]]
) -> str:
    """One submission: status, figures, a row per network, FLOPs by operation."""
    results: dict[str, Any] = dict(row.results or {})
    outcomes = [_outcome(entry) for entry in entries]
    breakdown = (results.get("breakdowns") or {}).get("estimator") or {}
    operations: dict[str, list[float]] = {}
    for space in (breakdown.get("by_namespace") or {}).values():
        for name, figures in space["operations"].items():
            entry = operations.setdefault(name, [0, 0])
            entry[0] += figures["flop_cost"]
            entry[1] += figures["calls"]
    total = breakdown.get("flops_used") or 0
    shown = sorted(operations.items(), key=lambda item: -item[1][0])[:15]
    return (
        _templates()
        .get_template("submission.html")
        .render(
            settings=settings,
            spec=spec,
            row=row,
            results=results,
            entries=list(zip(entries, outcomes, strict=True)),
            operations=[(n, f, c, 100 * f / total if total else 0.0) for n, (f, c) in shown],
        )
    )


def _outcome(entry: dict[str, Any]) -> str:
    if "error" in entry:
        return str(entry.get("error_code"))
    return next((flag.replace("_", " ") for flag in EXHAUSTIONS if entry[flag]), "scored")
