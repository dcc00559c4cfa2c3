"""Scores digit for digit, and every rule of failure."""

from __future__ import annotations

import time

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp
import whestbench
from flopscope.errors import BudgetExhaustedError, TimeExhaustedError
from whestbench import MLP, BaseEstimator
from whestbench.report import build_report, error_object
from whestbench.scoring import (
    ContestData,
    ContestSpec,
    evaluate_estimator,
    make_contest,
    validate_predictions,
)
from whestbench.scoring.measure import metered_predict

TRUTH = np.array([[0.5, 0.25], [1.0, 0.5]], np.float32)
ANSWER = np.array([[0.5, 0.25], [0.75, 0.5]], np.float32)


def contest(n_mlps, **changes):
    """`n_mlps` networks of width and depth 2 with the truth of the worked example."""
    fields = {"flop_budget": int(6.8e10), "ground_truth_samples": 100, **changes}
    mlps = [MLP(2, 2, [fnp.zeros((2, 2))] * 2, seed=i, name=f"n-{i}") for i in range(n_mlps)]
    return ContestData(
        spec=ContestSpec(2, 2, n_mlps, **fields),
        mlps=mlps,
        all_layer_targets=[TRUTH] * n_mlps,
        final_targets=[TRUTH[-1]] * n_mlps,
        avg_variances=[1.0] * n_mlps,
    )


class Stated:
    """Answers right, and states the figures it was given."""

    def __init__(self, *figures):
        self.figures = list(figures)
        self.position = -1

    def predict(self, mlp, budget):
        self.position += 1
        return ANSWER

    def last_predict_stats(self):
        flops_used, residual = self.figures[self.position]
        return {
            "flops_used": flops_used,
            "wall_time_s": residual,
            "flopscope_backend_time_s": 0.0,
            "flopscope_overhead_time_s": 0.0,
            "residual_wall_time_s": residual,
            "budget_breakdown": None,
        }


class Calls:
    """An estimator made of a function."""

    def __init__(self, function):
        self.predict = lambda mlp, budget: function(mlp)


def test_the_worked_example_digit_for_digit():
    estimator = Stated((2e9, 0.01), (3e10, 0.04), (6e10, 0.1), (1000, 0.0))
    scored = []
    with pytest.warns(whestbench.CombinedBudgetExhaustionWarning):
        results = evaluate_estimator(estimator, contest(4), scored.append)
    rows = results["per_mlp"]
    assert scored == rows
    column = {key: [row[key] for row in rows] for key in rows[0]}
    assert column["effective_compute"] == [3.0e9, 3.4e10, 7.0e10, 1000.0]
    assert column["final_layer_mse"] == [0.03125, 0.03125, 0.625, 0.03125]
    assert column["all_layers_mse"] == [0.015625, 0.015625, 0.390625, 0.015625]
    assert column["adjusted_final_layer_score"] == [0.003125, 0.015625, 0.625, 0.003125]
    assert column["combined_budget_exhausted"] == [False, False, True, False]
    assert results["adjusted_final_layer_score"] == 0.16171875000000002
    assert results["final_layer_mse"] == 0.1796875
    assert results["all_layers_mse"] == 0.109375
    assert results["per_layer_mse"] == [0.0390625, 0.1796875]
    assert results["best_mlp_adjusted_final_layer_score"] == 0.003125
    assert results["worst_mlp_adjusted_final_layer_score"] == 0.625
    assert results["mean_score_multiplier"] == 0.425
    assert results["mean_compute_utilization"] == 0.393382356617647
    assert results["mean_effective_compute"] == 26750000250.0
    assert results["n_failed_mlps"] == 1
    assert results["failure_breakdown"] == {
        "budget_exhausted": 0,
        "time_exhausted": 0,
        "residual_wall_time_exhausted": 0,
        "combined_budget_exhausted": 1,
        "error": 0,
    }


def test_exactly_the_budget_is_no_failure():
    results = evaluate_estimator(Stated((6.8e10, 0.0)), contest(1))
    assert results["n_failed_mlps"] == 0
    assert results["adjusted_final_layer_score"] == results["final_layer_mse"] == 0.03125


def test_a_rate_of_zero_charges_no_time():
    results = evaluate_estimator(Stated((1000, 50.0)), contest(1, lambda_flops_per_second=0.0))
    assert results["per_mlp"][0]["effective_compute"] == 1000.0
    assert results["n_failed_mlps"] == 0


def one(estimator, **changes):
    return evaluate_estimator(estimator, contest(1, **changes))["per_mlp"][0]


def test_flop_limit_keeps_what_was_spent():
    def predict(mlp):
        x = fnp.ones(100) + 1.0
        while True:
            x = x + 1.0

    with pytest.warns(whestbench.BudgetExhaustionWarning):
        row = one(Calls(predict), flop_budget=1050)
    assert row["budget_exhausted"]
    assert row["flops_used"] == 1000  # the refused addition is not in it
    assert row["final_layer_mse"] == row["adjusted_final_layer_score"] == 0.625
    assert (
        row["breakdowns"]["estimator"]["by_namespace"]["estimator.estimator-client"]["flops_used"]
        == 1000
    )
    assert "error" not in row


