"""Figures of one budget, of a recording or of a session, from running totals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flopscope import _core

if TYPE_CHECKING:
    from flopscope._escapes import Escape
    from flopscope.report.bills import Bill
    from flopscope.report.entries import Source
    from flopscope.report.record import Recording

__all__ = [
    "Figures",
    "Row",
    "SubFigures",
    "by_namespace_path",
    "by_operation",
    "context_figures",
    "session_figures",
]


@dataclass(frozen=True)
class Row:
    """Totals of one operation in one namespace; times in seconds."""

    namespace: str | None
    op_name: str
    calls: int
    flop_cost: int
    backend_s: float
    overhead_s: float


@dataclass(frozen=True)
class SubFigures:
    """Totals of one sub-budget; limits are None where there are none, times in seconds."""

    namespace: str
    flop_budget: int | None
    flops_used: int
    wall_time_limit_s: float | None
    elapsed_s: float
    soft: bool


@dataclass(frozen=True)
class Figures:
    """What a summary shows; times in seconds, None where nothing has been measured yet."""

    namespace: str | None
    flop_budget: int
    flops_used: int
    wall_s: float | None
    backend_s: float
    overhead_s: float
    residual_s: float | None
    rows: tuple[Row, ...]
    only_default: bool = False
    sub_budgets: tuple[SubFigures, ...] = ()
    escapes: tuple[Escape, ...] = ()
    cost_models: tuple[str, ...] = ()  # of the budgets
    bills: tuple[Bill, ...] = ()  # under several price lists; empty where there is one

    @property
    def flops_remaining(self) -> int:
        """FLOPs that may still be charged."""
        return self.flop_budget - self.flops_used

    def as_dict(self, by_namespace: bool = False) -> dict[str, Any]:
        """Plain numbers under the keys of `BudgetContext.summary_dict`."""
        figures: dict[str, Any] = {
            "flop_budget": self.flop_budget,
            "flops_used": self.flops_used,
            "flops_remaining": self.flops_remaining,
            "operations": by_operation(self.rows),
            "wall_time_s": self.wall_s,
            "flopscope_backend_time_s": self.backend_s,
            "flopscope_overhead_time_s": self.overhead_s,
            "residual_wall_time_s": self.residual_s,
        }
        if by_namespace:
            figures["by_namespace"] = by_namespace_path(self.rows)
        # Most budgets have neither.
        if self.sub_budgets:
            figures["sub_budgets"] = [asdict(part) for part in self.sub_budgets]
        if self.escapes:
            figures["escapes"] = [asdict(escape) for escape in self.escapes]
        if self.bills:
            figures["bills"] = {bill.cost_model: bill.flops_used for bill in self.bills}
        return figures


def by_operation(rows: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """Sums over namespaces."""
    operations: dict[str, dict[str, Any]] = {}
    for row in rows:
        totals = operations.setdefault(
            row.op_name,
            {
                "flop_cost": 0,
                "calls": 0,
                "flopscope_backend_time_s": 0.0,
                "flopscope_overhead_time_s": 0.0,
            },
        )
        totals["flop_cost"] += row.flop_cost
        totals["calls"] += row.calls
        totals["flopscope_backend_time_s"] += row.backend_s
        totals["flopscope_overhead_time_s"] += row.overhead_s
    return operations


def by_namespace_path(rows: Iterable[Row]) -> dict[str | None, dict[str, Any]]:
    """Sums within each namespace."""
    grouped: dict[str | None, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.namespace, []).append(row)
    return {
        path: {
            "flops_used": sum(row.flop_cost for row in inside),
            "calls": sum(row.calls for row in inside),
            "flopscope_backend_time_s": sum(row.backend_s for row in inside),
            "flopscope_overhead_time_s": sum(row.overhead_s for row in inside),
            "operations": by_operation(inside),
        }
        for path, inside in grouped.items()
    }


def _rows(raw: Iterable[tuple[Any, ...]]) -> tuple[Row, ...]:
    return tuple(Row(*fields) for fields in raw)


def context_figures(source: Source) -> Figures:
    """Figures of one context, running or left, or of a recording."""
    if not isinstance(source, _core.Budget):
        return _recorded_figures(source)
    wall = source.wall_time_s
    is_running = wall is None and source.elapsed_s > 0.0
    return Figures(
        namespace=source.namespace,
        flop_budget=source.flop_budget,
        flops_used=source.flops_used,
        wall_s=source.elapsed_s if is_running else wall,
        backend_s=source.flopscope_backend_time_s,
        overhead_s=source.flopscope_overhead_time_s,
        residual_s=source.residual_wall_time_s,
        rows=_rows(_core._budget_rows(source)),
        sub_budgets=tuple(
            SubFigures(path, limit, used, time_limit, elapsed, soft)
            for path, _, limit, used, time_limit, elapsed, soft in _core._part_rows(source)
        ),
        escapes=source.escapes,
        cost_models=(_core._cost_model_of(source).name,),
        bills=_bills(source),
    )


def _bills(source: Source) -> tuple[Bill, ...]:
    from flopscope.report.bills import bills_of  # hardly any program asks for two

    bills = bills_of(source)
    return bills if len(bills) > 1 else ()


def _recorded_figures(recording: Recording) -> Figures:
    """Contexts within the outer one: their time is part of its wall time."""
    outer = context_figures(recording.outer)
    parts = [context_figures(budget) for budget in recording.budgets]
    backend = sum(part.backend_s for part in parts)
    overhead = sum(part.overhead_s for part in parts)
    residual = None
    if outer.residual_s is not None and outer.wall_s is not None:
        residual = max(0.0, outer.wall_s - backend - overhead)
    return Figures(
        namespace=None,
        flop_budget=outer.flop_budget,
        flops_used=sum(part.flops_used for part in parts),
        wall_s=outer.wall_s,
        backend_s=backend,
        overhead_s=overhead,
        residual_s=residual,
        rows=tuple(row for part in parts for row in part.rows),
        only_default=not recording.is_limited,
        sub_budgets=tuple(sub for part in parts for sub in part.sub_budgets),
        escapes=tuple(escape for part in parts for escape in part.escapes),
        cost_models=tuple(dict.fromkeys(name for part in parts for name in part.cost_models)),
        bills=_bills(recording),
    )


def session_figures() -> Figures:
    """Figures of all contexts since the last reset, open ones and the default included."""
    total = _core._session_totals()
    wall = total["wall"]
    booked = total["backend"] + total["overhead"]
    return Figures(
        namespace=None,
        flop_budget=total["flop_budget"],
        flops_used=total["flops_used"],
        wall_s=wall,
        backend_s=total["backend"],
        overhead_s=total["overhead"],
        residual_s=None if wall is None else max(0.0, wall - booked),
        rows=_rows(total["rows"]),
        only_default=total["only_default"],
    )
