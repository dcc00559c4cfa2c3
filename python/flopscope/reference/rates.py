"""The rate of a dtype: what an element of it multiplies a bill with, in lists that ask."""

from __future__ import annotations

from typing import Any

import numpy as np

from .words import words

__all__ = ["UnsupportedDtype", "rate"]

_RATES = {
    **dict.fromkeys(words("bool int8 uint8 int16 uint16 int32 uint32 float16 float32"), 1.0),
    "complex64": 1.0,
    **dict.fromkeys(words("int64 uint64 float64 complex128"), 2.0),
    **dict.fromkeys(words("float96 complex192"), 3.0),
    **dict.fromkeys(words("float128 complex256"), 4.0),
}


class UnsupportedDtype(TypeError):
    """A call is refused before it is charged, for a dtype it cannot be billed at."""


def rate(dtype: np.dtype[Any]) -> float:
    """What an element of this dtype multiplies a bill with (price list 0.12, rates).

    Raises
    ------
    UnsupportedDtype
        If it is none of the numeric ones.
    """
    if dtype.name not in _RATES:
        raise UnsupportedDtype(f"nothing is billed at {dtype}")
    return _RATES[dtype.name]
