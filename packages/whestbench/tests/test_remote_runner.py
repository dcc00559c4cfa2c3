"""The remote runner: an estimator without NumPy, in front of a flopscope server."""

from __future__ import annotations

import pytest

from whestbench.runner import LocalRunner, RemoteRunner

from .test_runners import score

_ESTIMATOR = """
import os, sys
import flopscope as flops
import flopscope.numpy as fnp
from whestbench import BaseEstimator

class Estimator(BaseEstimator):
    def setup(self, ctx):
        self.scale = fnp.ones(ctx.width) / 2.0

    def predict(self, mlp, budget):
        if not os.path.exists(MARK):
            open(MARK, "w").close()
            BODY
        mean, answer = fnp.zeros(5), []
        for w in mlp.weights:
            mean = fnp.maximum(mean @ w + 0.25, 0.0)
            answer.append(mean * self.scale)
        return fnp.stack(answer)
"""


@pytest.fixture
def estimator(tmp_path):
    """Write an estimator that misbehaves on the first network."""

    def write(body="pass"):
        text = _ESTIMATOR.replace("MARK", repr(str(tmp_path / "mark")))
        path = tmp_path / "estimator.py"
        path.write_text(
            text.replace("BODY", body.replace("\n", "\n            ")), encoding="utf-8"
        )
        return path

    return write


def test_scores_are_those_of_the_local_runner(estimator):
    path = estimator()
    remote, local = score(RemoteRunner(), path), score(LocalRunner(), path)
    keys = ("flops_used", "final_layer_mse", "all_layers_mse")
    for ours, theirs in zip(remote["per_mlp"], local["per_mlp"], strict=True):
        assert [ours[k] for k in keys] == pytest.approx([theirs[k] for k in keys])
        parts = ("flopscope_backend_time_s", "flopscope_overhead_time_s", "residual_wall_time_s")
        assert sum(ours[p] for p in parts) == pytest.approx(ours["wall_time_s"])
        assert ours["flopscope_backend_time_s"] > 0.0


# What `predict` does on one network after another, and what the report says of it.
_OUTCOMES = {
    "assert 'numpy' not in sys.modules": None,
    "raise RuntimeError('mine')": "PREDICT_ERROR",
    "return [1.0]": "ESTIMATOR_BAD_SHAPE",
    "return fnp.zeros((5, 2))": "ESTIMATOR_BAD_SHAPE",
    "return fnp.ones((2, 5)) / 0.0": "ESTIMATOR_NON_FINITE",
    "return fnp.fromfunction(lambda i, j: i + j, (2, 5))": "PREDICT_ERROR",
    "os._exit(3)": "WORKER_EOF",
    "pass": None,
}


def test_outcomes(tmp_path):
    count = str(tmp_path / "count")
    cases = "\n".join(
        f"            if at == {at}: {body}" for at, body in enumerate(_OUTCOMES)
    ).lstrip()
    body = f"with open({count!r}, 'a+') as f: f.write('x'); at = f.tell() - 1"
    text = _ESTIMATOR.replace("if not os.path.exists(MARK):", "if True:")
    text = text.replace('open(MARK, "w").close()', body).replace("BODY", cases)
    path = tmp_path / "estimator.py"
    path.write_text(text, encoding="utf-8")
    rows = score(RemoteRunner(echo=False), path, n_mlps=len(_OUTCOMES))["per_mlp"]
    assert [row.get("error_code") for row in rows] == list(_OUTCOMES.values())


def test_what_was_spent_before_the_budget_was_hit(estimator):
    path = estimator("x = fnp.ones(100)\nwhile True: x = x + 1.0")
    for runner in (RemoteRunner(), LocalRunner()):
        (path.parent / "mark").unlink(missing_ok=True)
        row = score(runner, path, n_mlps=1, flop_budget=12_345)["per_mlp"][0]
        assert row["budget_exhausted"]
        assert row["flops_used"] == 12_300


def test_a_hang_costs_one_network(estimator):
    path = estimator("import time\ntime.sleep(60)")
    failed, fine = score(RemoteRunner(), path, wall_time_limit_s=1.0)["per_mlp"]
    assert failed["time_exhausted"]
    assert not fine["time_exhausted"]


@pytest.mark.parametrize(
    "body",
    [
        # A second budget, for work that is not counted against the first.
        "flops.budget(10**12)(lambda: fnp.exp(fnp.ones(1000)))()",
        # The open one closed, and another opened, perhaps with a guessed token.
        "from flopscope.remote.client import state\nstate.connection.finish(None)\n"
        "state.connection.open(10**15, None, '0' * 64)\nfnp.exp(fnp.ones(1000))",
    ],
)
def test_no_second_budget(estimator, body):
    failed, fine = score(RemoteRunner(echo=False), estimator(body))["per_mlp"]
    assert failed["error_code"] == "PREDICT_ERROR"
    assert "error_code" not in fine


def test_figures_are_the_servers(estimator):
    path = estimator(
        "x = fnp.exp(fnp.ones(100))\n"
        "from flopscope.remote.client import budget, state\n"
        "budget.BudgetContext.flops_used = 0\n"
        "budget.BudgetContext.residual_wall_time_s = -5.0\n"
        "return fnp.zeros((2, 5)) + x[0]"
    )
    row = score(RemoteRunner(), path, n_mlps=1)["per_mlp"][0]
    assert row["flops_used"] == 1600 + 10
    assert row["residual_wall_time_s"] >= 0.0
