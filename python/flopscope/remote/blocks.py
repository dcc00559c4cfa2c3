"""Shared memory for large arrays, where client and server see the same memory.

The server makes every block: a memory file without a name, sealed so that its size cannot change.
A client of the same user on the same machine opens it through ``/proc``; a client that cannot sends
and gets the bytes in messages instead. Blocks end with the server, whatever happens to it.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any

from flopscope.remote.protocol import MalformedFrameError

__all__ = ["BlockStore", "open_block", "read_block", "write_block"]

_MOST_BLOCKS = 4


def _sealed(size: int) -> int:
    fd = os.memfd_create("flopscope", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.truncate(fd, size)
        import fcntl

        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    except BaseException:
        os.close(fd)
        raise
    return fd


class BlockStore:
    """The blocks of one session.

    Parameters
    ----------
    limit : int
        Bytes of the largest block.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._blocks: dict[int, tuple[int, int]] = {}
        self._next = 0

    def make(self, size: Any) -> list[int]:
        """Make a block; returns its number and where a client finds it.

        Raises
        ------
        MalformedFrameError
            `size` is no size that an array may have.
        OSError
            The system has no such memory.
        """
        if type(size) is not int or not 0 < size <= self._limit:
            raise MalformedFrameError("a block has between one byte and those of an array")
        while len(self._blocks) >= _MOST_BLOCKS:
            self.free(next(iter(self._blocks)))
        if not hasattr(os, "memfd_create"):
            raise OSError("this system has no memory files")
        fd = _sealed(size)
        self._next += 1
        self._blocks[self._next] = (fd, size)
        about = os.fstat(fd)
        return [self._next, os.getpid(), fd, about.st_ino, about.st_dev, size]

    def take(self, number: Any) -> bytearray:
        """Return a copy of a block and free it: what a client writes afterwards changes nothing."""
        if type(number) is not int or number not in self._blocks:
            raise MalformedFrameError("this session has no such block")
        fd, size = self._blocks[number]
        data = bytearray(size)
        _transfer(os.preadv, fd, data)
        self.free(number)
        return data

    def fill(self, data: Any) -> list[int]:
        """Make a block that holds these bytes."""
        view = memoryview(data).cast("B")
        place = self.make(len(view))
        _transfer(os.pwritev, self._blocks[place[0]][0], view)
        return place

    def free(self, number: Any) -> None:
        """Let go of a block; an unknown one is ignored."""
        found = self._blocks.pop(number, None) if type(number) is int else None
        if found is not None:
            os.close(found[0])

    def clear(self) -> None:
        """Let go of all blocks."""
        for number in list(self._blocks):
            self.free(number)


def _transfer(move: Any, fd: int, data: Any) -> None:
    """Read or write all of a file: one call moves at most 2 GiB."""
    view = memoryview(data)
    at = 0
    while at < len(view):
        moved = move(fd, [view[at:]], at)
        if moved <= 0:
            raise OSError("a block is shorter than it was made")
        at += moved


def open_block(place: Any, flags: int) -> int | None:
    """Open a block on the client's side; None when it is not the one that the server made.

    Another machine or container has other processes under the same numbers.
    """
    if not isinstance(place, list) or len(place) != 6:
        return None
    _number, pid, number_of_file, inode, device, _size = place
    fd = -1
    with contextlib.suppress(OSError):
        fd = os.open(f"/proc/{pid}/fd/{number_of_file}", flags | os.O_CLOEXEC)
        about = os.fstat(fd)
        if (about.st_ino, about.st_dev) == (inode, device):
            return fd
    if fd >= 0:
        os.close(fd)
    return None


def read_block(place: Any) -> bytearray | None:
    """Bytes of a block; None when it cannot be opened here."""
    fd = open_block(place, os.O_RDONLY)
    if fd is None:
        return None
    try:
        data = bytearray(place[5])
        _transfer(os.preadv, fd, data)
    finally:
        os.close(fd)
    return data


def write_block(place: Any, data: Any) -> bool:
    """Write bytes into a block; False when it cannot be opened here."""
    fd = open_block(place, os.O_RDWR)
    if fd is None:
        return False
    try:
        _transfer(os.pwritev, fd, memoryview(data).cast("B"))
    finally:
        os.close(fd)
    return True
