"""Polynomials of lengths, exactly: on Python's integers, 64-bit arrays, or arrays of Python's.

A count is a rule that grows with each argument; the largest arguments decide whether 64 bits do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flopscope.inference.checks import Count

__all__ = ["evaluate"]

_TOP = 2**63 - 1
# Elements that are worked on at a time: a rule makes a dozen passes over them, in the cache.
_PIECE = 16_384


def evaluate(rule: Callable[..., Count], arguments: tuple[Count, ...], degree: int = 2) -> Count:
    """Apply a rule to numbers, or elementwise to arrays that broadcast together.

    Parameters
    ----------
    rule : callable
        Made of sums, products and exact divisions; not decreasing in any argument.
    arguments : tuple of int or array of int
        Not negative.
    degree : int, default 2
        How many lengths are multiplied with each other before a factor of the model comes in.
        Such intermediate results can exceed the rule's value, by a factor of up to eight.

    Returns
    -------
    int, or array of int64 or of Python integers
    """
    if all(type(value) is int for value in arguments):
        return rule(*arguments)
    import numpy as np

    arrays = np.broadcast_arrays(*arguments)
    shape, size = arrays[0].shape, arrays[0].size
    if size == 0:
        return np.zeros(shape, dtype=np.int64)
    largest = [int(np.max(value)) for value in arguments]
    if 8 * rule(*largest) > _TOP or 8 * (2 + sum(largest)) ** degree > _TOP:
        wide = [np.asarray(value).astype(object) for value in arguments]
        return np.broadcast_to(np.asarray(rule(*wide), dtype=object), shape).copy()
    result = np.empty(shape, dtype=np.int64)
    flat = result.reshape(-1)
    columns: list[Any] = [
        value if type(value) is int else array.reshape(-1)
        for value, array in zip(arguments, arrays, strict=True)
    ]
    for start in range(0, size, _PIECE):
        piece = slice(start, start + _PIECE)
        flat[piece] = rule(*[v if type(v) is int else v[piece] for v in columns])
    return result
