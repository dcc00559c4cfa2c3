"""How much a counted call costs next to NumPy's own: paired measurements in short rounds.

    python benchmarks/ratios.py                        every case
    python benchmarks/ratios.py --case 'add*'          cases by shell pattern
    python benchmarks/ratios.py --size 16 --size 4096  only these numbers of elements
    python benchmarks/ratios.py --reference            also the meter written in plain Python
    python benchmarks/ratios.py --json ratios.json     figures for a program to read

Rounds of about 50 microseconds alternate between the sides, so that a change of clock frequency or
a busy neighbour meets all of them. Given per side are the shortest round and, for the ratio, also
the median over pairs of neighbouring rounds. Every case first checks that all sides yield the same
values, bit for bit where they should.
"""

from __future__ import annotations

import argparse
import fnmatch
import gc
import json
import os
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_cases import Case, Loop, Side, open_side
from bench_figures import all_figures
from call_cases import CASES, SIZES

WARM_UP_CALLS = 3
LAYOUTS = 4


@dataclass(frozen=True)
class Measured:
    case: Case
    min_ns: dict[str, float]
    median_ns: dict[str, float]
    paired_ratio: float
    is_equal: bool

    @property
    def ratio(self) -> float:
        return self.min_ns["flopscope"] / self.min_ns["numpy"]

    @property
    def extra_ns(self) -> float:
        return self.min_ns["flopscope"] - self.min_ns["numpy"]

    @property
    def verdict(self) -> str:
        if not self.is_equal:
            return "VALUES DIFFER"
        if self.case.goal is None:
            return ""
        return f"x {self.case.goal:.2f} {'ok' if self.ratio <= self.case.goal else 'MISSED'}"


def calls_per_round(loop: Loop, round_us: float) -> int:
    """So many calls that a round lasts about ``round_us``."""
    calls = 1
    while True:
        start = time.perf_counter_ns()
        loop(calls)
        elapsed_us = (time.perf_counter_ns() - start) / 1e3
        if elapsed_us >= round_us / 4 or calls >= 1 << 16:
            return max(1, round(calls * round_us / max(elapsed_us, 1e-3)))
        calls *= 2


def loops_of(case: Case, sides: Sequence[Side]) -> tuple[dict[str, Loop], bool, list[Any]]:
    """Loops over fresh copies of the data, whether all sides agree, and what has to be kept alive.

    Results that are kept make the loops' own results lie elsewhere in memory.
    """
    fresh = replace(case, data={key: copied(value) for key, value in case.data.items()})
    loops: dict[str, Loop] = {}
    values: dict[str, np.ndarray] = {}
    for side in sides:
        try:
            names = fresh.names(side)
            values[side.name] = fresh.value(names)
        except AttributeError:
            if side.name == "reference":  # the twin does not have every function
                continue
            raise
        loops[side.name] = fresh.loop(names)
        loops[side.name](WARM_UP_CALLS)
    agree = all(case.agrees(value, values["numpy"]) for value in values.values())
    return loops, agree, list(values.values())


def alternate(
    loops: dict[str, Loop], times: dict[str, list[float]], rounds: int, round_us: float
) -> None:
    """Time rounds of the loops in turn; neither side always runs in the other's wake."""
    order = list(loops)
    calls = calls_per_round(loops[order[0]], round_us)
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name in order:
                loop = loops[name]
                start = time.perf_counter_ns()
                loop(calls)
                times.setdefault(name, []).append((time.perf_counter_ns() - start) / calls)
            order.reverse()
    finally:
        gc.enable()


def copied(value: Any) -> Any:
    return value.copy(order="K") if isinstance(value, np.ndarray) else value


