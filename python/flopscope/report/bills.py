"""Bills of the same calls under several price lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flopscope import _core
from flopscope.report.entries import budgets_of, entries, places

if TYPE_CHECKING:
    from flopscope.report.entries import Source

__all__ = ["Bill", "bills_of", "by_line"]


@dataclass(frozen=True)
class Bill:
    """What calls cost under one price list.

    Attributes
    ----------
    cost_model : str
        Name of the list.
    flops_used : int
    operations : dict of str to int
        FLOPs by operation.
    """

    cost_model: str
    flops_used: int
    operations: dict[str, int]


def _add(total: dict[str, int], op_name: str, flops: int) -> None:
    total[op_name] = total.get(op_name, 0) + flops


def bills_of(source: Source) -> tuple[Bill, ...]:
    """Bills of a budget or a recording: under its own list, then under those beside it."""
    used: dict[str, int] = {}
    operations: dict[str, dict[str, int]] = {}
    for budget in budgets_of(source):
        own = _core._cost_model_of(budget).name
        used[own] = used.get(own, 0) + budget.flops_used
        for _namespace, op_name, _calls, flops, *_times in _core._budget_rows(budget):
            _add(operations.setdefault(own, {}), op_name, flops)
        for model, flops, totals in _core._also(budget):
            used[model.name] = used.get(model.name, 0) + flops
            mine = operations.setdefault(model.name, {})
            for op_name, _place, cost, _calls in totals:
                _add(mine, op_name, cost)
    return tuple(Bill(name, flops, operations.get(name, {})) for name, flops in used.items())


def by_line(source: Source) -> dict[tuple[Any, str], dict[str, int]]:
    """FLOPs by place in the source and operation, and within these by price list.

    Places are those of `entries`; None where they are not known.
    """
    found: dict[tuple[Any, str], dict[str, int]] = {}
    for budget in budgets_of(source):
        own = _core._cost_model_of(budget).name
        for entry in entries(budget):
            _add(found.setdefault((entry.place, entry.op_name), {}), own, entry.flops)
        for model, _flops, totals in _core._also(budget):
            for op_name, site, cost, _calls in totals:
                stack = places(site)
                at = (stack[-1] if stack else None, op_name)
                _add(found.setdefault(at, {}), model.name, cost)
    return found
