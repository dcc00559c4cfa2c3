"""Comparisons, sweeps, and the profile of the simulation."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from whestbench.comparison import compare_scores

from .conftest import SMALL

SCORES = st.lists(st.floats(1e-6, 1.0), min_size=3, max_size=30)


@given(SCORES, st.data())
def test_interval_and_test_are_scipys(a, data):
    b = data.draw(st.lists(st.floats(1e-6, 1.0), min_size=len(a), max_size=len(a)))
    found = compare_scores(a, b, 0.9)
    difference = np.subtract(b, a)
    assert found.a_better + found.b_better + found.ties == found.n == len(a)
    if np.std(difference) < 1e-9:
        return
    want = stats.ttest_rel(b, a)
    interval = want.confidence_interval(0.9)
    assert found.low == pytest.approx(interval.low, abs=1e-12)
    assert found.high == pytest.approx(interval.high, abs=1e-12)
    assert found.p_value == pytest.approx(want.pvalue, abs=1e-9)
    decided = found.low > 0 or found.high < 0
    assert (found.verdict != "undecided") == decided


def test_equal_scores_and_bad_input():
    found = compare_scores([0.5, 0.25], [0.5, 0.25])
    assert (found.verdict, found.p_value, found.ties) == ("undecided", 1.0, 2)
    assert compare_scores([1.0, 2.0], [0.5, 1.5]).verdict == "b"
    with pytest.raises(ValueError, match="two or more"):
        compare_scores([1.0], [1.0])
    with pytest.raises(ValueError, match="confidence"):
        compare_scores([1.0, 2.0], [1.0, 2.0], 1.0)


@pytest.mark.parametrize("runner", ["local", "subprocess"])
def test_compare(whest, write_estimator, runner):
    good = write_estimator(
        "from whestbench.estimators import CovariancePropagationEstimator as C\n"
        "return C().predict(mlp, budget)",
        name="good",
    )
    bad = write_estimator("return fnp.zeros((mlp.depth, mlp.width))", name="bad")
    small = [*SMALL, "--n-mlps", 6, "--lambda-flops-per-second", 0, "--runner", runner]
    found = whest("compare", bad, good, *small, "--json").json
    assert found["paired"]["verdict"] == "b"
    assert found["paired"]["b_better"] == 6
    assert found["paired"]["high"] < 0
    assert len(found["a"]["scores"]) == len(found["mlp_names"]) == 6
    assert found["a"]["adjusted_final_layer_score"] > found["b"]["adjusted_final_layer_score"]
    mean = np.mean(np.subtract(found["b"]["scores"], found["a"]["scores"]))
    assert found["paired"]["mean_difference"] == pytest.approx(mean)
    plain = whest("compare", bad, good, *small)
    assert "b is better" in plain.out
    assert plain.err.count("sampling_ground_truth: 6/6") == 1  # one truth for both
    same = whest("compare", good, good, *small, "--json").json["paired"]
    assert (same["verdict"], same["ties"]) == ("undecided", 6)


def test_compare_looks_at_both_files_before_sampling(whest, write_estimator, tmp_path, monkeypatch):
    import whestbench.cli.scored as scored

    monkeypatch.setattr(scored, "make_contest", None)
    ran = whest("compare", write_estimator(), tmp_path / "no.py", *SMALL, "--json")
    assert (ran.status, ran.json["error"]["code"]) == (1, "SETUP_ERROR")
    one = whest("compare", write_estimator(), write_estimator(), *SMALL, "--n-mlps", 1)
    assert one.status == 1


def test_sweep(whest, write_estimator, tmp_path):
    path = write_estimator("return fnp.ones((mlp.depth, mlp.width)) + fnp.ones((2, 6))")
    picture = tmp_path / "sweep.png"
    arguments = [*SMALL, "--lambda-flops-per-second", 0, "--budgets", "10,24,100,1000"]
    ran = whest("sweep", "--estimator", path, *arguments, "--plot", picture, "--json")
    assert ran.status == 0
    points = ran.json["points"]
    assert [point["flop_budget"] for point in points] == [10, 24, 100, 1000]
    # Twelve FLOPs: too many for 10, half of 24, 0.12 of 100, below the floor of 1000.
    assert [point["failed"] for point in points] == [2, 0, 0, 0]
    assert [point["multiplier"] for point in points] == pytest.approx([1.0, 0.5, 0.12, 0.1])
    assert [point["at_floor"] for point in points] == [False, False, False, True]
    error = points[1]["final_layer_mse"]
    assert [point["score"] for point in points[1:]] == pytest.approx(
        [0.5 * error, 0.12 * error, 0.1 * error]
    )
    assert picture.read_bytes().startswith(b"\x89PNG")
    plain = whest("sweep", "--estimator", path, *arguments)
    assert plain.status == 0
    assert "floor: the multiplier is 0.1" in " ".join(plain.out.split())
    assert plain.err.count("sampling_ground_truth: 2/2") == 1
    ranged = whest("sweep", "--estimator", path, *SMALL, "--budgets", "1e3..1e5:3", "--json")
    assert [point["flop_budget"] for point in ranged.json["points"]] == [1000, 10000, 100000]


@pytest.mark.parametrize("budgets", ["x", "0", "-5,1", "1e3..", "1..2:1", ""])
def test_bad_budgets(whest, write_estimator, budgets):
    ran = whest("sweep", "--estimator", write_estimator(), "--budgets", budgets)
    assert ran.status == 2
    assert "--budgets" in ran.err


def test_profile_simulation(whest, tmp_path, monkeypatch):
    import whestbench.simulation_profile as profile

    monkeypatch.setitem(profile.PRESETS, "super-quick", ((16,), (2, 3), (500,)))
    target = tmp_path / "p.json"
    ran = whest("profile-simulation", "--preset", "super-quick", "--output", target, "--json")
    assert ran.status == 0
    timings = ran.json["timings"]
    assert {row["operation"] for row in timings} == {
        "run_mlp",
        "sample_layer_statistics",
        "layer_statistics",
    }
    assert len(timings) == 6
    assert all(len(row["times_s"]) == 3 and row["median_s"] > 0 for row in timings)
    assert ran.json["correctness"]["ok"]
    assert json.loads(target.read_text(encoding="utf-8"))["preset"] == "super-quick"
    plain = whest("profile-simulation", "--preset", "super-quick", "--verbose", "--log-progress")
    assert "results are right" in plain.out
    assert "[profile] timing: 2/2" in plain.err


def test_presets():
    from whestbench.simulation_profile import PRESETS

    assert PRESETS == {
        "super-quick": ((256,), (4,), (10_000,)),
        "quick": ((256,), (4, 128), (10_000, 100_000)),
        "standard": ((64, 256), (4, 32, 128), (10_000, 100_000)),
        "exhaustive": ((64, 256), (4, 32, 128), (10_000, 100_000, 1_000_000)),
    }
