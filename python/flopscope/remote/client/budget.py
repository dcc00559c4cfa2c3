"""Budgets of a client: sessions on the server."""

from __future__ import annotations

import functools
import math
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from flopscope._release import RELEASE
from flopscope.errors import FlopscopeError
from flopscope.remote.client import state
from flopscope.remote.client.clock import clock
from flopscope.remote.client.failures import failure

__all__ = ["BudgetContext", "OpRecord", "budget", "budget_summary", "budget_summary_dict"]

P = ParamSpec("P")
R = TypeVar("R")

_token: str | None = None
_ticket: str | None = None
_finished: list[dict[str, Any]] = []
_active: BudgetContext | None = None
_lock = threading.Lock()


def use_control_token(token: str | None) -> None:
    """Send this token with requests that open and close budgets."""
    global _token
    _token = token


def use_ticket(ticket: str) -> None:
    """Open the next budget with a ticket, which says how large it is."""
    global _ticket
    _ticket = ticket


def _take_ticket() -> str | None:
    global _ticket
    ticket, _ticket = _ticket, None
    return ticket


class OpRecord(NamedTuple):
    """One operation that was billed.

    Attributes
    ----------
    op_name : str
    flop_cost : int
        FLOPs charged, weight included.
    cumulative : int
        FLOPs charged up to and including this operation.
    """

    op_name: str
    flop_cost: int
    cumulative: int


class BudgetContext:
    """A FLOP budget on the server; inside its ``with`` block every operation is billed to it.

    Parameters
    ----------
    flop_budget : int
        FLOPs that may be spent; positive.
    quiet : bool, default False
        Do not print the banner line to standard error on entry.
    namespace : str, optional
        Label in the summary.

    Raises
    ------
    ValueError
        `flop_budget` is not positive.
    RuntimeError
        On entry: another context is open.
    ConnectionError
        On entry: no server answers.

    Notes
    -----
    Arrays outlive the context, as in process; operations need one. There is no wall time limit.
    """

    def __init__(
        self, flop_budget: float, quiet: bool = False, namespace: str | None = None
    ) -> None:
        if not isinstance(flop_budget, (int, float)):
            raise TypeError(f"flop_budget must be a number, got {type(flop_budget).__name__}")
        if not flop_budget > 0 or flop_budget == math.inf:
            raise ValueError(f"flop_budget must be > 0 and finite, got {flop_budget}")
        self._began = time.perf_counter()
        self._budget = int(flop_budget)
        self._quiet = quiet
        self._namespace = namespace
        self._used = 0
        self._log: list[OpRecord] = []
        self._number = -1
        self._connection: Any = None
        self._dispatch_before = 0
        self._wall_s: float | None = None
        self._dispatch_s = self._backend_s = 0.0
        self._closing: dict[str, Any] = {}

    # ---------------------------------------------------------------------------- with block

    def __enter__(self) -> BudgetContext:
        global _active
        with _lock:
            if _active is not None:
                raise RuntimeError("Cannot nest BudgetContexts")
            _active = self
        try:
            self._began = time.perf_counter()
            self._dispatch_before = clock.total_ns()
            connection = state.current()
            remaining = self._budget - self._used
            connection.open(remaining, self._namespace, _token, _take_ticket())
            self._connection = connection
            self._number = connection.budgets_opened
        except BaseException:
            _active = None
            raise
        if not self._quiet:
            print(
                f"flopscope {RELEASE} (server {connection.url}): "
                f"budget {float(self._budget):.2e} FLOPs",
                file=sys.stderr,
            )
        return self

    def __exit__(self, error_type: Any, *_: object) -> None:
        global _active
        connection, deferred = self._connection, None
        was_told = connection.is_lost
        try:
            self._closing = connection.finish(_token)
            deferred = self._closing.get("deferred")
            used = self._closing["budget_breakdown"]["flops_used"]
            self._used += used
            self._backend_s += self._closing["comms_summary"]["total_compute_time_ns"] / 1e9
        except (FlopscopeError, ConnectionError):
            self._used += connection.used
            if error_type is None and not was_told:
                raise
        finally:
            _active = None
            self._connection = None
            wall_s = time.perf_counter() - self._began
            dispatch_s = (clock.total_ns() - self._dispatch_before) / 1e9
            self._wall_s = (self._wall_s or 0.0) + wall_s
            self._dispatch_s += dispatch_s
            _finished.append(self._figures(wall_s, dispatch_s))
        if deferred is not None and error_type is None:
            raise failure(deferred["error_type"], deferred["message"])

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate a function: each call runs inside this context."""

        @functools.wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return inside

    # ------------------------------------------------------------------------------- figures

    @property
    def flop_budget(self) -> int:
        """FLOPs that may be spent."""
        return self._budget

    @property
    def flops_used(self) -> int:
        """FLOPs spent, operations that are on their way included."""
        return self._used + (self._connection.used if self._connection is not None else 0)

    @property
    def flops_remaining(self) -> int:
        """FLOPs left."""
        return self._budget - self.flops_used

    @property
    def quiet(self) -> bool:
        """Whether entering prints nothing."""
        return self._quiet

    @property
    def wall_time_s(self) -> float | None:
        """Seconds from entry to exit; None before."""
        return self._wall_s

    @property
    def elapsed_s(self) -> float:
        """Seconds since entry; 0.0 before."""
        if self._connection is None:
            return self._wall_s or 0.0
        return time.perf_counter() - self._began

    @property
    def flopscope_backend_time_s(self) -> float:
        """Seconds inside numerical kernels, on the server; known at exit."""
        return self._backend_s

    @property
    def flopscope_overhead_time_s(self) -> float:
        """Seconds for transport, encoding, bookkeeping and waiting; not billed."""
        return max(0.0, self._dispatch_s - self._backend_s)

    @property
    def residual_wall_time_s(self) -> float | None:
        """Seconds of the program's own Python; None before exit."""
        return None if self._wall_s is None else max(0.0, self._wall_s - self._dispatch_s)

    @property
    def op_log(self) -> Sequence[OpRecord]:
        """The operations that were billed since it was entered last, oldest first.

        The server has them, until another budget is opened: what was read before is kept.
        """
        connection = state.connection
        if connection is not None and connection.budgets_opened == self._number:
            # The server keeps the log until the next budget is opened.
            self._log = list(_read_log(connection))
        return list(self._log)

    def _figures(self, wall_s: float, dispatch_s: float) -> dict[str, Any]:
        breakdown = self._closing.get("budget_breakdown", {})
        comms = self._closing.get("comms_summary", {})
        backend_s = comms.get("total_compute_time_ns", 0) / 1e9
        return {
            "flop_budget": breakdown.get("flop_budget", self._budget),
            "flops_used": breakdown.get("flops_used", 0),
            "wall_time_s": wall_s,
            "flopscope_backend_time_s": backend_s,
            "flopscope_overhead_time_s": max(0.0, dispatch_s - backend_s),
            "residual_wall_time_s": max(0.0, wall_s - dispatch_s),
        }

    def summary(self, by_namespace: bool = False) -> str:
        """Describe spending as text, as the server has it."""
        if self._connection is not None:
            text: str = self._connection.request("budget_summary")["result"]["text"]
            return text
        return str(self._closing.get("budget_summary", "No budget data recorded yet."))

    def summary_dict(self, by_namespace: bool = False) -> dict[str, Any]:
        """Spending and time as a dictionary of plain numbers."""
        breakdown = self._closing.get("budget_breakdown", {})
        found: dict[str, Any] = {
            "flop_budget": self.flop_budget,
            "flops_used": self.flops_used,
            "flops_remaining": self.flops_remaining,
            "operations": breakdown.get("operations", {}),
            "wall_time_s": self.wall_time_s,
            "flopscope_backend_time_s": self.flopscope_backend_time_s,
            "flopscope_overhead_time_s": self.flopscope_overhead_time_s,
            "residual_wall_time_s": self.residual_wall_time_s,
        }
        if by_namespace:
            spaces = breakdown.get("by_namespace", {})
            found["by_namespace"] = {name or None: row for name, row in spaces.items()}
        return found

    def __repr__(self) -> str:
        return f"<BudgetContext {self.flops_used:,} of {self.flop_budget:,} FLOPs used, remote>"


