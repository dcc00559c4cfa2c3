"""Changed functions in the place of those that the library has made its own already.

What prices a call is sealed: the library holds copies of fact functions. They get new code, so that
a mutant needs no interpreter of its own.
"""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from flopscope import _core, _sealed

__all__ = ["forget", "install"]


def _module_of(file: Path) -> ModuleType:
    return sys.modules[f"flopscope.pricing.facts.{file.stem}"]


def _pairs(old: Any, new: Any) -> Iterator[tuple[FunctionType, FunctionType]]:
    """Functions of a module with their changed likes, those in tables too."""
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        yield old, new
    elif isinstance(old, dict) and isinstance(new, dict):
        for key, value in new.items():
            yield from _pairs(old.get(key), value)


def _replace(function: FunctionType, new: FunctionType) -> None:
    function.__code__ = new.__code__
    function.__defaults__ = new.__defaults__
    function.__kwdefaults__ = new.__kwdefaults__
    for cell, given in zip(function.__closure__ or (), new.__closure__ or (), strict=True):
        if not isinstance(given.cell_contents, FunctionType):
            cell.cell_contents = given.cell_contents


def install(file: Path, code: CodeType) -> None:
    """Make the functions of a file those of changed code."""
    module = _module_of(file)
    names: dict[str, Any] = {"__name__": module.__name__, "__file__": str(file)}
    exec(code, names)
    for name, new in names.items():
        for function, changed in _pairs(vars(module).get(name), new):
            if function.__module__ == module.__name__:
                _replace(function, changed)
                if id(function) in _sealed._copies:
                    _replace(_sealed._copies[id(function)][1], changed)


def forget() -> None:
    """Drop what was kept of earlier calls."""
    _core._plan_cache_clear()
    _core._contraction_cache_clear()
    for value in gc.get_objects():
        if isinstance(value, functools._lru_cache_wrapper):
            name = getattr(value, "__module__", None) or ""
            if name.startswith("flopscope"):
                value.cache_clear()
