"""A record of the log, and how its charge comes about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .rates import rate
from .rules import DEFAULT
from .weights import weight

__all__ = ["Entry", "entry_of"]


@dataclass(frozen=True)
class Entry:
    """A record of the log: the charge of an operation, and what it is the product of."""

    op_name: str
    count: int
    weight: float
    bill: int
    rate: float = 1.0
    factor: float = 1.0
    dtype: str | None = None


def entry_of(
    op_name: str,
    count: int,
    dtype: np.dtype[Any] | None = None,
    factor: float = 1.0,
    *,
    cost_model: str = DEFAULT,
) -> Entry:
    """The record of a count: ``int(count * rate * factor * weight)``, truncated once.

    Whole numbers multiply as integers, so that counts above 2**53 keep their last digits.
    """
    heaviness = weight(op_name, cost_model=cost_model)
    times = 1.0 if dtype is None else rate(dtype)
    if times.is_integer() and float(factor).is_integer() and heaviness.is_integer():
        bill = count * int(times) * int(factor) * int(heaviness)
    else:
        bill = int(count * times * factor * heaviness)
    name = None if dtype is None else dtype.name
    return Entry(op_name, count, heaviness, bill, times, factor, name)
