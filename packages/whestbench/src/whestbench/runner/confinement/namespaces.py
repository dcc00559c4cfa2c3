"""Namespaces of Linux: a network without interfaces, and processes that end with the first one."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
from collections.abc import Callable

__all__ = ["drop_capabilities", "leave", "run_below_first"]

_NEW_USER, _NEW_PID, _NEW_NETWORK, _NEW_IPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000
_DROP_BOUND, _PARENT_DEATH = 24, 1

_libc = ctypes.CDLL(None, use_errno=True)


def _unshare(flags: int) -> None:
    if _libc.unshare(ctypes.c_int(flags)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def leave(*, network: bool) -> dict[str, bool]:
    """Leave the namespaces of processes and, if asked, of the network; with root or without.

    Returns
    -------
    dict
        ``network`` and ``processes``: whether each was left. The second holds for children only.
    """
    wanted = _NEW_PID | _NEW_IPC | (_NEW_NETWORK if network else 0)
    for flags in (wanted, wanted & ~_NEW_PID & ~_NEW_IPC):
        if flags and _can(flags) and _try(flags):
            return {"network": network, "processes": bool(flags & _NEW_PID)}
    return {"network": False, "processes": False}


def _can(flags: int) -> bool:
    """Whether it would work: some systems stop half-way, with a user who is nobody."""
    child = os.fork()
    if child == 0:
        done = False
        try:
            done = _try(flags)
        finally:
            os._exit(0 if done else 1)
    return os.waitpid(child, 0)[1] == 0


def _try(flags: int) -> bool:
    uid, gid = os.geteuid(), os.getegid()
    try:
        _unshare(flags)
        return True
    except OSError as error:
        if error.errno != errno.EPERM:
            return False
    try:
        _unshare(flags | _NEW_USER)
    except OSError:
        return False
    # The same numbers inside as outside; without this the process would be nobody.
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")
    return True


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def drop_capabilities() -> None:
    """A program started from here gets no privilege of root, even if it runs as root."""
    for number in range(64):
        _libc.prctl(_DROP_BOUND, number, 0, 0, 0)


def run_below_first(command: list[str], before: Callable[[], object]) -> None:
    """Run a command in the new namespace of processes, and end as it ends.

    `before` is called in the process that becomes the command. The first process of the namespace
    only waits, because the kernel spares the first one signals that would end another. When it
    ends, whatever the command started ends too, also what made itself a session of its own.
    """
    read, write = os.pipe()
    first = os.fork()
    if first == 0:
        _end_with_parent()
        os.close(read)
        worker = os.fork()
        if worker == 0:
            os.close(write)
            before()
            os.execv(command[0], command)
        while (ended := os.wait())[0] != worker:
            pass  # orphans of the namespace come here too
        os.write(write, str(ended[1]).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        told = pipe.read()
    os.waitpid(first, 0)
    status = int(told) if told else signal.SIGKILL
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    sys.exit(os.waitstatus_to_exitcode(status))


def _end_with_parent() -> None:
    _libc.prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
