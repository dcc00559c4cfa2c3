"""Next runs: what is promised is what a refit finds, and no other run of the same cost does better."""

from __future__ import annotations

import numpy as np
import pytest

from flops_fit import FitError, Law, fit_parametric, propose_runs
from planted import grid

LAW = Law(1.8, 480, 2100, 0.35, 0.37)
NOISE = 0.004
TARGET = 1e23


def spread(runs: list[tuple[float, float]], repeats: int = 60) -> float:
    """Standard deviation of ln N* at the target over noise, with extra runs."""
    found = []
    for seed in range(repeats):
        n, d, loss = grid(*LAW.constants, noise=NOISE, seed=seed)
        rng = np.random.default_rng(1000 + seed)
        extra = np.array(runs, dtype=float).reshape(-1, 2)
        more = LAW.loss(extra[:, 0], extra[:, 1]) * np.exp(NOISE * rng.standard_normal(len(extra)))
        fit = fit_parametric(np.r_[n, extra[:, 0]], np.r_[d, extra[:, 1]], np.r_[loss, more], huber_delta=0.01)
        found.append(np.log(fit.optimum(TARGET).n_params))
    return float(np.std(found))


def test_proposals_shrink_the_spread_more_than_others_of_their_cost() -> None:
    fit = fit_parametric(*grid(*LAW.constants, noise=NOISE), huber_delta=0.01, bootstrap=500)
    proposals = propose_runs(fit, TARGET, max_flops=1e22, count=4, noise=NOISE, per_flop=False)
    advised = [(p.n_params, p.n_tokens) for p in proposals]
    # The naive choice: four more runs at the optimum of the same budgets.
    naive = [LAW.optimum(p.flops)[:2] for p in proposals]
    before, with_advice, with_naive = spread([]), spread(advised), spread(naive)
    assert with_advice < 0.9 * with_naive
    assert with_advice < 0.85 * before


def test_promises_are_consistent() -> None:
    fit = fit_parametric(*grid(*LAW.constants, noise=NOISE), bootstrap=300)
    proposals = propose_runs(fit, TARGET, max_flops=1e20, count=3)
    assert [p.sd_before for p in proposals[1:]] == pytest.approx([p.sd_after for p in proposals[:-1]])
    for p in proposals:
        assert p.sd_after < p.sd_before
        assert p.flops == pytest.approx(6 * p.n_params * p.n_tokens)
        assert p.flops <= 1e20 * 1.0001
        assert 0.4 < p.n_tokens / p.n_params < 1100
        assert p.gain_per_flop > 0
    # Ranked per FLOP, the first is at least as good per FLOP as the best regardless of cost.
    (best,) = propose_runs(fit, TARGET, max_flops=1e20, per_flop=False)
    assert proposals[0].gain_per_flop >= best.gain_per_flop
    assert best.sd_after <= proposals[0].sd_after


def test_refusals() -> None:
    runs = grid(*LAW.constants, noise=NOISE)
    with pytest.raises(FitError, match="bootstrap=200"):
        propose_runs(fit_parametric(*runs), TARGET, 1e20)
    fit = fit_parametric(*runs, bootstrap=50)
    for options, message in (
        ({"count": 0}, "count and max_flops"),
        ({"noise": 0.0}, "noise must be positive"),
        ({"tokens_per_param": (5.0, 1.0)}, "least, most"),
    ):
        with pytest.raises(ValueError, match=message):
            propose_runs(fit, TARGET, 1e20, **options)  # type: ignore[arg-type]
