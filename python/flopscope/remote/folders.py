"""Where the socket of a server may lie."""

from __future__ import annotations

import os
import tempfile

__all__ = ["socket_folder"]

# 107 bytes on Linux and 103 on macOS, less the folder's own name and that of the socket.
_LONGEST_BASE = 103 - 40


def socket_folder(prefix: str = "flopscope-") -> tempfile.TemporaryDirectory[str]:
    """Make a temporary folder whose path leaves room for the name of a socket.

    Paths of sockets are limited to about a hundred bytes, whatever ``TMPDIR`` says.

    Parameters
    ----------
    prefix : str
        The folder's name begins with it.

    Returns
    -------
    tempfile.TemporaryDirectory
    """
    bases = (tempfile.gettempdir(), "/tmp", "/var/tmp")
    fitting = (
        base for base in bases
        if len(os.fsencode(base)) <= _LONGEST_BASE and os.access(base, os.W_OK | os.X_OK)
    )  # fmt: skip
    return tempfile.TemporaryDirectory(prefix=prefix, dir=next(fitting, None))
