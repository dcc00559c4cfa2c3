"""Parts of requests: operation, arguments, keywords, keys of indexing."""

from __future__ import annotations

from typing import Any

import numpy as np

from flopscope.remote.protocol import MalformedFrameError

__all__ = ["arguments_of", "as_tuple", "index_of", "slices_of"]


def arguments_of(fields: dict[str, Any]) -> tuple[str, list[Any], dict[str, Any]]:
    """Return operation, arguments and keywords of a request.

    Raises
    ------
    MalformedFrameError
        One of them has a wrong type.
    """
    name, args, kwargs = fields.get("op"), fields.get("args"), fields.get("kwargs")
    if isinstance(name, bytes) and len(name) <= 64:
        name = name.decode("ascii", "replace")
    if type(name) is not str:
        raise MalformedFrameError("a request needs 'op', a text")
    args = [] if args is None else list(args) if type(args) is tuple else args
    if type(args) is not list:
        raise MalformedFrameError("'args' must be a list or nil")
    if kwargs is None:
        return name, args, {}
    if type(kwargs) is not dict or any(type(key) is not str for key in kwargs):
        raise MalformedFrameError("'kwargs' must be a map with text keys, or nil")
    return name, args, kwargs


def as_tuple(value: Any) -> Any:
    """Return lengths as a tuple: clients without tuples send shapes and axes as lists."""
    if type(value) is list and value and all(type(n) is int for n in value):
        return tuple(value)
    return value


def index_of(value: Any) -> Any:
    """Return the key of indexing that a client means by nested lists."""
    if type(value) is list:
        parts = [index_of(part) if type(part) is list else part for part in value]
        if len(parts) == 3 and not any(isinstance(p, (slice, np.ndarray)) for p in parts):
            return parts
        return tuple(parts)
    return value


def slices_of(value: Any) -> Any:
    """Return the key of `fetch_slice`: per axis an integer, a slice, or ``[start, stop, step]``."""
    if type(value) is not list:
        return value
    key = []
    for part in value:
        if type(part) is list:
            if len(part) > 3 or any(p is not None and type(p) is not int for p in part):
                raise MalformedFrameError("a slice is [start, stop, step]")
            part = slice(*part) if part else slice(None)
        key.append(part)
    return tuple(key)
