"""Quotes: the bill of an operation under a price list, from the facts of a call.

The core quotes every call that runs, in 64 bits. What does not fit there, no budget affords; for
those who ask what it would be, the formula is evaluated here without limits.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flopscope import _core

__all__ = ["Quote", "fact_names", "quote", "quote_count"]

# Where counts that do not fit are held.
_LARGEST = 2**64 - 1


@dataclass(frozen=True)
class Quote:
    """What a call is billed, and how that comes about.

    Attributes
    ----------
    count : int
        What the formula of the price list gives.
    weight, rate, factor : float
        Of the operation, of the dtype that is billed, and of complex arithmetic.
    bill : int
        FLOPs: ``int(count * rate * factor * weight)``, truncated once.
    """

    count: int
    weight: float
    rate: float
    factor: float
    bill: int


def fact_names(op_name: str) -> list[str]:
    """Names of the facts that an operation is priced by, in the order of its schema."""
    return [word.rstrip("@").rstrip("[]:") for word in _core._schema_of(op_name).split()]


def quote(op_name: str, facts: Sequence[Any], model: Any = None, dtype: int = -1) -> Quote:
    """Return what an operation costs.

    Parameters
    ----------
    op_name : str
        A row of the operation table.
    facts : sequence
        In the order of the row's schema.
    model : _core._CostModel, optional
        The default price list unless given.
    dtype : int, optional
        Place of the dtype that is billed among those that have rates; none by default.
    """
    model = _core._default_cost_model() if model is None else model
    told = Quote(*model.quote(op_name, tuple(facts), dtype))
    if max(told.count, told.bill) < _LARGEST:
        return told
    return _exact(told, _count(op_name, facts, model))


def quote_count(op_name: str, count: int, model: Any = None, dtype: int = -1) -> Quote:
    """Return what a count costs that does not come from the operation's own formula."""
    model = _core._default_cost_model() if model is None else model
    told = Quote(*model.quote_count(op_name, min(count, _LARGEST), dtype))
    return told if max(told.count, told.bill) < _LARGEST else _exact(told, count)


def _exact(told: Quote, count: int) -> Quote:
    product = Fraction(count) * Fraction(told.rate) * Fraction(told.factor) * Fraction(told.weight)
    return replace(told, count=count, bill=int(product))


def _count(op_name: str, facts: Sequence[Any], model: Any) -> int:
    names = fact_names(op_name)
    formula = _formula(model.price(op_name)[0], tuple(names), model.functions)
    return int(formula.evaluate(dict(zip(names, facts, strict=True))))


@functools.lru_cache(64)
def _formula(text: str, names: tuple[str, ...], functions: str) -> Any:
    from flopscope.pricing.formula import Formula, Function  # hardly any bill is that large

    known: dict[str, Function] = {}
    for line in functions.splitlines():
        signature, _, value = line.partition(" = ")
        function = Function(signature, value, known)
        known[function.name] = function
    return Formula(text, names, known)
