"""Everything that a stretch of a program bills, in contexts of its own or in none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import flopscope
from flopscope import _budget, _core, _profile
from flopscope._budget import BudgetContext, OpRecord
from flopscope.report.entries import entries, group

if TYPE_CHECKING:
    from flopscope.pricing.cost_model import CostModel

__all__ = ["Recording", "record"]

_AMPLE = 10**18


class Recording:
    """Budgets whose figures belong together: the one around everything, and those inside it.

    Parameters
    ----------
    outer : BudgetContext
        What is billed outside of contexts of the program's own is billed to it.
    is_limited : bool
        Whether somebody chose its amount.
    """

    def __init__(self, outer: BudgetContext, is_limited: bool) -> None:
        self.outer = outer
        self.is_limited = is_limited
        self.budgets: list[BudgetContext] = [outer]

    @property
    def flops_used(self) -> int:
        """FLOPs of all budgets."""
        return sum(budget.flops_used for budget in self.budgets)

    @property
    def flop_budget(self) -> int:
        """FLOPs that the outer budget allows."""
        return self.outer.flop_budget

    @property
    def operations(self) -> dict[str, int]:
        """FLOPs by operation, the most expensive first."""
        sums = group(entries(self), lambda entry: entry.op_name)
        return {name: totals.flops for name, totals in sums.items()}

    @property
    def op_log(self) -> list[OpRecord]:
        """The operations of all budgets, budget by budget."""
        return [record for budget in self.budgets for record in budget.op_log]

    # What reports ask of a budget.

    @property
    def namespace(self) -> str | None:
        """Of the outer budget."""
        return self.outer.namespace

    @property
    def attribute(self) -> str | None:
        """What is kept of the places of operations."""
        return self.outer.attribute

    @property
    def peak_live_bytes(self) -> int | None:
        """The largest figure of a single budget."""
        peaks = [b.peak_live_bytes for b in self.budgets if b.peak_live_bytes is not None]
        return max(peaks, default=None)


@contextmanager
def _recorded(recording: Recording, settings: dict[str, Any]) -> Iterator[None]:
    """Note every context that is made, and give it settings that it does not set itself."""
    original = BudgetContext

    class Recorded(original):  # type: ignore[misc, valid-type]
        __slots__ = ()

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            if not kwargs.get("_dry"):
                kwargs = {**settings, **kwargs}
            super().__init__(*args, **kwargs)
            if not kwargs.get("_dry"):
                recording.budgets.append(self)

    Recorded.__name__ = Recorded.__qualname__ = "BudgetContext"
    Recorded.__doc__ = original.__doc__
    Recorded.__module__ = original.__module__
    homes: tuple[Any, ...] = (flopscope, _budget, _profile)
    for home in homes:
        home.BudgetContext = Recorded
    try:
        yield
    finally:
        for home in homes:
            home.BudgetContext = original


@contextmanager
def record(
    flop_budget: int | None = None,
    *,
    attribute: Literal["line", "stack"] | None = None,
    memory: bool = False,
    wall_time_limit_s: float | None = None,
    cost_model: CostModel | str | None = None,
    also: Sequence[CostModel | str] = (),
) -> Iterator[Recording]:
    """Record what a block bills, whether it opens contexts of its own or not.

    Parameters
    ----------
    flop_budget : int, optional
        For what is billed outside of contexts that the block opens; by default ample.
    attribute, memory, wall_time_limit_s
        As for `BudgetContext`; the first two also hold for contexts that the block opens.
    cost_model, also
        Price lists, as for `BudgetContext`; they also hold for contexts that name none.
    """
    outer = BudgetContext(
        _AMPLE if flop_budget is None else flop_budget,
        quiet=True,
        attribute=attribute,
        memory=memory,
        wall_time_limit_s=wall_time_limit_s,
        cost_model=cost_model,
        also=also,
    )
    recording = Recording(outer, flop_budget is not None)
    settings = {
        "attribute": attribute,
        "memory": memory,
        "cost_model": cost_model,
        "also": also,
    }
    with _recorded(recording, settings), outer:
        _core._detach(outer)
        yield recording
