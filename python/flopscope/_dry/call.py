"""A counted call, as the rules of dry runs see it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._dry.unknown import is_unknown, unknown
from flopscope.numpy._namespace import ROWS

__all__ = ["CountedCall", "arrays_in", "length_of", "replace_arrays", "restage"]


def arrays_in(value: Any, depth: int = 3) -> Iterator[Any]:
    """Every array, or number of unknown value, in lists, tuples and dicts."""
    if isinstance(value, (np.ndarray, np.generic)) or is_unknown(value):
        yield value
    elif depth and isinstance(value, (list, tuple)):
        for item in value:
            yield from arrays_in(item, depth - 1)
    elif depth and isinstance(value, dict):
        for item in value.values():
            yield from arrays_in(item, depth - 1)


def replace_arrays(value: Any, replace: Callable[[Any], Any]) -> Any:
    """Rebuild nested lists, tuples and dicts with other arrays in them."""
    if isinstance(value, np.ndarray) or is_unknown(value):
        return replace(value)
    if isinstance(value, (list, tuple)):
        items = [replace_arrays(item, replace) for item in value]
        if isinstance(value, list):
            return items
        make: Callable[..., Any] = getattr(type(value), "_make", type(value))
        return make(items)
    if isinstance(value, dict):
        return {key: replace_arrays(item, replace) for key, item in value.items()}
    return value


def restage(result: Any) -> Any:
    """Return a result with all of its values forgotten."""
    if isinstance(result, (bool, int, float, complex)):
        result = np.asarray(result)
    if isinstance(result, np.generic):
        return unknown((), result.dtype)
    return replace_arrays(result, lambda array: unknown(array.shape, array.dtype))


def length_of(size: Any) -> tuple[int, ...]:
    """Return a shape argument as a tuple."""
    if isinstance(size, (tuple, list, np.ndarray)):
        return tuple(int(n) for n in size)
    return (int(size),)


class CountedCall:
    """Operation, NumPy callable and arguments of one call."""

    def __init__(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.name: str = op.op_name
        self.row = ROWS.get(self.name)
        self.target: Any = _core._target_of(op)
        self.args = args
        self.kwargs = kwargs

    def arrays(self) -> list[Any]:
        """Arrays among the arguments."""
        return [a for a in arrays_in((self.args, self.kwargs)) if isinstance(a, np.ndarray)]

    def has_unknown(self) -> bool:
        """Whether the values of an argument are unknown."""
        return any(is_unknown(value) for value in arrays_in((self.args, self.kwargs)))

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """The value of a parameter, by position or keyword."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    def bound(self) -> dict[str, Any]:
        """Arguments by the names of NumPy's parameters, defaults filled in."""
        try:
            signature = inspect.signature(self.target)
        except ValueError:
            return dict(self.kwargs)
        bound = signature.bind(*self.args, **self.kwargs)
        bound.apply_defaults()
        return dict(bound.arguments)

    def given_out(self) -> Any:
        """What was given as `out`; None when nothing was."""
        if "out" in self.kwargs:
            return self.kwargs["out"]
        try:
            return self.bound().get("out")
        except TypeError:
            return None
