"""Landlock: a Linux process gives up files, sockets and signals for itself and its children.

Needs neither root nor a container, only a kernel of 5.13 or later (numbers are those of its
``linux/landlock.h``). What is not listed as allowed is refused with EACCES; files that are open
already stay usable.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

__all__ = ["abi", "restrict"]

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on every architecture
_VERSION_FLAG, _RULE_PATH_BENEATH = 1, 1
_NO_NEW_PRIVS = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEVICE = 1 << 14, 1 << 15
_MAKE_CHARACTER_DEVICE, _MAKE_BLOCK_DEVICE = 1 << 6, 1 << 11
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
_READING = _EXECUTE | _READ_FILE | _READ_DIR
# Rights known to each version of the interface: the first 13, then one more each in 2, 3 and 5.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP = 0b11  # bind, connect: from version 4
_SCOPED = 0b11  # abstract sockets and signals of processes outside: from version 6

_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def abi() -> int:
    """Version of the kernel's interface; 0 where there is none."""
    try:
        return _call(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    except (OSError, AttributeError):
        return 0


def restrict(
    readable: Iterable[str], writable: Iterable[str], devices: Iterable[str], *, tcp: bool
) -> int:
    """Give up everything but these paths, and with `tcp` every TCP connection.

    Parameters
    ----------
    readable, writable : iterable of str
        Folders or files; what is below a folder is allowed with it. Missing ones are left out.
    devices : iterable of str
        Files that may be read and written, but not made.
    tcp : bool
        Give up TCP too, where the kernel can.

    Returns
    -------
    int
        Version of the interface; 0 where there is none and nothing was given up.
    """
    version = abi()
    if version == 0:
        return 0
    handled = (1 << _RIGHTS[min(version, 5)]) - 1
    fields = [handled]
    if version >= 4:
        fields.append(_TCP if tcp else 0)
    if version >= 6:
        fields.append(_SCOPED)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _call(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        making = handled & ~(_MAKE_CHARACTER_DEVICE | _MAKE_BLOCK_DEVICE | _IOCTL_DEVICE)
        for path in readable:
            _allow(ruleset, path, _READING & handled)
        for path in writable:
            _allow(ruleset, path, making)
        for path in devices:
            _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & handled)
        if _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "no_new_privs is refused")
        _call(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, descriptor)
        _call(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_RULE_PATH_BENEATH),
            rule,
            ctypes.c_uint32(0),
        )
    finally:
        os.close(descriptor)
