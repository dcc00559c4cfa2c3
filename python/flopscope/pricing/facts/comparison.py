"""Closeness and equality of arrays, clipping, selectors derived from values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope import _core
from flopscope.pricing.facts._sizes import NO_VALUE, broadcast_size, shape_of, size_of
from flopscope.pricing.transport import common_group

__all__ = ["FACTS"]


def _unique(*operands: Any) -> int:
    """Elements of the broadcast operands that differ, by their tags."""
    shape = np.broadcast_shapes(*(np.shape(x) for x in operands))
    group = common_group(shape, operands)
    return math.prod(shape) if group is None else _core._unique_elements(group, shape)


def _isclose(
    a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False
) -> tuple[int, int]:
    unique = _unique(a, b)
    # Tolerances may be arrays, and larger than what they are for.
    return unique, unique if _are_numbers(rtol, atol) else _unique(a, b, rtol, atol)


def _allclose(
    a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False
) -> tuple[int, int]:
    size = broadcast_size(a, b)
    return size, size if _are_numbers(rtol, atol) else broadcast_size(a, b, rtol, atol)


def _are_numbers(*tolerances: Any) -> bool:
    return all(np.ndim(x) == 0 for x in tolerances)


def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> tuple[int, int]:
    return size_of(a1), size_of(a2)


def _array_equiv(a1: Any, a2: Any) -> tuple[int, int, int]:
    try:
        broadcast = broadcast_size(a1, a2)
    except ValueError:  # the shapes do not fit: NumPy only looks at them
        broadcast = -1
    return size_of(a1), size_of(a2), broadcast


def _clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **keywords: Any
) -> tuple[int, int, int]:
    given = [a_min, a_max, keywords.get("min"), keywords.get("max")]
    bounds = [bound for bound in given if bound is not None and bound is not NO_VALUE]
    return _unique(a, *bounds), _unique(a), len(bounds)


def _tested(a: Any) -> tuple[int]:
    return (size_of(a),)


def _where(condition: Any, x: Any = None, y: Any = None) -> tuple[bool, int, int]:
    if x is None and y is None:
        return True, size_of(condition), 0
    return False, size_of(condition), broadcast_size(condition, x, y)


def _differing(x: Any) -> tuple[int]:
    """Elements of the operand that symmetry does not make equal."""
    shape, group = shape_of(x), getattr(x, "symmetry", None)
    return (math.prod(shape) if group is None else int(_core._unique_elements(group, shape)),)


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "iscomplexobj": _differing,
    "isrealobj": _differing,
    "allclose": _allclose,
    "argwhere": _tested,
    "array_equal": _array_equal,
    "array_equiv": _array_equiv,
    "clip": _clip,
    "flatnonzero": _tested,
    "isclose": _isclose,
    "nonzero": _tested,
    "where": _where,
}