def test_wall_limit_is_found_after_predict_too():
    def predict(mlp):
        time.sleep(0.05)
        return ANSWER

    with pytest.warns(whestbench.TimeExhaustionWarning):
        row = one(Calls(predict), wall_time_limit_s=0.01)
    assert row["time_exhausted"]
    assert not row["combined_budget_exhausted"]
    assert row["wall_time_s"] >= 0.05
    assert row["effective_compute"] >= 0.04e11


def test_residual_limit_comes_before_the_combined_budget():
    with pytest.warns(whestbench.ResidualWallTimeExhaustionWarning):
        row = one(Stated((7e10, 0.5)), residual_wall_time_limit_s=0.4)
    assert row["residual_wall_time_exhausted"]
    assert not row["combined_budget_exhausted"]


def test_limits_raised_inside_predict_are_limits():
    def spent(mlp):
        raise BudgetExhaustedError("add", flop_cost=10, flops_remaining=5)

    def late(mlp):
        raise TimeExhaustedError("add", elapsed_s=2.0, limit_s=1.0)

    with pytest.warns(whestbench.BudgetExhaustionWarning):
        assert one(Calls(spent))["budget_exhausted"]
    with pytest.warns(whestbench.TimeExhaustionWarning):
        assert one(Calls(late))["time_exhausted"]


@pytest.mark.parametrize(
    ("answer", "code", "got", "hint"),
    [
        (np.zeros((2, 3)), "ESTIMATOR_BAD_SHAPE", [2, 3], "mlp.depth, mlp.width"),
        (np.zeros(2), "ESTIMATOR_BAD_SHAPE", [2], "one row per layer"),
        (np.zeros((3, 2)), "ESTIMATOR_BAD_SHAPE", [3, 2], "one row per layer"),
        (np.array([["a", "b"]] * 2), "ESTIMATOR_BAD_SHAPE", [2, 2], "floats"),
        (np.zeros((2, 2), complex), "ESTIMATOR_BAD_SHAPE", [2, 2], "floats"),
        (None, "ESTIMATOR_BAD_SHAPE", None, "return one array"),
        ([[0, 0], [0, 0]], "ESTIMATOR_BAD_SHAPE", None, "return one array"),
        (np.array([[0, np.nan], [0, 0]]), "ESTIMATOR_NON_FINITE", [2, 2], "variances"),
        (np.array([[0, 0], [np.inf, 0]]), "ESTIMATOR_NON_FINITE", [2, 2], "variances"),
    ],
)
def test_wrong_answers_score_as_zeros(answer, code, got, hint):
    row = one(Calls(lambda mlp: answer))
    assert row["error_code"] == code
    assert row["error"]["details"]["expected_shape"] == [2, 2]
    assert row["error"]["details"]["got_shape"] == got
    assert hint in row["error"]["details"]["hint"]
    assert row["error"]["details"]["cause_hints"]
    assert row["adjusted_final_layer_score"] == 0.625
    assert (row["flops_used"], row["effective_compute"], row["wall_time_s"]) == (0, 0.0, 0.0)


def test_overflow_of_float32_is_not_finite():
    with np.errstate(over="ignore"):
        row = one(Calls(lambda mlp: np.full((2, 2), 1e300)))
    assert row["error_code"] == "ESTIMATOR_NON_FINITE"


def test_transposed_answers_get_their_own_hint():
    with pytest.raises(ValueError, match=r"return its \.T") as caught:
        validate_predictions(np.zeros((4, 3)), 3, 4)
    assert "transposed" in caught.value.details["cause_hints"][0]


def boom(mlp):
    fnp.ones(10) + 1.0
    raise KeyError("boom")


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (boom, "SCORING_RUNTIME_ERROR"),
        (lambda mlp: int("x"), "SCORING_VALIDATION_ERROR"),
        (lambda mlp: exit(3), "SCORING_RUNTIME_ERROR"),
    ],
)
def test_exceptions_are_recorded_with_nothing_spent_and_others_go_on(function, code):
    turns = iter([function, lambda mlp: ANSWER])
    results = evaluate_estimator(Calls(lambda mlp: next(turns)(mlp)), contest(2))
    bad, good = results["per_mlp"]
    assert bad["error_code"] == code
    assert "Traceback" in bad["traceback"]
    assert (bad["flops_used"], bad["effective_compute"], bad["residual_wall_time_s"]) == (0, 0, 0)
    assert bad["adjusted_final_layer_score"] == 0.625
    assert good["final_layer_mse"] == 0.03125
    assert results["failure_breakdown"]["error"] == results["n_failed_mlps"] == 1


def test_fail_fast_lets_the_first_exception_through():
    with pytest.raises(KeyError, match="boom"):
        evaluate_estimator(Calls(boom), contest(2), fail_fast=True)
    with pytest.raises(KeyboardInterrupt):
        evaluate_estimator(Calls(lambda mlp: (_ for _ in ()).throw(KeyboardInterrupt)), contest(1))


