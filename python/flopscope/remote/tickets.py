"""Tickets: who holds the control token lets another process open one budget, and reads its bill.

A grader runs a stranger's code as a client. The code must not hold the token, since it could open
further budgets with it. The grader asks for a ticket instead, hands it to the client, and asks the
server itself for the figures afterwards.
"""

from __future__ import annotations

import secrets
import threading
import time
from typing import Any

import flopscope as flops
from flopscope.errors import UnauthorizedControlError

__all__ = ["Ticket", "TicketBook", "readable_breakdown"]

_MOST = 10_000


class Ticket:
    """Leave to open one budget, once.

    Parameters
    ----------
    flop_budget : number
    """

    def __init__(self, flop_budget: Any) -> None:
        self.flop_budget = flop_budget
        self.is_used = False
        self.budget: flops.BudgetContext | None = None
        self.opened = self.closed = 0.0

    def note_open(self, budget: flops.BudgetContext) -> None:
        """The budget was opened."""
        self.budget, self.opened = budget, time.monotonic()

    def note_closed(self) -> None:
        """The budget was closed, or its client is gone."""
        self.closed = self.closed or time.monotonic()

    def figures(self) -> dict[str, Any]:
        """What the server knows of it: times in seconds, by the server's clock."""
        budget = self.budget
        if budget is None:
            return {"is_used": self.is_used, "is_open": False, "flops_used": 0}
        end = self.closed or time.monotonic()
        return {
            "is_used": True,
            "is_open": not self.closed,
            "flop_budget": budget.flop_budget,
            "flops_used": budget.flops_used,
            "backend_s": budget.flopscope_backend_time_s,
            "wall_s": end - self.opened,
            "breakdown": readable_breakdown(budget),
        }


def readable_breakdown(budget: flops.BudgetContext) -> dict[str, Any]:
    """Return the summary of a budget with text keys only, as messages have them."""
    breakdown = budget.summary_dict(by_namespace=True)
    spaces = breakdown["by_namespace"]
    breakdown["by_namespace"] = {str(name or ""): row for name, row in spaces.items()}
    return breakdown


class TicketBook:
    """The tickets of a server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tickets: dict[str, Ticket] = {}

    def issue(self, flop_budget: Any) -> str:
        """Make a ticket; the oldest goes when there are too many."""
        if isinstance(flop_budget, bool) or not isinstance(flop_budget, (int, float)):
            raise TypeError("a ticket is for a number of FLOPs")
        if not flop_budget > 0:
            raise ValueError(f"flop_budget must be > 0, got {flop_budget}")
        name = secrets.token_hex(16)
        with self._lock:
            while len(self._tickets) >= _MOST:
                del self._tickets[next(iter(self._tickets))]
            self._tickets[name] = Ticket(flop_budget)
        return name

    def redeem(self, name: Any) -> Ticket:
        """Take a ticket that was not used before.

        Raises
        ------
        UnauthorizedControlError
            There is none, or it was used.
        """
        with self._lock:
            ticket = self._tickets.get(name) if type(name) is str else None
            if ticket is None or ticket.is_used:
                raise UnauthorizedControlError("this ticket does not exist, or was used before")
            ticket.is_used = True
            return ticket

    def report(self, name: Any) -> dict[str, Any]:
        """Figures of a ticket; one whose budget is closed is forgotten with them.

        Raises
        ------
        KeyError
            There is no such ticket.
        """
        with self._lock:
            ticket = self._tickets.get(name) if type(name) is str else None
            if ticket is None:
                raise KeyError("there is no such ticket")
            figures = ticket.figures()
            if ticket.closed:
                del self._tickets[name]
            return figures
