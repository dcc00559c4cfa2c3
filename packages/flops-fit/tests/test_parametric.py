"""Approach 3: golden cases, real runs, invariances, refusals."""

from __future__ import annotations

import json
import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flops_fit import (
    DegenerateDesignError,
    FitError,
    NotIdentifiableError,
    ParametricFit,
    TooFewRunsError,
    find_outliers,
    fit_parametric,
)
from flops_fit.law import CONSTANTS
from planted import GOLDEN, golden_columns, grid, real_runs

CASES = GOLDEN["fit_cases"]
REAL = GOLDEN["real_data"]


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_golden_cases(case: dict[str, Any]) -> None:
    fit = fit_parametric(*golden_columns(case), flops_per_param_token=case["flops_per_param_token"])
    bound = case["tolerance"]["parametric"]
    assert abs(fit.n_exponent - case["expected"]["n_exponent"]) <= bound["n_exponent_abs"]
    for want in case["expected"]["optima"]:
        got = fit.optimum(want["compute"])
        assert got.n_params == pytest.approx(want["n_params"], rel=bound["n_params_rel"])
        assert got.loss == pytest.approx(want["loss"], abs=bound["loss_abs"])
    if case["noise_sd"] == 0:
        for name in CONSTANTS:
            assert getattr(fit, name) == pytest.approx(case["params"][name], rel=1e-5)


@pytest.mark.parametrize("case", [c for c in CASES if c.get("outlier_indices")], ids=lambda c: c["name"])
def test_golden_outliers(case: dict[str, Any]) -> None:
    n, d, loss = golden_columns(case)
    fit = fit_parametric(n, d, loss)
    planted = set(case["outlier_indices"]) | set(case["failed_indices"])
    found = set(fit.outliers)
    assert planted <= found
    assert len(found - planted) <= 0.05 * len(n)
    assert [o.index for o in find_outliers(n, d, loss)] == list(fit.outliers)
    assert {o.index for o in fit.outlier_report if math.isnan(o.residual)} == set(case["failed_indices"])
    assert fit.n_runs == len(n) - len(found)


def test_real_runs() -> None:
    fit = fit_parametric(*real_runs(), outliers="keep", bootstrap=1000)
    bound, want = REAL["tolerance"], REAL["reference_optimum"]
    assert fit.objective <= bound["objective_max"]
    for name in ("E", "alpha", "beta"):
        assert getattr(fit, name) == pytest.approx(want[name], abs=bound[f"{name}_abs"])
    for name in ("A", "B"):
        assert getattr(fit, name) == pytest.approx(want[name], rel=bound[f"{name}_rel"])
    at = REAL["reference_at_5_76e23"]
    best = fit.optimum(5.76e23)
    assert best.n_params == pytest.approx(at["n_params"], rel=1e-3)
    assert best.n_tokens == pytest.approx(at["n_tokens"], rel=1e-3)
    assert best.loss == pytest.approx(at["loss"], abs=1e-4)
    errors = fit.standard_errors
    for published in (REAL["published"], REAL["reference_bootstrap"]):
        for name, value in published["standard_error"].items():
            assert errors[name] == pytest.approx(value, rel=bound["bootstrap_se_rel"])
        assert errors["n_exponent"] == pytest.approx(published["n_exponent_se"], rel=bound["bootstrap_se_rel"])
    for name in CONSTANTS:
        low, high = fit.intervals[name]
        assert low < getattr(fit, name) < high


def test_published_constants_score_as_reported() -> None:
    """The objective is the sum of Huber's loss over the runs, evaluated apart from the fit."""

    n, d, loss = real_runs()

    def score(fit: ParametricFit) -> float:
        r = np.abs(np.log(fit.loss(n, d)) - np.log(loss))
        return float(np.where(r < 1e-3, r**2 / 2, 1e-3 * (r - 5e-4)).sum())

    cases = {case["name"]: case["params"] for case in GOLDEN["optimum_cases"]}
    for name, want in (("paper_rounded", 0.0041210), ("paper_unrounded", 0.0012312)):
        assert score(ParametricFit.from_constants(**cases[name])) == pytest.approx(want, abs=1e-7)
    fit = fit_parametric(n, d, loss, outliers="keep")
    assert score(fit) == pytest.approx(fit.objective, rel=1e-9)


