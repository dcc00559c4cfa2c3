"""Warnings that a network was scored as failed because a limit was hit."""

from __future__ import annotations

__all__ = [
    "BudgetExhaustionWarning",
    "CombinedBudgetExhaustionWarning",
    "ResidualWallTimeExhaustionWarning",
    "ScoringExhaustionWarning",
    "TimeExhaustionWarning",
]


class ScoringExhaustionWarning(UserWarning):
    """A limit was hit; the network is scored with zeros and multiplier 1."""


class BudgetExhaustionWarning(ScoringExhaustionWarning):
    """The next operation would have passed the FLOP budget."""


class TimeExhaustionWarning(ScoringExhaustionWarning):
    """`predict` took longer than the wall-time limit."""


class ResidualWallTimeExhaustionWarning(ScoringExhaustionWarning):
    """`predict` spent more uncounted time than the residual limit."""


class CombinedBudgetExhaustionWarning(ScoringExhaustionWarning):
    """Counted FLOPs and charged residual time together exceed the FLOP budget."""
