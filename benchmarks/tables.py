"""Writes measured figures into `docs/performance.md`.

    python benchmarks/ratios.py --reference --json ratios.json
    python benchmarks/estimators.py --reference --json estimators.json
    python benchmarks/tables.py ratios.json estimators.json docs/performance.md

The tables between `<!-- figures -->` and `<!-- end of figures -->` are replaced.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from goals import RATIOS

BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def call_table(document: dict[str, Any]) -> Iterator[str]:
    """Every case that has a goal."""
    yield "| call | elements | NumPy ns | counted ns | in Python ns | ratio | goal |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    rows = {(row["case"], row["elements"]): row for row in document["cases"]}
    for group, goals in RATIOS.items():
        for elements, goal in goals.items():
            row = rows[group, elements]
            times = row["min_ns"]
            python = f"{times['reference']:,.0f}" if "reference" in times else ""
            yield (
                f"| {group}: `{row['statement']}` | {elements:,} | {times['numpy']:,.0f} |"
                f" {times['flopscope']:,.0f} | {python} | {row['ratio_of_minima']:.2f} |"
                f" {goal:.2f} |"
            )


def estimator_table(document: dict[str, Any]) -> Iterator[str]:
    yield (
        "| estimator | width x depth | NumPy us | counted us | in Python us | ratio | overhead |"
        " residual |"
    )
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for row in document["rows"]:
        python = f"{row['reference']:,.0f}" if row["reference"] is not None else ""
        overhead, residual = (row[key] / row["counted"] for key in ("overhead", "residual"))
        yield (
            f"| {row['estimator']} | {row['size']} | {row['numpy']:,.0f} | {row['counted']:,.0f} |"
            f" {python} | {row['ratio']:.2f} | {overhead:.1%} | {residual:.1%} |"
        )


def figure_table(document: dict[str, Any]) -> Iterator[str]:
    yield "| figure | value | goal |"
    yield "|---|---:|---:|"
    for figure in document["figures"]:
        goal = f"{figure['goal']:g}" if figure["goal"] is not None else ""
        yield f"| {figure['name']} | {figure['value']:,.2f} {figure['unit']} | {goal} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ratios", type=Path, help="what ratios.py --json wrote")
    parser.add_argument("estimators", type=Path, help="what estimators.py --json wrote")
    parser.add_argument("page", type=Path)
    options = parser.parse_args(arguments)
    ratios = json.loads(options.ratios.read_text(encoding="utf-8"))
    about = ratios["about"]
    lines = [
        f"Measured with Python {about['python']} and NumPy {about['numpy']} on {about['cores']} "
        f"{about['machine']} cores that other work shared.",
        "",
        *call_table(ratios),
        "",
        *estimator_table(json.loads(options.estimators.read_text(encoding="utf-8"))),
        "",
        *figure_table(ratios),
        "",
    ]
    before, _, rest = options.page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    options.page.write_text(
        before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after, encoding="utf-8"
    )


if __name__ == "__main__":
    main()
