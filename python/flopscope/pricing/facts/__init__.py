"""The facts of calls that their arguments tell: one function per operation.

A function takes the arguments of the NumPy function it stands for, with counted arrays replaced by
plain views, and returns the facts that the operation's schema names
(``cost_models/operations.csv``) as a tuple, in order, up to those that only the result tells; those
come from ``FROM_RESULT``, or are the size of the result (``out``). A tuple with all facts says that
nothing is left to the result. What the facts cost is stated by the price lists.

``TAGGERS`` maps names to functions that tell the symmetry group of a result from the result and the
arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flopscope.pricing.facts import (
    arrays,
    calculus,
    callbacks,
    comparison,
    fft,
    histograms,
    linalg,
    movement,
    ordering,
    polynomials,
    products,
    samplers,
)

__all__ = ["FACTS", "FROM_RESULT", "SEE_TAGS", "TAGGERS", "TAKE_COUNTED"]

FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {}
FROM_RESULT: dict[str, Callable[..., tuple[Any, ...]]] = {}
for _module in (
    arrays,
    calculus,
    callbacks,
    comparison,
    fft,
    histograms,
    linalg,
    movement,
    ordering,
    polynomials,
    products,
    samplers,
):
    FACTS.update(_module.FACTS)
    FROM_RESULT.update(getattr(_module, "FROM_RESULT", {}))

# Rows whose functions look at the tags of operands.
SEE_TAGS = frozenset({"clip", "einsum", "iscomplexobj", "isclose", "isrealobj", "linalg.inv"})

# Rows whose targets only ask about their arguments, or want their tags.
TAKE_COUNTED = frozenset({"einsum_path", "save", "savez", "savez_compressed"})

TAGGERS: dict[str, Callable[..., Any]] = arrays.TAGGERS
