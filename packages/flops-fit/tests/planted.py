"""Data and planted surfaces that several tests use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent / "data"
GOLDEN: dict[str, Any] = json.loads((DATA / "scaling.json").read_text(encoding="utf-8"))

Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def real_runs(drop: int = 5) -> Columns:
    """Parameters, tokens and losses of the real runs, without those of the highest losses."""
    n, flop, loss = np.loadtxt(DATA / "chinchilla_extracted_points.csv", delimiter=",", skiprows=1).T
    keep = np.sort(np.argsort(loss)[: len(loss) - drop])
    return n[keep], (flop / (6 * n))[keep], loss[keep]


def grid(e: float, a: float, b: float, alpha: float, beta: float, noise: float = 0.0, seed: int = 0) -> Columns:
    """35 runs of a planted surface: five budgets times seven sizes."""
    c, n = (v.ravel() for v in np.meshgrid(np.geomspace(1e17, 1e20, 5), np.geomspace(1e7, 5e9, 7)))
    d = c / (6 * n)
    loss = e + a * n**-alpha + b * d**-beta
    return n, d, loss * np.exp(noise * np.random.default_rng(seed).standard_normal(len(n)))


def golden_columns(case: dict[str, Any]) -> tuple[list[float], list[float], list[float | None]]:
    """Parameters, tokens and losses of a golden fit case; points of curves one after the other."""
    if case["kind"] == "curves":
        points = [
            (curve["n_params"], d, loss)
            for curve in case["curves"]
            for d, loss in zip(curve["n_tokens"], curve["loss"], strict=True)
        ]
    else:
        points = [tuple(run[1:]) for run in case["runs"]]
    n, d, loss = zip(*points, strict=True)
    return list(n), list(d), list(loss)
