"""Price lists as values: found by name, derived, compared, chosen for budgets."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope as flops
import flopscope.numpy as fnp
from flopscope import _core
from flopscope.pricing.quotes import Quote, quote, quote_count


def _std_bill(**options: Any) -> int:
    with flops.BudgetContext(10**6, quiet=True, **options) as budget:
        fnp.std(fnp.ones(5))
    return budget.flops_used


def test_lists_that_ship() -> None:
    assert set(flops.cost_models()) >= {"0.5", "0.8", "0.8rc1"}
    for name in flops.cost_models():
        model = flops.cost_model(name)
        assert (model.name, model.base) == (name, "")
        assert model is flops.cost_model(name)
        assert model.summary
    assert flops.cost_model().name == "0.8"
    assert len({flops.cost_model(name).digest for name in flops.cost_models()}) == len(
        flops.cost_models()
    )
    with pytest.raises(ValueError, match=r"'0\.6'; there are 0\.8, 0\.5"):
        flops.cost_model("0.6")


def test_a_list_is_immutable() -> None:
    model = flops.cost_model("0.8")
    with pytest.raises(AttributeError, match="immutable"):
        model.name = "mine"  # type: ignore[misc]
    with pytest.raises(TypeError):
        model.weights["exp"] = 0  # type: ignore[index]
    with pytest.raises(TypeError, match="looked up"):
        flops.CostModel("0.8")


def test_chosen_for_a_budget() -> None:
    assert _std_bill() == 21
    assert _std_bill(cost_model="0.5") == 8
    assert _std_bill(cost_model=flops.cost_model("0.5")) == 8
    derived = flops.cost_model("0.8").derive("mine", weights={"std": 3})
    assert _std_bill(cost_model=derived) == 63
    budget = flops.BudgetContext(1, cost_model=derived)
    assert budget.cost_model == derived
    assert flops.budget(10, cost_model="0.5").cost_model is flops.cost_model("0.5")


@pytest.mark.parametrize(
    ("given_", "error"), [("0.9", ValueError), (0.8, TypeError), ([], TypeError)]
)
def test_no_such_list(given_: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="price list"):
        flops.BudgetContext(10, cost_model=given_)
    with pytest.raises(error, match="price list"):
        flops.BudgetContext(10, also=(given_,))
    before = flops.cost_model()
    with pytest.raises(error, match="price list"):
        flops.configure(cost_model=given_)
    assert flops.cost_model() == before


def test_chosen_by_configure() -> None:
    made_before = flops.BudgetContext(10**6, quiet=True)
    flops.configure(cost_model="0.5")
    try:
        assert _std_bill() == 8
        assert flops.cost_model().name == "0.5"
        assert made_before.cost_model.name == "0.8"
        assert flops.accounting.cholesky_cost(7) == 1372
        assert flops.explain("linalg.cholesky", shapes=(7, 7)).charged == 1372
    finally:
        flops.configure(cost_model="0.8")
    assert _std_bill() == 21


def _in_a_process(**environment: str) -> str:
    code = """
import flopscope as flops, flopscope.numpy as fnp
with flops.BudgetContext(10**6, quiet=True) as budget:
    fnp.std(fnp.ones(5)); fnp.exp(fnp.ones(5))
print(flops.cost_model().name, budget.flops_used)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_chosen_by_the_environment(tmp_path: Path) -> None:
    weights = tmp_path / "weights.json"
    weights.write_text(json.dumps({"weights": {"exp": 2}}), encoding="utf-8")
    assert _in_a_process() == "0.8 101"
    assert _in_a_process(FLOPSCOPE_COST_MODEL="0.5") == "0.5 88"
    assert _in_a_process(FLOPSCOPE_DISABLE_WEIGHTS="1") == "0.8 without weights 26"
    told = _in_a_process(FLOPSCOPE_WEIGHTS_FILE=str(weights))
    assert told == "0.8 with the weights of weights.json 31"
    told = _in_a_process(FLOPSCOPE_COST_MODEL="0.5", FLOPSCOPE_DISABLE_WEIGHTS="1")
    assert told == "0.5 without weights 9"
    assert "there are 0.8, 0.5" in _in_a_process(FLOPSCOPE_COST_MODEL="0.6")


