"""The reference twin: the cost model and the meter in slow, plain Python.

Every rule is written from its definition and counts by enumeration where that can be afforded, so
that a reader can check it by eye and the compiled core can be checked against it.  It shares no
code with the core.  :class:`MeteredNumpy` is the yardstick of the benchmarks: what metering costs
when it is written in Python.

A price list is chosen by the keyword ``cost_model``: 0.8 when left out, or 0.5, 0.8rc1 or 0.12,
each of which is kept as its differences from 0.8.

Every operation that the library counts has a rule, and so has every method of a ufunc.  Operands
may be symmetric (:func:`tagged`) and may be given twice, which the elementwise operations,
reductions, contractions and ``linalg.inv`` bill less for; what a *result* is tagged with is not the
twin's subject.  An einsum of three or more operands is billed along the path that opt_einsum
chooses, for that is how its price is defined.

>>> from flopscope import reference
>>> reference.price("exp", [1.0, 2.0, 3.0]), reference.weight("exp")
(3, 16.0)
>>> reference.charged("exp", [1.0, 2.0, 3.0])
48
>>> import numpy as np
>>> reference.charged("exp", reference.tagged(np.ones((4, 4)), (0, 1)))
160
"""

from __future__ import annotations

from .budget import Budget, Record, ReferenceBudgetExhausted
from .groups import Group, tagged
from .meter import MeteredNumpy
from .metered_array import MeteredArray
from .pricing import Entry, charged, operations, price, quote
from .rules import UnknownOperation
from .weights import weight, weighted

__all__ = [
    "Budget",
    "Entry",
    "Group",
    "MeteredArray",
    "MeteredNumpy",
    "Record",
    "ReferenceBudgetExhausted",
    "UnknownOperation",
    "charged",
    "operations",
    "price",
    "quote",
    "tagged",
    "weight",
    "weighted",
]
