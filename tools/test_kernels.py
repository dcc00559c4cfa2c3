"""Runs tests that compare bits under the BLAS kernels that other processors would choose.

    python tools/test_kernels.py                              every kernel that this processor runs
    python tools/test_kernels.py --kernel Haswell             one of them
    python tools/test_kernels.py --tests tests --tests packages/whestbench/tests

OpenBLAS takes the kernels named by OPENBLAS_CORETYPE. The run "oldest" also keeps NumPy from
vectors beyond its baseline, and "one core" keeps everything on one. Kernels that the processor
cannot run, or for which this build of OpenBLAS substitutes others that were tried, are left out.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Kernels and the features of the processor that they need, by NumPy's names of either generation.
KERNELS = {
    "x86_64": {
        "Prescott": ("SSE3", "X86_V2"),
        "Sandybridge": ("AVX", "X86_V3"),
        "Haswell": ("AVX2", "X86_V3"),
        "Zen": ("AVX2", "X86_V3"),
        "SkylakeX": ("AVX512_SKX", "X86_V4"),
    },
    "aarch64": {
        "ARMV8": ("ASIMD",),
        "CORTEXA57": ("ASIMD",),
        "NEOVERSEN1": ("ASIMD",),
        "NEOVERSEV1": ("SVE",),
    },
}

#: What depends on how sums are split: products, reductions, statistics, golden results, estimators.
TESTS = (
    "tests/test_fast_products.py",
    "tests/test_fast_reductions.py",
    "tests/test_native_calls.py",
    "tests/test_inner_loops.py",
    "tests/test_masked_calls.py",
    "tests/test_mean.py",
    "tests/test_einsum.py",
    "tests/test_symmetric_contractions.py",
    "tests/test_array_pool.py",
    "tests/test_golden.py",
    "tests/test_stats.py",
    "tests/test_examples.py",
    "packages/whestbench/tests/test_truth.py",
    "packages/whestbench/tests/test_dataset.py",
    "packages/whestbench/tests/test_estimators.py",
    "packages/whestbench/tests/test_scoring.py",
    "packages/whestbench/tests/test_runners.py",
    "packages/flops-fit/tests",
)

DESCRIBE = (
    "import numpy; from threadpoolctl import threadpool_info;"
    "print(*(e.get('architecture') for e in threadpool_info() if e['user_api'] == 'blas'))"
)


@dataclass(frozen=True)
class Machine:
    """A processor to stand in for."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()

    def run(self, arguments: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.command, *arguments],
            env={**os.environ, **self.environment},
            cwd=ROOT,
            text=True,
            check=False,
            **options,  # type: ignore[call-overload]
        )

    def kernels(self) -> str:
        """What BLAS says that it runs; empty when it cannot."""
        return self.run([sys.executable, "-c", DESCRIBE], stdout=subprocess.PIPE).stdout.strip()


def machines() -> Iterator[Machine]:
    from numpy._core import _multiarray_umath as umath

    features = {name for name, present in umath.__cpu_features__.items() if present}
    known = KERNELS.get(platform.machine(), {})
    yield Machine("own")
    for name, needed in known.items():
        if features.isdisjoint(needed):
            print(f"{name}: this processor has none of {' or '.join(needed)}")
            continue
        yield Machine(name, {"OPENBLAS_CORETYPE": name})
    dispatched = [name for name in umath.__cpu_dispatch__ if name in features]
    oldest = {"NPY_DISABLE_CPU_FEATURES": " ".join(dispatched)}
    if known:
        oldest["OPENBLAS_CORETYPE"] = next(iter(known))
    yield Machine("oldest", oldest)
    if sys.platform.startswith("linux"):
        yield Machine("one core", command=("taskset", "-c", str(min(os.sched_getaffinity(0)))))


def suites(tests: Sequence[str]) -> dict[str, list[str]]:
    """Tests by the distribution they belong to: each has pytest settings of its own."""
    found: dict[str, list[str]] = {}
    for test in tests:
        parts = Path(test).parts
        home = "/".join(parts[:2]) if parts[0] == "packages" else "."
        found.setdefault(home, []).append(test)
    return found


def passes(machine: Machine, tests: Sequence[str], options: Sequence[str]) -> bool:
    good = True
    for home, names in suites(tests).items():
        settings = ["-c", f"{home}/pyproject.toml", "--rootdir", home]
        pytest = str(Path(sys.executable).with_name("pytest"))
        good &= machine.run([pytest, "-q", *settings, *options, *names]).returncode == 0
    return good


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernel", action="append", metavar="NAME", help="only this one")
    parser.add_argument(
        "--tests", action="append", metavar="PATH", help="instead of the usual ones"
    )
    parser.add_argument("options", nargs="*", help="more arguments for pytest")
    chosen = parser.parse_args()

    rows: list[tuple[str, str, str]] = []
    tried: set[str] = set()
    for machine in machines():
        if chosen.kernel and machine.name not in chosen.kernel:
            continue
        kernels = machine.kernels()
        if not kernels or (kernels in tried and "OPENBLAS_CORETYPE" in machine.environment
                           and len(machine.environment) == 1):  # fmt: skip
            rows.append((machine.name, kernels or "does not run", "left out"))
            continue
        tried.add(kernels)
        print(f"==> {machine.name}: {kernels} kernels", flush=True)
        start = time.monotonic()
        good = passes(machine, chosen.tests or TESTS, chosen.options)
        verdict = "passed" if good else "FAILED"
        rows.append((machine.name, kernels, f"{verdict} in {time.monotonic() - start:.0f} s"))
    if not rows:
        parser.error(f"no such kernel here: {' '.join(chosen.kernel)}")
    print(f"\n{'processor':<12} {'BLAS kernels':<14} outcome")
    for row in rows:
        print(f"{row[0]:<12} {row[1]:<14} {row[2]}")
    return any("FAILED" in row[2] for row in rows)


if __name__ == "__main__":
    sys.exit(main())
