"""The token that opens and closes budgets, for those who hold it."""

from __future__ import annotations

import hmac
import os
import secrets
from typing import Any

from flopscope.errors import UnauthorizedControlError
from flopscope.remote.tickets import TicketBook

__all__ = ["ControlToken"]


class ControlToken:
    """A secret of 64 hexadecimal digits, or none: then everybody may.

    Parameters
    ----------
    secret : str or None

    Attributes
    ----------
    tickets : TicketBook
        What holders of the token let others do.
    """

    def __init__(self, secret: str | None = None) -> None:
        self._secret = secret
        self.tickets = TicketBook()

    @classmethod
    def handed_over(cls, fd: int) -> ControlToken:
        """Make a secret, write it with a newline to an inherited descriptor, and close that.

        Raises
        ------
        OSError
            The descriptor cannot be written to.
        """
        secret = secrets.token_hex(32)
        with os.fdopen(fd, "w") as file:
            file.write(secret + "\n")
        return cls(secret)

    def check(self, fields: dict[str, Any], kwargs: dict[str, Any]) -> None:
        """Raise unless a request carries the token, at its top level or in its keywords.

        Raises
        ------
        UnauthorizedControlError
        """
        if self._secret is None:
            return
        given = fields.get("control_token", kwargs.get("control_token"))
        if isinstance(given, str):
            given = given.encode("utf-8", "replace")
        if type(given) is not bytes or not hmac.compare_digest(given, self._secret.encode()):
            raise UnauthorizedControlError(
                "this server opens and closes budgets only for requests with its control token"
            )
