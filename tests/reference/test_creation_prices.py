"""Creation, casts, movement and padding, worked by hand from the cost model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope import reference

A = np.arange(12.0).reshape(3, 4)
INTEGERS = np.arange(6)


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "expected"),
    [
        ("arange", (5,), {}, 10),
        ("arange", (10, 0, -3), {}, 8),
        ("arange", (0,), {}, 0),
        ("linspace", (0, 1), {}, 100),
        ("linspace", (0, 1, 4), {"retstep": True}, 8),
        ("linspace", ([0, 1], [2, 3], 4), {}, 16),
        ("geomspace", (1, 1000, 4), {}, 4),
        ("logspace", ([0, 1], [2, 3], 3), {}, 6),
        ("vander", (np.ones(4),), {}, 8),
        ("vander", (np.ones(4), 5), {}, 12),
        ("vander", (np.ones(4), 1), {}, 1),
        ("indices", ((2, 3),), {}, 12),
        ("indices", ((2, 3),), {"sparse": True}, 5),
        ("fromfunction", (lambda i, j: i + j, (2, 3)), {}, 6),
        ("asarray_chkfinite", ([1.0, 2.0],), {}, 2),
        ("mask_indices", (3, np.triu), {}, 18 + 8 * 6),
        ("mask_indices", (3, np.triu, 1), {}, 18 + 8 * 3),
        ("packbits", (np.ones(10, dtype=np.uint8),), {}, 10),
        ("unpackbits", (np.ones(3, dtype=np.uint8),), {}, 24),
        ("unpackbits", (np.ones(3, dtype=np.uint8),), {"count": 5}, 5),
        ("trim_zeros", (np.array([0, 1, 0]),), {}, 3),
        ("ravel_multi_index", (([1, 2], [3, 0]), (3, 4)), {}, 4),
        ("ravel_multi_index", (([1, 2], [3, 0]), (3, 4)), {"mode": "wrap"}, 6),
        ("piecewise", (A, [A < 0], [0.0]), {}, 12),
        ("apply_along_axis", (np.sum, 0, A), {}, 4),
        ("apply_over_axes", (np.sum, A, [0, 1]), {}, 1),
    ],
)
def test_creation(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], expected: int) -> None:
    assert reference.price(name, *args, **kwargs) == expected


@pytest.mark.parametrize(
    ("source", "target", "free"),
    [
        ("int64", "float64", True),
        ("float32", "float64", True),
        ("float64", "complex128", True),
        ("bool", "int8", True),
        ("int64", "float32", False),
        ("float64", "float32", False),
        ("float64", "int64", False),
        ("complex128", "float64", False),
        ("int64", "bool", False),
    ],
)
@pytest.mark.parametrize("name", ["astype", "array", "asarray"])
def test_casts_are_free_where_every_value_survives(
    name: str, source: str, target: str, free: bool
) -> None:
    array = np.ones((2, 3), dtype=source)
    assert reference.price(name, array, dtype=target) == (0 if free else 6)


def test_array_is_free_without_a_cast() -> None:
    assert reference.price("array", A) == 0
    assert reference.price("array", [1.5, 2.5], dtype=int) == 0


def test_copyto_bills_the_written_elements() -> None:
    target = np.zeros((2, 3), dtype=int)
    assert reference.price("copyto", target, np.ones(3)) == 6
    assert reference.price("copyto", target, np.ones(3), where=[True, False, True]) == 4
    assert reference.price("copyto", target, INTEGERS[:3]) == 0


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("zeros", ((3, 4),)),
        ("full", ((3, 4), 1.0)),
        ("concatenate", ([A, A],)),
        ("reshape", (A, (4, 3))),
        ("tile", (A, 2)),
        ("take", (A, [0])),
        ("select", ([A > 0], [A])),
        ("where", (A > 0, A, 0.0)),
        ("tril", (A,)),
        ("unravel_index", (7, (3, 4))),
    ],
)
def test_movement_is_free(name: str, args: tuple[Any, ...]) -> None:
    assert reference.price(name, *args) == 0


@pytest.mark.parametrize("name", ["where", "nonzero", "flatnonzero", "argwhere"])
def test_a_selector_derived_from_values_is_billed(name: str) -> None:
    assert reference.price(name, A) == 12
    assert reference.price(name, np.ones(0)) == 0


@pytest.mark.parametrize(
    ("width", "mode", "kwargs", "expected"),
    [
        (1, "constant", {}, 0),
        (1, "wrap", {}, 0),
        (1, "reflect", {}, 0),
        (1, "reflect", {"reflect_type": "odd"}, 2 * (5 * 6 - 12)),
        (1, "linear_ramp", {}, 36),
        (1, "mean", {}, 4 * (3 + 1) + 3 * (4 + 1)),
        (1, "maximum", {}, 24),
        (((1, 0), (0, 0)), "median", {}, 12),
        (1, "mean", {"stat_length": 2}, 4 * (2 + 2 + 2) + 3 * (2 + 2 + 2)),
        (1, "maximum", {"stat_length": ((3, 1), (9, 9))}, 4 * (3 + 1) + 3 * 4),
        (1, "no such mode", {}, 0),
    ],
)
def test_pad(width: Any, mode: str, kwargs: dict[str, Any], expected: int) -> None:
    assert reference.price("pad", A, width, mode, **kwargs) == expected


def test_pad_refuses_a_callable_mode() -> None:
    with pytest.raises(ValueError, match="callable"):
        reference.price("pad", A, 1, lambda *_: None)
