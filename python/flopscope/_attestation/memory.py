"""Whether the library's functions in memory are still those of its files."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from flopscope import _core

__all__ = ["changed_functions"]


def _compiled(file: str, cache: dict[str, dict[str, CodeType]]) -> dict[str, CodeType]:
    """Return the code of the functions at the top of a file and in its classes, by name."""
    if file not in cache:
        found: dict[str, CodeType] = {}
        try:
            module = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
        except (OSError, SyntaxError):
            module = None
        pending = [("", module)] if module is not None else []
        while pending:
            prefix, code = pending.pop()
            for constant in code.co_consts:
                if not isinstance(constant, CodeType) or constant.co_name.startswith("<"):
                    continue
                name = f"{prefix}{constant.co_name}"
                found[name] = constant
                if "__module__" in constant.co_names and not prefix:  # the body of a class
                    pending.append((f"{name}.", constant))
        cache[file] = found
    return cache[file]


def _unwrapped(value: Any) -> Any:
    """Return the function behind properties, class methods and counted functions."""
    if isinstance(value, _core.CountedFunction):
        return _core._target_of(value)
    for name in ("fget", "__func__", "func"):  # properties, class methods, cached properties
        value = getattr(value, name, value)
    return value


def _differs(value: Any, code: CodeType) -> bool:
    function = _unwrapped(value)
    if not isinstance(function, FunctionType):
        # What functools makes of a function.
        function = getattr(function, "__wrapped__", None)
    elif function.__code__.co_filename == contextlib.__file__:
        function = getattr(function, "__wrapped__", None)
    return not isinstance(function, FunctionType) or function.__code__ != code


def _members(module: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names of a module, and of its classes' members, with their values."""
    for name, value in list(vars(module).items()):
        if not isinstance(value, type):
            yield name, value
        elif value.__module__ == module.__name__:
            for member, inner in list(vars(value).items()):
                yield f"{name}.{member}", inner


def changed_functions() -> list[str]:
    """Name the functions of loaded modules that are not what the files say.

    A function that a program put in the place of one of flopscope's, or whose code it changed.
    Members of classes and wrapped functions count, closures do not.

    Returns
    -------
    list of str
        Dotted names, sorted.
    """
    folders = _core._own_files()[1]
    cache: dict[str, dict[str, CodeType]] = {}
    changed = []
    for module_name, module in sorted(sys.modules.items()):
        if module_name.partition(".")[0] != "flopscope":
            continue
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.startswith(folders) or not file.endswith(".py"):
            continue
        codes = _compiled(file, cache)
        for name, value in _members(module):
            if name in codes and _differs(value, codes[name]):
                changed.append(f"{module_name}.{name}")
    return sorted(changed)
