"""Text and files, times that are missing, and what only asks for or sets NumPy's state."""

from __future__ import annotations

from typing import Any

import numpy as np

from .rules import Ignored, rule
from .shapes import numel

__all__: list[str] = []


@rule("base_repr")
def base_repr(number: int, base: int = 2, padding: int = 0) -> int:
    """One per character of the text (cost model, defects: D4)."""
    return max(1, len(np.base_repr(number, base, padding)))


@rule("binary_repr")
def binary_repr(num: int, width: int | None = None) -> int:
    """One per character of the text (cost model, defects: D4)."""
    return max(1, len(np.binary_repr(num, width)))


@rule("fromstring")
def fromstring(*args: Any, **kwargs: Any) -> int:
    """One per number that is read, at least 1 (cost model, defects: D4)."""
    return numel(np.fromstring(*args, **kwargs))


@rule("isnat")
def isnat(x: Any, *_: Ignored, **__: Ignored) -> int:
    """One test per element, at least 1 (cost model, defects: D4)."""
    return numel(x)


@rule("load save savez savez_compressed fromfile fromregex")
def files(*_: Ignored, **__: Ignored) -> int:
    """Nothing: values only move (cost model, creation and movement)."""
    return 0


@rule("""
    broadcast errstate finfo get_printoptions geterr iinfo ndenumerate ndindex nditer printoptions
    set_printoptions seterr random.Generator.bit_generator
""")
def state(*_: Ignored, **__: Ignored) -> int:
    """Nothing, and no record: they compute on no values (cost model, defects: D4)."""
    return 0
