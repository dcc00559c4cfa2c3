"""Cost helpers of a client: two are asked of the server, two need only shapes."""

from __future__ import annotations

import math
from typing import Any

from flopscope.remote.client import state
from flopscope.remote.client.encoding import decode
from flopscope.remote.surface import WEIGHTS

__all__ = ["HELPERS"]


def _asked(name: str) -> Any:
    def helper(*args: Any, **kwargs: Any) -> int:
        connection = state.current()
        reply = connection.request(name, list(args), kwargs or None)
        return int(decode(connection, reply["result"]))

    helper.__name__ = helper.__qualname__ = name
    helper.__doc__ = f"``flopscope.accounting.{name}``, answered by the server."
    return helper


def _weight(op_name: Any) -> int:
    if not isinstance(op_name, str):
        raise TypeError(f"op_name must be a string, got {type(op_name).__name__}")
    return int(WEIGHTS.get(op_name, 1))


def pointwise_cost(op_name: str, *, shape: Any, symmetry: Any = None) -> int:
    """FLOPs of a function of each element, weight included.

    Parameters
    ----------
    op_name : str
    shape : tuple of int
        Of the result.
    symmetry : None
        Symmetric arrays are priced by the server only.
    """
    if symmetry is not None:
        raise NotImplementedError("pointwise_cost with a symmetry is in-process only")
    return int(_weight(op_name) * max(1, math.prod(shape)))


def reduction_cost(
    op_name: str, *, input_shape: Any, axis: Any = None, symmetry: Any = None
) -> int:
    """FLOPs of a reduction; without an open budget, of one that combines two elements at a time.

    Parameters
    ----------
    op_name : str
    input_shape : tuple of int
    axis : int or tuple of int, optional
    symmetry : None
        Symmetric arrays are priced by the server only.
    """
    if symmetry is not None:
        raise NotImplementedError("reduction_cost with a symmetry is in-process only")
    connection = state.connection
    if connection is not None and connection.is_open:  # it knows the rule of every reduction
        return int(_asked("reduction_cost")(op_name, input_shape=input_shape, axis=axis))
    weight = _weight(op_name)
    shape = tuple(input_shape)
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    reduced = {at % len(shape) for at in axes}
    outputs = math.prod(n for at, n in enumerate(shape) if at not in reduced)
    return int(weight * max(1, math.prod(shape) - outputs))


HELPERS = {
    "einsum_cost": _asked("einsum_cost"),
    "pointwise_cost": pointwise_cost,
    "reduction_cost": reduction_cost,
    "svd_cost": _asked("svd_cost"),
}
