"""Compute, multiplier, exhaustion; and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whestbench.budget import (
    LAMBDA_FLOPS_PER_SECOND,
    effective_compute,
    is_combined_budget_exhausted,
    score_multiplier,
)


def test_charge_of_a_residual_second():
    assert LAMBDA_FLOPS_PER_SECOND == 1e11
    assert effective_compute(2e9, 0.01) == 3e9
    assert effective_compute(7, 5.0, 0.0) == 7.0


@given(st.floats(0, 1e15), st.floats(1, 1e15))
def test_multiplier_is_the_share_of_the_budget_with_a_floor(compute, budget):
    assert score_multiplier(compute, budget) == max(0.1, compute / budget)
    assert is_combined_budget_exhausted(compute, budget) == (compute > budget)


@pytest.mark.parametrize("budget", [0, -1])
def test_no_budget_gives_one_and_is_never_exhausted(budget):
    assert score_multiplier(1e20, budget) == 1.0
    assert not is_combined_budget_exhausted(1e20, budget)


def test_budget_and_limits_pull_in_no_heavy_library():
    code = (
        "import sys, whestbench.budget, whestbench.limits as limits\n"
        "print(limits.MAX_SUBMISSION_BYTES, limits.MAX_SUBMISSION_FILES)\n"
        "print([m for m in ('numpy', 'flopscope', 'pyarrow', 'datasets', 'rich')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["52428800 50", "[]"]
