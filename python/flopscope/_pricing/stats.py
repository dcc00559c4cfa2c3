"""Prices of the distributions: a constant per cell of what the arguments broadcast to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flopscope import _core
from flopscope._pricing._counting import broadcast_cells

__all__ = ["RULES"]


def _per_cell(flops: int) -> Callable[..., int]:
    def price(*args: Any, **kwargs: Any) -> int:
        return flops * max(1, broadcast_cells(*args, *kwargs.values()))

    return price


# The compiled calls use the same constants without coming here.
RULES: dict[str, Callable[..., Any]] = {
    f"stats.{distribution}.{method}": _per_cell(flops)
    for distribution, method, _, flops in _core._distribution_functions()
}
