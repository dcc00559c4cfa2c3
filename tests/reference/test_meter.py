"""The yardstick meter: the same estimator code, priced, charged and recorded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from flopscope import reference


@pytest.fixture(params=[True, False], ids=["exact", "closed"])
def m(request: pytest.FixtureRequest) -> reference.MeteredNumpy:
    return reference.MeteredNumpy(reference.Budget(10**9), exact=request.param)


def log(m: reference.MeteredNumpy) -> list[tuple[str, int]]:
    return [(record.op_name, record.flop_cost) for record in m.budget.records]


def test_functions_operators_and_methods(m: reference.MeteredNumpy) -> None:
    a = m.array([[1.0, 2.0], [3.0, 4.0]])
    b = -(a @ a.T) / 2.0 + m.exp(a)
    c = b.sum(axis=0)
    assert isinstance(b, reference.MeteredArray)
    plain = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(
        np.asarray(c), (-(plain @ plain.T) / 2.0 + np.exp(plain)).sum(axis=0)
    )
    assert log(m) == [
        ("array", 0),
        ("matmul", 12),
        ("negative", 4),
        ("true_divide", 4),
        ("exp", 64),
        ("add", 4),
        ("sum", 2),
    ]


def test_reflected_and_in_place_operators(m: reference.MeteredNumpy) -> None:
    a = m.arange(4.0)
    m.budget.records.clear()
    b = 2.0 - a
    view = a
    a += 1.0
    a //= 2
    assert view is a
    assert np.asarray(b).tolist() == [2.0, 1.0, 0.0, -1.0]
    assert np.asarray(a).tolist() == [0.0, 1.0, 1.0, 2.0]
    # The operators of the right operand are what is tested.
    _ = 1.0 < a, np.ones(4) + a, abs(a), divmod(a, 2.0), a**2  # noqa: SIM300
    assert log(m) == [
        ("subtract", 4),
        ("add", 4),
        ("floor_divide", 64),
        ("greater", 4),
        ("add", 4),
        ("abs", 4),
        ("divmod", 64),
        ("power", 64),
    ]


def test_numpy_functions_come_back_to_the_meter(m: reference.MeteredNumpy) -> None:
    a = m.ones((2, 3))
    assert isinstance(np.exp(a), reference.MeteredArray)
    np.add.reduce(a)
    np.power.outer(a, a)
    np.concatenate([a, a])
    m.add.reduce(a, axis=1)
    assert log(m)[1:] == [
        ("exp", 96),
        ("sum", 3),
        ("power.outer", 576),
        ("concatenate", 0),
        ("sum", 4),
    ]


def test_movement_and_views_are_free(m: reference.MeteredNumpy) -> None:
    a = m.zeros((3, 4))
    a[0] = 1.0
    b = a.T[1:].reshape(-1)
    assert isinstance(b, reference.MeteredArray)
    assert m.shape(b) == (9,)
    assert m.budget.flops_used == 0


def test_the_budget_is_checked_before_numpy_runs() -> None:
    m = reference.MeteredNumpy(reference.Budget(10))
    a = m.ones(11)
    target = np.zeros(11)
    with pytest.raises(reference.ReferenceBudgetExhausted):
        m.add(a, 1.0, out=target)
    assert not target.any()
    assert m.budget.flops_used == 0


def test_a_charge_is_kept_when_numpy_raises(m: reference.MeteredNumpy) -> None:
    with pytest.raises(TypeError):
        m.invert(m.ones(3))
    assert m.budget.totals["invert"] == 3


def test_a_sampler_that_raises_costs_nothing(m: reference.MeteredNumpy) -> None:
    with pytest.raises(ValueError, match="scale"):
        m.random.default_rng(0).normal(0.0, -1.0)
    assert m.budget.flops_used == 0


def test_an_exhausted_budget_leaves_the_generator_alone() -> None:
    m = reference.MeteredNumpy(reference.Budget(10))
    rng = m.random.default_rng(3)
    with pytest.raises(reference.ReferenceBudgetExhausted):
        rng.normal(size=100)
    assert rng.uniform() == np.random.default_rng(3).uniform()


def test_samplers(m: reference.MeteredNumpy) -> None:
    draws = m.random.default_rng(5).standard_normal((2, 2))
    np.testing.assert_array_equal(
        np.asarray(draws), np.random.default_rng(5).standard_normal((2, 2))
    )
    m.random.RandomState(5).randint(0, 9, 4)
    assert log(m) == [("random.Generator.standard_normal", 64), ("random.RandomState.randint", 4)]


def test_callbacks_run_once_and_are_billed_after(m: reference.MeteredNumpy) -> None:
    calls: list[float] = []

    def total(line: Any) -> float:
        calls.append(float(line.sum()))
        return calls[-1]

    m.apply_along_axis(total, 0, np.ones((3, 2)))
    assert calls == [3.0, 3.0]
    assert m.budget.totals == {"apply_along_axis": 8}


def test_the_given_outputs_are_returned(m: reference.MeteredNumpy) -> None:
    a, target = m.ones(3), np.zeros(3)
    assert m.add(a, 1.0, out=target) is target
    assert m.add(a, 1.0, out=(target,)) is target
    fraction, whole = m.modf(a, out=(None, target))
    assert whole is target
    assert isinstance(fraction, reference.MeteredArray)
    assert target.tolist() == [1.0, 1.0, 1.0]


def test_results_inside_tuples_are_metered(m: reference.MeteredNumpy) -> None:
    values, counts = m.unique_counts(m.array([1, 1, 2]))
    assert isinstance(values, reference.MeteredArray)
    assert isinstance(counts, reference.MeteredArray)


def test_constants_pass_and_unpriced_functions_do_not(m: reference.MeteredNumpy) -> None:
    assert m.pi == math.pi
    assert m.float32 is np.float32
    for unpriced in ("polynomial", "array2string", "savetxt"):
        with pytest.raises(AttributeError, match="does not provide"):
            getattr(m, unpriced)
    with pytest.raises(AttributeError, match=r"linalg\.LinAlgError"):
        _ = m.linalg.LinAlgError


def test_arrays_are_unhashable(m: reference.MeteredNumpy) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(m.ones(3))
