"""The reference twin: the cost model and the meter in slow, plain Python.

Every rule is written from its definition and counts by enumeration where that can be afforded, so
that a reader can check it by eye and the compiled core can be checked against it.  It shares no
code with the core.  :class:`MeteredNumpy` is the yardstick of the benchmarks: what metering costs
when it is written in Python.

Operands are taken as dense and distinct.  Symmetry, repeated operands and contractions of three or
more operands are not its subject.

>>> from flopscope import reference
>>> reference.price("exp", [1.0, 2.0, 3.0]), reference.weight("exp")
(3, 16.0)
>>> reference.charged("exp", [1.0, 2.0, 3.0])
48
"""

from __future__ import annotations

from .budget import Budget, Record, ReferenceBudgetExhausted
from .meter import MeteredNumpy
from .metered_array import MeteredArray
from .pricing import charged, operations, price
from .rules import UnknownOperation
from .weights import weight, weighted

__all__ = [
    "Budget",
    "MeteredArray",
    "MeteredNumpy",
    "Record",
    "ReferenceBudgetExhausted",
    "UnknownOperation",
    "charged",
    "operations",
    "price",
    "weight",
    "weighted",
]
