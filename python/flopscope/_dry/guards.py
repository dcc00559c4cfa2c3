"""While a dry run lasts, arrays say so when somebody asks for values that nobody knows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from flopscope import _core
from flopscope._core import FlopscopeArray, SymmetricTensor
from flopscope._dry.unknown import active, is_unknown, number, raise_value, unknown

__all__ = ["guarded"]

_READERS = {
    "__bool__": "its truth",
    "__int__": "it as an int",
    "__float__": "it as a float",
    "__complex__": "it as a complex number",
    "__index__": "it as an index",
    "__contains__": "what it holds",
    "__reduce__": "it pickled",
    "__reduce_ex__": "it pickled",
    "item": "an element",
    "tolist": "its elements",
    "tobytes": "its elements",
    "tofile": "its elements",
    "dump": "its elements",
    "dumps": "its elements",
}


def _copy(self: Any, *_: Any, **__: Any) -> Any:
    return _like(self, self.shape)


def _flat(self: Any, *_: Any, **__: Any) -> Any:
    return _like(self, (self.size,))


def _nothing(self: Any, *_: Any, **__: Any) -> None:
    """Writing changes nothing that is known, but the symmetry may go."""
    _core._before_write(self)


def _text(self: Any, *_: Any) -> str:
    return f"<{self.dtype} array of shape {self.shape}, values unknown>"


def _like(array: Any, shape: tuple[int, ...]) -> Any:
    made: Any = unknown(shape, array.dtype).view(FlopscopeArray)
    tag = getattr(array, "symmetry", None) if shape == array.shape else None
    return made if tag is None else _core._tag_view(made, tag, _core._is_inferred(array))


def _known_key(key: Any) -> None:
    for part in key if isinstance(key, tuple) else (key,):
        if is_unknown(part):
            if part.dtype.kind == "b":
                raise_value("a mask of unknown values decides how many elements are selected")
            if part.ndim == 0:
                raise_value("the value of an index is not known")


def _shape_of_index(shape: tuple[int, ...], key: Any) -> tuple[int, ...]:
    """The shape of ``array[key]`` for index arrays of unknown values."""
    parts = key if isinstance(key, tuple) else (key,)
    zeros = tuple(np.zeros(p.shape, np.intp) if is_unknown(p) else p for p in parts)
    # No element is wider than nothing, so indexing copies no memory.
    empty: Any = np.lib.stride_tricks.as_strided(np.empty(1, "V0"), shape, (0,) * len(shape))
    return tuple(empty[zeros].shape)


def _getitem(original: Callable[..., Any]) -> Callable[..., Any]:
    def getitem(self: Any, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if not is_unknown(self) and not any(is_unknown(part) for part in parts):
            return original(self, key)
        _known_key(key)
        if any(isinstance(part, (np.ndarray, list)) for part in parts):
            return _like(self, _shape_of_index(self.shape, key))
        found = original(self, key)
        if isinstance(found, np.generic):
            return number(found.dtype)
        return found

    return getitem


def _setitem(original: Callable[..., Any]) -> Callable[..., Any]:
    def setitem(self: Any, key: Any, value: Any) -> None:
        parts = key if isinstance(key, tuple) else (key,)
        values = value if isinstance(value, (list, tuple)) else (value,)
        run = active.get()
        unknown_target = is_unknown(self)
        if run is None or not (
            unknown_target or any(is_unknown(part) for part in (*parts, *values))
        ):
            original(self, key, value)
            return
        _core._before_write(self)
        if not any(is_unknown(part) and part.dtype.kind == "b" for part in parts):
            # Raises what NumPy raises for wrong keys and shapes.
            np.broadcast_to(unknown(np.shape(value), bool), _fitting(self, key, value))
        run.write(self)

    return setitem


def _fitting(array: Any, key: Any, value: Any) -> tuple[int, ...]:
    shape = _shape_of_index(array.shape, key)
    # NumPy lets a value have more axes of length 1 in front.
    extra = max(0, np.ndim(value) - len(shape))
    return (1,) * extra + shape


def _reading(what: str) -> Callable[..., Any]:
    def read(self: Any, *_: Any, **__: Any) -> NoReturn:
        raise_value(f"the values of an array are not known, and {what} was asked for")

    return read


def _guard(original: Callable[..., Any], replacement: Callable[..., Any]) -> Callable[..., Any]:
    def guard(self: Any, *args: Any, **kwargs: Any) -> Any:
        chosen = replacement if is_unknown(self) else original
        return chosen(self, *args, **kwargs)

    return guard


_REPLACED: dict[str, Callable[..., Any]] = {
    **{name: _reading(what) for name, what in _READERS.items()},
    "__copy__": _copy,
    "__deepcopy__": _copy,
    "__repr__": _text,
    "__str__": _text,
    "__format__": _text,
    "byteswap": _copy,
    "copy": _copy,
    "fill": _nothing,
    "flatten": _flat,
    "put": _nothing,
    "ravel": _flat,
}

_lock = threading.Lock()
_users = 0
_before: list[tuple[type, str, Any]] = []


def _install() -> None:
    for cls in (FlopscopeArray, SymmetricTensor):
        for name, replacement in _REPLACED.items():
            if cls is not FlopscopeArray and name not in vars(cls):
                continue
            original = getattr(cls, name)
            _before.append((cls, name, vars(cls).get(name, _before)))
            _core._set_member(cls, name, _guard(original, replacement))
        for name, make in (("__getitem__", _getitem), ("__setitem__", _setitem)):
            if cls is not FlopscopeArray and name not in vars(cls):
                continue
            _before.append((cls, name, vars(cls).get(name, _before)))
            _core._set_member(cls, name, make(getattr(cls, name)))


def _remove() -> None:
    while _before:
        cls, name, value = _before.pop()
        if value is _before:
            _core._set_member(cls, name)
        else:
            _core._set_member(cls, name, value)


@contextmanager
def guarded() -> Any:
    """Guard the array types; other threads' arrays only take a little longer."""
    global _users
    with _lock:
        if _users == 0:
            _install()
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _remove()
