"""Reductions that count accumulations and nothing else."""

from __future__ import annotations

from typing import Any

from ..costs_reductions import Axis, accumulate_all
from ..rules import Ignored, rule

__all__: list[str] = []


@rule("var std nanvar nanstd nanmean nanmedian count_nonzero ptp average", "0.5")
def accumulations(a: Any, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, A - O)`` (price list 0.5, reductions)."""
    return accumulate_all(a, axis)


@rule("nanpercentile nanquantile", "0.5")
def quantile(a: Any, q: Ignored, axis: Axis = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, A - O)`` (price list 0.5, reductions)."""
    return accumulate_all(a, axis)
