"""Samplers and distribution functions: one per element drawn or returned."""

from __future__ import annotations

from typing import Any

from .. import costs_random
from ..costs_stats import result_size
from ..costs_symmetry import order_and_size
from ..groups import Symmetry
from ..rules import RULES, Ignored, rule
from ..shapes import sort_cost

__all__: list[str] = []

_HOLDERS = ("random", "random.Generator", "random.RandomState")


def _names(method: str) -> str:
    return " ".join(f"{holder}.{method}" for holder in _HOLDERS)


@rule(_names("uniform"), "0.5")
def uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None) -> int:
    """One per draw, at least 1 (price list 0.5, random)."""
    return costs_random.one_per_draw(size, low, high)


@rule(_names("choice"), "0.5")
def choice(
    a: Any,
    size: Any = None,
    replace: bool = True,
    p: Ignored = None,
    axis: int = 0,
    shuffle: Ignored = True,
) -> int:
    """One per drawn element, or ``S(n)`` without replacement; `p` is free.

    Price list 0.5, random.
    """
    if replace:
        return costs_random.choice(a, size, True, None, axis)
    return sort_cost(costs_random.choice(a, size, False, None, axis))


@rule(_names("multivariate_normal"), "0.5")
def multivariate_normal(mean: Any, cov: Ignored, size: Any = None, *_: Any, **__: Any) -> int:
    """One per element drawn, at weight 16 (price list 0.5, random)."""
    return costs_random.dirichlet(mean, size)


@rule("random.symmetric", "0.5")
def symmetric(shape: Any, symmetry: Symmetry, *_: Ignored, **__: Ignored) -> int:
    """Draw, then add up one copy per element of the group (price list 0.5, random)."""
    order, n = order_and_size(shape, symmetry)
    return max(1, n + max(1, order * n))


rule(" ".join(name for name in RULES if name.startswith("stats.")), "0.5")(result_size)