def test_all_245_runs() -> None:
    fit = fit_parametric(*real_runs(drop=0), outliers="keep")
    want = REAL["no_drop"]
    assert fit.objective == pytest.approx(want["objective"], rel=1e-6)
    for name in CONSTANTS:
        assert getattr(fit, name) == pytest.approx(want[name], rel=1e-4)


@settings(max_examples=25, deadline=None)
@given(
    st.floats(0.1, 3),
    st.floats(0.3, 3),
    st.floats(0.3, 3),
    st.floats(0.2, 0.8),
    st.floats(0.2, 0.8),
)
def test_planted_surfaces(e: float, a: float, b: float, alpha: float, beta: float) -> None:
    a, b = a * 1e8**alpha, b * 1e10**beta
    fit = fit_parametric(*grid(e, a, b, alpha, beta))
    assert fit.constants == pytest.approx((e, a, b, alpha, beta), rel=1e-5)
    assert fit.outliers == ()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_order_does_not_matter(seed: int) -> None:
    runs = grid(1.8, 480, 2100, 0.35, 0.37, noise=0.01)
    order = np.random.default_rng(seed).permutation(len(runs[0]))
    first = fit_parametric(*runs, bootstrap=20)
    second = fit_parametric(*(c[order] for c in runs), bootstrap=20)
    assert second.constants == pytest.approx(first.constants, rel=1e-9)
    assert second.intervals["E"] == pytest.approx(first.intervals["E"], rel=1e-9)
    assert sorted(order[list(second.outliers)]) == list(first.outliers)


def test_units_move_only_a_and_b() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37, noise=0.005)
    first, second = fit_parametric(n, d, loss), fit_parametric(n * 1e3, d * 1e3, loss)
    for name in ("E", "alpha", "beta"):
        assert getattr(second, name) == pytest.approx(getattr(first, name), rel=1e-8)
    assert second.A == pytest.approx(first.A * 1000**first.alpha, rel=1e-7)
    assert second.B == pytest.approx(first.B * 1000**first.beta, rel=1e-7)


def test_repeated_runs_are_all_kept() -> None:
    n, d, loss = (np.repeat(c, 2) for c in grid(1.8, 480, 2100, 0.35, 0.37))
    loss[::2] *= 1.001
    loss[1::2] /= 1.001
    fit = fit_parametric(n, d, loss)
    assert fit.n_runs == len(n)
    assert pytest.approx(1.8, rel=1e-2) == fit.E


def test_outliers_can_be_kept() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37, noise=0.001)
    loss[[3, 17]] *= 1.5
    dropped, kept = fit_parametric(n, d, loss), fit_parametric(n, d, loss, outliers="keep")
    assert dropped.outliers == (3, 17)
    assert kept.outliers == ()
    assert [o.index for o in kept.outlier_report] == [3, 17]
    assert kept.n_runs == dropped.n_runs + 2
    assert "limit" in kept.outlier_report[0].reason
    assert kept.outlier_report[0].residual == pytest.approx(math.log(1.5), abs=0.01)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 0.0, None])
def test_losses_that_are_none(value: float | None) -> None:
    n, d, loss = (list(c) for c in grid(1.8, 480, 2100, 0.35, 0.37))
    loss[4] = value
    fit = fit_parametric(n, d, loss, outliers="keep")
    assert fit.outliers == (4,)
    assert pytest.approx(1.8, rel=1e-6) == fit.E


def test_one_budget_is_enough_for_the_surface() -> None:
    n = np.geomspace(1e6, 1e10, 15)
    d = 1e20 / (6 * n)
    fit = fit_parametric(n, d, 1.8 + 480 * n**-0.35 + 2100 * d**-0.37)
    assert fit.constants == pytest.approx((1.8, 480, 2100, 0.35, 0.37), rel=1e-4)


def test_intervals_cover_the_truth() -> None:
    """Of 40 noisy sweeps, 95 % intervals miss the planted exponent a few times at most."""
    truth = 0.37 / 0.72
    misses = 0
    for seed in range(40):
        fit = fit_parametric(*grid(1.8, 480, 2100, 0.35, 0.37, noise=0.004, seed=seed), bootstrap=200, seed=seed)
        low, high = fit.intervals["n_exponent"]
        misses += not low <= truth <= high
    assert misses <= 8


