"""Requirement V3: power laws of one variable, with and without an additive constant."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flops_fit import DegenerateDesignError, FitWarning, PowerLawFit, TooFewRunsError, fit_power_law

X = np.geomspace(1e17, 1e22, 20)


@settings(deadline=None)
@given(st.floats(-20, 20), st.floats(-2, 2))
def test_noise_free(log_k: float, a: float) -> None:
    law = fit_power_law(X, 10**log_k * X**a)
    assert law.coefficient_k == pytest.approx(10**log_k, rel=1e-6)
    assert law.exponent_a == pytest.approx(a, rel=1e-6, abs=1e-9)
    assert law.l_inf is None


@settings(deadline=None)
@given(st.floats(0.1, 3), st.floats(0.3, 10), st.floats(0.05, 0.5))
def test_noise_free_with_a_floor(l_inf: float, scale: float, gamma: float) -> None:
    y = l_inf + scale * (X / 1e19) ** -gamma
    law = fit_power_law(X, y, offset=True)
    assert law.l_inf == pytest.approx(l_inf, rel=1e-3)
    assert law.exponent_a == pytest.approx(-gamma, rel=1e-3)
    assert law.predict(X) == pytest.approx(y, rel=1e-6)
    assert law.r_squared > 1 - 1e-9


def test_noise_of_one_percent() -> None:
    inside = 0
    for seed in range(50):
        noise = np.exp(0.01 * np.random.default_rng(seed).standard_normal(len(X)))
        law = fit_power_law(X, 0.1 * X**0.5 * noise)
        assert abs(law.exponent_a - 0.5) < 0.02
        assert law.a_ci is not None
        assert law.k_ci is not None
        inside += law.a_ci[0] <= 0.5 <= law.a_ci[1]
        assert law.k_ci[0] < law.coefficient_k < law.k_ci[1]
        assert 0.99 < law.r_squared < 1
    assert inside >= 40


def test_intervals_with_a_floor() -> None:
    noise = np.exp(0.002 * np.random.default_rng(0).standard_normal(len(X)))
    law = fit_power_law(X, (1.7 + (X / 1e19) ** -0.2) * noise, offset=True)
    assert law.a_ci is not None
    assert law.a_ci[0] < -0.2 < law.a_ci[1]


def test_two_points_are_exact() -> None:
    with pytest.warns(FitWarning, match="2 points exactly: no interval"):
        law = fit_power_law([1e18, 1e20], [3e8, 4e9])
    assert law.predict([1e18, 1e20]) == pytest.approx([3e8, 4e9], rel=1e-12)
    assert law.a_ci is None
    assert law.k_ci is None


def test_numbers_and_arrays() -> None:
    law = fit_power_law(X, X**0.5, name="root")
    assert isinstance(law.predict(4.0), float)
    assert law.predict(np.array([4.0, 9.0])) == pytest.approx([2, 3])
    assert PowerLawFit.from_dict(json.loads(json.dumps(law.to_dict()))) == law


def test_refusals() -> None:
    with pytest.raises(TooFewRunsError, match="needs 2 distinct x; 1 given"):
        fit_power_law([1.0, 1.0], [1.0, 2.0])
    with pytest.raises(TooFewRunsError, match="needs 3 distinct x; 2 given"):
        fit_power_law([1.0, 2.0], [2.0, 1.0], offset=True)
    with pytest.raises(DegenerateDesignError, match="does not fall"):
        fit_power_law([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0], offset=True)
    with pytest.raises(ValueError, match="y must be positive"):
        fit_power_law([1.0, 2.0], [1.0, -2.0])
    with pytest.raises(ValueError, match="one length"):
        fit_power_law([1.0, 2.0], [1.0])
