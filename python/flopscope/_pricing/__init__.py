"""Prices of operations whose cost depends on more than shapes: one function per row.

A function takes the arguments of the NumPy function it prices, with counted arrays replaced by
plain views, and returns the count before the weight: an int, or a function that tells it from the
result where only the result knows. The rules are those of ``docs/cost-model.md``.

``RULES`` maps the row's name to its function; ``TAGGERS`` maps names to functions that tell the
symmetry group of a result from the result and the arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flopscope._pricing import (
    arrays,
    calculus,
    comparison,
    fft,
    histograms,
    linalg,
    movement,
    ordering,
    polynomials,
    products,
    samplers,
    stats,
)

__all__ = ["RULES", "SEE_TAGS", "TAGGERS", "TAKE_COUNTED"]

RULES: dict[str, Callable[..., Any]] = {}
for _module in (
    arrays,
    calculus,
    comparison,
    fft,
    histograms,
    linalg,
    movement,
    ordering,
    polynomials,
    products,
    samplers,
    stats,
):
    RULES.update(_module.RULES)

# Rows whose functions look at the tags of operands.
SEE_TAGS = frozenset({"clip", "einsum", "isclose", "linalg.inv"})

# Rows whose targets only ask about their arguments, or want their tags.
TAKE_COUNTED = frozenset({"einsum_path", "save", "savez", "savez_compressed"})

TAGGERS: dict[str, Callable[..., Any]] = arrays.TAGGERS
