"""What operations return in a dry run: rules for those whose shape no small call would tell.

The rules stand in ``creation``, ``movement`` and ``transforms``; here is what they share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope._dry.call import CountedCall
from flopscope._dry.unknown import unknown

__all__ = [
    "RULES",
    "SHAPED_BY_VALUES",
    "VIEWS",
    "distribution_result",
    "dtype_of",
    "rule",
    "shape_of",
    "ufunc_result",
]

Rule = Callable[[CountedCall], Any]
RULES: dict[str, Rule] = {}

#: Their results are as long as the values make them, or they run functions of the user's.
SHAPED_BY_VALUES = frozenset(
    "argwhere bincount extract flatnonzero histogram_bin_edges intersect1d nonzero setdiff1d "
    "setxor1d trim_zeros union1d unique unique_all unique_counts unique_inverse unique_values "
    "compress apply_along_axis apply_over_axes piecewise is_symmetric".split()
)

#: They return views, or look at shapes only: NumPy itself tells what they return.
VIEWS = frozenset(
    "array_split atleast_1d atleast_2d atleast_3d broadcast_arrays broadcast_to diagonal dsplit "
    "expand_dims flip fliplr flipud hsplit linalg.diagonal linalg.matrix_transpose "
    "matrix_transpose moveaxis permute_dims reshape rollaxis rot90 split squeeze swapaxes "
    "transpose unstack vsplit".split()
)


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Register a rule."""

    def add(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, function))
        return function

    return add


def shape_of(value: Any) -> tuple[int, ...]:
    """Shape of an array or of what would become one."""
    return tuple(np.shape(value))


def dtype_of(*values: Any) -> np.dtype[Any]:
    """Return the common dtype; Python numbers give way to arrays."""
    weak = [value if type(value) in (int, float, complex) else np.asarray(value).dtype
            for value in values]  # fmt: skip
    return np.result_type(*weak)


def ufunc_result(call: CountedCall) -> Any:
    """Broadcast shape, and the dtype that the ufunc gives for one element."""
    ufunc = call.target
    operands = call.args[: ufunc.nin]
    kwargs = {key: value for key, value in call.kwargs.items() if key not in ("out", "where")}
    elements = [
        value
        if type(value) in (bool, int, float, complex)
        else np.ones((), np.asarray(value).dtype)
        for value in operands
    ]
    shapes = [shape_of(value) for value in operands]
    if "where" in call.kwargs:
        shapes.append(shape_of(call.kwargs["where"]))
    shape = np.broadcast_shapes(*shapes)
    with np.errstate(all="ignore"):
        result = ufunc(*elements, **kwargs)
    if isinstance(result, tuple):
        return tuple(unknown(shape, part.dtype) for part in result)
    return unknown(shape, result.dtype)


def distribution_result(call: CountedCall) -> Any:
    """Functions of `flopscope.stats`: float64, arguments broadcast."""
    return unknown(np.broadcast_shapes(*map(shape_of, (*call.args, *call.kwargs.values()))), float)
