"""Approach 2: golden cases, flagged budgets, refusals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from flops_fit import FitWarning, NoInteriorMinimumError, TooFewBudgetsError, fit_parabola
from planted import GOLDEN, golden_columns, grid

CASES = [c for c in GOLDEN["fit_cases"] if c["kind"] == "isoflop"]


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_golden_cases(case: dict[str, Any]) -> None:
    fit = fit_parabola(*golden_columns(case))
    bound = case["tolerance"]["parabola"]
    assert abs(fit.n_exponent - case["expected"]["n_exponent"]) <= bound["n_exponent_abs"]
    assert fit.d_exponent == pytest.approx(fit.d_law.exponent_a, abs=1e-9)
    for want in case["expected"]["optima"]:
        n, d, loss = fit.optimum(want["compute"])
        assert n == pytest.approx(want["n_params"], rel=bound["n_params_rel"])
        assert n * d * 6 == pytest.approx(want["compute"], rel=1e-12)
        assert loss == pytest.approx(want["loss"], rel=0.02)
    assert len(fit.budgets) == len({run[0] for run in case["runs"]})
    for budget, compute in zip(fit.budgets, sorted({run[0] for run in case["runs"]}), strict=True):
        assert budget.compute == pytest.approx(compute, rel=1e-3)


def test_vertices_are_those_of_numpy() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37)
    fit = fit_parabola(n, d, loss)
    for budget in fit.budgets:
        runs = list(budget.indices)
        c2, c1, _ = np.polyfit(np.log(n[runs]), loss[runs], 2)
        assert budget.n_params == pytest.approx(math.exp(-c1 / (2 * c2)), rel=1e-6)
        assert budget.n_params * budget.n_tokens * 6 == pytest.approx(budget.compute, rel=1e-12)


def test_a_monotone_budget_is_flagged() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37)
    first = (6 * n * d) < 1.1e17
    loss[first] = 4 - 0.1 * np.log(n[first] / 1e7)
    fit = fit_parabola(n, d, loss, outliers="keep")
    assert [b.flag for b in fit.flagged] == ["edge-of-grid"]
    assert fit.flagged[0].compute == pytest.approx(1e17)
    # What is left is the fit without that budget.
    rest = fit_parabola(n[~first], d[~first], loss[~first], outliers="keep")
    assert fit.optimum(1e20) == rest.optimum(1e20)


def test_convex_but_falling_budgets_are_at_the_edge() -> None:
    n, d, _ = grid(1.8, 480, 2100, 0.35, 0.37)
    d = 1e4 * d  # budgets whose optima are all larger than the largest model
    with pytest.raises(NoInteriorMinimumError, match="edge-of-grid"):
        fit_parabola(n, d, 1.8 + 480 * n**-0.35 + 2100 * d**-0.37)


def test_a_budget_that_opens_downward() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37)
    last = (6 * n * d) > 0.9e20
    loss[last] = 2.2 - 0.01 * np.log(n[last] / 1e8) ** 2
    fit = fit_parabola(n, d, loss, outliers="keep")
    assert [b.flag for b in fit.flagged] == ["no-minimum"]
    assert not fit.flagged[0].usable


def test_one_budget_is_refused() -> None:
    n = np.geomspace(1e7, 1e9, 7)
    d = 1e18 / 6 / n
    with pytest.raises(TooFewBudgetsError, match="1 distinct compute budget;"):
        fit_parabola(n, d, 1.8 + 480 * n**-0.35 + 2100 * d**-0.37)


def test_two_budgets_give_a_line_without_interval() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37)
    two = (6 * n * d) < 1e18
    with pytest.warns(FitWarning, match="2 optima are exact"):
        fit = fit_parabola(n[two], d[two], loss[two])
    assert fit.n_law.a_ci is None
    for budget in fit.budgets:
        assert fit.optimum(budget.compute).n_params == pytest.approx(budget.n_params, rel=1e-9)


def test_too_few_sizes() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37)
    compute = 6 * n * d
    keep = (compute > 1.1e17) | (n < 3e7)
    fit = fit_parabola(n[keep], d[keep], loss[keep])
    assert [b.flag for b in fit.flagged] == ["too-few-sizes"]


def test_budgets_can_be_named() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37)
    compute = 6 * n * d
    wobbly = d * np.exp(np.random.default_rng(0).uniform(-0.05, 0.05, len(d)))
    assert len(fit_parabola(n, wobbly, loss, compute=compute).budgets) == 5
    with pytest.raises(ValueError, match="one positive budget for each run"):
        fit_parabola(n, d, loss, compute=compute[1:])


def test_intervals() -> None:
    runs = grid(1.8, 480, 2100, 0.35, 0.37, noise=0.003)
    fit = fit_parabola(*runs, bootstrap=400)
    low, high = fit.intervals["n_exponent"]
    assert low < fit.n_exponent < high
    assert fit.intervals["d_exponent"] == pytest.approx((1 - high, 1 - low))
    low, high = fit.optimum_intervals(1e19)["n_params"]
    assert low < fit.optimum(1e19).n_params < high
    assert fit_parabola(*runs).intervals == {}
    assert fit_parabola(*runs, bootstrap=400).intervals == fit.intervals


def test_diverged_runs_are_left_out() -> None:
    n, d, loss = grid(1.8, 480, 2100, 0.35, 0.37, noise=0.001)
    clean = fit_parabola(n, d, loss)
    loss[3], loss[10] = 9.0, math.nan
    fit = fit_parabola(n, d, loss)
    assert fit.outliers == (3, 10)
    assert fit.n_exponent == pytest.approx(clean.n_exponent, abs=0.01)
    kept = fit_parabola(n, d, loss, outliers="keep")
    assert kept.outliers == (10,)
    assert [o.removed for o in kept.outlier_report] == [False, True]
