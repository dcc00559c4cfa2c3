"""Arguments as they travel, and results as Python sees them."""

from __future__ import annotations

import sys
from collections import namedtuple
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flopscope.errors import RemoteSerializationError, UnsupportedReturnType
from flopscope.remote.client.codec import from_buffer
from flopscope.remote.client.scalar import RemoteScalar

if TYPE_CHECKING:
    from flopscope.remote.client.connection import Connection

__all__ = ["decode", "encode", "register"]

_NAMED_TYPES = {float: "float64", int: "int64", bool: "bool", complex: "complex128"}

# Filled by the modules of this package that have things to send, or to make of what comes.
_encoders: list[tuple[type, Callable[[Any], Any]]] = []
_makers: dict[str, Callable[[Connection, dict[str, Any]], Any]] = {}


def register(
    kind: type | None = None,
    encoder: Callable[[Any], Any] | None = None,
    field: str | None = None,
    maker: Callable[[Connection, dict[str, Any]], Any] | None = None,
) -> None:
    """Tell how a type is sent, or what a reply with a field becomes."""
    if kind is not None and encoder is not None:
        _encoders.append((kind, encoder))
    if field is not None and maker is not None:
        _makers[field] = maker


def _unknown(value: Any) -> RemoteSerializationError:
    return RemoteSerializationError(
        f"an argument of type {type(value).__name__} cannot be sent to a server: pass arrays, "
        "numbers, texts, and lists or tuples of them"
    )


def _scalar(value: RemoteScalar) -> Any:
    plain = _plain(value._value)
    if not value._typed:
        return plain
    return {"__scalar__": [plain, value._dtype]}


def _plain(value: Any) -> Any:
    return {"__complex__": [value.real, value.imag]} if type(value) is complex else value


def encode(value: Any) -> Any:
    """Return what stands for an argument that msgpack does not know.

    Raises
    ------
    RemoteSerializationError
        Nothing does; the message names the type.
    """
    ref = getattr(type(value), "_ref", None)
    if ref is not None:
        return value._ref
    if isinstance(value, RemoteScalar):
        return _scalar(value)
    if isinstance(value, tuple):
        return {"__tuple__": list(value)}
    if isinstance(value, slice):
        return {"__slice__": [_bound(value.start), _bound(value.stop), _bound(value.step)]}
    if value is Ellipsis:
        return {"__ellipsis__": True}
    if type(value) is complex:
        return _plain(value)
    for kind, encoder in _encoders:
        if isinstance(value, kind):
            return encoder(value)
    return _encode_rare(value)


def _bound(value: Any) -> Any:
    if value is None or type(value) is int:
        return value
    try:
        return value.__index__()
    except (AttributeError, TypeError):
        raise TypeError("slice indices must be integers or None") from None


def _encode_rare(value: Any) -> Any:
    if isinstance(value, type) and value in _NAMED_TYPES:
        return _NAMED_TYPES[value]
    if isinstance(value, range):
        return list(value)
    if "numpy" in sys.modules:
        import numpy

        if isinstance(value, numpy.generic):
            return {"__scalar__": [_plain(value.item()), value.dtype.name]}
        if isinstance(value, numpy.dtype):
            return value.name
        if isinstance(value, type) and issubclass(value, numpy.generic):
            return numpy.dtype(value).name
    kinds: tuple[Any, ...] = (str, int, float, list, dict)
    for kind in kinds:
        if isinstance(value, kind):
            return kind(value)
    try:
        view = memoryview(value)
    except TypeError:
        raise _unknown(value) from None
    found = from_buffer(view)
    if found is None:
        raise _unknown(value)
    data, shape, dtype = found
    return {"__data__": [bytes(data), list(shape), dtype]}


class _PathText:
    """What is known of a contraction path on the client: its table, as text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "<path of a server; str() gives its table>"

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedReturnType(
            f"the path object of einsum_path cannot be sent ({name!r} was asked for); its list "
            "part and its text can"
        )


@lru_cache(maxsize=64)
def _tuple_type(*names: str) -> Any:
    return namedtuple(names[0], names[1:])


def decode(connection: Connection, result: Any) -> Any:
    """Return what a result is to Python: arrays, numbers, tuples of them."""
    if not isinstance(result, dict):
        return result
    for field, maker in _makers.items():
        if field in result:
            return maker(connection, result)
    if "multi" in result:
        parts = [decode(connection, part) for part in result["multi"]]
        if "names" in result:
            return _tuple_type(*result["names"])(*parts)
        return parts if result.get("list") else tuple(parts)
    if "path" in result:
        path = [tuple(p) if isinstance(p, list) else p for p in result["path"]]
        return path, _PathText(result["text"])
    if "value" in result:
        return _decode_value(result)
    return result


def _decode_value(result: dict[str, Any]) -> Any:
    value, dtype = result["value"], result["dtype"]
    if isinstance(value, dict):
        value = complex(*value["__complex__"])
    if result.get("numpy"):
        return RemoteScalar(value, dtype, typed=True)
    if dtype == "bigint":
        return int(value)
    if dtype == "dtype":
        from flopscope.remote.client.dtypes import DTYPES_BY_NAME

        return DTYPES_BY_NAME.get(value, value)
    return value
