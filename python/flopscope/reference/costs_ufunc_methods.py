"""``ufunc.reduce``, ``.accumulate``, ``.outer``, ``.reduceat`` and ``.at``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .costs_reductions import Axis, accumulate_all, scan
from .groups import moves_of, orbits
from .rules import RULES, Ignored, rule
from .shapes import numel, shape_of

__all__ = ["is_method", "plain_name", "rule_name"]

_NAMED_REDUCTIONS = {
    "add.reduce": "sum",
    "multiply.reduce": "prod",
    "maximum.reduce": "max",
    "minimum.reduce": "min",
    "logical_and.reduce": "all",
    "logical_or.reduce": "any",
    "add.accumulate": "cumsum",
    "multiply.accumulate": "cumprod",
}


def plain_name(op_name: str) -> str:
    """Name in the log: ``add.reduce`` is ``sum``, ``power.outer`` keeps its own."""
    return _NAMED_REDUCTIONS.get(op_name, op_name)


@rule("<ufunc>.reduce")
def reduce(array: Any, axis: Axis = 0, *_: Ignored, **__: Ignored) -> int:
    """What a sum costs, along axis 0 by default (cost model, ufunc methods)."""
    return accumulate_all(array, axis)


@rule("<ufunc>.accumulate")
def accumulate(array: Any, axis: int = 0, *_: Ignored, **__: Ignored) -> int:
    """What a running sum costs, along axis 0 by default (cost model, ufunc methods)."""
    return scan(array, axis)


@rule("<ufunc>.outer")
def outer(a: Any, b: Any, **_: Ignored) -> int:
    """Unique elements times unique elements, at least 1 (cost model, ufunc methods)."""
    return max(1, orbits(shape_of(a), moves_of(a)) * orbits(shape_of(b), moves_of(b)))


@rule("<ufunc>.reduceat")
def reduceat(array: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element of the array, at least 1 (cost model, ufunc methods)."""
    return numel(array)


@rule("<ufunc>.at")
def at(a: Any, indices: Any, *_: Ignored, **__: Ignored) -> int:
    """One per index of an index array, else one per element (cost model, ufunc methods)."""
    return numel(indices) if isinstance(indices, np.ndarray) else numel(a)


def is_method(op_name: str) -> bool:
    """Is it the name of a ufunc's method, such as ``power.outer``?"""
    base, _, method = op_name.rpartition(".")
    return f"<ufunc>.{method}" in RULES and isinstance(getattr(np, base, None), np.ufunc)


def rule_name(op_name: str) -> str:
    """The name of an operation's rule: its own, or ``<ufunc>.outer`` for ``power.outer``."""
    return f"<ufunc>.{op_name.rpartition('.')[2]}" if is_method(op_name) else op_name
