"""Messages between harness and worker: numbered, framed by length, on a pipe of their own.

A frame is ``magic | number | length of header | length of arrays | header | arrays``: integers in
network order, the header JSON, the arrays their bytes one after another, as the header describes
them. Nothing that participant code prints can get in between.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["Channel", "Message", "ProtocolError"]

_MAGIC = b"WHB1"
_HEAD = struct.Struct("!4sQQQ")
_MAX_HEADER = 2**26
_MAX_ARRAYS = 2**33
_POLL_S = 0.1

Arrays = dict[str, "np.ndarray[Any, Any]"]


class ProtocolError(Exception):
    """What was read is no message."""


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
        arrays = {name: np.asarray(array, order="C") for name, array in (arrays or {}).items()}
        described = [
            {"name": name, "dtype": array.dtype.str, "shape": list(array.shape)}
            for name, array in arrays.items()
        ]
        text = json.dumps({**header, "arrays": described}, default=_plain).encode()
        size = sum(array.nbytes for array in arrays.values())
        end = None if timeout is None else time.monotonic() + timeout
        self._write(_HEAD.pack(_MAGIC, number, len(text), size) + text, end)
        for array in arrays.values():
            self._write(array.reshape(-1).view(np.uint8).data, end)

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
            dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
            if dtype.hasobject:
                raise ProtocolError("a message holds an array of objects")
            size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
            if size > len(data):
                raise ProtocolError("a message is shorter than its header says")
            arrays[entry["name"]] = np.frombuffer(data[:size], dtype).reshape(shape)
            data = data[size:]
        return Message(number, header, arrays)

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


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return str(value)
