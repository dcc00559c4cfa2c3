"""``ufunc.reduce``, ``.accumulate``, ``.outer``, ``.reduceat`` and ``.at``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .costs_reductions import Axis, accumulate_all, scan
from .groups import moves_of, orbits
from .rules import RULES, Ignored, Rule, UnknownOperation
from .shapes import numel, shape_of

__all__ = ["is_method", "method_price", "plain_name"]

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


def _reduce(array: Any, axis: Axis = 0, *_: Ignored, **__: Ignored) -> int:
    return accumulate_all(array, axis)


def _accumulate(array: Any, axis: int = 0, *_: Ignored, **__: Ignored) -> int:
    return scan(array, axis)


def _outer(a: Any, b: Any, **_: Ignored) -> int:
    return max(1, orbits(shape_of(a), moves_of(a)) * orbits(shape_of(b), moves_of(b)))


def _reduceat(array: Any, *_: Ignored, **__: Ignored) -> int:
    return numel(array)


def _at(a: Any, indices: Any, *_: Ignored, **__: Ignored) -> int:
    return numel(indices) if isinstance(indices, np.ndarray) else numel(a)


_METHODS: dict[str, Rule] = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "reduceat": _reduceat,
    "at": _at,
}


def is_method(op_name: str) -> bool:
    """Is it the name of a ufunc's method, such as ``power.outer``?"""
    base, _, method = op_name.rpartition(".")
    return method in _METHODS and isinstance(getattr(np, base, None), np.ufunc)


def method_price(op_name: str, *args: Any, **kwargs: Any) -> int:
    """Price of ``<ufunc>.<method>`` (cost model, elementwise operations: ufunc methods).

    The axis defaults to 0.  ``reduce`` and ``accumulate`` cost what a sum or a scan costs,
    ``outer`` unique elements times unique elements, ``reduceat`` the size of the array, ``at`` the
    size of an index array or else that of the array.
    """
    base, _, method = op_name.rpartition(".")
    if base not in RULES:
        raise UnknownOperation(f"the reference has no rule for the ufunc {base!r}")
    return _METHODS[method](*args, **kwargs)
