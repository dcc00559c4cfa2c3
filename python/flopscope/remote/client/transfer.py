"""Elements on their way: up to the server, and down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from flopscope.errors import FlopscopeServerError
from flopscope.remote.blocks import read_block, write_block
from flopscope.remote.client import state
from flopscope.remote.client.array import RemoteArray
from flopscope.remote.client.clock import clock
from flopscope.remote.client.codec import from_buffer, infer, to_bytes
from flopscope.remote.client.dtypes import IntInfo
from flopscope.remote.client.dtypes import dtype as as_dtype
from flopscope.remote.client.encoding import decode
from flopscope.remote.client.prediction import CODES
from flopscope.remote.client.scalar import RemoteScalar
from flopscope.remote.protocol import BLOCK_BYTES, ITEM_SIZES

if TYPE_CHECKING:
    from flopscope.remote.client.connection import Connection

__all__ = ["fetch", "make_array", "upload"]

_SMALL = 2**16


def _shares_memory(connection: Connection) -> bool:
    return connection.url.startswith("ipc://") and connection.shares_memory


def fetch(array: RemoteArray) -> tuple[Any, tuple[int, ...], str]:
    """Return the elements of an array: raw little-endian bytes, shape, dtype."""
    connection = array._connection
    with clock, connection.lock:
        wants_block = array.nbytes >= BLOCK_BYTES and _shares_memory(connection)
        reply = connection.request(
            "fetch", [array._handle], {"block": True} if wants_block else None
        )
        data = reply.get("data")
        if "block" in reply:
            data = read_block(reply["block"])
            connection.request("free", [[]], {"blocks": [reply["block"][0]]})
            if data is None:  # not the same machine after all
                connection.shares_memory = False
                data = connection.request("fetch", [array._handle])["data"]
        return data, tuple(reply["shape"]), reply["dtype"]


def upload(
    data: Any, shape: tuple[int, ...], dtype: str, *, name: str = "array", cast: str | None = None
) -> RemoteArray:
    """Make an array of raw little-endian bytes.

    Parameters
    ----------
    data : bytes-like
    shape : tuple of int
    dtype : str
        Of the bytes.
    name : str
        Function that is billed, which is free.
    cast : str, optional
        Dtype of the array, when it is another one.
    """
    connection = state.current()
    size = len(data)
    if size > connection.array_bytes > 0:
        raise ValueError(
            f"array of {size:,} bytes is too large: the server keeps arrays up to "
            f"{connection.array_bytes:,} bytes"
        )
    kwargs: dict[str, Any] = {"name": name}
    if cast is not None and cast != dtype:
        kwargs["dtype"] = cast
    with clock, connection.lock:
        payload: Any = bytes(data) if size < BLOCK_BYTES else data
        if size >= BLOCK_BYTES and _shares_memory(connection):
            place = _block_for(connection, size)
            if place is not None and write_block(place, data):
                kwargs["block"], payload = place[0], b""
            else:
                connection.shares_memory = False
        elif size < _SMALL and size and connection.is_open:
            made = _ahead(connection, payload, shape, dtype, kwargs)
            if made is not None:
                return made
        args = [payload, list(shape), dtype]
        array: RemoteArray = decode(
            connection, connection.request("create_from_data", args, kwargs)["result"]
        )
        return array


def _block_for(connection: Connection, size: int) -> list[int] | None:
    """Ask for shared memory; None where the server's system has none."""
    try:
        place: list[int] = connection.request("make_block", [size])["result"]
    except FlopscopeServerError:
        if connection.is_lost:
            raise
        return None
    return place


def _ahead(
    connection: Connection,
    data: bytes,
    shape: tuple[int, ...],
    dtype: str,
    kwargs: dict[str, Any],
) -> RemoteArray | None:
    kind = kwargs.get("dtype", dtype)
    elements = math.prod(shape)
    handle = connection.ahead(
        "create_from_data", [data, list(shape), dtype], 0, elements * ITEM_SIZES[kind], kwargs
    )
    return RemoteArray._make(connection, handle, shape, CODES[kind], elements, None)


def _has_arrays(data: Any) -> bool:
    if isinstance(data, (list, tuple)):
        return any(map(_has_arrays, data))
    return type(data) is RemoteArray


def _check_cast(elements: list[Any], found: str, wanted: str) -> None:
    """Refuse what NumPy refuses when lists become arrays of a given dtype."""
    if found.startswith("complex") and not wanted.startswith("complex") and wanted != "bool":
        raise TypeError(f"complex numbers cannot become {wanted}")
    if found in ("int64", "uint64") and wanted.startswith(("int", "uint")):
        info = IntInfo.of(wanted)
        for element in elements:
            if not info.min <= element <= info.max:
                raise OverflowError(f"Python integer {element} out of bounds for {wanted}")


def make_array(name: str, obj: Any, dtype: Any = None) -> RemoteArray | None:
    """Make an array of numbers in nested lists; None for what the server must look at.

    Raises
    ------
    ValueError
        The lists are ragged, or the array is too large.
    TypeError
        It is neither numbers nor an array.
    OverflowError
        A number is out of bounds for the dtype.
    """
    with clock:
        if type(obj) is RemoteArray or _has_arrays(obj):
            return None
        wanted = None if dtype is None else str(as_dtype(dtype))
        plain = isinstance(obj, (list, tuple, bool, int, float, complex, RemoteScalar))
        if not plain or hasattr(obj, "__array_interface__"):
            try:
                buffer = from_buffer(memoryview(obj))
            except TypeError:
                buffer = None
            if buffer is None:
                raise TypeError(
                    f"{name} takes numbers, nested lists of numbers and arrays, not "
                    f"{type(obj).__name__}"
                )
            if wanted not in (None, buffer[2]):
                return None  # a cast, which is billed
            return upload(*buffer, name=name)
        if isinstance(obj, RemoteScalar) and obj._typed:
            return None
        elements, shape, found = infer(obj)
        if wanted is not None:
            _check_cast(elements, found, wanted)
        return upload(to_bytes(elements, found), shape, found, name=name, cast=wanted)
