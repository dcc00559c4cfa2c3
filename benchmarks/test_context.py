"""What do a budget context and its summary cost?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bench_cases import open_side
from bench_figures import (
    LOGGED,
    empty_context,
    enter_and_exit,
    enter_and_exit_namespace,
    make_enter_and_exit,
    summary_after,
)


@pytest.mark.parametrize("action", [empty_context, enter_and_exit, make_enter_and_exit])
def test_context(benchmark: Any, action: Callable[[], Callable[[], object]]) -> None:
    benchmark.group = "context"
    benchmark(action())


def test_namespace(benchmark: Any) -> None:
    benchmark.group = "context"
    with open_side("flopscope"):
        benchmark(enter_and_exit_namespace())


@pytest.mark.parametrize("operations", [100, LOGGED])
def test_summary(benchmark: Any, operations: int) -> None:
    summary = summary_after(operations)
    benchmark.group = "summary() after some operations"
    assert "exp" in benchmark(summary)
