"""An array whose operators and methods go to the meter that made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .words import words

__all__ = ["MeteredArray", "plain"]


def plain(x: Any) -> Any:
    """`x` without the meter: a base view of a metered array, also inside lists and tuples."""
    if isinstance(x, MeteredArray):
        return x.view(np.ndarray)
    if isinstance(x, (list, tuple)) and any(isinstance(i, (np.ndarray, list, tuple)) for i in x):
        items = [plain(item) for item in x]
        return items if isinstance(x, list) else tuple(items)
    return x


def _operator(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return getattr(self.meter, name)(self, other)

    return method


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return getattr(self.meter, name)(other, self)

    return method


def _unary(name: str) -> Callable[[Any], Any]:
    def method(self: Any) -> Any:
        return getattr(self.meter, name)(self)

    return method


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    """Compute apart, then copy into the array with NumPy's same_kind rule."""

    def method(self: Any, other: Any) -> Any:
        result = getattr(self.meter, name)(self, other)
        if name == "matmul" and np.shape(result) != self.shape:
            return result
        np.copyto(self.view(np.ndarray), plain(result), casting="same_kind")
        return self

    return method


def _method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.meter, name)(self, *args, **kwargs)

    return method


class MeteredArray(np.ndarray[Any, Any]):
    """An ndarray that pays for its arithmetic.

    Made by a :class:`~.meter.MeteredNumpy`, which it keeps as ``meter``; views keep it too.
    """

    meter: Any = None
    __hash__ = None

    def __array_finalize__(self, obj: Any) -> None:
        self.meter = getattr(obj, "meter", None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        target = ufunc if method == "__call__" else getattr(ufunc, method)
        if isinstance(kwargs.get("out"), tuple) and len(kwargs["out"]) == 1:
            kwargs["out"] = kwargs["out"][0]
        arrays = (x for x in (*inputs, kwargs.get("out")) if isinstance(x, MeteredArray))
        return next(arrays).meter.counted(name, target)(*inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = getattr(func, "__name__", "")
        if getattr(np, name, None) is not func:
            return NotImplemented
        return getattr(self.meter, name)(*args, **kwargs)

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """As in NumPy; a cast that changes values is paid for."""
        cast = self.meter.counted("astype", np.ndarray.astype)
        return cast(self, dtype, *args, **kwargs)

    def sort(self, *args: Any, **kwargs: Any) -> None:
        """Sort in place."""
        self.view(np.ndarray)[...] = plain(self.meter.sort(self, *args, **kwargs))

    def partition(self, *args: Any, **kwargs: Any) -> None:
        """Partition in place."""
        self.view(np.ndarray)[...] = plain(self.meter.partition(self, *args, **kwargs))

    def compress(self, condition: Any, *args: Any, **kwargs: Any) -> Any:
        """Select along an axis."""
        return self.meter.compress(condition, self, *args, **kwargs)


_BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
    "divmod": "divmod",
}
_COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "invert"}
_METHODS = words("""
    sum mean std var max min prod any all cumsum cumprod argmin argmax ptp trace round clip dot
    conj conjugate argsort argpartition take repeat searchsorted nonzero
""")

for _symbol, _name in _BINARY.items():
    setattr(MeteredArray, f"__{_symbol}__", _operator(_name))
    setattr(MeteredArray, f"__r{_symbol}__", _reflected(_name))
    if _symbol != "divmod":
        setattr(MeteredArray, f"__i{_symbol}__", _in_place(_name))
for _symbol, _name in _COMPARISONS.items():
    setattr(MeteredArray, f"__{_symbol}__", _operator(_name))
for _symbol, _name in _UNARY.items():
    setattr(MeteredArray, f"__{_symbol}__", _unary(_name))
for _name in _METHODS:
    setattr(MeteredArray, _name, _method(_name))
