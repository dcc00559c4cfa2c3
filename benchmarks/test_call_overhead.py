"""What does one counted call cost, next to NumPy's and to a meter written in Python?

A round is `CALLS` calls, so a figure in microseconds divided by `CALLS` is the time of one call.
For ratios prefer `ratios.py`, which alternates between the sides.
"""

from __future__ import annotations

from typing import Any

import pytest
from bench_cases import Case, Side, open_side
from call_cases import CASES

CALLS = 100
ROUNDS = 30
LARGE = 4096  # from here on a round is shorter
CALLS_LARGE = 5


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_call(benchmark: Any, case: Case, side: Side) -> None:
    if side.name not in case.sides:
        pytest.skip(f"not asked of {side.name}")
    try:
        names = case.names(side)
        value = case.value(names)
    except AttributeError:
        if side.name == "reference":
            pytest.skip("the twin does not have this function")
        raise
    with open_side("numpy") as plain:
        assert case.agrees(value, case.value(case.names(plain)))

    calls = CALLS_LARGE if case.size > LARGE else CALLS
    benchmark.group = f"{case.id} ({calls} calls)"
    benchmark.extra_info["calls"] = calls
    benchmark.pedantic(case.loop(names), args=(calls,), rounds=ROUNDS, warmup_rounds=1)
