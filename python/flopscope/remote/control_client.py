"""For graders: who holds the control token of a server speaks to it here."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from flopscope.remote.client.failures import failure
from flopscope.remote.client.sockets import ClientSocket
from flopscope.remote.protocol import pack, unpack

__all__ = ["ControlClient"]


class ControlClient:
    """A line to a server for its control token only; it has no session.

    Parameters
    ----------
    url : str
    token : str or None
        As the server wrote it to ``--token-fd``.

    Examples
    --------
    >>> with ControlClient(url, token) as control:  # doctest: +SKIP
    ...     ticket = control.ticket(flop_budget=10**9)
    ...     # a client opens its budget with it: flopscope.remote.client.budget.use_ticket
    ...     figures = control.report(ticket)
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        self._token = token
        self._socket = ClientSocket(url)

    def __enter__(self) -> ControlClient:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _ask(self, name: str, kwargs: dict[str, Any]) -> Any:
        self._socket.send(pack({"op": name, "kwargs": {**kwargs, "control_token": self._token}}))
        reply = unpack(self._socket.receive())
        if reply.get("status") != "ok":
            raise failure(reply.get("error_type"), reply.get("message"))
        return reply["result"]

    def ticket(self, flop_budget: float) -> str:
        """Return leave to open one budget of so many FLOPs, once, without the token.

        Raises
        ------
        UnauthorizedControlError
            The token is not the server's.
        ValueError, TypeError
            `flop_budget` is no positive number.
        """
        ticket: str = self._ask("ticket", {"flop_budget": flop_budget})
        return ticket

    def report(self, ticket: str) -> dict[str, Any]:
        """Return what the server knows of a ticket's budget.

        Returns
        -------
        dict
            ``is_used``, ``is_open``, ``flops_used``; once it was opened also ``flop_budget``,
            ``backend_s`` and ``wall_s`` (seconds, by the server's clock), ``breakdown``.

        Raises
        ------
        KeyError
            There is no such ticket, or it was reported after its budget was closed.
        """
        figures: dict[str, Any] = self._ask("ticket_report", {"ticket": ticket})
        return figures
