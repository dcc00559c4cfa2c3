"""Samplers whose facts are not just how much they draw."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope.pricing.facts._sizes import axis_of, shape_of, size_of

__all__ = ["FACTS"]


def _elements_of_size(size: Any) -> int:
    if size is None:
        return 1
    return math.prod(operator.index(n) for n in (size if np.iterable(size) else (size,)))


def _shape(x: Any, axis: Any) -> tuple[int, ...]:
    """Return the shape; of sequences other than arrays, which may be ragged, only the length."""
    if axis == 0 and not isinstance(x, np.ndarray) and hasattr(x, "__len__"):
        return (len(x),)
    return shape_of(x)


def _population(a: Any, axis: int = 0) -> int:
    shape = shape_of(a)
    return shape[axis_of(axis, len(shape))] if shape else operator.index(a)


def _generator_choice(
    self: Any,
    a: Any,
    size: Any = None,
    replace: Any = True,
    p: Any = None,
    axis: Any = 0,
    shuffle: Any = True,
) -> tuple[Any, ...]:
    shape = shape_of(a)
    at = axis_of(axis, len(shape)) if shape else 0
    others = math.prod(shape[:at] + shape[at + 1 :]) if shape else 1
    return _elements_of_size(size) * others, _population(a, at), bool(replace), p is not None


def _legacy_choice(a: Any, size: Any = None, replace: Any = True, p: Any = None) -> tuple[Any, ...]:
    return _elements_of_size(size), _population(a), bool(replace), p is not None


def _state_choice(
    self: Any, a: Any, size: Any = None, replace: Any = True, p: Any = None
) -> tuple[Any, ...]:
    return _legacy_choice(a, size, replace, p)


def _multivariate_normal(
    mean: Any, cov: Any, size: Any = None, *_args: Any, **_: Any
) -> tuple[int, int]:
    return size_of(mean), _elements_of_size(size)


def _method_multivariate_normal(
    self: Any, mean: Any, cov: Any, size: Any = None, *_args: Any, **_: Any
) -> tuple[int, int]:
    return _multivariate_normal(mean, cov, size)


def _multivariate_hypergeometric(
    self: Any, colors: Any, nsample: Any, size: Any = None, method: str = "marginals"
) -> tuple[int, int, bool, int]:
    draws = _elements_of_size(size)
    total = int(np.sum(np.asarray(colors)))
    return total, operator.index(nsample), method == "count", draws * size_of(colors)


def _axis_length(x: Any, axis: Any = 0) -> tuple[int]:
    shape = _shape(x, axis)
    if not shape:
        return (operator.index(x),)
    if axis is None:
        return (math.prod(shape),)
    return (shape[axis_of(axis, len(shape))],)


def _method_axis_length(self: Any, x: Any, axis: Any = 0) -> tuple[int]:
    return _axis_length(x, axis)


def _permuted(self: Any, x: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (size_of(x),)


def _bytes(length: Any) -> tuple[int]:
    return (operator.index(length),)


def _method_bytes(self: Any, length: Any) -> tuple[int]:
    return _bytes(length)


def _shape_given(*shape: Any) -> tuple[int]:
    return (math.prod(operator.index(n) for n in shape),)


def _method_shape_given(self: Any, *shape: Any) -> tuple[int]:
    return _shape_given(*shape)


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "random.Generator.bytes": _method_bytes,
    "random.Generator.choice": _generator_choice,
    "random.Generator.multivariate_hypergeometric": _multivariate_hypergeometric,
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
