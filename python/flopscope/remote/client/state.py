"""The connection of this process, if it has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopscope.errors import NoBudgetContextError

if TYPE_CHECKING:
    from flopscope.remote.client.connection import Connection

__all__ = ["connection", "current", "set_connection"]

connection: Connection | None = None


def set_connection(made: Connection | None) -> None:
    """Put another connection in place."""
    global connection
    connection = made


def current() -> Connection:
    """Return the connection.

    Raises
    ------
    NoBudgetContextError
        There is none.
    """
    if connection is None:
        raise NoBudgetContextError
    return connection
