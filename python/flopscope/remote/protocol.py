"""Messages between client and server: msgpack maps, decoded under limits.

Nothing here knows NumPy: both sides import it. ``docs/remote.md`` describes the messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flopscope.remote._extra import require

__all__ = [
    "BLOCK_BYTES",
    "DTYPES",
    "HANDLE",
    "ITEM_SIZES",
    "MalformedFrameError",
    "pack",
    "request_fields",
    "unpack",
]

msgpack = require("msgpack")

HANDLE = "__handle__"

# Bytes per element of every dtype that travels; the order is that of the tables of `pipeline`.
ITEM_SIZES = {
    "bool": 1,
    "int8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
    "uint16": 2,
    "uint32": 4,
    "uint64": 8,
    "float16": 2,
    "float32": 4,
    "float64": 8,
    "complex64": 8,
    "complex128": 16,
}
DTYPES = tuple(ITEM_SIZES)

#: Arrays from this size on travel through shared memory, where both sides see it.
BLOCK_BYTES = 2**20

# A frame below the first limit cannot unpack to more than some megabytes, whatever is in it. Above
# it, what is not payload is counted first: 100 MiB of empty maps would become 6 GiB of objects.
_SMALL_FRAME = 2**18
_MOST_ITEMS = 100_000
_LONGEST_TEXT = 2**16
_MOST_KEYS = 1_000


class MalformedFrameError(ValueError):
    """A frame is no message of this protocol."""


def pack(message: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """Encode a message; tuples and unknown objects go through `default` when it is given."""
    packed: bytes = msgpack.packb(
        message, default=default, use_bin_type=True, strict_types=default is not None
    )
    return packed


def _no_extension(code: int, _data: bytes) -> Any:
    raise MalformedFrameError(f"extension type {code} is not part of the protocol")


def _lengths() -> dict[int, tuple[int, int, int]]:
    """First byte of an item -> bytes of its head, bytes of a length in it, kind of that length.

    Kinds: 0 payload of the head's own size, 1 bytes, 2 items, 3 pairs of items.
    """
    table: dict[int, tuple[int, int, int]] = {}
    fixed = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8,
             0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}  # fmt: skip
    for first, size in fixed.items():
        table[first] = (1 + size, 0, 0)
    for first, kind in ((0xC4, 1), (0xD9, 1)):  # bin and str
        for step in range(3):
            table[first + step] = (1 + 2**step, 2**step, kind)
    for first, kind in ((0xDC, 2), (0xDE, 3)):  # array and map
        for step in range(2):
            table[first + step] = (1 + 2 ** (step + 1), 2 ** (step + 1), kind)
    return table


_HEADS = _lengths()


def _count_items(frame: bytes) -> None:
    """Refuse a long frame that has more items than a request can need."""
    at, left, items, end = 0, 1, 0, len(frame)
    while left and at < end:
        left -= 1
        items += 1
        if items > _MOST_ITEMS:
            raise MalformedFrameError(f"more than {_MOST_ITEMS:,} items in one message")
        first = frame[at]
        if first < 0x80 or first >= 0xE0:
            at += 1
        elif first < 0x90:
            at, left = at + 1, left + 2 * (first & 0x0F)
        elif first < 0xA0:
            at, left = at + 1, left + (first & 0x0F)
        elif first < 0xC0:
            at += 1 + (first & 0x1F)
        elif first in _HEADS:
            head, size, kind = _HEADS[first]
            length = int.from_bytes(frame[at + 1 : at + 1 + size], "big")
            at += head + (length if kind == 1 else 0)
            left += length * (kind - 1) if kind > 1 else 0
        else:
            raise MalformedFrameError("extension types are not part of the protocol")


def unpack(frame: bytes, object_hook: Callable[[dict[Any, Any]], Any] | None = None) -> Any:
    """Decode one frame.

    Parameters
    ----------
    frame : bytes
    object_hook : callable, optional
        Called with every map, innermost first; its result takes the map's place. Of errors it may
        raise `MalformedFrameError` and `KeyError`.

    Raises
    ------
    MalformedFrameError
        Not msgpack, or too long, too deep, too many parts, or of types that are not used.
    """
    if len(frame) > _SMALL_FRAME:
        _count_items(frame)
    try:
        return msgpack.unpackb(
            frame,
            raw=False,
            strict_map_key=True,
            object_hook=object_hook,
            ext_hook=_no_extension,
            max_str_len=_LONGEST_TEXT,
            max_array_len=_MOST_ITEMS * 10,
            max_map_len=_MOST_KEYS,
            max_ext_len=0,
        )
    except MalformedFrameError:
        raise
    except (msgpack.UnpackException, UnicodeDecodeError, RecursionError, MemoryError) as error:
        raise MalformedFrameError(f"no msgpack map: {type(error).__name__}") from None
    except (ValueError, TypeError) as error:
        raise MalformedFrameError(f"no msgpack map: {error}") from None


def request_fields(message: Any) -> dict[str, Any]:
    """Return the top level of a request with text keys.

    Raises
    ------
    MalformedFrameError
        It is no map, or a key is no text.
    """
    if type(message) is not dict:
        raise MalformedFrameError("a message must be a map")
    fields = {}
    for key, value in message.items():
        if isinstance(key, bytes) and len(key) <= 32:
            key = key.decode("ascii", "replace")
        if not isinstance(key, str):
            raise MalformedFrameError("the keys of a message must be text")
        fields[key] = value
    return fields
