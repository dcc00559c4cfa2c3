"""Samplers, worked by hand from the cost model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope import reference

X = np.ones((3, 4))


@pytest.mark.parametrize(
    ("method", "args", "kwargs", "expected"),
    [
        ("normal", (), {}, 1),
        ("normal", (0.0, 1.0, (2, 3)), {}, 6),
        ("normal", (np.zeros(3), np.ones((2, 1))), {}, 6),
        ("normal", (), {"size": 0}, 1),
        ("gamma", (2.0,), {"size": 3}, 3),
        ("uniform", (0.0, [1.0, 2.0]), {}, 6),
        ("uniform", (), {"size": ()}, 3),
        ("choice", (5, (2, 2)), {}, 4),
        ("choice", (8, 3), {"p": [0.125] * 8}, 3 + 24 + 9),
        ("choice", (100, 10), {"replace": False}, 100),
        ("choice", (4, 2, False, [0.25] * 4), {}, 8),
        ("multivariate_normal", (np.zeros(2), np.eye(2), 3), {}, 208 + 24 + 96),
        ("permutation", (6,), {}, 6),
        ("permutation", (X,), {}, 3),
        ("shuffle", ([1, 2, 3],), {}, 3),
        ("bytes", (4,), {}, 4),
        ("dirichlet", ([1.0, 2.0, 3.0], (2, 2)), {}, 12),
        ("multinomial", (5, [0.5, 0.5]), {"size": 4}, 8),
        ("multinomial", ([5, 6, 7], [0.5, 0.5]), {}, 6),
    ],
)
@pytest.mark.parametrize("prefix", ["random", "random.Generator", "random.RandomState"])
def test_samplers(
    prefix: str, method: str, args: tuple[Any, ...], kwargs: dict[str, Any], expected: int
) -> None:
    assert reference.price(f"{prefix}.{method}", *args, **kwargs) == expected


@pytest.mark.parametrize(
    ("method", "args", "kwargs", "expected"),
    [
        ("integers", (0, 10), {"size": 3}, 3),
        ("integers", (0, [3, 5, 9]), {}, 3),
        ("random", (), {"out": np.zeros(4)}, 4),
        ("standard_normal", (4,), {"dtype": "float32"}, 4),
        ("choice", (X, 2, False), {"axis": 1}, 4),
        ("choice", (X, 5), {"axis": 1}, 15),
        ("permutation", (X,), {"axis": 1}, 4),
        ("permutation", (X,), {"axis": None}, 12),
        ("permuted", (X,), {"axis": 0}, 12),
        ("multivariate_hypergeometric", ([6, 4], 3, 2), {}, 4),
    ],
)
def test_generator_only(
    method: str, args: tuple[Any, ...], kwargs: dict[str, Any], expected: int
) -> None:
    assert reference.price(f"random.Generator.{method}", *args, **kwargs) == expected


def test_by_dimensions() -> None:
    assert reference.price("random.rand") == 1
    assert reference.price("random.randn", 2, 3) == 6
    assert reference.charged("random.randn", 2, 3) == 96


def test_negative_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        reference.price("random.normal", size=-2)
