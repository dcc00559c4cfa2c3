"""Samplers whose price is not the number of cells drawn."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope._pricing._counting import L2, S, axis_of, cells, shape_of

__all__ = ["RULES"]


def _size_cells(size: Any) -> int:
    if size is None:
        return 1
    return math.prod(operator.index(n) for n in (size if np.iterable(size) else (size,)))


def _shape(x: Any, axis: Any = 0) -> tuple[int, ...]:
    """Return the shape; of sequences other than arrays, which may be ragged, only the length."""
    if axis == 0 and not isinstance(x, np.ndarray) and hasattr(x, "__len__"):
        return (len(x),)
    return shape_of(x)


def _population(a: Any, axis: int = 0) -> int:
    shape = shape_of(a)
    return shape[axis_of(axis, len(shape))] if shape else operator.index(a)


def _choice(a: Any, size: Any, replace: Any, p: Any, drawn_along: int, others: int) -> int:
    n = _population(a, drawn_along)
    drawn = max(1, _size_cells(size) * others)
    if replace:
        return drawn if p is None else drawn + 3 * n + drawn * L2(n)
    return n if p is None else S(n)


def _generator_choice(
    self: Any,
    a: Any,
    size: Any = None,
    replace: Any = True,
    p: Any = None,
    axis: Any = 0,
    shuffle: Any = True,
) -> int:
    shape = shape_of(a)
    at = axis_of(axis, len(shape)) if shape else 0
    others = math.prod(shape[:at] + shape[at + 1 :]) if shape else 1
    return _choice(a, size, replace, p, at, others)


def _legacy_choice(a: Any, size: Any = None, replace: Any = True, p: Any = None) -> int:
    return _choice(a, size, replace, p, 0, 1)


def _state_choice(self: Any, a: Any, size: Any = None, replace: Any = True, p: Any = None) -> int:
    return _legacy_choice(a, size, replace, p)


def _normal_cost(d: int, draws: int) -> int:
    return max(1, 26 * d**3 + 2 * draws * d * d + 16 * draws * d)


def _multivariate_normal(mean: Any, cov: Any, size: Any = None, *_args: Any, **_: Any) -> int:
    return _normal_cost(cells(mean), _size_cells(size))


def _method_multivariate_normal(
    self: Any, mean: Any, cov: Any, size: Any = None, *_args: Any, **_: Any
) -> int:
    return _multivariate_normal(mean, cov, size)


def _axis_length(x: Any, axis: Any = 0) -> int:
    shape = _shape(x, axis)
    if not shape:
        return max(1, operator.index(x))
    if axis is None:
        return max(1, math.prod(shape))
    return max(1, shape[axis_of(axis, len(shape))])


def _method_axis_length(self: Any, x: Any, axis: Any = 0) -> int:
    return _axis_length(x, axis)


def _permuted(self: Any, x: Any, *_args: Any, **_: Any) -> int:
    return max(1, cells(x))


def _bytes(length: Any) -> int:
    return max(1, operator.index(length))


def _method_bytes(self: Any, length: Any) -> int:
    return _bytes(length)


def _shape_given(*shape: Any) -> int:
    return max(1, math.prod(operator.index(n) for n in shape))


def _method_shape_given(self: Any, *shape: Any) -> int:
    return _shape_given(*shape)


RULES: dict[str, Callable[..., Any]] = {
    "random.Generator.bytes": _method_bytes,
    "random.Generator.choice": _generator_choice,
    "random.Generator.multivariate_normal": _method_multivariate_normal,
    "random.Generator.permutation": _method_axis_length,
    "random.Generator.permuted": _permuted,
    "random.Generator.shuffle": _method_axis_length,
    "random.RandomState.bytes": _method_bytes,
    "random.RandomState.choice": _state_choice,
    "random.RandomState.multivariate_normal": _method_multivariate_normal,
    "random.RandomState.permutation": _method_axis_length,
    "random.RandomState.rand": _method_shape_given,
    "random.RandomState.randn": _method_shape_given,
    "random.RandomState.shuffle": _method_axis_length,
    "random.bytes": _bytes,
    "random.choice": _legacy_choice,
    "random.multivariate_normal": _multivariate_normal,
    "random.permutation": _axis_length,
    "random.rand": _shape_given,
    "random.randn": _shape_given,
    "random.shuffle": _axis_length,
}
