"""Reductions and scans, worked by hand from the cost model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope import reference

A = np.ones((3, 4))
T = np.ones((2, 3, 4))
EMPTY = np.ones(0)
FLAT = np.ones((0, 3))
SCALAR = np.float64(2.0)


@pytest.mark.parametrize(
    ("array", "axis", "expected"),
    [
        (A, None, {"sum": 11, "mean": 12, "var": 48, "std": 49, "ptp": 23, "median": 12}),
        (A, 0, {"sum": 8, "mean": 12, "var": 48, "std": 52, "ptp": 20, "median": 12}),
        (A, 1, {"sum": 9, "mean": 12, "var": 48, "std": 51, "ptp": 21, "median": 12}),
        (T, (0, 2), {"sum": 21, "mean": 24, "var": 96, "std": 99, "ptp": 45, "median": 24}),
        (A, (), {"sum": 1, "mean": 12, "var": 48, "std": 60, "ptp": 14, "median": 12}),
        (SCALAR, None, {"sum": 1, "mean": 1, "var": 4, "std": 5, "ptp": 3, "median": 1}),
        (EMPTY, None, {"sum": 1, "mean": 0, "var": 2, "std": 3, "ptp": 3, "median": 0}),
        (FLAT, 1, {"sum": 1, "mean": 0, "var": 2, "std": 2, "ptp": 2, "median": 0}),
    ],
)
def test_reductions(array: Any, axis: Any, expected: dict[str, int]) -> None:
    found = {name: reference.price(name, array, axis=axis) for name in expected}
    assert found == expected


@pytest.mark.parametrize(
    "name",
    ["prod", "max", "amin", "any", "all", "argmax", "nansum", "nanmax", "nanargmin"],
)
def test_relatives_of_sum(name: str) -> None:
    assert reference.price(name, A) == 11
    assert reference.price(name, A, 0) == 8
    assert reference.price(name, A, axis=-1) == 9


@pytest.mark.parametrize(
    ("array", "axis", "expected"),
    [(A, None, 11), (A, 0, 8), (A, 1, 9), (T, 1, 16), (SCALAR, None, 1), (EMPTY, None, 1)],
)
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "nancumsum", "cumulative_sum"])
def test_scans(name: str, array: Any, axis: int | None, expected: int) -> None:
    assert reference.price(name, array, axis=axis) == expected


def test_axes_out_of_range_are_billed_modulo_the_rank() -> None:
    assert reference.price("sum", A, axis=2) == reference.price("sum", A, axis=0) == 8
    assert reference.price("argmax", A, axis=5) == reference.price("argmax", A, axis=1) == 9
    assert reference.price("sum", A, axis=(0, 0)) == 8


@pytest.mark.parametrize("name", ["percentile", "quantile", "nanpercentile", "nanquantile"])
def test_the_number_of_quantiles_does_not_matter(name: str) -> None:
    assert reference.price(name, A, 0.5, axis=0) == 12
    assert reference.price(name, A, [0.1, 0.5, 0.9], axis=0) == 12
    assert reference.price(name, FLAT, 0.5, axis=0) == 0


def test_average_with_and_without_weights() -> None:
    assert reference.price("average", A) == 12
    assert reference.price("average", A, axis=1) == 12
    assert reference.price("average", A, weights=A) == 35
    assert reference.price("average", A, axis=1, weights=np.ones(4)) == 33


def test_count_nonzero_tests_every_element() -> None:
    assert reference.price("count_nonzero", A) == 12
    assert reference.price("count_nonzero", A, axis=0) == 12
    assert reference.price("count_nonzero", EMPTY) == 1