def test_derived() -> None:
    base = flops.cost_model("0.8")
    mine = base.derive("mine", weights={"exp": 2.5, "power.outer": 3})
    assert (mine.name, mine.base) == ("mine", "0.8")
    assert mine.weights["exp"] == 2.5
    assert mine.weights["log"] == 16
    assert base.weights["exp"] == 16
    assert mine != base
    assert mine.digest != base.digest
    assert mine == base.derive("mine", weights={"exp": 2.5, "power.outer": 3})
    twice = mine.derive("twice", weights={"log": 1})
    assert (twice.weights["exp"], twice.weights["log"]) == (2.5, 1)
    assert pickle.loads(pickle.dumps(base)) is base
    for model in (mine, twice):
        again = pickle.loads(pickle.dumps(model))
        assert again == model
        assert again.quote("exp", unique=10).bill == 25


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": {"expp": 1}}, "did you mean 'exp'"),
        ({"weights": {"exp": -1}}, "finite number >= 0"),
        ({"weights": {"exp": float("nan")}}, "finite number >= 0"),
        ({"weights": {"exp": True}}, "finite number >= 0"),
        ({"rates": {"float32": 0.5}}, "has no rates"),
    ],
)
def test_bad_derivations(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        flops.cost_model("0.8").derive("mine", **options)


def test_names_of_derived_lists() -> None:
    for name in ("", "0.5", "0.8"):
        with pytest.raises(ValueError, match="name of its own"):
            flops.cost_model("0.8").derive(name)


def test_differences() -> None:
    changes = {c.op_name: c for c in flops.cost_model("0.8").diff("0.5")}
    assert "exp" not in changes
    std = changes["std"]
    assert std.before == "2*max(1, unique) + 2*A + O"
    assert std.after == "max(1, A - O) * 2"
    assert std.example == "unique = 12, A = 12, O = 3"
    assert std.bills == (2 * 12 + 2 * 12 + 3, (12 - 3) * 2)
    assert flops.cost_model("0.8").diff("0.8") == ()
    back = {c.op_name: c for c in flops.cost_model("0.5").diff("0.8")}
    assert back.keys() == changes.keys()
    assert back["std"].bills == std.bills[::-1]


def test_a_quote_names_its_facts() -> None:
    model = flops.cost_model("0.8")
    assert model.quote("linalg.cholesky", B=2, n=7) == Quote(228, 1.0, 1.0, 1.0, 228)
    assert model.quote("linalg.qr", B=1, m=3, n=4, mode="r").bill == 54
    assert model.quote("fft.fftn", batch=1, lengths=[2, 3]).bill == 5 * 6 * (1 + 2)
    with pytest.raises(TypeError, match="no fact 'm'; it has B, n"):
        model.quote("linalg.cholesky", m=3)
    with pytest.raises(ValueError, match="did you mean"):
        model.quote("linalg.choleski", n=3)


@given(st.integers(0, 2**80), st.sampled_from(["add", "exp", "linalg.svd"]))
def test_counts_of_any_size(count: int, op_name: str) -> None:
    told = quote_count(op_name, count)
    assert (told.count, told.bill) == (count, count * int(told.weight))


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_exact_beyond_64_bits(m: int, k: int, n: int) -> None:
    bill = quote("linalg.multi_dot", ([m, k, n], 0)).bill
    assert bill == max(1, 2 * m * k * n - m * n)


def test_a_fractional_weight_is_truncated_once() -> None:
    model = flops.cost_model("0.8").derive("half", weights={"exp": 0.3})
    assert [model.quote("exp", unique=n).bill for n in (1, 3, 4, 10)] == [0, 0, 1, 3]
    with flops.BudgetContext(100, quiet=True, cost_model=model) as budget:
        fnp.exp(fnp.ones(10))
    assert budget.flops_used == 3
    told = flops.explain("exp", shapes=(10,), cost_model=model)
    assert (told.flop_cost, told.weight, told.charged) == (10, 0.3, 3)


@pytest.mark.filterwarnings("ignore::flopscope.errors.RemoteCallbackWarning")
def test_names_that_turn_up_during_a_call() -> None:
    """A call in progress refers to its price, whatever names its callback charges."""

    def callback(x: Any) -> Any:
        for i in range(1000):
            budget.deduct(f"{id(budget)} {i}", flop_cost=1)
        return x

    with flops.BudgetContext(10**6, quiet=True, also=("0.5",)) as budget:
        fnp.piecewise(fnp.ones(5), [fnp.ones(5) > 0], [callback])
    assert budget.bills == {"0.8": 1025, "0.5": 1025}


def test_programs_do_not_replace_lists() -> None:
    with pytest.raises(TypeError, match="not for programs"):
        _core._set_default_cost_model(_core._cost_model("0.5"))
