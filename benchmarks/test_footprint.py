"""How much memory does the log take, and how long does the import?"""

from __future__ import annotations

import sys
from typing import Any

import pytest
from bench_figures import (
    IMPORT_PROGRAM,
    bytes_per_logged_operation,
    growth_of_log,
    run_program,
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_per_logged_operation(benchmark: Any) -> None:
    """The time is that of the whole process; the answer is in the extra information."""
    benchmark.group = "memory of the log"
    used = benchmark.pedantic(bytes_per_logged_operation, rounds=1)
    benchmark.extra_info["bytes_per_operation"] = used
    print(f"\n{used:.1f} bytes per logged operation")


def test_time_per_logged_operation(benchmark: Any) -> None:
    """The time is that of a million operations; the answer is in the extra information."""
    benchmark.group = "growth of the log"
    growth = benchmark.pedantic(growth_of_log, rounds=1)
    benchmark.extra_info["time_after_to_before"] = growth
    print(f"\n{growth:.2f} x the time of the first operations after a million")


@pytest.mark.parametrize("module", ["numpy", "flopscope", "flopscope.numpy", "flopscope.reference"])
def test_import_over_numpy(benchmark: Any, module: str) -> None:
    """The time is that of the whole process; ``numpy`` is the twin that imports nothing more."""
    benchmark.group = "a process that imports NumPy and ..."
    program = IMPORT_PROGRAM.format(module=module)
    benchmark.extra_info["import_ms"] = benchmark.pedantic(run_program, args=(program,), rounds=5)
