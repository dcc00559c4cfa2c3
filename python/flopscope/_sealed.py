"""Copies of pricing functions that nobody can patch.

What a call costs must not depend on what a program assigns to `math.prod`, to a builtin or to a
function of this library. A sealed function is a copy whose global names are private copies as well:
of flopscope's functions, sealed in turn, and of the names of the modules that they use.
"""

from __future__ import annotations

import builtins
import functools
from types import CellType, FunctionType, ModuleType, SimpleNamespace
from typing import Any

__all__ = ["sealed"]

_BUILTINS = dict(vars(builtins))

# What may hold functions. Most globals are something else.
_HOLDERS = frozenset((FunctionType, functools.partial, ModuleType, dict, list, tuple))

# By the identity of the original, which is kept so that its identity stays its own.
_copies: dict[int, tuple[Any, Any]] = {}


class _Names(SimpleNamespace):
    """The names that a module had when it was sealed; later ones are asked of the module."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_copies[id(self)][0], name)


def _is_ours(name: Any) -> bool:
    return isinstance(name, str) and name.partition(".")[0] == "flopscope"


def _sealed_globals(names: dict[str, Any]) -> dict[str, Any]:
    known = _copies.get(id(names))
    if known is None:
        copy = dict(names)
        # A function takes its builtins from its globals when it is made.
        copy["__builtins__"] = _BUILTINS
        _copies[id(names)] = known = (names, copy)
        for name, value in names.items():
            if type(value) in _HOLDERS and name != "__builtins__":
                copy[name] = sealed(value)
    result: dict[str, Any] = known[1]
    return result


def _sealed_module(module: ModuleType) -> Any:
    known = _copies.get(id(module))
    if known is None:
        copy = _Names()
        _copies[id(module)] = known = (module, copy)
        _copies[id(copy)] = (module, copy)
        names = _sealed_globals(vars(module)) if _is_ours(module.__name__) else vars(module)
        vars(copy).update(names)
    return known[1]


def _sealed_function(function: FunctionType) -> FunctionType:
    known = _copies.get(id(function))
    if known is None:
        names = _sealed_globals(function.__globals__)
        known = _copies.get(id(function))  # sealing the names may have come by here
    if known is None:
        cells = tuple(CellType() for _ in function.__closure__ or ())
        copy = FunctionType(
            function.__code__, names, function.__name__, function.__defaults__, cells or None
        )
        _copies[id(function)] = known = (function, copy)
        for cell, original in zip(cells, function.__closure__ or (), strict=True):
            cell.cell_contents = sealed(original.cell_contents)
        copy.__kwdefaults__ = function.__kwdefaults__
        copy.__dict__.update(function.__dict__)
        copy.__doc__, copy.__module__ = function.__doc__, function.__module__
        copy.__qualname__ = function.__qualname__
    result: FunctionType = known[1]
    return result


def sealed(value: Any) -> Any:
    """Return a value with the functions of flopscope in it sealed.

    Parameters
    ----------
    value : object
        A function, a partial, a module, or a dict, tuple or list with some. Everything else is
        returned as it is: classes and what `functools.lru_cache` makes are not copied.

    Examples
    --------
    >>> from flopscope._sealed import sealed
    >>> sealed(len) is len
    True
    """
    if isinstance(value, FunctionType):
        return _sealed_function(value) if _is_ours(value.__module__) else value
    if isinstance(value, functools.partial):
        return functools.partial(sealed(value.func), *value.args, **value.keywords)
    if isinstance(value, ModuleType):
        return _sealed_module(value)
    holds_functions = type(value) in (dict, list, tuple) and any(
        isinstance(item, (FunctionType, functools.partial))
        for item in (value.values() if type(value) is dict else value)
    )
    if not holds_functions:
        return value
    if type(value) is dict:
        return {key: sealed(item) for key, item in value.items()}
    return type(value)(sealed(item) for item in value)
