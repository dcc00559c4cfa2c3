"""Options that `run`, `smoke-test`, `compare` and `sweep` share, and what they mean together."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from whestbench.cli.output import CommandError, Output, usage
from whestbench.rounds import DEFAULT_FLOP_BUDGET, DEFAULT_SAMPLES, ROUNDS
from whestbench.scoring.spec import ContestSpec

__all__ = [
    "apply_max_threads",
    "contest_options",
    "dataset_options",
    "debugger_safe",
    "live_spec",
    "max_threads_option",
]

_DEFAULTS = {"width": 256, "depth": 32, "n_mlps": 10}

_POSITIVE = click.IntRange(1)
_POSITIVE_SECONDS = click.FloatRange(0, min_open=True)


def _options(*decorators: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


contest_options = _options(
    click.option("--round", "round_name", type=click.Choice(list(ROUNDS)), help="Named round."),
    click.option("--width", type=_POSITIVE, help="Neurons per layer (256)."),
    click.option("--depth", type=_POSITIVE, help="Layers (32)."),
    click.option("--n-mlps", type=_POSITIVE, help="Networks (10, or all of the dataset)."),
    click.option("--flop-budget", type=_POSITIVE, help="FLOPs per network (272e9)."),
    click.option("--lambda-flops-per-second", "rate", type=click.FloatRange(0),
                 help="FLOPs per residual second (1e11); 0 charges nothing."),
    click.option("--n-samples", type=_POSITIVE, help="Truth samples per network (2,560,000)."),
    click.option("--wall-time-limit", "wall_limit", type=_POSITIVE_SECONDS,
                 help="Seconds per predict (60)."),
    click.option("--residual-wall-time-limit", "residual_limit", type=_POSITIVE_SECONDS,
                 help="Uncounted seconds per predict (no limit)."),
    click.option("--no-residual-wall-time-limit", "no_residual_limit", is_flag=True,
                 help="Lift the residual limit of a round."),
    click.option("--setup-timeout", type=_POSITIVE_SECONDS, help="Seconds for setup (5)."),
    click.option("--memory-limit-mb", type=_POSITIVE, help="Address space of a worker (65536)."),
    click.option("--seed", type=click.IntRange(0), help="Seed of the run; drawn when absent."),
    click.option("--no-cache", is_flag=True, help="Sample the truth even if it is on disk."),
)  # fmt: skip

dataset_options = _options(
    click.option("--dataset", help="Folder, hf://owner/repo[@rev], or owner/repo."),
    click.option("--streaming", is_flag=True, help="Read a hub dataset row by row."),
    click.option("--revision", help="Tag or commit of a hub dataset."),
    click.option("--split", help="Split of the dataset."),
)

max_threads_option = click.option(
    "--max-threads", type=_POSITIVE, envvar="WHEST_MAX_THREADS", help="Threads of BLAS and OpenMP."
)


def live_spec(options: dict[str, Any]) -> ContestSpec:
    """The contest that the options ask for; a round fills in what they leave out."""
    named = ROUNDS.get(options.get("round_name") or "")

    def pick(option: str, field: str, default: Any) -> Any:
        given = options.get(option)
        if given is not None:
            return given
        return getattr(named, field) if named is not None else default

    if options.get("no_residual_limit") and options.get("residual_limit") is not None:
        usage("--no-residual-wall-time-limit contradicts --residual-wall-time-limit")
    residual = pick("residual_limit", "residual_wall_time_limit_s", None)
    spec = ContestSpec(
        width=pick("width", "width", _DEFAULTS["width"]),
        depth=pick("depth", "depth", _DEFAULTS["depth"]),
        n_mlps=options.get("n_mlps") or _DEFAULTS["n_mlps"],
        flop_budget=pick("flop_budget", "flop_budget", DEFAULT_FLOP_BUDGET),
        # A round's official truth takes days to sample; a live run takes the usual number.
        ground_truth_samples=options.get("n_samples") or DEFAULT_SAMPLES,
        setup_timeout_s=pick("setup_timeout", "setup_timeout_s", 5.0),
        memory_limit_mb=pick("memory_limit_mb", "memory_limit_mb", 65536),
        wall_time_limit_s=pick("wall_limit", "wall_time_limit_s", 60.0),
        residual_wall_time_limit_s=None if options.get("no_residual_limit") else residual,
        seed=options.get("seed"),
        lambda_flops_per_second=pick("rate", "lambda_flops_per_second", 1e11),
    )
    try:
        spec.validate()
    except ValueError as error:
        raise CommandError("usage", "SCORING_VALIDATION_ERROR", str(error)) from error
    return spec


def apply_max_threads(threads: int | None) -> None:
    """Hold the numeric libraries of this process and its children to so many threads."""
    if threads is None:
        return
    import threadpoolctl

    os.environ["WHEST_MAX_THREADS"] = str(threads)
    for name in ("OMP", "MKL", "OPENBLAS", "VECLIB_MAXIMUM"):
        os.environ[f"{name}{'_NUM' if name != 'VECLIB_MAXIMUM' else ''}_THREADS"] = str(threads)
    threadpoolctl.threadpool_limits(limits=threads)


def debugger_safe(output: Output) -> None:
    """Fall back from live bars to plain lines when a debugger is or may be at work."""
    if output.format == "rich" and (
        sys.gettrace() is not None or os.environ.get("PYTHONBREAKPOINT")
    ):
        output.format = "plain"