def test_intervals_of_the_optimum() -> None:
    runs = grid(1.8, 480, 2100, 0.35, 0.37, noise=0.004)
    fit = fit_parametric(*runs, bootstrap=300)
    best = fit.optimum(1e22)
    found = fit.optimum_intervals(1e22)
    assert list(found) == ["n_params", "n_tokens", "loss"]
    for name, (low, high) in found.items():
        assert low < getattr(best, name) < high
    narrow = fit.optimum_intervals(1e22, level=0.5)["loss"]
    assert found["loss"][0] < narrow[0] < narrow[1] < found["loss"][1]
    assert fit_parametric(*runs).intervals == {}
    assert fit_parametric(*runs, bootstrap=300).intervals == fit.intervals
    assert fit_parametric(*runs, bootstrap=300, seed=1).intervals != fit.intervals


def test_round_trip_is_exact() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37, noise=0.004)
    loss[3] = math.nan
    fit = fit_parametric(n, d, loss, bootstrap=50)
    again = ParametricFit.from_dict(json.loads(json.dumps(fit.to_dict())))
    assert again.constants == fit.constants
    assert again.optimum(1e21) == fit.optimum(1e21)
    assert again.optimum_intervals(1e21) == fit.optimum_intervals(1e21)
    assert again.outliers == fit.outliers == (3,)


def test_refusals() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37)
    with pytest.raises(TooFewRunsError, match=r"at least 5 runs.*4 usable"):
        fit_parametric(n[:4], d[:4], loss[:4])
    with pytest.raises(DegenerateDesignError, match="1 distinct model sizes"):
        fit_parametric(np.full_like(n, 1e8), np.geomspace(1e9, 1e11, len(n)), loss)
    with pytest.raises(DegenerateDesignError, match="2 distinct token counts"):
        fit_parametric(n, np.where(d > 1e10, 2e10, 1e9), loss)
    with pytest.raises(DegenerateDesignError, match="in step"):
        fit_parametric(n, 20 * n, loss)
    with pytest.raises(NotIdentifiableError, match="all 35 losses equal"):
        fit_parametric(n, d, np.full_like(loss, 2.5))
    with pytest.raises(NotIdentifiableError, match="parameters"):
        fit_parametric(n, d, 2 + 2100 * d**-0.37)
    with pytest.raises(NotIdentifiableError, match="tokens"):
        fit_parametric(n, d, 2 + 480 * n**-0.35)
    with pytest.raises(NotIdentifiableError):
        fit_parametric(n, d, 2 + 1e-3 * n**0.35 + 2100 * d**-0.37)
    for error in (TooFewRunsError, DegenerateDesignError, NotIdentifiableError):
        assert issubclass(error, FitError)
        assert issubclass(error, ValueError)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"huber_delta": 0}, "huber_delta"),
        ({"flops_per_param_token": -6}, "flops_per_param_token"),
        ({"outliers": "maybe"}, "'drop' or 'keep'"),
        ({"bootstrap": -1}, "bootstrap"),
    ],
)
def test_options_that_are_none(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_parametric(*grid(1.8, 480, 2100, 0.35, 0.37), **options)


def test_columns_that_do_not_match() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37)
    with pytest.raises(ValueError, match=r"n 35, d 34, loss 35"):
        fit_parametric(n, d[1:], loss)
    with pytest.raises(ValueError, match=r"n\[2\] is -1"):
        fit_parametric(np.r_[n[:2], -1, n[3:]], d, loss)
    with pytest.raises(ValueError, match="one-dimensional"):
        fit_parametric(n[None], d[None], loss[None])
    with pytest.raises(TypeError, match="loss must be a column of numbers"):
        fit_parametric(n, d, ["a"] * len(n))


def test_fits_are_silent() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_parametric(*grid(0.0, 480, 2100, 0.35, 0.37))
        fit_parametric(*grid(1.8, 480, 2100, 0.35, 0.37, noise=0.2), bootstrap=20)
