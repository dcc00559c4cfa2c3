"""Fails when a counted call has become dearer, as a ratio to NumPy's time in the same run.

    python benchmarks/check.py              compare with the recorded ratios
    python benchmarks/check.py --record     measure and write them down

Ratios are recorded per instruction set, as wider vectors shorten NumPy's part and ours unequally. A
processor whose set has no record is compared with the largest ratio of all sets.
A ratio may exceed the recorded one by a quarter (at 4,096 elements by 60 %) and 0.05, which runs on
a busy machine differ by. What looks dearer is measured again, up to three times and longer each
time; the best counts. Values have to be NumPy's, and the bills of whole estimators those of the
reference meter.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import estimators
from bench_figures import (
    best_ns,
    bytes_per_logged_operation,
    empty_context,
    enter_and_exit,
    import_to_numpy,
)
from call_cases import CASES
from ratios import machine, measure

RECORDED = Path(__file__).with_name("recorded_ratios.json")
SIZES = (16, 256, 4096)
ESTIMATOR_SIZES = ("64x32", "256x8")
ROUNDS, ROUND_US = 40, 50.0
SLACK, GRAIN = 1.25, 0.05
#: Where NumPy's result happens to lie decides up to half of its time for arrays of this size.
LARGE, SLACK_LARGE = "-4096", 1.6
ATTEMPTS = 4

Figure = Callable[[int], float]  # takes how much longer than usual to measure


def call_figures() -> Iterator[tuple[str, Figure]]:
    for case in CASES:
        if case.size not in SIZES:
            continue

        def ratio(times: int, case=case) -> float:  # type: ignore[no-untyped-def]
            found = measure(case, ROUNDS * times, ROUND_US, reference=False)
            if not found.is_equal:
                raise AssertionError(f"{case.id}: values differ from NumPy's")
            return found.ratio

        yield case.id, ratio


def estimator_figures() -> Iterator[tuple[str, Figure]]:
    for size in ESTIMATOR_SIZES:
        for name in estimators.ESTIMATORS:

            def ratio(times: int, name: str = name, size: str = size) -> float:
                return estimators.measure(name, size, reference=True).ratio

            yield f"estimator-{name}-{size}", ratio


def other_figures() -> Iterator[tuple[str, Figure]]:
    """Against a twin where there is one; bytes are the same on every machine."""
    yield (
        "enter-and-exit",
        lambda times: (
            best_ns(enter_and_exit(), 500, 20 * times) / best_ns(empty_context(), 500, 20 * times)
        ),
    )
    yield "import", lambda times: import_to_numpy("flopscope.numpy", 8 * times)
    if sys.platform.startswith("linux"):
        yield "bytes-per-operation", lambda times: bytes_per_logged_operation()


def figures() -> Iterator[tuple[str, Figure]]:
    yield from call_figures()
    yield from estimator_figures()
    yield from other_figures()


def allowed(name: str, recorded: float) -> float:
    return recorded * (SLACK_LARGE if name.endswith(LARGE) else SLACK) + GRAIN


def compare(recorded: dict[str, float]) -> int:
    dearer = 0
    for name, figure in figures():
        if name not in recorded:
            print(f"{name:<28} is not recorded: run with --record")
            dearer += 1
            continue
        limit = allowed(name, recorded[name])
        found = figure(1)
        for attempt in range(2, ATTEMPTS + 1):
            if found <= limit:
                break
            found = min(found, figure(attempt))
        verdict = "" if found <= limit else "  DEARER"
        dearer += bool(verdict)
        print(f"{name:<28} {found:>7.3f}  recorded {recorded[name]:>7.3f}{verdict}", flush=True)
    print(f"{dearer} dearer than recorded" if dearer else "nothing is dearer than recorded")
    return 1 if dearer else 0


def bounds(records: dict[str, Any], instruction_set: str) -> dict[str, float]:
    """Recorded ratios for a processor with these instructions."""
    if instruction_set in records:
        return dict(records[instruction_set]["ratios"])
    print(f"nothing is recorded for {instruction_set}: compared with the largest of", *records)
    sets = [record["ratios"] for record in records.values()]
    return {name: max(s[name] for s in sets if name in s) for s in sets for name in s}


def record() -> None:
    ratios = {}
    for name, figure in figures():
        ratios[name] = round(min(figure(1), figure(1)), 3)
        print(f"{name:<28} {ratios[name]:>7.3f}", flush=True)
    about = machine()
    records = json.loads(RECORDED.read_text(encoding="utf-8"))
    records[about["instructions"]] = {"about": about, "ratios": ratios}
    RECORDED.write_text(json.dumps(records, indent=2) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", action="store_true", help="write down what is measured")
    options = parser.parse_args(arguments)
    if options.record:
        record()
        return 0
    return compare(
        bounds(json.loads(RECORDED.read_text(encoding="utf-8")), machine()["instructions"])
    )


if __name__ == "__main__":
    sys.exit(main())
