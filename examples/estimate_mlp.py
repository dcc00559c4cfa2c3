"""Three estimators of the mean activations of a random ReLU network, each under a FLOP budget.

The network is He-initialised: ``h_0 = x ~ N(0, I)``, ``h_l = relu(h_{l-1} @ W_l)``, entries of
``W_l`` drawn from ``N(0, 2 / width)``, no bias. Wanted is ``E[h_l]`` for every layer ``l``. The
estimators differ in what they know and in what they spend:

* **mean propagation** carries a mean and a variance per neuron, O(width^2) FLOPs per layer;
* **covariance propagation** carries the whole covariance matrix, O(width^3) per layer;
* **sampling** runs random inputs through the network, O(samples * width^2) per layer.

Each runs inside its own `flopscope.BudgetContext`; the ground truth is sampled with plain NumPy,
outside of any budget. Printed are the errors, the FLOPs by operation, and where the time went.

The estimators take the array module as an argument (``xp``), so the same code also runs on plain
NumPy: metering a program is a change of import, not a change of the program.

    python examples/estimate_mlp.py --width 256 --depth 8 --seeds 0 1 2
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp

try:
    import rich.box
    import rich.console
    import rich.progress
    import rich.table
except ImportError:  # the example then prints plain text
    HAS_RICH = False
else:
    HAS_RICH = True

Array = Any  # an array of whichever module `xp` is
Progress = Callable[[int], None]  # told the number of samples drawn since the last call

SAMPLE_CHUNK = 1_000
TRUTH_CHUNK = 5_000
TINY_VARIANCE = 1e-300  # keeps the division by a standard deviation of zero defined
INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


# --- estimators: any array module ---------------------------------------------------------------


def gaussian_pdf_cdf(a: Array, xp: Any) -> tuple[Array, Array]:
    """Density and distribution function of the standard normal, elementwise.

    The distribution function is formula 26.2.17 of Abramowitz and Stegun, *Handbook of Mathematical
    Functions* (1964): for ``a >= 0``, ``1 - pdf(a) * (b1 t + ... + b5 t^5)`` with
    ``t = 1 / (1 + 0.2316419 a)``; its absolute error is below 7.5e-8. Negative arguments go through
    ``cdf(-a) = 1 - cdf(a)``. The density is needed anyway, so one `exp` per element pays for both.
    """
    pdf = xp.exp(a * a * -0.5) * INV_SQRT_2PI
    t = 1.0 / (xp.abs(a) * 0.2316419 + 1.0)
    poly = t * 1.330274429 - 1.821255978
    poly = poly * t + 1.781477937
    poly = poly * t - 0.356563782
    poly = poly * t + 0.319381530
    tail = pdf * poly * t
    return pdf, xp.where(a < 0.0, tail, 1.0 - tail)


def relu_moments(mean: Array, variance: Array, xp: Any) -> tuple[Array, Array, Array]:
    """Mean and variance of ``relu(z)`` for ``z ~ N(mean, variance)``, and ``P(z > 0)``.

    With ``s`` the standard deviation and ``a = mean / s``:
    ``E relu(z) = mean cdf(a) + s pdf(a)``, ``E relu(z)^2 = (mean^2 + s^2) cdf(a) + mean s pdf(a)``.
    """
    variance = xp.maximum(variance, TINY_VARIANCE)
    s = xp.sqrt(variance)
    pdf, cdf = gaussian_pdf_cdf(mean / s, xp)
    s_pdf = s * pdf
    first = mean * cdf + s_pdf
    second = (mean * mean + variance) * cdf + mean * s_pdf
    return first, xp.maximum(second - first * first, 0.0), cdf


def mean_propagation(weights: Sequence[Array], xp: Any) -> Array:
    """Means of all layers, ``(depth, width)``, from means and variances alone.

    Every pre-activation is taken as Gaussian and the neurons of a layer as uncorrelated. Exact for
    the first layer; later ones inherit what the ignored correlations would have contributed.
    """
    width = weights[0].shape[0]
    mean, variance = xp.zeros(width), xp.ones(width)
    layers = []
    for w in weights:
        mean, variance, _ = relu_moments(mean @ w, variance @ (w * w), xp)
        layers.append(mean)
    return xp.stack(layers)


def covariance_propagation(weights: Sequence[Array], xp: Any) -> Array:
    """Means of all layers, ``(depth, width)``, carrying the full covariance matrix.

    The linear maps are exact: ``C -> W^T C W``. For the ReLU of jointly Gaussian ``z_i, z_j`` the
    covariance has a Hermite expansion in powers of their correlation; this keeps its first-order
    term, ``cov(relu z_i, relu z_j) ~ P(z_i > 0) P(z_j > 0) C_ij`` (the error is of second order
    in the correlation), and puts the exact variances on the diagonal. What remains wrong in the
    means is that, and that pre-activations after the first layer are only nearly Gaussian.
    """
    width = weights[0].shape[0]
    mean, covariance = xp.zeros(width), None  # None stands for the identity of the inputs
    layers = []
    for w in weights:
        pre_covariance = w.T @ w if covariance is None else w.T @ (covariance @ w)
        mean, variance, active = relu_moments(mean @ w, xp.diagonal(pre_covariance), xp)
        covariance = pre_covariance * xp.outer(active, active)
        xp.fill_diagonal(covariance, variance)
        layers.append(mean)
    return xp.stack(layers)


def sampling(
    weights: Sequence[Array], xp: Any, *, samples: int, seed: int, progress: Progress | None = None
) -> Array:
    """Means of all layers, ``(depth, width)``, over ``samples`` random inputs, drawn in chunks."""
    width = weights[0].shape[0]
    rng = xp.random.default_rng(seed)
    totals: list[Array] = [xp.zeros(width) for _ in weights]
    for chunk in chunks(samples, SAMPLE_CHUNK):
        h = rng.standard_normal((chunk, width))
        for layer, w in enumerate(weights):
            h = xp.maximum(h @ w, 0.0)
            totals[layer] = totals[layer] + xp.sum(h, axis=0)
        if progress is not None:
            progress(chunk)
    return xp.stack(totals) / float(samples)


def chunks(total: int, size: int) -> Iterable[int]:
    """``size, size, ..., rest``, which add up to ``total``."""
    for start in range(0, total, size):
        yield min(size, total - start)


# --- network and ground truth: plain NumPy, outside of any budget ------------------------------


def he_network(width: int, depth: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0.0, math.sqrt(2.0 / width), (width, width)) for _ in range(depth)]


@dataclass(frozen=True)
class Truth:
    """Sampled means of all layers, and the root-mean-square standard error they come with."""

    means: np.ndarray
    noise: np.ndarray  # one figure per layer


def sampled_truth(
    weights: Sequence[np.ndarray], samples: int, seed: int, progress: Progress | None = None
) -> Truth:
    depth, width = len(weights), weights[0].shape[0]
    rng = np.random.default_rng((seed, 1))  # another stream than the sampling estimator's
    sums, squares = np.zeros((depth, width)), np.zeros((depth, width))
    for chunk in chunks(samples, TRUTH_CHUNK):
        h = rng.standard_normal((chunk, width))
        for layer, w in enumerate(weights):
            h = np.maximum(h @ w, 0.0)
            sums[layer] += h.sum(axis=0)
            squares[layer] += np.einsum("ij,ij->j", h, h)
        if progress is not None:
            progress(chunk)
    means = sums / samples
    variances = np.maximum(squares / samples - means**2, 0.0)
    return Truth(means, np.sqrt(variances.mean(axis=1) / samples))


# --- one metered run ----------------------------------------------------------------------------


@dataclass
class Run:
    """What one estimator spent on one network, and how far off it was."""

    seed: int
    estimator: str
    flop_budget: int
    flops_used: int = 0
    rms_final: float | None = None
    rms_mean: float | None = None
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    wall_time_s: float = 0.0
    flopscope_backend_time_s: float = 0.0
    flopscope_overhead_time_s: float = 0.0
    residual_wall_time_s: float = 0.0
    refused: str | None = None  # the message, when the budget did not suffice


def metered(
    name: str, seed: int, flop_budget: int, estimate: Callable[[], Array], truth: Truth
) -> Run:
    """Runs ``estimate`` under a budget of its own and compares its result with the truth."""
    run = Run(seed, name, flop_budget)
    means = None
    budget = flops.BudgetContext(flop_budget=flop_budget, quiet=True)
    try:
        with budget:
            means = estimate()
    except flops.BudgetExhaustedError as error:
        run.refused = str(error).splitlines()[0]
    run.flops_used = budget.flops_used
    run.operations = budget.summary_dict()["operations"]
    run.wall_time_s = budget.wall_time_s or 0.0
    run.flopscope_backend_time_s = budget.flopscope_backend_time_s
    run.flopscope_overhead_time_s = budget.flopscope_overhead_time_s
    run.residual_wall_time_s = budget.residual_wall_time_s or 0.0
    if means is not None:
        deviation = np.asarray(means) - truth.means  # a plain array: nothing here is counted
        rms = np.sqrt((deviation**2).mean(axis=1))
        run.rms_final, run.rms_mean = float(rms[-1]), float(rms.mean())
    return run


# --- terminal ------------------------------------------------------------------------------------


@contextlib.contextmanager
def counter(title: str, total: int, plain: bool) -> Iterator[Progress]:
    """A progress bar: rich's if there is one, else a percentage; silent when not on a terminal.

    It draws at most ten times a second and only when told of progress, with no thread of its own,
    so what it costs is residual time of the loop that calls it.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    draw: Callable[[int], None]
    if HAS_RICH and not plain:
        bar = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.TaskProgressColumn(),
            rich.progress.TextColumn("{task.completed:,.0f} of {task.total:,.0f} samples"),
            rich.progress.TimeRemainingColumn(),
            console=rich.console.Console(stderr=True),
            auto_refresh=False,
            transient=True,
        )
        task = bar.add_task(title, total=total)
        start, stop = bar.start, bar.stop

        def draw(done: int) -> None:
            bar.update(task, completed=done, refresh=True)

    else:
        line = f"{title}: {{:3d}} %"

        def draw(done: int) -> None:
            print("\r" + line.format(100 * done // total), end="", file=sys.stderr, flush=True)

        def start() -> None:
            draw(0)

        def stop() -> None:
            print("\r" + " " * len(line) + "\r", end="", file=sys.stderr, flush=True)

    done, due = 0, 0.0

    def progress(step: int) -> None:
        nonlocal done, due
        done += step
        if time.monotonic() >= due or done >= total:
            draw(done)
            due = time.monotonic() + 0.1

    start()
    try:
        yield progress
    finally:
        stop()


def print_table(title: str, header: Sequence[str], rows: list[list[str]], plain: bool) -> None:
    """First column to the left, the others to the right."""
    if HAS_RICH and not plain:
        console = rich.console.Console(highlight=False)
        table = rich.table.Table(box=rich.box.SIMPLE_HEAD, pad_edge=False)
        for position, name in enumerate(header):
            table.add_column(name, justify="right" if position else "left", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        console.print(title, style="bold", end="")
        console.print(table)
        return
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows, strict=True)]
    print(title)
    for row in [list(header), ["-" * width for width in widths], *rows]:
        first, *rest = (
            cell.rjust(width) if position else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  " + "  ".join([first, *rest]).rstrip())
    print()


def seconds(value: float) -> str:
    return f"{value:.3f} s" if value >= 0.1 else f"{1e3 * value:.3f} ms"


def error_row(run: Run) -> list[str]:
    final, mean = ("-" if e is None else f"{e:.2e}" for e in (run.rms_final, run.rms_mean))
    share = f"{100 * run.flops_used / run.flop_budget:.2f} %"
    return [run.estimator, final, mean, f"{run.flops_used:,}", share]


def time_row(run: Run) -> list[str]:
    parts = (
        run.wall_time_s,
        run.flopscope_backend_time_s,
        run.flopscope_overhead_time_s,
        run.residual_wall_time_s,
    )
    return [run.estimator, *(seconds(part) for part in parts)]


def operation_rows(run: Run, top: int) -> list[list[str]]:
    ranked = sorted(run.operations.items(), key=lambda item: -item[1]["flop_cost"])
    rows = []
    for name, figures in ranked[:top]:
        share = 100 * figures["flop_cost"] / max(1, run.flops_used)
        rows.append([name, f"{figures['flop_cost']:,}", f"{share:.2f} %", f"{figures['calls']:,}"])
    if len(ranked) > top:
        rest = [figures for _, figures in ranked[top:]]
        cost = sum(figures["flop_cost"] for figures in rest)
        calls = sum(figures["calls"] for figures in rest)
        share = 100 * cost / max(1, run.flops_used)
        rows.append([f"({len(rest)} others)", f"{cost:,}", f"{share:.2f} %", f"{calls:,}"])
    return rows


def report(runs: Sequence[Run], truth: Truth, truth_samples: int, top: int, plain: bool) -> None:
    signal = math.sqrt(float((truth.means[-1] ** 2).mean()))
    print(
        f"Truth from {truth_samples:,} samples: "
        f"RMS mean activation of the last layer {signal:.3f}, "
        f"its standard error {truth.noise[-1]:.1e}\n"
    )
    print_table(
        "RMS error against the truth, and the bill",
        ["estimator", "last layer", "all layers", "FLOPs", "of budget"],
        [error_row(run) for run in runs],
        plain,
    )
    print_table(
        "Where the time went",
        ["estimator", "wall", "backend", "overhead", "residual"],
        [time_row(run) for run in runs],
        plain,
    )
    for run in runs:
        print_table(
            f"FLOPs by operation: {run.estimator}",
            ["operation", "FLOPs", "share", "calls"],
            operation_rows(run, top),
            plain,
        )
        if run.refused:
            print(f"{run.estimator} stopped: {run.refused}\n")


# --- command line --------------------------------------------------------------------------------


def positive(text: str) -> int:
    value = int(float(text))  # so that 68e9 is accepted
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Estimate mean activations of He-initialised ReLU networks under a FLOP budget."
    )
    parser.add_argument("--width", type=positive, default=256)
    parser.add_argument("--depth", type=positive, default=8)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    parser.add_argument(
        "--samples", type=positive, default=50_000, help="inputs drawn by the sampling estimator"
    )
    parser.add_argument(
        "--truth-samples", type=positive, default=200_000, help="inputs drawn for the ground truth"
    )
    parser.add_argument(
        "--budget", type=positive, default=68_000_000_000, help="FLOPs per estimator (default 68e9)"
    )
    parser.add_argument("--top", type=positive, default=5, help="operations listed per estimator")
    parser.add_argument("--plain", action="store_true", help="plain text even if rich is installed")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    return parser.parse_args(arguments)


def run_seed(seed: int, options: argparse.Namespace) -> list[Run]:
    """All estimators on one network, reported."""
    network = he_network(options.width, options.depth, seed)
    with counter("ground truth", options.truth_samples, options.plain) as progress:
        truth = sampled_truth(network, options.truth_samples, seed, progress)

    weights = [fnp.asarray(w) for w in network]
    runs = [
        metered(name, seed, options.budget, functools.partial(estimate, weights, fnp), truth)
        for name, estimate in [
            ("mean propagation", mean_propagation),
            ("covariance propagation", covariance_propagation),
        ]
    ]
    with counter("sampling", options.samples, options.plain) as progress:
        draw = functools.partial(
            sampling, weights, fnp, samples=options.samples, seed=seed, progress=progress
        )
        runs.append(metered("sampling", seed, options.budget, draw, truth))
    report(runs, truth, options.truth_samples, options.top, options.plain)
    return runs


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse_arguments(arguments)
    runs: list[Run] = []
    for seed in options.seeds:
        print(f"\nSeed {seed}: width {options.width}, depth {options.depth}", flush=True)
        runs += run_seed(seed, options)
    if options.json:
        options.json.write_text(
            json.dumps([asdict(run) for run in runs], indent=2) + "\n", encoding="utf-8"
        )
    return 1 if any(run.refused for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
