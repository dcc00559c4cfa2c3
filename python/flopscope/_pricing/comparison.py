"""Closeness and equality of arrays, clipping, selectors derived from values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._pricing._counting import NO_VALUE, broadcast_cells, cells
from flopscope._pricing.transport import common_group

__all__ = ["RULES"]


def _unique(*operands: Any) -> int:
    """Cells of the broadcast operands that differ, by their tags; at least 1."""
    shape = np.broadcast_shapes(*(np.shape(x) for x in operands))
    group = common_group(shape, operands)
    return max(1, math.prod(shape) if group is None else _core._unique_elements(group, shape))


def _isclose(a: Any, b: Any, *_args: Any, **_: Any) -> int:
    return 6 * _unique(a, b)


def _allclose(a: Any, b: Any, *_args: Any, **_: Any) -> int:
    return max(1, 7 * broadcast_cells(a, b) - 1)


def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> int:
    return max(cells(a1), cells(a2), 1)


def _array_equiv(a1: Any, a2: Any) -> int:
    try:
        return max(1, broadcast_cells(a1, a2))
    except ValueError:  # the shapes do not fit: NumPy only looks at them
        return max(1, cells(a1), cells(a2))


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **keywords: Any) -> int:
    given = [a_min, a_max, keywords.get("min"), keywords.get("max")]
    bounds = [bound for bound in given if bound is not None and bound is not NO_VALUE]
    return _unique(a, *bounds) * max(1, len(bounds))


def _tested(a: Any) -> int:
    return cells(a)


def _where(condition: Any, x: Any = None, y: Any = None) -> int:
    return cells(condition) if x is None and y is None else 0


RULES: dict[str, Callable[..., Any]] = {
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
