"""The first request on a connection: both sides must be of one version."""

from __future__ import annotations

from typing import Any

from flopscope._release import RELEASE
from flopscope.remote.limits import Limits

__all__ = ["VersionMismatch", "greet"]


class VersionMismatch(Exception):
    """Client and server are of different versions."""


def greet(fields: dict[str, Any], kwargs: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Answer `hello`.

    Raises
    ------
    VersionMismatch
    """
    theirs = fields.get("client_version", kwargs.get("client_version"))
    if theirs != RELEASE:
        raise VersionMismatch(f"client has {str(theirs)[:40]}, server has {RELEASE}")
    return {
        "status": "ok",
        "server_version": RELEASE,
        "limits": {"array_bytes": limits.array_bytes},
    }