def test_work_of_a_lazy_answer_is_billed():
    class Lazy:
        shape = (2, 2)

        def __array__(self, dtype=None, copy=None):
            return np.asarray(fnp.full((2, 2), 0.5) + fnp.ones((2, 2)), dtype)

    row = one(Calls(lambda mlp: Lazy()))
    assert row["flops_used"] >= 4
    assert row["final_layer_mse"] == pytest.approx((0.5**2 + 1.0**2) / 2)


def test_timing_identity_and_namespaces():
    import flopscope as flops

    class Named(BaseEstimator):
        def predict(self, mlp, budget):
            with flops.namespace("inner"):
                fnp.ones(50) + 1.0
            return fnp.asarray(ANSWER) + 0.0

    results = evaluate_estimator(Named(), contest(3))
    for row in results["per_mlp"]:
        parts = ("flopscope_backend_time_s", "flopscope_overhead_time_s", "residual_wall_time_s")
        assert sum(row[part] for part in parts) == pytest.approx(row["wall_time_s"], abs=1e-6)
    total = results["breakdowns"]["estimator"]
    assert total["flops_used"] == 3 * (50 + 4)
    spaces = {name: space["flops_used"] for name, space in total["by_namespace"].items()}
    assert spaces == {"estimator.inner": 150, "estimator.estimator-client": 12}
    assert total["by_namespace"]["estimator.inner"]["operations"]["add"]["calls"] == 3


def test_the_truth_scores_zero_and_sampling_is_in_the_breakdown():
    data = make_contest(ContestSpec(6, 3, 2, 10**9, 3000, seed=4))
    answers = iter(data.all_layer_targets)
    results = evaluate_estimator(Calls(lambda mlp: next(answers)), data)
    assert results["final_layer_mse"] == results["all_layers_mse"] == 0.0
    (label,) = results["breakdowns"]["sampling"]["by_namespace"]
    assert label == "sampling.sample_layer_statistics"
    assert results["breakdowns"]["sampling"]["flops_used"] > 2 * 3000 * 3 * 2 * 6 * 5


@pytest.mark.parametrize(
    "change",
    [
        {"width": 0},
        {"n_mlps": -1},
        {"flop_budget": 0},
        {"ground_truth_samples": 0},
        {"wall_time_limit_s": 0.0},
        {"residual_wall_time_limit_s": -1.0},
        {"lambda_flops_per_second": -1.0},
        {"lambda_flops_per_second": float("nan")},
        {"memory_limit_mb": 0},
        {"seed": 1.5},
        {"seed": True},
    ],
)
def test_bad_specs_are_refused_by_name(change):
    fields = {"width": 2, "depth": 2, "n_mlps": 1, "flop_budget": 10, "ground_truth_samples": 10}
    ContestSpec(**fields).validate()
    (name,) = change
    with pytest.raises(ValueError, match=name):
        ContestSpec(**{**fields, **change}).validate()


def test_report_and_error_object():
    report = build_report(
        {"x": 1}, {"seed": 1}, started_at_utc="a", finished_at_utc="b", duration_s=2.0
    )
    assert report["schema_version"] == "1.1"
    assert report["mode"] == "agent"
    assert report["whestbench_version"] == whestbench.__version__ == "0.12.0"
    assert set(report["run_meta"]["host"]) == set(
        "hostname os os_release platform machine python_version cpu_brand cpu_count_logical "
        "cpu_count_physical ram_total_bytes ram_available_bytes numpy_version "
        "flopscope_version".split()
    )
    error = error_object("setup", "SETUP_ERROR", "no")
    assert error == {
        "ok": False,
        "error": {"stage": "setup", "code": "SETUP_ERROR", "message": "no"},
        "whestbench_version": "0.12.0",
    }


def test_the_scorer_leaves_no_trace_on_the_budget():
    """A budget notes where data leaves the meter; reading the answer is the scorer's doing."""

    class Means(BaseEstimator):
        def predict(self, mlp, budget):
            return fnp.stack([fnp.mean(w, axis=0) for w in mlp.weights])

    mlp = whestbench.sample_mlp(8, 3, seed=0)
    answer, stats, exhausted = metered_predict(Means(), mlp, 10**9, None)
    assert type(answer) is np.ndarray
    assert answer.dtype == np.float32
    assert exhausted is None
    assert "escapes" not in stats.budget_breakdown


def test_an_estimator_does_not_choose_its_prices():
    """`configure` is for budgets of one's own; those of the scorer keep the organiser's list."""

    class Thrifty(BaseEstimator):
        def predict(self, mlp, budget):
            return fnp.exp(fnp.zeros((3, 8), np.float32))

    mlp = whestbench.sample_mlp(8, 3, seed=0)
    before = metered_predict(Thrifty(), mlp, 10**9, None)[1].flops_used
    assert before >= 16 * 24
    flops.configure(cost_model=flops.cost_model("0.8").derive("free", weights={"exp": 0}))
    try:
        after = metered_predict(Thrifty(), mlp, 10**9, None)[1].flops_used
    finally:
        flops.configure(cost_model="0.8")
    assert after == before