def _read_log(connection: Any) -> Iterator[OpRecord]:
    first = 0
    while True:
        page = connection.request("budget_log", [first])["result"]
        for name, cost, cumulative in page["records"]:
            yield OpRecord(name, cost, cumulative)
        first += len(page["records"])
        if first >= page["length"] or not page["records"]:
            return


def budget(flop_budget: float, quiet: bool = False, namespace: str | None = None) -> BudgetContext:
    """Make a `BudgetContext`; reads well as a decorator."""
    return BudgetContext(flop_budget, quiet=quiet, namespace=namespace)


def budget_summary_dict(by_namespace: bool = False) -> dict[str, Any]:
    """Totals of all contexts of this process, as plain numbers; there are no operations in it."""
    rows = list(_finished)
    total: dict[str, Any] = {
        key: sum(row[key] for row in rows) for key in ("flop_budget", "flops_used")
    }
    total["flops_remaining"] = total["flop_budget"] - total["flops_used"]
    total["operations"] = {}
    for key in (
        "wall_time_s",
        "flopscope_backend_time_s",
        "flopscope_overhead_time_s",
        "residual_wall_time_s",
    ):
        total[key] = sum(row[key] for row in rows) if rows else None
    if by_namespace:
        total["by_namespace"] = {}
    return total


def budget_summary(by_namespace: bool = False) -> None:
    """Print the totals of all contexts of this process."""
    total = budget_summary_dict()
    if total["wall_time_s"] is None:
        print("No budget data recorded yet.")
        return
    used, of = total["flops_used"], total["flop_budget"]
    print("flopscope FLOP Budget Summary\n=============================")
    print(f"  Total budget: {of:>20,}")
    print(f"  Used:         {used:>20,}  ({100 * used / of:.1f}%)")
    print(f"  Remaining:    {of - used:>20,}  ({100 * (of - used) / of:.1f}%)")
    print(f"  Total Wall Time:    {total['wall_time_s']:.3f}s")
    print(f"  Flopscope Backend:  {total['flopscope_backend_time_s']:.3f}s")
    print(f"  Flopscope Overhead: {total['flopscope_overhead_time_s']:.3f}s")
    print(f"  Residual Wall Time: {total['residual_wall_time_s']:.3f}s")
