"""Arrays and numbers whose values nobody knows.

An unknown array is a real ndarray of its shape and dtype whose elements are all one element in
memory: all strides are zero. NumPy makes views of it as of any array, prices see its shape,
symmetry tags hold for it, and it takes no memory. Its values are NaN, and asking for them raises.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from flopscope import _core
from flopscope._core import FlopscopeArray
from flopscope.errors import ValueDependentError

__all__ = ["DryRun", "active", "is_unknown", "number", "python_number", "raise_value", "unknown"]

_FOLDERS = tuple(
    f"{Path(module.__file__).parent}/"  # type: ignore[arg-type]
    for module in (sys.modules["flopscope"], np)
)


class Element(np.ndarray[Any, Any]):
    """The one element behind an unknown array: what tells it from others."""


class DryRun:
    """What a dry run remembers: the owners of arrays that it would have written to."""

    def __init__(self) -> None:
        self._written: dict[int, Any] = {}

    def write(self, array: Any) -> None:
        """Forget the values of an array, and of everything that shares its memory."""
        if not is_unknown(array):
            if getattr(array, "symmetry", None) is not None and not _core._is_inferred(array):
                raise ValueError(
                    "a dry run would end the symmetry of an array that was made outside of it; "
                    "pass a ShapeDtype instead, or write to a copy"
                )
            root = _root(array)
            self._written[id(root)] = root

    def has_written(self, root: Any) -> bool:
        """Whether the values of an owner of memory are out of date."""
        return id(root) in self._written


active: ContextVar[DryRun | None] = ContextVar("active", default=None)


def _root(array: Any) -> Any:
    while isinstance(array, np.ndarray) and not isinstance(array, Element):
        base = array.base
        if base is None or not isinstance(base, np.ndarray):
            return array
        array = base
    return array


def unknown(shape: Any, dtype: Any) -> np.ndarray[Any, Any]:
    """Return a plain array of unknown values."""
    kind = np.dtype(dtype)
    # It owns its memory: NumPy leaves out what stands between a view and the owner.
    element = Element((), kind)
    element[...] = np.nan if kind.kind in "fc" else 0
    element.flags.writeable = False
    lengths = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    array: np.ndarray[Any, Any] = np.ndarray(
        lengths, kind, buffer=element, strides=(0,) * len(lengths)
    )
    return array


def is_unknown(value: Any) -> bool:
    """Whether a dry run does not know the values of an array or number."""
    if isinstance(value, np.ndarray):
        root = _root(value)
        run = active.get()
        return isinstance(root, Element) or (run is not None and run.has_written(root))
    return getattr(type(value), "_is_unknown", False) is True


def raise_value(what: str) -> NoReturn:
    """Raise `ValueDependentError` for the line of the user's that asked for a value."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_FOLDERS):
        frame = frame.f_back
    if frame is None:
        raise ValueDependentError(what, "<unknown>", 0, "")
    code = frame.f_code
    name = getattr(code, "co_qualname", code.co_name)
    raise ValueDependentError(what, code.co_filename, frame.f_lineno, name)


# ------------------------------------------------------------------------------------- numbers

_scalar_types: dict[type, type] = {}

_ASKING = {
    "__bool__": "its truth",
    "__int__": "it as an int",
    "__float__": "it as a float",
    "__complex__": "it as a complex number",
    "__index__": "it as an index",
    "__eq__": "a comparison",
    "__ne__": "a comparison",
    "__lt__": "a comparison",
    "__le__": "a comparison",
    "__gt__": "a comparison",
    "__ge__": "a comparison",
    "__round__": "it rounded",
    "item": "it as a Python number",
    "tolist": "it as a Python number",
}
_COMPUTING = (
    "__add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__ __floordiv__ "
    "__rfloordiv__ __mod__ __rmod__ __pow__ __rpow__ __neg__ __pos__ __abs__"
).split()


def _asking(what: str) -> Any:
    def ask(self: Any, *_: Any) -> NoReturn:
        raise_value(f"the value of a number is not known, and {what} was asked for")

    return ask


def _plain_number(value: Any) -> Any:
    """A number of unknown value as one of its base class, which asks no questions."""
    if getattr(type(value), "_is_unknown", False) is not True:
        return value
    base: Any = type(value).__mro__[1]
    return base("nan") if issubclass(base, (float, np.inexact)) else base(0)


def _computing(name: str, base: type) -> Any:
    method = getattr(base, name)

    def compute(self: Any, *others: Any) -> Any:
        result = method(self, *map(_plain_number, others))
        if isinstance(result, (float, int, complex)) and not isinstance(result, np.generic):
            return python_number(type(result))
        if isinstance(result, np.generic) and not isinstance(result, np.bool_):
            return number(result.dtype)
        return result

    return compute


def _number_text(self: Any, *_: Any) -> str:
    return f"<{self.dtype}, value unknown>"


def number(dtype: Any) -> Any:
    """Return a NumPy scalar of unknown value; an array without axes where there cannot be one."""
    kind = np.dtype(dtype)
    base = kind.type
    if base is np.bool_:  # has no subclasses
        return unknown((), kind).view(FlopscopeArray)
    return _unknown_type(base)(np.nan if kind.kind in "fc" else 0)


def python_number(base: type) -> Any:
    """Return a Python float or int of unknown value, which samplers return for a single draw."""
    return _unknown_type(base)(float("nan") if base is not int else 0)


def _unknown_type(base: Any) -> Any:
    if base not in _scalar_types:
        members: dict[str, Any] = {
            "_is_unknown": True,
            "__hash__": base.__hash__,
            "__repr__": _number_text,
            "__str__": _number_text,
            "__format__": _number_text,
            **{name: _asking(what) for name, what in _ASKING.items()},
            **{name: _computing(name, base) for name in _COMPUTING if hasattr(base, name)},
        }
        if not issubclass(base, np.generic):
            members["dtype"] = np.dtype(base)
        _scalar_types[base] = type(base.__name__, (base,), members)
    return _scalar_types[base]
