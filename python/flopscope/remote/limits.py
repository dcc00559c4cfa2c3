"""What a server lets a client have, as the environment sets it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field

__all__ = ["DEFAULT_URL", "FRAME_ROOM", "Limits"]

#: Where server and client meet when nothing else is said.
DEFAULT_URL = f"ipc://{os.path.join(tempfile.gettempdir(), 'flopscope.sock')}"

#: Bytes of a frame beside the payload of the largest array.
FRAME_ROOM = 2**20


def _from_environment(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(float(text))
    except (ValueError, OverflowError):
        value = 0
    if value <= 0:
        raise ValueError(f"{name} must be a positive number, got {text!r}")
    return value


@dataclass(frozen=True)
class Limits:
    """Limits of a server, per client.

    Attributes
    ----------
    array_bytes : int
        Largest array, ``FLOPSCOPE_MAX_ARRAY_BYTES``; 100 MiB.
    array_count : int
        Arrays and generators at a time, ``FLOPSCOPE_MAX_ARRAY_COUNT``; 100 000.
    session_bytes : int
        Bytes of all arrays together, ``FLOPSCOPE_MAX_SESSION_BYTES``; 8 GiB.
    clients : int
        Clients with a session at a time, ``FLOPSCOPE_MAX_CLIENTS``; 64.
    """

    array_bytes: int = field(
        default_factory=lambda: _from_environment("FLOPSCOPE_MAX_ARRAY_BYTES", 100 * 2**20)
    )
    array_count: int = field(
        default_factory=lambda: _from_environment("FLOPSCOPE_MAX_ARRAY_COUNT", 100_000)
    )
    session_bytes: int = field(
        default_factory=lambda: _from_environment("FLOPSCOPE_MAX_SESSION_BYTES", 8 * 2**30)
    )
    clients: int = field(default_factory=lambda: _from_environment("FLOPSCOPE_MAX_CLIENTS", 64))

    @property
    def frame_bytes(self) -> int:
        """Largest frame; connections that send more are cut off."""
        return self.array_bytes + FRAME_ROOM
