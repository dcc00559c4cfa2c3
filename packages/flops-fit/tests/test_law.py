"""The surface and its optimum: golden optima, and the identities between them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flops_fit import Law, ParametricFit
from planted import GOLDEN

OPTIMA = GOLDEN["optimum_cases"]


@pytest.mark.parametrize("case", OPTIMA, ids=[c["name"] for c in OPTIMA])
def test_optima_of_known_constants(case: dict[str, Any]) -> None:
    k = case["flops_per_param_token"]
    fit = ParametricFit.from_constants(**case["params"], flops_per_param_token=k)
    # The golden constants themselves are printed with ten digits or so.
    for name in ("n_exponent", "d_exponent", "excess_loss_exponent"):
        assert getattr(fit, name) == pytest.approx(case[name], rel=1e-9)
    for want in case["optima"]:
        got = fit.optimum(want["compute"])
        assert got.n_params == pytest.approx(want["n_params"], rel=1e-9)
        assert got.n_tokens == pytest.approx(want["n_tokens"], rel=1e-9)
        assert got.loss == pytest.approx(want["loss"], rel=1e-9)
        assert got.n_tokens / got.n_params == pytest.approx(want["tokens_per_param"], rel=1e-9)


laws = st.builds(
    Law,
    E=st.floats(0, 5),
    A=st.floats(1e-2, 1e6),
    B=st.floats(1e-2, 1e6),
    alpha=st.floats(0.05, 2),
    beta=st.floats(0.05, 2),
    flops_per_param_token=st.floats(0.5, 20),
)
budgets = st.floats(1e3, 1e28)


@settings(deadline=None)
@given(laws, budgets)
def test_the_optimum_spends_the_budget(law: Law, compute: float) -> None:
    n, d, loss = law.optimum(compute)
    assert n * d * law.flops_per_param_token == pytest.approx(compute, rel=1e-14)
    assert loss == pytest.approx(law.loss(n, d), rel=1e-14)


@settings(deadline=None)
@given(laws, budgets, st.floats(-0.5, 0.5).filter(lambda x: abs(x) > 1e-2))
def test_nothing_else_of_that_budget_is_better(law: Law, compute: float, shift: float) -> None:
    n, d, loss = law.optimum(compute)
    assert law.loss(n * math.exp(shift), d * math.exp(-shift)) >= loss * (1 - 1e-14)


@settings(deadline=None)
@given(laws, budgets)
def test_optima_follow_the_exponents(law: Law, compute: float) -> None:
    assert law.n_exponent + law.d_exponent == pytest.approx(1, rel=1e-14)
    low, high = law.optimum(compute), law.optimum(100 * compute)
    assert high.n_params / low.n_params == pytest.approx(100**law.n_exponent, rel=1e-9)
    assert high.n_tokens / low.n_tokens == pytest.approx(100**law.d_exponent, rel=1e-9)


def test_arrays_of_budgets() -> None:
    law = Law(1.8, 480.0, 2100.0, 0.35, 0.37)
    many = law.optimum(np.array([1e18, 1e20]))
    assert [many.n_params[1], many.loss[1]] == [law.optimum(1e20).n_params, law.optimum(1e20).loss]


@pytest.mark.parametrize("compute", [0, -1.0, math.nan, math.inf])
def test_budgets_that_are_none(compute: float) -> None:
    with pytest.raises(ValueError, match="positive number of FLOPs"):
        Law(1.8, 480.0, 2100.0, 0.35, 0.37).optimum(compute)


@pytest.mark.parametrize(
    ("name", "value"), [("A", 0.0), ("alpha", -0.1), ("E", math.nan), ("flops_per_param_token", 0)]
)
def test_constants_that_are_none(name: str, value: float) -> None:
    constants = {"E": 1.8, "A": 480.0, "B": 2100.0, "alpha": 0.35, "beta": 0.37}
    with pytest.raises(ValueError, match=f"^{name} must be"):
        Law(**{**constants, name: value})  # type: ignore[arg-type]
