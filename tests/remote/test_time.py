"""Where time goes: kernels, transport, and the program's own Python."""

from __future__ import annotations

import time
from typing import Any


def test_sleep_and_kernels_are_told_apart(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**12, quiet=True) as budget:
        a = np_.random.default_rng(0).normal(size=(900, 900))
        for _ in range(3):
            time.sleep(0.2)
            a = np_.matmul(a, a) / 900.0
        float(a[0, 0])
    assert 0.6 <= budget.residual_wall_time_s < 1.6
    assert budget.flopscope_backend_time_s > 0.005
    parts = (
        budget.residual_wall_time_s,
        budget.flopscope_backend_time_s,
        budget.flopscope_overhead_time_s,
    )
    # Kernels of calls that were sent ahead may run during a sleep: never less than all of it.
    assert min(parts) >= 0.0
    assert sum(parts) >= 0.999 * budget.wall_time_s
    figures = budget.summary_dict()
    assert figures["wall_time_s"] == budget.wall_time_s


def test_waiting_for_a_kernel_is_no_time_of_the_program(client: Any) -> None:
    np_ = client.numpy
    with client.BudgetContext(10**15, quiet=True) as budget:
        a = np_.random.default_rng(0).normal(size=(500, 500))
        np_.linalg.svd(a)
    waited = budget.flopscope_backend_time_s + budget.flopscope_overhead_time_s
    assert budget.residual_wall_time_s < 0.5 * waited


def test_encoding_and_decoding_are_overhead(client: Any) -> None:
    np_ = client.numpy
    values = [float(i) for i in range(300_000)]
    with client.BudgetContext(10**6, quiet=True) as budget:
        np_.array(values).tolist()
    assert budget.residual_wall_time_s < 0.3 * budget.wall_time_s
    assert budget.flopscope_overhead_time_s > budget.flopscope_backend_time_s


def test_the_programs_own_python_is_residual(client: Any) -> None:
    with client.BudgetContext(10**6, quiet=True) as budget:
        x = client.numpy.ones(3)
        end = time.perf_counter() + 0.3
        while time.perf_counter() < end:
            sum(range(1_000))
        float(client.numpy.sum(x))
    assert 0.28 < budget.residual_wall_time_s < 1.5
