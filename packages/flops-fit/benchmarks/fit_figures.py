"""How long fits take: python benchmarks/fit_figures.py [--json figures.json]

Shortest of several rounds, on the 240 real runs and on planted ones; each result is checked.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import flops_fit

DATA = Path(__file__).parents[1] / "tests" / "data" / "chinchilla_extracted_points.csv"
TARGETS = {"fit of 240 real runs": 0.1, "the same with 1,000 resamples": 3.0}


def shortest(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Seconds of the shortest round, and what it returned."""
    best, result = float("inf"), None
    for _ in range(rounds):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return best, result


def main() -> None:
    parser = argparse.ArgumentParser(description="Times of scaling-law fits.")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()

    n, flop, loss = np.loadtxt(DATA, delimiter=",", skiprows=1).T
    keep = np.sort(np.argsort(loss)[:-5])
    n, d, loss = n[keep], (flop / (6 * n))[keep], loss[keep]
    c, sizes = (v.ravel() for v in np.meshgrid(np.geomspace(1e17, 1e21, 9), np.geomspace(1e7, 1e10, 9)))
    tokens = c / (6 * sizes)
    clean = 1.8172 + 482.01 * sizes**-0.3478 + 2085.43 * tokens**-0.3658
    curve_d = [size * np.geomspace(0.5, 400, 100) for size in np.geomspace(1e7, 1e10, 16)]
    curve_n = np.geomspace(1e7, 1e10, 16)
    curve_loss = [1.8 + 480 * s**-0.35 + 2100 * t**-0.37 for s, t in zip(curve_n, curve_d, strict=True)]

    figures: dict[str, float] = {}

    def measure(name: str, work: Callable[[], Any], rounds: int = arguments.rounds) -> Any:
        figures[name], result = shortest(work, rounds)
        bound = f"   target {TARGETS[name]} s" if name in TARGETS else ""
        print(f"{name:<44}{1e3 * figures[name]:>9.1f} ms{bound}")
        return result

    fit = measure("fit of 240 real runs", lambda: flops_fit.fit_parametric(n, d, loss, outliers="keep"))
    assert fit.objective <= 0.0010182745
    fit = measure(
        "the same with 1,000 resamples",
        lambda: flops_fit.fit_parametric(n, d, loss, outliers="keep", bootstrap=1000),
        max(1, arguments.rounds // 2),
    )
    assert len(fit.samples) == 1000
    fit = measure("fit of 81 noise-free runs", lambda: flops_fit.fit_parametric(sizes, tokens, clean))
    assert abs(fit.alpha - 0.3478) < 1e-6
    parabola = measure(
        "nine parabolas with 1,000 resamples",
        lambda: flops_fit.fit_parabola(sizes, tokens, clean, bootstrap=1000),
        max(1, arguments.rounds // 2),
    )
    assert len(parabola.budgets) == 9
    envelope = measure("envelope of 16 curves", lambda: flops_fit.fit_envelope(curve_n, curve_d, curve_loss))
    assert abs(envelope.n_exponent - 0.37 / 0.72) < 0.02
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