def measure(case: Case, rounds: int, round_us: float, reference: bool) -> Measured:
    times: dict[str, list[float]] = {}
    is_equal, kept = True, []
    with ExitStack() as stack:
        # The cases `np-...` go through NumPy's own names on purpose.
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", message=".*auto-routed to fnp", category=UserWarning)
        sides = [
            stack.enter_context(open_side(name))
            for name in case.sides
            if reference or name != "reference"
        ]
        # The same work takes up to half as long again when result and operands happen to lie at
        # the same place of their pages: several layouts in turn leave that to nobody's luck.
        for _ in range(LAYOUTS):
            loops, agree, values = loops_of(case, sides)
            is_equal = is_equal and agree
            kept.append(values)
            # The Python meter apart: with three in turn, one would never follow itself.
            slow = {name: loops.pop(name) for name in ("reference",) if name in loops}
            for together in (loops, slow):
                if together:
                    alternate(together, times, max(1, rounds // LAYOUTS), round_us)

    pairs = zip(times["flopscope"], times["numpy"], strict=True)
    return Measured(
        case,
        {name: min(values) for name, values in times.items()},
        {name: statistics.median(values) for name, values in times.items()},
        statistics.median(counted / plain for counted, plain in pairs),
        is_equal,
    )


def machine() -> dict[str, Any]:
    import flopscope
    from flopscope import _core

    return {
        "instructions": f"{platform.machine()}-{_core._instruction_set()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "flopscope": flopscope.__version__,
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
    }


def header(reference: bool) -> str:
    twin = f" {'Python meter':>12}" if reference else ""
    return (
        f"{'case':<20} {'elements':>8} {'NumPy ns':>10} {'counted ns':>10}{twin} {'extra ns':>9}"
        f" {'ratio':>6} {'median':>6}  goal"
    )


def line(row: Measured, reference: bool) -> str:
    twin = ""
    if reference:
        twin = f" {row.min_ns['reference']:12.0f}" if "reference" in row.min_ns else f" {'-':>12}"
    return (
        f"{row.case.group:<20} {row.case.size:>8} {row.min_ns['numpy']:>10.0f}"
        f" {row.min_ns['flopscope']:>10.0f}{twin} {row.extra_ns:>+9.0f}"
        f" {row.ratio:>6.2f} {row.paired_ratio:>6.2f}  {row.verdict}"
    ).rstrip()


def as_json(row: Measured) -> dict[str, Any]:
    return {
        "case": row.case.group,
        "elements": row.case.size,
        "statement": row.case.statement,
        "min_ns": row.min_ns,
        "median_ns": row.median_ns,
        "ratio_of_minima": row.ratio,
        "median_of_paired_ratios": row.paired_ratio,
        "equal": row.is_equal,
        "verdict": row.verdict,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", action="append", metavar="PATTERN", help="may be given again")
    parser.add_argument("--size", action="append", type=int, choices=SIZES, metavar="N")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--round-us", type=float, default=50.0, metavar="US")
    parser.add_argument("--reference", action="store_true", help="also time flopscope.reference")
    parser.add_argument("--no-figures", action="store_true", help="only the ratios")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)

    chosen = [
        case
        for case in CASES
        if (not options.size or case.size in options.size)
        and (
            not options.case
            or any(
                fnmatch.fnmatch(case.id, p) or fnmatch.fnmatch(case.group, p) for p in options.case
            )
        )
    ]
    if not chosen:
        parser.error(
            "no case matches; their names are " + ", ".join(sorted({c.group for c in CASES}))
        )

    about = machine()
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(header(options.reference))
    rows = []
    for case in chosen:
        rows.append(measure(case, options.rounds, options.round_us, options.reference))
        print(line(rows[-1], options.reference), flush=True)

    figures = [] if options.no_figures or options.case else all_figures()
    if figures:
        print()
    for name, value, unit, goal in figures:
        verdict = "" if goal is None else f"  <= {goal:g} {'ok' if value <= goal else 'MISSED'}"
        print(f"{name:<45} {value:>10.2f} {unit}{verdict}")

    if options.json:
        document = {
            "about": about,
            "cases": [as_json(row) for row in rows],
            "figures": [
                {"name": name, "value": value, "unit": unit, "goal": goal}
                for name, value, unit, goal in figures
            ],
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0 if all(row.is_equal for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
