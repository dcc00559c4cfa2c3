"""From NumPy values to messages and back: what a server does to arguments and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import flopscope as flops
from flopscope import _core
from flopscope.errors import UnsupportedReturnType
from flopscope.numpy import random
from flopscope.remote.operations import InvalidRequestError, find_operation
from flopscope.remote.protocol import HANDLE, ITEM_SIZES, MalformedFrameError
from flopscope.remote.sizes import too_large

__all__ = [
    "Handle",
    "Reviver",
    "array_from_bytes",
    "bytes_of_array",
    "check_deliverable",
    "dtype_name",
    "encode_result",
    "symmetry_of",
]

# NumPy makes up the name of a dtype anew whenever it is asked for: ten microseconds.
_NAMES = {np.dtype(name): name for name in ITEM_SIZES}


def dtype_name(dtype: np.dtype[Any]) -> str:
    """Name of a dtype, in either byte order."""
    return _NAMES.get(dtype) or dtype.name


_GENERATOR_KEYS = {"__gen__": random.Generator, "__rs__": random.RandomState,
                   "__seq__": np.random.SeedSequence}  # fmt: skip


def _limits(value: Any) -> Any:
    if value is not None and type(value) is not int:
        raise MalformedFrameError("a slice is [start, stop, step] of integers or nil")
    return value


def _slice(value: Any) -> slice:
    if type(value) is not list or len(value) != 3:
        raise MalformedFrameError("a slice is [start, stop, step]")
    return slice(*map(_limits, value))


def _group(value: Any) -> Any:
    if type(value) is not dict:
        raise MalformedFrameError("a group is a map of axes and generators")
    generators = value.get("generators")
    if type(generators) is not list or len(generators) > 1_000:
        raise MalformedFrameError("the generators of a group are a list of at most 1,000")
    try:
        return flops.SymmetryGroup.from_payload(value)
    except (ValueError, TypeError, KeyError) as error:
        raise MalformedFrameError(f"no symmetry group: {error}") from None


def _complex(value: Any) -> complex:
    if type(value) is not list or len(value) != 2 or any(type(x) is not float for x in value):
        raise MalformedFrameError("a complex number is [real, imaginary]")
    return complex(*value)


def _tuple(value: Any) -> tuple[Any, ...]:
    if type(value) is not list:
        raise MalformedFrameError("a tuple is given as a list")
    return tuple(value)


def _function(value: Any) -> Any:
    if type(value) is not str:
        raise MalformedFrameError("a function is given by its name")
    try:
        return find_operation(value).run
    except InvalidRequestError as error:
        raise MalformedFrameError(str(error)) from None


def _typed_scalar(value: Any) -> Any:
    if type(value) is not list or len(value) != 2 or value[1] not in ITEM_SIZES:
        raise MalformedFrameError("a scalar is [value, dtype]")
    if type(value[0]) not in (bool, int, float, complex):
        raise MalformedFrameError("the value of a scalar is a number")
    try:
        return np.dtype(value[1]).type(value[0])
    except (TypeError, ValueError, OverflowError) as error:
        raise MalformedFrameError(f"no scalar of this dtype: {error}") from None


def _data(value: Any) -> Any:
    """An array that the client holds itself; its bytes are as many as the frame has."""
    if type(value) is not list or len(value) != 3:
        raise MalformedFrameError("data is [bytes, shape, dtype]")
    try:
        data, shape, dtype = value
        return array_from_bytes(data, shape, dtype, limit=2**40)
    except (TypeError, ValueError) as error:
        raise MalformedFrameError(f"no array: {error}") from None


_FORMS: dict[str, Callable[[Any], Any]] = {
    "__slice__": _slice,
    "__symmetry_group__": _group,
    "__complex__": _complex,
    "__tuple__": _tuple,
    "__function__": _function,
    "__scalar__": _typed_scalar,
    "__data__": _data,
    "__ellipsis__": lambda _value: Ellipsis,
}


class Handle:
    """A handle whose object is not there yet: a call before it in the same message makes it."""

    __slots__ = ("kind", "name")

    def __init__(self, name: Any, kind: Any) -> None:
        self.name, self.kind = name, kind


class Reviver:
    """Puts a session's objects in the place of their handles, while a message is decoded.

    Parameters
    ----------
    objects : dict
        Handle -> object; looked at anew for every message.
    """

    def __init__(self, objects: dict[str, Any]) -> None:
        self._objects = objects
        self.has_handles = False

    def __call__(self, fields: dict[Any, Any]) -> Any:
        """Replace one map of a message."""
        if len(fields) != 1:
            return fields
        ((key, value),) = fields.items()
        if key == HANDLE:
            return self._find(value, np.ndarray)
        if key in _FORMS:
            return _FORMS[key](value)
        if key in _GENERATOR_KEYS:
            return self._find(value, _GENERATOR_KEYS[key])
        return fields

    def _find(self, name: Any, kind: Any) -> Any:
        found = self._objects.get(name) if type(name) is str else None
        if isinstance(found, kind):
            return found
        self.has_handles = True
        return Handle(name, kind)

    def find(self, handle: Handle) -> Any:
        """Return the object of a handle that was not there when the message was decoded.

        Raises
        ------
        KeyError
            The session has no such object.
        """
        found = self._objects.get(handle.name) if type(handle.name) is str else None
        if not isinstance(found, handle.kind):
            what = "array" if handle.kind is np.ndarray else "generator"
            raise KeyError(f"this session has no {what} {str(handle.name)[:40]!r}")
        return found

    def resolve(self, value: Any) -> Any:
        """Replace such handles wherever they are in lists, tuples and maps."""
        kind = type(value)
        if kind is Handle:
            return self.find(value)
        if kind is list:
            return [self.resolve(item) for item in value]
        if kind is tuple:
            return tuple(map(self.resolve, value))
        if kind is dict:
            return {key: self.resolve(item) for key, item in value.items()}
        return value


def array_from_bytes(
    data: bytes, shape: list[int] | tuple[int, ...], dtype: str, limit: int
) -> np.ndarray[Any, Any]:
    """Make an array of raw little-endian elements.

    Raises
    ------
    ValueError
        Unknown dtype, wrong shape, too large, or another number of bytes than the shape takes.
    """
    if dtype not in ITEM_SIZES:
        raise ValueError(f"dtype must be one of {', '.join(ITEM_SIZES)}; got {str(dtype)[:40]!r}")
    if type(shape) not in (list, tuple) or len(shape) > 32:
        raise ValueError("shape must be a list of at most 32 lengths")
    needed = ITEM_SIZES[dtype]
    for n in shape:
        if type(n) is not int or n < 0:
            raise ValueError("shape must be a list of lengths that are not negative")
        needed *= n
    if needed > limit:
        raise too_large(needed, limit)
    if not isinstance(data, bytes | bytearray):
        raise ValueError(f"data must be bytes, got {type(data).__name__}")
    if len(data) != needed:
        raise ValueError(f"{len(data):,} bytes given, but shape and dtype take {needed:,}")
    kind = np.dtype(dtype).newbyteorder("<")
    elements: Any = np.frombuffer(data, kind).reshape(shape).astype(dtype)
    if dtype == "bool":  # bytes other than 0 and 1 are no truth values
        elements = np.frombuffer(data, np.uint8).reshape(shape) != 0
    return np.array(elements)


def bytes_of_array(array: np.ndarray[Any, Any]) -> bytes:
    """Raw little-endian elements in C order."""
    plain = np.asarray(array)
    return plain.astype(plain.dtype.newbyteorder("<"), copy=False).tobytes()


def symmetry_of(array: Any) -> dict[str, Any]:
    """The fields that tell the symmetry of an array; none for arrays without."""
    group = getattr(array, "symmetry", None)
    if group is None:
        return {}
    unique = _core._unique_elements(group, array.shape)
    return {"symmetry": group.to_payload(), "unique": unique}


def _plain(value: Any) -> Any:
    if isinstance(value, complex):
        return {"__complex__": [value.real, value.imag]}
    return value


def _scalar(value: Any) -> dict[str, Any] | None:
    """Encode numbers, texts and types; None for anything else."""
    if value is None:
        return {"value": None, "dtype": "none"}
    if isinstance(value, np.generic):
        name = dtype_name(value.dtype)
        if name in ITEM_SIZES:
            return {"value": _plain(value.item()), "dtype": name, "numpy": True}
        if value.dtype.kind == "U":
            return {"value": str(value), "dtype": "str"}
        return None
    for kind, name in ((bool, "bool"), (int, "int64"), (float, "float64"), (complex, "complex128"),
                       (str, "str"), (bytes, "bytes")):  # fmt: skip
        if type(value) is kind:
            if type(value) is int and not -(2**63) <= value < 2**64:
                return {"value": str(value), "dtype": "bigint"}
            return {"value": _plain(value), "dtype": name}
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return {"value": np.dtype(value).name, "dtype": "dtype"}
    return None


def check_deliverable(value: Any, array_bytes: int) -> None:
    """Raise for an array that cannot be sent: of no numeric dtype, or above the limit."""
    if dtype_name(value.dtype) not in ITEM_SIZES:
        raise UnsupportedReturnType(
            f"the result is an array of dtype {value.dtype}, which cannot be sent; numeric dtypes "
            "can"
        )
    if value.nbytes > array_bytes:
        raise too_large(value.nbytes, array_bytes)


def encode_result(value: Any, keep: Callable[[Any], dict[str, Any]], depth: int = 4) -> Any:
    """Encode what an operation returned.

    Parameters
    ----------
    value : object
    keep : callable
        Gives arrays and generators a handle and tells the fields of it.
    depth : int
        How deeply tuples may be nested.

    Raises
    ------
    UnsupportedReturnType
        A part of it cannot be sent.
    """
    if isinstance(
        value, (np.ndarray, random.Generator, random.RandomState, np.random.SeedSequence)
    ):
        return keep(value)
    scalar = _scalar(value)
    if scalar is not None:
        return scalar
    if isinstance(value, (tuple, list)) and depth:
        fields = getattr(value, "_fields", None)
        message: dict[str, Any] = {"multi": [encode_result(v, keep, depth - 1) for v in value]}
        if fields is not None:
            message["names"] = [type(value).__name__, *fields]
        elif isinstance(value, list):
            message["list"] = True
        return message
    raise UnsupportedReturnType(f"a result of type {type(value).__name__} cannot be sent")
