"""The weight of a name, and the bill made of it."""

from __future__ import annotations

import pytest

from flopscope import reference


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("add", 1),
        ("sqrt", 1),
        ("exp", 16),
        ("power", 16),
        ("gcd", 16),
        ("geomspace", 16),
        ("hamming", 8),
        ("piecewise", 4),
        ("apply_along_axis", 4),
        ("apply_over_axes", 1),
        ("concatenate", 0),
        ("astype", 1),
        ("acos", 16),
        ("atan2", 16),
        ("pow", 16),
        ("divmod", 16),
        ("power.outer", 16),
        ("divmod.outer", 16),
        ("pow.reduce", 16),
        ("add.outer", 1),
        ("linalg.outer", 1),
        ("random.normal", 16),
        ("random.uniform", 1),
        ("random.Generator.normal", 16),
        ("random.Generator.power", 16),
        ("random.Generator.integers", 1),
        ("random.Generator.random", 1),
        ("random.Generator.multivariate_hypergeometric", 16),
        ("random.RandomState.randn", 16),
        ("random.Generator.spawn", 1),
        ("no such name", 1),
    ],
)
def test_packaged_weights(name: str, expected: float) -> None:
    assert reference.weight(name) == expected


def test_look_up_order() -> None:
    table = {"arccos": 5.0, "floor_divide": 3.0, "random.randint": 2.0, "random.random_sample": 7.0}
    assert reference.weight("acos", table) == 5.0
    assert reference.weight("divmod", table) == 3.0
    assert reference.weight("random.Generator.integers", table) == 2.0
    assert reference.weight("random.Generator.random", table) == 7.0
    assert reference.weight("random.RandomState.random", table) == 7.0
    assert reference.weight("acos", {**table, "acos": 1.5}) == 1.5


def test_an_empty_table_makes_every_weight_one() -> None:
    for name in ("exp", "concatenate", "divmod", "power.outer", "random.Generator.normal"):
        assert reference.weight(name, {}) == 1.0


def test_the_bill_is_truncated() -> None:
    assert reference.weighted("x", 3, {"x": 0.5}) == 1
    assert reference.weighted("x", 3, {"x": 0.9}) == 2
    assert reference.weighted("add", 2**60 + 1) == 2**60 + 1
    assert reference.charged("exp", [1.0, 2.0, 3.0]) == 48
