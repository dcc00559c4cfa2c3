"""The parts of a report as plain tables, for files in Markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from whestbench.report.render import why_failed

__all__ = ["Section", "report_sections"]


@dataclass(frozen=True)
class Section:
    """A heading and a table.

    Attributes
    ----------
    title : str
    heads : list of str
        Empty for pairs of a name and a value.
    rows : list of list of str
    bad : frozenset of int
        Rows that report a failure.
    bars : list of float
        For each row a length between 0 and 1; empty when there is nothing to compare.
    note : str
        Below the table.
    code : str
        Text to show as it is, below the note.
    """

    title: str
    heads: list[str]
    rows: list[list[str]]
    bad: frozenset[int] = frozenset()
    bars: list[float] = field(default_factory=list)
    note: str = ""
    code: str = ""


def report_sections(report: dict[str, Any]) -> list[Section]:
    """Sections of a report of `whestbench.report.build_report`, in reading order."""
    results = report["results"]
    parts = [
        _score(results),
        _networks(results["per_mlp"]),
        *_failures(results["per_mlp"]),
        _layers(results["per_layer_mse"]),
        *_breakdown("Estimator: FLOPs and time", results["breakdowns"]["estimator"]),
        *_breakdown("Ground truth: FLOPs and time", results["breakdowns"].get("sampling")),
        *_truth(results.get("truth")),
        _pairs("Run", {**report["run_config"], **_run_meta(report)}),
        _pairs("Machine", report["run_meta"]["host"]),
    ]
    return parts


def _number(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _flat(figures: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _pairs(title: str, figures: dict[str, Any]) -> Section:
    # A seed is a name, not an amount: no separators.
    rows = [
        [name.replace("_", " "), str(value) if name == "seed" else _number(value)]
        for name, value in _flat(figures)
    ]
    return Section(title, [], rows)


def _run_meta(report: dict[str, Any]) -> dict[str, Any]:
    meta = report["run_meta"]
    return {
        "started_at_utc": meta["run_started_at_utc"],
        "finished_at_utc": meta["run_finished_at_utc"],
        "duration_s": meta["run_duration_s"],
    }


def _score(results: dict[str, Any]) -> Section:
    rows = [
        ["score (lower is better)", f"{results['adjusted_final_layer_score']:.6e}"],
        ["final-layer mse", f"{results['final_layer_mse']:.6e}"],
        ["all-layers mse", f"{results['all_layers_mse']:.6e}"],
        ["best network", f"{results['best_mlp_adjusted_final_layer_score']:.4e}"],
        ["worst network", f"{results['worst_mlp_adjusted_final_layer_score']:.4e}"],
        ["mean multiplier", f"{results['mean_score_multiplier']:.4f}"],
        ["mean compute", f"{results['mean_effective_compute']:.4e}"],
        ["share of the budget", f"{100 * results['mean_compute_utilization']:.2f} %"],
        ["failed networks", str(results["n_failed_mlps"])],
    ]
    return Section("Score", [], rows)


def _networks(entries: list[dict[str, Any]]) -> Section:
    largest = max((entry["adjusted_final_layer_score"] for entry in entries), default=0.0)
    rows = [
        [
            f"{entry['mlp_index']}",
            entry["mlp_name"],
            why_failed(entry) or "scored",
            f"{entry['final_layer_mse']:.4e}",
            f"{entry['score_multiplier']:.3f}",
            f"{entry['adjusted_final_layer_score']:.4e}",
            f"{entry['flops_used']:,}",
            f"{entry['wall_time_s']:.3f} s",
            f"{1e3 * entry['residual_wall_time_s']:.2f} ms",
        ]
        for entry in entries
    ]
    heads = "network|name|outcome|final mse|multiplier|score|FLOPs|wall|residual".split("|")
    return Section(
        "Networks",
        heads,
        rows,
        bad=frozenset(i for i, entry in enumerate(entries) if why_failed(entry)),
        bars=_shares([entry["adjusted_final_layer_score"] for entry in entries], largest),
    )


def _shares(values: list[float], largest: float) -> list[float]:
    if not 0.0 < largest < float("inf"):
        return []
    return [value / largest for value in values]


def _failures(entries: list[dict[str, Any]]) -> list[Section]:
    """A traceback each, once per text."""
    traces: dict[str, list[str]] = {}
    for entry in entries:
        if entry["traceback"]:
            traces.setdefault(entry["traceback"], []).append(entry["mlp_name"])
    return [
        Section("Traceback", [], [], note=f"Of {', '.join(names)}.", code=trace.rstrip())
        for trace, names in traces.items()
    ]


def _layers(errors: list[float]) -> Section:
    rows = [[str(layer), f"{value:.4e}"] for layer, value in enumerate(errors, 1)]
    return Section("Error by layer", ["layer", "mse"], rows, bars=_shares(errors, max(errors)))


def _breakdown(title: str, breakdown: dict[str, Any] | None) -> list[Section]:
    if not breakdown or not breakdown.get("by_namespace"):
        return []
    total = breakdown["flops_used"]
    rows, bars = [], []
    for label, space in breakdown["by_namespace"].items():
        ranked = sorted(space["operations"].items(), key=lambda item: -item[1]["flop_cost"])
        for operation, entry in ranked:
            cost = entry["flop_cost"]
            bars.append(cost / total if total else 0.0)
            rows.append(
                [
                    label or "(unlabeled)",
                    operation,
                    f"{cost:,}",
                    f"{100 * bars[-1]:.1f} %",
                    f"{entry['calls']:,}",
                    f"{entry['flopscope_backend_time_s']:.3f} s",
                    f"{entry['flopscope_overhead_time_s']:.3f} s",
                ]
            )
    wall, residual = breakdown["wall_time_s"] or 0.0, breakdown["residual_wall_time_s"] or 0.0
    heads = ["namespace", "operation", "FLOPs", "share", "calls", "backend", "overhead"]
    note = f"{total:,} FLOPs; wall {wall:.3f} s, of it residual {residual:.3f} s."
    return [Section(title, heads, rows, bars=bars, note=note)]


def _truth(truth: dict[str, Any] | None) -> list[Section]:
    return [] if truth is None else [_pairs("How well the truth is known", truth)]
