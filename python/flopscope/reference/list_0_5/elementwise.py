"""Elementwise operations and comparisons."""

from __future__ import annotations

from typing import Any

from ..costs_histograms import histogram as _histogram
from ..groups import together, unique
from ..rules import Ignored, rule
from ..shapes import broadcast, count, elements, halvings, numel, shape_of, size_of, sort_cost

__all__: list[str] = []


@rule("isclose", "0.5")
def isclose(a: Any, b: Any, *_: Ignored, **__: Ignored) -> int:
    """One per symmetry-unique element of the result (price list 0.5, elementwise)."""
    return together(a, b)


@rule("allclose", "0.5")
def allclose(a: Any, b: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element of the broadcast, at least 1 (price list 0.5, elementwise)."""
    return max(1, count(elements(broadcast(shape_of(a), shape_of(b)))))


@rule("clip", "0.5")
def clip(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One per symmetry-unique element of the array, whatever the bounds (price list 0.5)."""
    return unique(a)


@rule("sort_complex", "0.5")
def sort_complex(a: Any) -> int:
    """``N ceil(log2 N)`` over the whole array, 1 for one element (price list 0.5, elementwise)."""
    n = size_of(a)
    return 1 if n == 1 else n * halvings(n)


@rule("unwrap", "0.5")
def unwrap(p: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, 7 * size)`` (price list 0.5, elementwise and small numeric)."""
    return max(1, 7 * size_of(p))


@rule("unique", "0.5")
def unique_values(ar: Any, *_: Ignored, **__: Ignored) -> int:
    """``S(size)`` along any axis (price list 0.5, elementwise and small numeric)."""
    return sort_cost(size_of(ar))


@rule("isin in1d intersect1d", "0.5")
def set_pair(ar1: Any, ar2: Any, *_: Ignored, **__: Ignored) -> int:
    """``S(n + m)`` (price list 0.5, elementwise and small numeric)."""
    return sort_cost(size_of(ar1) + size_of(ar2))


@rule("symmetrize as_symmetric is_symmetric", "0.5")
def symmetry(*_: Ignored, **__: Ignored) -> int:
    """Nothing (price list 0.5, symmetry)."""
    return 0


@rule("histogram", "0.5")
def histogram(a: Any, bins: Any = 10, *_: Ignored, **__: Ignored) -> int:
    """``max(1, n)`` for a named estimator, else as in 0.8 (price list 0.5, small numeric)."""
    return numel(a) if isinstance(bins, str) else _histogram(a, bins)


@rule("histogram_bin_edges", "0.5")
def histogram_bin_edges(a: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, n)`` (price list 0.5, small numeric)."""
    return numel(a)
