"""The built-in estimators: what they cost and how well they answer."""

from __future__ import annotations

import numpy as np
import pytest

import flopscope as flops
from whestbench import sample_mlp
from whestbench.estimators import (
    CombinedEstimator,
    CovariancePropagationEstimator,
    MeanPropagationEstimator,
)
from whestbench.truth import layer_statistics


def bill(estimator, mlp, budget=10**12):
    with flops.BudgetContext(budget, quiet=True) as context:
        answer = estimator.predict(mlp, budget)
    return context.flops_used, np.asarray(answer)


def test_the_hybrid_costs_what_is_published():
    used, answer = bill(CombinedEstimator(), sample_mlp(256, 32, 0), 272_000_000_000)
    assert used == pytest.approx(2_151_404_000, rel=5e-5)
    assert answer.shape == (32, 256)


def test_the_hybrid_chooses_by_budget():
    mlp = sample_mlp(16, 3, 0)
    threshold = 30 * 16**2
    for budget, same in (
        (threshold, CovariancePropagationEstimator()),
        (threshold - 1, MeanPropagationEstimator()),
    ):
        answer = np.asarray(CombinedEstimator().predict(mlp, budget))
        assert np.array_equal(answer, np.asarray(same.predict(mlp, budget)))


def test_covariances_answer_better_than_means_alone():
    errors = []
    for seed in range(3):
        mlp = sample_mlp(64, 6, seed)
        truth = layer_statistics(mlp, 40_000, seed).means
        errors += [
            np.mean((bill(estimator, mlp)[1] - truth)[-1] ** 2)
            for estimator in (MeanPropagationEstimator(), CovariancePropagationEstimator())
        ]
    assert np.mean(errors[1::2]) < 0.5 * np.mean(errors[0::2])
    assert np.mean(errors[1::2]) < 2e-3
