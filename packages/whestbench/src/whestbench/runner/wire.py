"""Messages between harness and worker: numbered, framed by length, on a pipe of their own.

A frame is ``magic | number | length of header | length of arrays | header | arrays``: integers in
network order, the header JSON, the arrays their bytes one after another, as the header describes
them. Nothing that participant code prints can get in between.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import struct
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Channel", "Message", "ProtocolError", "RawArray", "RawChannel"]

_MAGIC = b"WHB1"
_HEAD = struct.Struct("!4sQQQ")
_MAX_HEADER = 2**26
_MAX_ARRAYS = 2**33
_POLL_S = 0.1

Arrays = dict[str, "np.ndarray[Any, Any]"]


class ProtocolError(Exception):
    """What was read is no message."""


class RawArray(NamedTuple):
    """An array as it travels: NumPy's name of its dtype, its shape, and its bytes in C order."""

    dtype: str
    shape: tuple[int, ...]
    data: Any


class Message:
    """A number, a header, and named arrays."""

    def __init__(self, number: int, header: dict[str, Any], arrays: Arrays) -> None:
        self.number, self.header, self.arrays = number, header, arrays


class Channel:
    """A pair of pipe ends.

    Parameters
    ----------
    read_fd, write_fd : int
        The channel owns them from now on.
    alive : callable, optional
        Asked while waiting; when it says no, and nothing more is there to read, that is the end.
    """

    def __init__(
        self, read_fd: int, write_fd: int, alive: Callable[[], bool] | None = None
    ) -> None:
        self._read_fd, self._write_fd = read_fd, write_fd
        self._alive = alive or (lambda: True)
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)

    def close(self) -> None:
        """Close both ends."""
        for fd in (self._read_fd, self._write_fd):
            with contextlib.suppress(OSError):
                os.close(fd)

    def send(
        self,
        number: int,
        header: Mapping[str, Any],
        arrays: Arrays | None = None,
        timeout: float | None = None,
    ) -> None:
        """Write a message.

        Raises
        ------
        BrokenPipeError
            When nobody reads any more.
        TimeoutError
            When the reader does not keep up.
        """
        raw = {name: self._to_raw(array) for name, array in (arrays or {}).items()}
        described = [
            {"name": name, "dtype": array.dtype, "shape": list(array.shape)}
            for name, array in raw.items()
        ]
        text = json.dumps({**header, "arrays": described}, default=_plain).encode()
        size = sum(len(array.data) for array in raw.values())
        end = None if timeout is None else time.monotonic() + timeout
        self._write(_HEAD.pack(_MAGIC, number, len(text), size) + text, end)
        for array in raw.values():
            self._write(array.data, end)

    def receive(self, timeout: float | None = None) -> Message:
        """Read a message.

        Raises
        ------
        EOFError
            When the other side is gone.
        TimeoutError
        ProtocolError
        """
        end = None if timeout is None else time.monotonic() + timeout
        magic, number, header_size, arrays_size = _HEAD.unpack(self._read(_HEAD.size, end))
        if magic != _MAGIC or header_size > _MAX_HEADER or arrays_size > _MAX_ARRAYS:
            raise ProtocolError("the frame does not begin like a message")
        try:
            header = json.loads(bytes(self._read(header_size, end)))
            described = header.pop("arrays")
        except (ValueError, KeyError, AttributeError) as error:
            raise ProtocolError(f"the header of a message is damaged: {error}") from error
        data = memoryview(self._read(arrays_size, end))
        arrays: Arrays = {}
        for entry in described:
            shape = tuple(entry["shape"])
            size = self._item_size(entry["dtype"]) * math.prod(shape)
            if size > len(data):
                raise ProtocolError("a message is shorter than its header says")
            raw = RawArray(entry["dtype"], shape, data[:size])
            arrays[entry["name"]] = self._from_raw(raw)
            data = data[size:]
        return Message(number, header, arrays)

    # Arrays are NumPy's here; `RawChannel` has them as bytes.

    def _to_raw(self, array: Any) -> RawArray:
        import numpy as np

        array = np.asarray(array, order="C")
        return RawArray(array.dtype.str, array.shape, array.reshape(-1).view(np.uint8).data)

    def _from_raw(self, raw: RawArray) -> Any:
        import numpy as np

        return np.frombuffer(raw.data, np.dtype(raw.dtype)).reshape(raw.shape)

    def _item_size(self, dtype: str) -> int:
        import numpy as np

        found = np.dtype(dtype)
        if found.hasobject:
            raise ProtocolError("a message holds an array of objects")
        return found.itemsize

    def _wait(self, end: float | None, *, write: bool) -> None:
        """Until the pipe is ready; also returns when the other side has died."""
        while True:
            left = _POLL_S if end is None else min(_POLL_S, end - time.monotonic())
            if left <= 0:
                raise TimeoutError
            wanted: tuple[list[int], list[int]] = (
                ([], [self._write_fd]) if write else ([self._read_fd], [])
            )
            # Not read off the result of `select` alone: a process that our worker forked may keep
            # the pipe open after the worker is gone.
            if any(select.select(*wanted, [], left)):
                return
            if not self._alive():
                if write:
                    raise BrokenPipeError
                if not any(select.select(*wanted, [], 0)):
                    raise EOFError
                return

    def _read(self, size: int, end: float | None) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        filled = 0
        while filled < size:
            try:
                count = os.readv(self._read_fd, [view[filled:]])
            except BlockingIOError:
                self._wait(end, write=False)
                continue
            if count == 0:
                raise EOFError
            filled += count
        return data

    def _write(self, data: Any, end: float | None) -> None:
        view = memoryview(data).cast("B")
        while len(view):
            try:
                view = view[os.write(self._write_fd, view) :]
            except BlockingIOError:  # noqa: PERF203 - the pipe is full
                self._wait(end, write=True)


class RawChannel(Channel):
    """A channel for a process without NumPy: arrays are `RawArray`."""

    def _to_raw(self, array: Any) -> RawArray:
        if not isinstance(array, RawArray):
            raise TypeError(f"not an array of bytes: {type(array).__name__}")
        return array

    def _from_raw(self, raw: RawArray) -> Any:
        return raw

    def _item_size(self, dtype: str) -> int:
        if dtype[1:2] not in "biufc" or not dtype[2:].isdigit():
            raise ProtocolError(f"a message holds an array of dtype {dtype!r}")
        return int(dtype[2:])


def _plain(value: Any) -> Any:
    # Scalars of NumPy, which may not be there.
    return value.item() if hasattr(value, "dtype") else str(value)
