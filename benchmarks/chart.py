"""Draws the ratios that `ratios.py --reference --json` has written.

python benchmarks/ratios.py --reference --json ratios.json
python benchmarks/chart.py ratios.json docs/overhead.png
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

SIZES = (16, 256, 4096, 65536)
GROUPS = {
    "op-add": "a + b",
    "op-mul-scalar": "a * 2.0",
    "maximum-scalar": "maximum(a, 0.0)",
    "exp": "exp(a)",
    "add-broadcast": "add(matrix, row)",
    "add-mixed": "add(float64, int64)",
    "sum": "sum(a)",
    "mean-axis0": "mean(matrix, axis=0)",
    "op-matmul": "matrix @ matrix",
    "where": "where(c, a, b)",
    "concatenate": "concatenate((a, b))",
    "reshape": "reshape(a, shape)",
    "zeros": "zeros(n)",
    "index-row": "matrix[0]",
    "index-mask": "a[mask]",
    "norm-cdf": "stats.norm.cdf(a)",
}
COUNTED, METER = "#1b6ca8", "#c0562a"


def draw(document: dict[str, Any], path: Path) -> None:
    """One panel for every number of elements: dots for both meters, NumPy's time is 1."""
    rows = {(row["case"], row["elements"]): row["min_ns"] for row in document["cases"]}
    figure, panels = plt.subplots(1, len(SIZES), figsize=(13, 5.6), sharey=True)
    places = range(len(GROUPS), 0, -1)
    for panel, size in zip(panels, SIZES, strict=True):
        panel.axvline(1.0, color="0.35", linewidth=1)
        for place, group in zip(places, GROUPS, strict=True):
            times = rows.get((group, size))
            if times is None:
                continue
            counted = times["flopscope"] / times["numpy"]
            panel.plot(counted, place, "o", color=COUNTED, markersize=6, zorder=3)
            if "reference" in times:
                meter = times["reference"] / times["numpy"]
                panel.plot([counted, meter], [place, place], color="0.85", zorder=1)
                panel.plot(meter, place, "D", color=METER, markersize=4.5, zorder=2)
        panel.set_xscale("log")
        panel.set_xlim(0.04, 400)
        panel.set_title(f"{size:,} elements", fontsize=10)
        panel.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
        panel.grid(axis="x", color="0.93", zorder=0)
        panel.tick_params(length=0)
        for side in ("top", "right", "left"):
            panel.spines[side].set_visible(False)
    panels[0].set_yticks(list(places), list(GROUPS.values()))
    panels[0].plot([], [], "o", color=COUNTED, label="flopscope")
    panels[0].plot([], [], "D", color=METER, markersize=4.5, label="a meter in Python")
    figure.legend(loc="upper right", ncols=2, frameon=False, fontsize=9)
    about = document["about"]
    figure.suptitle("Time of a counted call; NumPy's own call is 1", x=0.01, ha="left")
    figure.supxlabel(
        f"Python {about['python']}, NumPy {about['numpy']}, {about['machine']}; shortest rounds",
        fontsize=8,
        color="0.4",
    )
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ratios", type=Path, help="what ratios.py --json wrote")
    parser.add_argument("picture", type=Path, help="where to draw")
    options = parser.parse_args(arguments)
    draw(json.loads(options.ratios.read_text(encoding="utf-8")), options.picture)


if __name__ == "__main__":
    main()
