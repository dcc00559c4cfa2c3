"""Instructions per call, counted by Callgrind: figures that do not depend on the machine's mood.

    python benchmarks/instructions.py                    ten hot operations, next to NumPy
    python benchmarks/instructions.py --json counts.json figures for a program to read
    python benchmarks/instructions.py --check            compare with the recorded counts

Valgrind runs one process per side and writes a profile at every call of `getppid`, which the loops
are placed between. The cost of an empty loop is subtracted. Counts differ between machines (the
inner loops are chosen for the processor that Valgrind shows) and between versions of Python and
NumPy, and are the same from run to run on one.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench_cases import open_side
from call_cases import CASES

RECORDED = Path(__file__).with_name("recorded_instructions.json")
WARM_UP = 200
CALLS = 2000
TOLERANCE = 1.05

OPERATIONS = (
    "op-add-16",
    "exp-16",
    "maximum-scalar-16",
    "add-broadcast-16",
    "sum-256",
    "mean-axis0-256",
    "op-matmul-256",
    "zeros-16",
    "reshape-16",
    "index-row-16",
)


def run_loops(side_name: str) -> None:
    """What runs under Valgrind: a `getppid` before and after every loop."""
    chosen = {case.id: case for case in CASES if case.id in OPERATIONS}
    with open_side(side_name) as side:

        def nothing(times: int) -> None:
            for _ in range(times):
                pass

        nothing(WARM_UP)
        os.getppid()
        chosen[OPERATIONS[0]].loop(chosen[OPERATIONS[0]].names(side))(0)
        os.getppid()
        for name in OPERATIONS:
            case = chosen[name]
            loop = case.loop(case.names(side))
            loop(WARM_UP)
            os.getppid()
            loop(CALLS)
            os.getppid()


def count(side_name: str) -> dict[str, float]:
    """Instructions per call of every operation."""
    with tempfile.TemporaryDirectory(prefix="instructions-") as folder:
        profile = Path(folder) / "profile"
        subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                "--dump-before=getppid",
                "--compress-pos=no",
                f"--callgrind-out-file={profile}",
                sys.executable,
                __file__,
                "--run-loops",
                side_name,
            ],
            check=True,
            capture_output=True,
            env=os.environ | {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"},
        )
        # profile.1 ends where the first `getppid` is called, and so on.
        parts = sorted(Path(folder).glob("profile.*"), key=lambda path: int(path.suffix[1:]))
        totals = [_total(path) for path in parts]
    wanted = 2 * (len(OPERATIONS) + 1)
    if len(totals) < wanted:
        raise RuntimeError(f"expected {wanted} profiles from Valgrind, found {len(totals)}")
    nothing, *loops = totals[1:wanted:2]
    return {name: (loop - nothing) / CALLS for name, loop in zip(OPERATIONS, loops, strict=True)}


def _total(profile: Path) -> int:
    found = re.search(
        r"^(?:summary|totals): (\d+)", profile.read_text(encoding="utf-8"), re.MULTILINE
    )
    if found is None:
        raise RuntimeError(f"{profile.name}: no total in the profile")
    return int(found[1])


def compare(counts: dict[str, dict[str, float]]) -> list[str]:
    """What became dearer than recorded, as a ratio to NumPy's count in the same run."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["operations"]
    worse = []
    for name, found in counts.items():
        before = recorded[name]["flopscope"] / recorded[name]["numpy"]
        after = found["flopscope"] / found["numpy"]
        if after > before * TOLERANCE:
            worse.append(f"{name}: {after:.3f} of NumPy's instructions, recorded {before:.3f}")
    return worse


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="fail when a ratio has grown by 5 %%")
    parser.add_argument("--run-loops", metavar="SIDE", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.run_loops:
        run_loops(options.run_loops)
        return 0
    if shutil.which("valgrind") is None:
        parser.exit(2, "instructions.py: valgrind is not installed\n")

    numpy, counted = count("numpy"), count("flopscope")
    counts: dict[str, dict[str, float]] = {
        name: {"numpy": round(numpy[name], 1), "flopscope": round(counted[name], 1)}
        for name in OPERATIONS
    }
    print(f"{'operation':<20} {'NumPy':>8} {'counted':>8} {'ratio':>6}")
    for name, found in counts.items():
        ratio = found["flopscope"] / found["numpy"]
        print(f"{name:<20} {found['numpy']:>8.0f} {found['flopscope']:>8.0f} {ratio:>6.2f}")
    if options.json:
        from ratios import machine

        document: dict[str, Any] = {"about": machine(), "operations": counts}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    worse = compare(counts) if options.check else []
    for text in worse:
        print(f"DEARER {text}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
