"""Elementwise prices, worked by hand from the cost model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope import reference

A = np.ones((3, 4))
COLUMN = np.ones((3, 1))
EMPTY = np.ones((0, 3))


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("exp", (A,), 12),
        ("exp", (2.0,), 1),
        ("exp", ([[1, 2], [3, 4]],), 4),
        ("exp", (EMPTY,), 1),
        ("modf", (A,), 12),
        ("real", (A,), 12),
        ("round", (A, 2), 12),
        ("add", (A, 1.0), 12),
        ("add", (COLUMN, np.ones(5)), 15),
        ("add", (np.ones((2, 1, 4)), np.ones((3, 1))), 24),
        ("add", (np.float64(1.0), 2), 1),
        ("add", (EMPTY, 1.0), 1),
        ("divmod", (A, 2.0), 12),
        ("isnan", (A,), 12),
        ("isnan", (EMPTY,), 0),
        ("isfinite", (1.0,), 1),
        ("isclose", (A, COLUMN), 72),
        ("isclose", (EMPTY, 0.0), 6),
        ("allclose", (A, A), 83),
        ("allclose", (EMPTY, 0.0), 1),
        ("allclose", (1.0, 1.0), 6),
        ("array_equal", (A, np.ones(20)), 20),
        ("array_equiv", (COLUMN, np.ones(5)), 15),
        ("array_equiv", (np.ones(3), np.ones(5)), 5),
        ("unwrap", (A,), 132),
        ("unwrap", (EMPTY,), 1),
    ],
)
def test_price_per_element(name: str, args: tuple[Any, ...], expected: int) -> None:
    assert reference.price(name, *args) == expected


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((A, -1.0, 1.0), {}, 24),
        ((A, None, 1.0), {}, 12),
        ((A, None, None), {}, 12),
        ((A,), {}, 12),
        ((A,), {"min": 0.0, "max": 1.0}, 24),
        ((A,), {"a_min": 0.0}, 12),
        ((np.ones(4), np.zeros((3, 1)), None), {}, 12),
        ((EMPTY, 0.0, 1.0), {}, 2),
    ],
)
def test_clip_bills_the_bounds_given(
    args: tuple[Any, ...], kwargs: dict[str, Any], expected: int
) -> None:
    assert reference.price("clip", *args, **kwargs) == expected


def test_shapes_that_do_not_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="do not broadcast"):
        reference.price("add", np.ones(3), np.ones(4))


def test_masks_and_outputs_do_not_matter() -> None:
    nothing = np.zeros(A.shape, dtype=bool)
    assert reference.price("exp", A, where=nothing) == 12
    assert reference.price("add", A, A, out=np.empty_like(A), dtype="float32") == 12


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"),
    [
        ("add.reduce", (A,), {}, 8),
        ("add.reduce", (A,), {"axis": None}, 11),
        ("hypot.reduce", (A,), {"axis": 1}, 9),
        ("add.accumulate", (A,), {}, 8),
        ("logaddexp.accumulate", (np.ones(4),), {}, 3),
        ("power.outer", (A, np.ones(2)), {}, 24),
        ("multiply.outer", (EMPTY, A), {}, 1),
        ("add.reduceat", (A, [0, 1]), {}, 12),
        ("add.at", (A, np.array([0, 1, 1]), 1.0), {}, 3),
        ("add.at", (A, [0, 1], 1.0), {}, 12),
        ("add.at", (A, (slice(None), 0), 1.0), {}, 12),
    ],
)
def test_ufunc_methods(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], expected: int
) -> None:
    assert reference.price(name, *args, **kwargs) == expected


def test_ufunc_methods_bill_the_weight_of_their_ufunc() -> None:
    assert reference.charged("power.outer", np.ones(4), np.ones(4)) == 256
    assert reference.charged("logaddexp.reduce", np.ones(4)) == 48
    assert reference.charged("hypot.reduce", A, axis=0) == 128
    assert reference.charged("add.reduce", A) == 8


@pytest.mark.parametrize("name", ["no_such", "sum.reduce", "add.no_such", "spacing_out.at"])
def test_unknown_operations_are_named(name: str) -> None:
    with pytest.raises(reference.UnknownOperation, match=name):
        reference.price(name, A)
