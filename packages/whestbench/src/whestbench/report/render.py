"""The report for people: tables of rich, which the plain format prints without colour."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from rich.box import SQUARE
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

__all__ = ["render_report", "why_failed"]

_FAILURES = {
    "budget_exhausted": "FLOP budget",
    "time_exhausted": "wall time",
    "residual_wall_time_exhausted": "residual time",
    "combined_budget_exhausted": "FLOPs and residual time together",
}
_SHOWN_OPERATIONS = 12


def render_report(report: dict[str, Any], detail: str = "raw") -> list[RenderableType]:
    """Tables of a report, in reading order.

    Parameters
    ----------
    report : dict
        Of `whestbench.report.build_report`.
    detail : str
        ``"raw"``, or ``"full"`` for a row per network and the error of each layer.

    Returns
    -------
    list of rich renderables
    """
    results = report["results"]
    parts: list[RenderableType] = [
        _pairs("Run", _run_rows(report)),
        _pairs("Hardware", _hardware_rows(report["run_meta"]["host"])),
        _breakdown("Ground truth: FLOPs and time", results["breakdowns"]["sampling"]),
        _breakdown("Estimator: FLOPs and time", results["breakdowns"]["estimator"]),
    ]
    if detail == "full":
        parts += [_networks(results["per_mlp"]), _layers(results["per_layer_mse"])]
    failed = [entry for entry in results["per_mlp"] if why_failed(entry)]
    if failed:
        parts.append(_failures(failed))
    parts.append(_score(results))
    return parts


def _pairs(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    table = Table(title=title, box=SQUARE, show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, Text(value))
    return table


def _run_rows(report: dict[str, Any]) -> Iterable[tuple[str, str]]:
    config, meta = report["run_config"], report["run_meta"]
    estimator = config.get("estimator_class")
    if estimator:
        path = config.get("estimator_path")
        yield "estimator", f"{estimator} ({path})" if path else str(estimator)
    yield "runner", str(config.get("runner"))
    yield "networks", f"{config['n_mlps']} of width {config['width']} and depth {config['depth']}"
    yield "seed", f"{config['seed']}{' (drawn)' if config.get('seed_source') == 'drawn' else ''}"
    if config.get("round"):
        yield "round", config["round"]
    if config.get("dataset"):
        yield "dataset", config["dataset"]["path"]
    yield "budget", f"{config['flop_budget']:,} FLOPs per network"
    yield "residual time", f"{config['lambda_flops_per_second']:.3g} FLOPs per second"
    limit = config.get("residual_wall_time_limit_s")
    wall = config.get("wall_time_limit_s")
    yield "limits", f"wall {_seconds_limit(wall)}, residual {_seconds_limit(limit)}"
    truth = report["results"].get("truth")
    if truth:
        yield (
            "truth",
            f"{truth['n_samples']:,} samples per network, standard error of a last-layer mean "
            f"{truth['standard_error']:.2e} (noise floor of the error {truth['noise_floor']:.2e})",
        )
    yield "finished", f"{meta['run_finished_at_utc']}, {meta['run_duration_s']:.2f} s"


def _seconds_limit(limit: float | None) -> str:
    return "none" if limit is None else f"{limit:g} s"


def _hardware_rows(host: dict[str, Any]) -> Iterable[tuple[str, str]]:
    yield "host", f"{host['hostname']}, {host['platform']}"
    brand = host["cpu_brand"] or host["machine"]
    cores = f"{host['cpu_count_physical'] or '?'} cores, {host['cpu_count_logical'] or '?'} threads"
    yield "processor", f"{brand}, {cores}"
    total = host["ram_total_bytes"]
    yield "memory", f"{total / 2**30:.1f} GiB" if total else "unknown"
    yield (
        "versions",
        f"Python {host['python_version']}, NumPy {host['numpy_version']}, "
        f"flopscope {host['flopscope_version']}",
    )


def _breakdown(title: str, breakdown: dict[str, Any] | None) -> RenderableType:
    if breakdown is None:
        return Text(f"{title}: not recorded")
    table = Table(title=title, box=SQUARE, title_justify="left")
    table.add_column("namespace / operation", overflow="fold")
    for column in ("FLOPs", "share", "calls", "backend", "overhead"):
        table.add_column(column, justify="right")
    total = breakdown["flops_used"] or 0
    spaces = sorted(breakdown["by_namespace"].items(), key=lambda item: -item[1]["flops_used"])
    for name, space in spaces:
        _breakdown_row(table, name, space["flops_used"], space, total, bold=True)
        operations = sorted(space["operations"].items(), key=lambda item: -item[1]["flop_cost"])
        for operation, entry in operations[:_SHOWN_OPERATIONS]:
            _breakdown_row(table, f"  {operation}", entry["flop_cost"], entry, total)
        if len(operations) > _SHOWN_OPERATIONS:
            table.add_row(f"  ({len(operations) - _SHOWN_OPERATIONS} others)")
    wall, residual = breakdown["wall_time_s"], breakdown["residual_wall_time_s"]
    table.caption = f"wall {wall or 0:.3f} s, of it residual {residual or 0:.3f} s"
    return table


def _breakdown_row(
    table: Table, name: str, cost: int, entry: dict[str, Any], total: int, bold: bool = False
) -> None:
    table.add_row(
        name,
        f"{cost:,}",
        f"{100 * cost / total:.1f} %" if total else "-",
        f"{entry['calls']:,}",
        f"{entry['flopscope_backend_time_s']:.3f} s",
        f"{entry['flopscope_overhead_time_s']:.3f} s",
        style="bold" if bold else None,
    )


def why_failed(entry: dict[str, Any]) -> str:
    """Why a network failed; empty when it did not."""
    if "error" in entry:
        error = entry["error"]
        return f"{entry['error_code']}: {error if isinstance(error, str) else error['message']}"
    return next((f"{text} exhausted" for flag, text in _FAILURES.items() if entry[flag]), "")


def _networks(entries: list[dict[str, Any]]) -> Table:
    table = Table(title="Networks", box=SQUARE, title_justify="left")
    table.add_column("network", overflow="fold")
    for column in ("final mse", "multiplier", "score", "FLOPs", "wall", "residual"):
        table.add_column(column, justify="right")
    for entry in entries:
        table.add_row(
            f"{entry['mlp_index']} {entry['mlp_name']}",
            f"{entry['final_layer_mse']:.4e}",
            f"{entry['score_multiplier']:.3f}",
            f"{entry['adjusted_final_layer_score']:.4e}",
            f"{entry['flops_used']:,}",
            f"{entry['wall_time_s']:.3f} s",
            f"{1e3 * entry['residual_wall_time_s']:.2f} ms",
            style="red" if why_failed(entry) else None,
        )
    return table


def _layers(per_layer: list[float]) -> Table:
    table = Table(title="Error by layer", box=SQUARE, title_justify="left")
    table.add_column("layer", justify="right")
    table.add_column("mse", justify="right")
    table.add_column("")
    largest = max(per_layer) or 1.0
    for layer, value in enumerate(per_layer, 1):
        bar = "█" * round(30 * math.sqrt(value / largest))
        table.add_row(str(layer), f"{value:.4e}", bar)
    return table


def _failures(entries: list[dict[str, Any]]) -> Panel:
    lines = [f"{entry['mlp_index']} {entry['mlp_name']}: {why_failed(entry)}" for entry in entries]
    traces = {entry["traceback"]: None for entry in entries if entry["traceback"]}
    if traces:
        lines += ["", *(line for trace in list(traces)[:1] for line in _tail(trace))]
    title = f"{len(entries)} network{'s' if len(entries) > 1 else ''} failed: zeros, multiplier 1"
    return Panel(Text("\n".join(lines)), title=Text(title), border_style="red", box=SQUARE)


def _tail(trace: str) -> list[str]:
    return trace.rstrip().splitlines()[-6:]


def _score(results: dict[str, Any]) -> Panel:
    lines = [
        f"final score            {results['adjusted_final_layer_score']:.6e}   (lower is better)",
        f"final-layer mse        {results['final_layer_mse']:.6e}",
        f"all-layers mse         {results['all_layers_mse']:.6e}",
        f"best / worst network   {results['best_mlp_adjusted_final_layer_score']:.3e} / "
        f"{results['worst_mlp_adjusted_final_layer_score']:.3e}",
        f"mean multiplier        {results['mean_score_multiplier']:.4f}",
        f"mean compute           {results['mean_effective_compute']:.4e} "
        f"({100 * results['mean_compute_utilization']:.2f} % of the budget)",
    ]
    return Panel(Text("\n".join(lines)), title="Score", border_style="green", box=SQUARE)
