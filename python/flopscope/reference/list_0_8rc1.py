"""The price list 0.8rc1: ``array`` pays for every element, and ``asarray`` for nothing.

>>> from flopscope import reference
>>> reference.charged("array", [1.0, 2.0, 3.0], cost_model="0.8rc1")
3
"""

from __future__ import annotations

from typing import Any

from .rules import Ignored, rule
from .shapes import numel

__all__: list[str] = []


@rule("array", "0.8rc1")
def array(a: Any, *_: Ignored, **__: Ignored) -> int:
    """One per element, at least 1, whatever the dtype (price list 0.8rc1)."""
    return numel(a)


@rule("asarray", "0.8rc1")
def asarray(*_: Ignored, **__: Ignored) -> int:
    """Nothing, also for a cast that changes values (price list 0.8rc1)."""
    return 0
