"""How many (query, key) pairs attention computes: closed forms for ints and for integer arrays.

Queries are numbered from 1; query i of s, after p cached tokens, sees p + i keys when causal.
"""

from __future__ import annotations

from flopscope.inference.checks import Count

__all__ = ["full", "grown", "regrown", "triangle", "windowed", "windowed_regrown"]


def _least(n: Count, bound: int) -> Count:
    if isinstance(n, int):
        return min(n, bound)
    import numpy as np

    return np.minimum(n, bound)


def triangle(n: Count) -> Count:
    """1 + 2 + ... + n."""
    return n * (n + 1) // 2


def _squares(n: Count) -> Count:
    """1 + 4 + ... + n * n."""
    return n * (n + 1) * (2 * n + 1) // 6


def _tetrahedron(n: Count) -> Count:
    """The sum of `triangle` up to n."""
    return n * (n + 1) * (n + 2) // 6


def full(s: Count, p: Count) -> Count:
    """Every query meets every key."""
    return s * (p + s)


def grown(s: Count, p: Count) -> Count:
    """Causal: the sum of p + i for i = 1..s."""
    return s * p + triangle(s)


def _seen(n: Count, window: int) -> Count:
    """The sum of min(j, window) for j = 1..n."""
    inside = _least(n, window)
    return triangle(inside) + (n - inside) * window


def windowed(s: Count, p: Count, window: int) -> Count:
    """Sliding window: the sum of min(p + i, window) for i = 1..s."""
    return _seen(p + s, window) - _seen(p, window)


def regrown(first: Count, last: Count, causal: bool) -> Count:
    """Pairs of whole passes over first, first + 1, ..., last tokens."""
    total = _tetrahedron if causal else _squares
    return total(last) - total(first - 1)


def windowed_regrown(first: Count, last: Count, window: int) -> Count:
    """Pairs of whole passes over first, first + 1, ..., last tokens, within a window."""

    def up_to(n: Count) -> Count:  # the sum of _seen(j) for j = 1..n
        inside = _least(n, window)
        beyond = n - inside
        return _tetrahedron(inside) + beyond * triangle(window) + triangle(beyond) * window

    return up_to(last) - up_to(first - 1)
