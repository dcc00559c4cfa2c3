"""Operations that call the user's code: billed by the size of what came out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .rules import rule
from .shapes import size_of

__all__ = ["AFTER"]

#: Operation -> price of its result, for those that must run before they can be billed.
AFTER: dict[str, Callable[[Any], int]] = {
    "fromfunction": size_of,
    "apply_along_axis": size_of,
    "apply_over_axes": size_of,
}


@rule("fromfunction")
def fromfunction(*args: Any, **kwargs: Any) -> int:
    """One per element of the result (cost model, functional).  This runs the callback."""
    return AFTER["fromfunction"](np.fromfunction(*args, **kwargs))


@rule("apply_along_axis")
def apply_along_axis(*args: Any, **kwargs: Any) -> int:
    """One per element of the result, at weight 4 (cost model, functional).  Runs the callback."""
    return AFTER["apply_along_axis"](np.apply_along_axis(*args, **kwargs))


@rule("apply_over_axes")
def apply_over_axes(*args: Any, **kwargs: Any) -> int:
    """One per element of the result (cost model, functional).  This runs the callback."""
    return AFTER["apply_over_axes"](np.apply_over_axes(*args, **kwargs))
