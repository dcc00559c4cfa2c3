"""Sub-budgets: limits on a part of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopscope import _core

if TYPE_CHECKING:
    from types import TracebackType

    from flopscope._budget import BudgetContext

__all__ = ["SubBudget"]


class SubBudget(_core._Part):
    """A part of a budget with limits of its own; made by `BudgetContext.sub`.

    Attributes
    ----------
    name : str
        Its segment of the namespace path.
    namespace : str or None
        Its whole path; None before it was entered.
    flop_budget : int or None
        FLOPs that may be spent within; None without a limit.
    flops_used : int
        FLOPs charged within, sub-budgets inside included.
    flops_remaining : int or None
        FLOPs that its own limit leaves; the budget around it may leave less.
    wall_time_limit_s, elapsed_s : float
        Time limit (or None), and the time it has been open, in seconds.
    soft : bool
        Whether passing a limit warns once instead of raising.
    is_open : bool
        Whether it is entered.
    """

    def __init__(
        self,
        budget: BudgetContext,
        name: str,
        flops: float | None,
        seconds: float | None,
        soft: bool,
    ) -> None:
        if not isinstance(name, str):
            raise ValueError(f"a sub-budget's name must be a string, got {type(name).__name__}")
        segment = name.strip()
        if not segment or "." in segment:
            raise ValueError(
                f"a sub-budget's name must not be empty and not contain '.', got {name!r}: nest "
                "blocks instead"
            )
        super().__init__(budget, segment, flops, seconds, bool(soft))

    def __enter__(self) -> SubBudget:
        self._enter()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exit()

    def __repr__(self) -> str:
        limit = "no limit" if self.flop_budget is None else f"{self.flop_budget:,}"
        kind = " (soft)" if self.soft else ""
        return f"<SubBudget {self.name!r}: {self.flops_used:,} of {limit} FLOPs used{kind}>"


for _type in (_core._Part, SubBudget):
    _core._seal(_type)
