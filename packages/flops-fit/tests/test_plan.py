"""Requirement V1: iso-FLOP plans."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flops_fit import (
    DatasetTooSmallWarning,
    Law,
    PlanError,
    PlanOptions,
    SweepPlan,
    SweepPlanner,
    estimate_model_flops,
    find_optimal,
    plan_sweep,
)
from planted import GOLDEN


class Transformer:
    """Parameters of a transformer of this width: quadratic, with a linear part."""

    built: list[int] = []  # noqa: RUF012

    def __init__(self, width: int, depth: int = 4, step: int = 1) -> None:
        if width % step:
            raise ValueError(f"{width} is no multiple of {step}")
        Transformer.built.append(width)
        self.width, self.depth = width, depth

    def num_params(self) -> int:
        return 12 * self.depth * self.width**2 + 300 * self.width


class Tiny(Transformer):
    """As few parameters as the size."""

    def num_params(self) -> int:
        return self.width


budget_lists = st.lists(st.floats(1e12, 1e22), min_size=1, max_size=4, unique=True)


@settings(max_examples=40, deadline=None)
@given(budget_lists, st.sampled_from([1.0, 2.0, 6.0, 7.3]), st.integers(3, 12))
@example([1e12, 1e12 + 1], 1.0, 3)  # so close that they train the same runs
def test_every_run_spends_its_budget(budgets: list[float], k: float, runs: int) -> None:
    plan = plan_sweep(Transformer, "width", compute_budgets=budgets, flops_per_param_token=k, runs_per_budget=runs)
    assert plan.compute_budgets == sorted(budgets)
    for compute in plan.compute_budgets:
        grid = [e for e in plan.experiments if e.compute_budget == compute]
        assert 3 <= len(grid) <= runs
        sizes = [e.size_param_value for e in grid]
        assert sizes == sorted(set(sizes))
        for e in grid:
            assert e.num_params == Transformer(e.size_param_value).num_params()
            assert abs(k * e.num_params * e.num_tokens - compute) <= k * e.num_params
            assert e.num_tokens >= e.num_params / 10 - 1
            assert e.tokens_per_param == e.num_tokens / e.num_params
    assert plan.total_flops <= sum(budgets) * runs
    assert plan.num_experiments == len(plan.experiments) == len({e.experiment_id for e in plan.experiments})


@pytest.mark.parametrize("case", GOLDEN["optimum_cases"], ids=lambda c: c["name"])
def test_grids_bracket_planted_optima(case: dict[str, Any]) -> None:
    """Tokens per parameter from 0.3 to 1,200 are inside of the default window."""
    law = Law(**case["params"], flops_per_param_token=case["flops_per_param_token"])
    budgets = [o["compute"] for o in case["optima"]]
    plan = plan_sweep(
        Tiny, "width", compute_budgets=budgets, flops_per_param_token=law.flops_per_param_token, max_size=1 << 40
    )
    for compute in budgets:
        grid = [e.num_params for e in plan.experiments if e.compute_budget == compute]
        if max(grid) > 1_000_000:  # the largest legal size
            continue
        best, ratio = law.optimum(compute).n_params, compute / 6 / law.optimum(compute).n_params ** 2
        if 0.5 < ratio < 1200:
            assert grid[0] < best < grid[-1]


def test_the_prior_centres_the_grid() -> None:
    for prior in (1.0, 20.0, 300.0):
        plan = plan_sweep(
            Transformer, "width", compute_budgets=[1e19], tokens_per_param=prior, half_width=3.0, granularity=8
        )
        centre = math.sqrt(1e19 / 6 / prior)
        first, last = plan.experiments[0].num_params, plan.experiments[-1].num_params
        assert first == pytest.approx(centre / 3, rel=0.05)
        assert last == pytest.approx(centre * 3, rel=0.05)


def test_sizes_are_multiples_of_the_granularity() -> None:
    for granularity in (64, 10, 1):
        plan = plan_sweep(Transformer, "width", compute_budgets=[1e18, 1e20], granularity=granularity)
        assert all(e.size_param_value % granularity == 0 for e in plan.experiments)
    automatic = plan_sweep(Transformer, "width", compute_budgets=[1e21])
    assert all(e.size_param_value % 64 == 0 for e in automatic.experiments)
    # Budgets whose models are narrower than 64 take a finer grid by themselves.
    assert min(e.size_param_value for e in plan_sweep(Transformer, "width", compute_budgets=[1e13]).experiments) < 64


def test_illegal_sizes_are_skipped() -> None:
    plan = plan_sweep(Transformer, "width", {"step": 48}, compute_budgets=[1e18, 1e19])
    assert all(e.size_param_value % 48 == 0 for e in plan.experiments)
    assert plan.num_experiments >= 10


def test_giants_are_not_built() -> None:
    Transformer.built.clear()
    plan = plan_sweep(Transformer, "width", compute_budgets=[1e22])
    assert plan.experiments[-1].num_params > 1e10
    assert max(Transformer.built) < 1500
    last = plan.experiments[-1]
    assert last.num_params == Transformer(last.size_param_value).num_params()


def test_growth_that_is_no_polynomial_is_not_guessed() -> None:
    class Steps(Transformer):
        def num_params(self) -> int:
            return int(self.width**2 * (1000 + 300 * math.sin(self.width)))

    with pytest.raises(PlanError, match=r"no cubic of it|must scale the model"):
        plan_sweep(Steps, "width", compute_budgets=[1e22])


def test_sizes_that_do_not_scale() -> None:
    class Constant(Transformer):
        def num_params(self) -> int:
            return 1000

    with pytest.raises(PlanError, match="must scale the model"):
        plan_sweep(Constant, "width", compute_budgets=[1e15])


def test_infeasible_budgets_are_left_out() -> None:
    with pytest.warns(UserWarning, match=r"feasible at 5 FLOPs; the budget is left out"):
        plan = plan_sweep(Transformer, "width", compute_budgets=[5, 1e18])
    assert {e.compute_budget for e in plan.experiments} == {1e18}
    assert "nothing feasible" in plan.summary()
    with pytest.raises(PlanError, match="no budget has a feasible run"), pytest.warns(UserWarning, match="left out"):
        plan_sweep(Transformer, "width", compute_budgets=[5])


@pytest.mark.parametrize("budgets", [[], [0], [-1e18], [math.nan], [1e18, math.inf], "abc", 1e18, ["x"]])
def test_budgets_that_are_none(budgets: Any) -> None:
    with pytest.raises(ValueError, match="compute"):
        plan_sweep(Transformer, "width", compute_budgets=budgets)


@pytest.mark.parametrize(
    "options",
    [
        {"runs_per_budget": 2},
        {"half_width": 1.0},
        {"tokens_per_param": 0},
        {"granularity": 0},
        {"min_size": 10, "max_size": 5},
    ],
)
def test_options_that_are_none(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options)).split("_")[-1]):
        PlanOptions(**options)


def test_ids_come_from_the_content() -> None:
    def ids(**changed: Any) -> set[str]:
        given = {"compute_budgets": [1e18], "model_kwargs": {"depth": 4}, **changed}
        return {e.experiment_id for e in plan_sweep(Transformer, "width", **given).experiments}

    assert ids() == ids()
    assert ids() & ids(compute_budgets=[1e19, 1e18]) == ids()
    for change in ({"model_kwargs": {"depth": 5}}, {"flops_per_param_token": 2.0}, {"compute_budgets": [1.01e18]}):
        assert not ids() & ids(**change)


def test_data_is_checked_against_the_plan() -> None:
    planner = SweepPlanner(Transformer, "width")
    most = max(e.num_tokens for e in planner.plan([1e18]).experiments)
    planner.plan([1e18], dataset_tokens=most)
    with pytest.warns(DatasetTooSmallWarning, match=rf"of 7 runs need more.*up to {most:,} \(4 epochs\)"):
        planner.plan([1e18], dataset_tokens=most / 4)
    strict = SweepPlanner(Transformer, "width", options=PlanOptions(max_epochs=2))
    with pytest.raises(PlanError, match=r"4 epochs of .* max_epochs allows 2"):
        strict.plan([1e18], dataset_tokens=most / 4)


def test_cost() -> None:
    plan = plan_sweep(Transformer, "width", compute_budgets=[1e18, 1e19])
    assert plan.total_flops == pytest.approx(7 * 1.1e19, rel=1e-6)
    each = [estimate_model_flops(e.num_params, e.num_tokens) for e in plan.experiments]
    assert plan.total_flops == pytest.approx(sum(each), rel=1e-12)
    assert plan.estimate_seconds(lambda n: 6 * n / 1e15) == pytest.approx(plan.total_flops / 1e15)
    assert "14 runs, 7.7e+19 FLOPs" in plan.summary()


def test_round_trip() -> None:
    plan = plan_sweep(Transformer, "width", {"depth": 3}, compute_budgets=[1e18])
    assert SweepPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_find_optimal_without_training_is_a_plan() -> None:
    for options in ({"train": False}, {}):
        plan = find_optimal(Transformer, "width", compute_budgets=[1e19, 1e18], **options)  # type: ignore[arg-type]
        assert isinstance(plan, SweepPlan)
        assert plan.model_cls_name == "Transformer"
        assert (plan.size_param, plan.compute_budgets) == ("width", [1e18, 1e19])
