"""Approach 1: the golden curves, forms of the input, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from flops_fit import NoInteriorMinimumError, TooFewRunsError, fit_envelope
from planted import GOLDEN, golden_columns

CASE = next(c for c in GOLDEN["fit_cases"] if c["kind"] == "curves")


def curves(noise: float = 0.0, count: int = 12) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(0)
    n = np.geomspace(1e7, 1e10, count)
    d = [size * np.geomspace(0.5, 400, 80) for size in n]
    loss = [
        (1.8 + 480 * size**-0.35 + 2100 * t**-0.37) * np.exp(noise * rng.standard_normal(len(t)))
        for size, t in zip(n, d, strict=True)
    ]
    return n, d, loss


def test_golden_curves() -> None:
    fit = fit_envelope(*golden_columns(CASE))
    want = CASE["expected"]["n_exponent"]
    assert abs(fit.n_exponent - want) <= CASE["tolerance"]["envelope"]["n_exponent_abs"]
    for optimum in CASE["expected"]["optima"]:
        n, d, loss = fit.optimum(optimum["compute"])
        assert n == pytest.approx(optimum["n_params"], rel=0.1)
        assert n * d * 6 == pytest.approx(optimum["compute"], rel=1e-12)
        assert loss == pytest.approx(optimum["loss"], rel=0.02)


def test_columns_and_lists_of_curves_agree() -> None:
    n, d, loss = curves()
    ragged = fit_envelope(n, d, loss)
    flat = fit_envelope(np.repeat(n, 80), np.concatenate(d), np.concatenate(loss))
    assert flat.optimum(1e20) == ragged.optimum(1e20)
    named = fit_envelope(np.repeat(n, 80), np.concatenate(d), np.concatenate(loss), curve=np.repeat(np.arange(12), 80))
    assert named.optimum(1e20) == ragged.optimum(1e20)


def test_the_envelope_is_the_lowest_curve() -> None:
    n, d, loss = curves()
    fit = fit_envelope(n, d, loss, smoothing=0)
    for compute, size, value in zip(fit.compute[::100], fit.n_params[::100], fit.loss[::100], strict=True):
        at = [
            np.exp(np.interp(np.log(compute / 6 / s), np.log(t), np.log(v), left=9, right=9))
            for s, t, v in zip(n, d, loss, strict=True)
        ]
        assert size == n[int(np.argmin(at))]
        assert value == pytest.approx(min(at))


def test_smoothing_helps_noisy_curves() -> None:
    n, d, loss = curves(noise=0.02, count=24)
    truth = 0.37 / 0.72
    rough = abs(fit_envelope(n, d, loss, smoothing=0).n_exponent - truth)
    smooth = abs(fit_envelope(n, d, loss, smoothing=0.5).n_exponent - truth)
    assert smooth < 0.05
    assert smooth < rough


def test_invalid_points_are_left_out() -> None:
    n, d, loss = golden_columns(CASE)
    clean = fit_envelope(n, d, loss)
    loss[7], loss[100] = None, float("nan")
    fit = fit_envelope(n, d, loss)
    assert fit.outliers == (7, 100)
    assert fit.n_exponent == pytest.approx(clean.n_exponent, abs=1e-3)


def test_intervals() -> None:
    fit = fit_envelope(*curves(), bootstrap=100)
    low, high = fit.intervals["n_exponent"]
    assert low < fit.n_exponent < high


def test_refusals() -> None:
    n, d, loss = curves()
    with pytest.raises(TooFewRunsError, match="at least 3 sizes; 2 given"):
        fit_envelope(n[:2], d[:2], loss[:2])
    with pytest.raises(NoInteriorMinimumError, match="overlap in compute"):
        fit_envelope(n[::4], [t[:5] for t in d[::4]], [v[:5] for v in loss[::4]])
    with pytest.raises(ValueError, match="same length"):
        fit_envelope(n, d, [v[1:] for v in loss])
    with pytest.raises(ValueError, match="12, 11, 12 given"):
        fit_envelope(n, d[1:], loss)
    with pytest.raises(ValueError, match="more than one size"):
        fit_envelope([1e7, 2e7], [1e9, 2e9], [3.0, 2.9], curve=[0, 0])
    with pytest.raises(ValueError, match="smoothing"):
        fit_envelope(n, d, loss, smoothing=-1)
