"""The price list 0.12, as differences from 0.8: dtypes, complex numbers and movement are billed.

>>> import numpy as np
>>> from flopscope import reference
>>> reference.charged("multiply", np.ones(12), np.ones(12), cost_model="0.12")
24
"""

from __future__ import annotations

# Each module registers its rules when it is imported; factors and dtypes need the rules.
from . import movement, numeric, reductions, fourier, weights  # isort: skip
from . import loops, dtypes, factors, further  # isort: skip

__all__ = [
    "dtypes",
    "factors",
    "fourier",
    "further",
    "loops",
    "movement",
    "numeric",
    "reductions",
    "weights",
]
