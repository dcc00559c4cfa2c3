"""A seccomp filter: no new sockets, of whatever kind.

An empty network namespace still reaches the sockets that lie in the file system (of a database, of
a container daemon). Pairs of connected sockets within the process can still be made.
"""

from __future__ import annotations

import ctypes
import platform
import struct

__all__ = ["refuse_sockets"]

_NO_NEW_PRIVS, _SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES
_LOAD_WORD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
# Audit architecture and the numbers of socket and io_uring_setup (rings open sockets as well).
_CALLS = {"x86_64": (0xC000003E, (41, 425)), "aarch64": (0xC00000B7, (198, 425))}
_X32 = 0x40000000  # the other way of calling on x86_64

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def refuse_sockets() -> bool:
    """Refuse them to this process and its children; False on systems without such filters."""
    known = _CALLS.get(platform.machine())
    if known is None:
        return False
    architecture, (socket, ring) = known
    # Jumps count the steps that are left out: the last two are "allow" and "refuse".
    steps = [
        _step(_LOAD_WORD, _ARCHITECTURE_AT),
        _step(_IF_EQUAL, architecture, 0, 5),
        _step(_LOAD_WORD, _NUMBER_AT),
        _step(_IF_AT_LEAST, _X32, 3, 0),
        _step(_IF_EQUAL, socket, 2, 0),
        _step(_IF_EQUAL, ring, 1, 0),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _REFUSE),
    ]
    code = b"".join(steps)
    program = _Program(len(steps), code)
    if _libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(_libc.prctl(_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)
