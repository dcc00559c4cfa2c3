"""The price list 0.5, as differences from 0.8: rules and weights for the operations it names.

>>> from flopscope import reference
>>> reference.charged("std", [1.0, 2.0, 3.0, 4.0, 5.0], cost_model="0.5")
8
>>> reference.charged("std", [1.0, 2.0, 3.0, 4.0, 5.0])
21
"""

from __future__ import annotations

# Each module registers its rules when it is imported.
from . import creation, elementwise, linalg, movement, numeric, random, reductions, series, weights

__all__ = [
    "creation",
    "elementwise",
    "linalg",
    "movement",
    "numeric",
    "random",
    "reductions",
    "series",
    "weights",
]
