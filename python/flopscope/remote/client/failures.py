"""Errors and warnings that a server tells of, as Python's."""

from __future__ import annotations

import re
import warnings
from typing import Any

from flopscope import errors
from flopscope.errors import FlopscopeError, FlopscopeServerError

__all__ = ["failure", "warn"]

_AS_THEMSELVES: dict[str, type[Exception]] = {
    "ValueError": ValueError,
    "TypeError": TypeError,
    "KeyError": KeyError,
    "RuntimeError": RuntimeError,
    **{
        name: getattr(errors, name)
        for name in errors.__all__
        if isinstance(getattr(errors, name), type)
        and issubclass(getattr(errors, name), FlopscopeError)
    },
}

# What an in-process program would catch: the server's word for it is FlopscopeServerError.
_ALSO: dict[str, tuple[type[Exception], ...]] = {
    "ArithmeticError": (ArithmeticError,),
    "AttributeError": (AttributeError,),
    "AxisError": (ValueError, IndexError),
    "FloatingPointError": (FloatingPointError,),
    "IndexError": (IndexError,),
    "LinAlgError": (ValueError,),
    "MemoryError": (MemoryError,),
    "NotImplementedError": (NotImplementedError,),
    "OverflowError": (OverflowError,),
    "UFuncTypeError": (TypeError,),
    "ZeroDivisionError": (ZeroDivisionError,),
}
_INTERNAL = re.compile(r"internal server error: (\w+): (.*)", re.DOTALL)
_EXHAUSTED = re.compile(r"(\S+) would cost ([\d,]+) FLOPs, but only ([\d,]+) remain")
_made: dict[str, type[Exception]] = {}


def _internal(message: str) -> Exception:
    """An error that is a FlopscopeServerError, and what it was on the server if Python has that."""
    found = _INTERNAL.match(message)
    name = found.group(1) if found else ""
    name = name.lstrip("_")
    if name.startswith("UFunc"):
        name = "UFuncTypeError"
    if name not in _ALSO:
        return FlopscopeServerError(message)
    if name not in _made:
        bases: tuple[type, ...] = (FlopscopeServerError, *_ALSO[name])
        _made[name] = type(
            name, bases, {"__module__": "flopscope.errors", "__doc__": bases[0].__doc__}
        )
    return _made[name](message)


def failure(error_type: Any, message: Any) -> Exception:
    """Return the exception for class name and message of a reply.

    The errors of flopscope take one message here; a spent budget keeps its figures.
    """
    text = str(message)
    if error_type == "FlopscopeServerError":
        return _internal(text)
    kind = _AS_THEMSELVES.get(error_type)
    if kind is None:
        return FlopscopeServerError(f"{error_type}: {text}")
    error: Exception = kind.__new__(kind)
    error.args = (text,)
    found = _EXHAUSTED.match(text) if kind is errors.BudgetExhaustedError else None
    if found:
        error.op_name = found.group(1)  # type: ignore[attr-defined]
        for name, digits in zip(("flop_cost", "flops_remaining"), found.groups()[1:], strict=True):
            setattr(error, name, int(digits.replace(",", "")))
    return error


_CATEGORIES: dict[str, type[Warning]] = {
    "DeprecationWarning": DeprecationWarning,
    "RuntimeWarning": RuntimeWarning,
    **{
        name: getattr(errors, name)
        for name in errors.__all__
        if isinstance(getattr(errors, name), type) and issubclass(getattr(errors, name), Warning)
    },
}


def warn(found: Any) -> None:
    """Issue the warnings of a reply, at the first line outside of the package."""
    import sys

    depth = 2
    frame = sys._getframe(1)
    while frame.f_back is not None and "flopscope.remote" in frame.f_globals.get("__name__", ""):
        frame = frame.f_back
        depth += 1
    for name, message in found:
        warnings.warn(message, _CATEGORIES.get(name, UserWarning), stacklevel=depth)
