"""Shared by the benchmark files, which run with `pytest benchmarks` and not in the test suite."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for bench_cases and bench_figures

from bench_cases import SIDES, Side, open_side


@pytest.fixture(params=SIDES)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """NumPy, flopscope and the Python meter in turn, each inside a budget of its own."""
    with open_side(request.param) as opened:
        yield opened
