"""Price lists: which rule counts an operation, what it weighs, which dtype it is billed at.

The price list 0.8 is complete.  Every other list is the differences from one that was there before
it, and is read as that list with the differences laid over it.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .words import words

__all__ = [
    "DEFAULT",
    "PRICE_LISTS",
    "RULES",
    "DtypeRule",
    "PriceList",
    "Rule",
    "UnknownOperation",
    "derive",
    "dtype_rule",
    "price_list",
    "rule",
    "rule_of",
]

#: A rule takes what the NumPy function takes and returns the analytical FLOP count.
Rule = Callable[..., int]

#: A dtype rule takes the same and returns the dtype that prices the call.
DtypeRule = Callable[..., np.dtype[Any]]

_D = TypeVar("_D", bound=DtypeRule)

#: The price list that is complete.
DEFAULT = "0.8"


class UnknownOperation(LookupError):
    """The twin has no rule for this operation."""


class PriceList:
    """What operations cost, by name.

    Parameters
    ----------
    name : str
        Name of the list.
    base : PriceList, optional
        The list that this one differs from.

    Attributes
    ----------
    rules : mapping
        Operation to the function that counts its FLOPs.
    weights : mapping
        Operation to what one of its FLOPs is multiplied with, where that is not 1.
    dtypes : mapping
        Operation to the function that finds its billing dtype.  A list without them bills all
        dtypes alike.
    complex_factors : mapping
        Operation to the factor of complex billing dtypes: a number, or a function of the call that
        finds one; None where NumPy has no such operation.
    log_names : mapping
        Operation to its name in the log where that is another, or to a function that finds it.
    further : mapping
        Operation to the function that lists the records it leaves beside its own.
    """

    def __init__(self, name: str, base: PriceList | None = None) -> None:
        def over(table: ChainMap[str, Any] | None) -> ChainMap[str, Any]:
            return ChainMap() if table is None else table.new_child()

        self.name = name
        self.rules: ChainMap[str, Rule] = over(base.rules if base else None)
        self.weights: ChainMap[str, float] = over(base.weights if base else None)
        self.dtypes: ChainMap[str, DtypeRule] = over(base.dtypes if base else None)
        self.complex_factors: ChainMap[str, Any] = over(base.complex_factors if base else None)
        self.log_names: ChainMap[str, Any] = over(base.log_names if base else None)
        self.further: ChainMap[str, Callable[..., Any]] = over(base.further if base else None)


#: The price lists by name.
PRICE_LISTS = {DEFAULT: PriceList(DEFAULT)}

#: The rules of the complete list.
RULES = PRICE_LISTS[DEFAULT].rules


def derive(name: str, base: str = DEFAULT) -> PriceList:
    """Make a price list that is so far the same as another."""
    PRICE_LISTS[name] = PriceList(name, price_list(base))
    return PRICE_LISTS[name]


def price_list(name: str) -> PriceList:
    """The price list of this name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name not in PRICE_LISTS:
        raise ValueError(f"no price list {name!r}; there are {', '.join(sorted(PRICE_LISTS))}")
    return PRICE_LISTS[name]


derive("0.5")
derive("0.8rc1")
derive("0.12")


def rule(names: str, cost_model: str = DEFAULT, *, new: bool = False) -> Callable[[Rule], Rule]:
    """Register a function as the rule of some operations in one price list.

    Parameters
    ----------
    names : str
        The operations, separated by blanks.
    cost_model : str
        The price list.
    new : bool
        The list that this one differs from does not have them.

    Raises
    ------
    ValueError
        If an operation has a rule already, or is new without saying so.
    """
    rules = price_list(cost_model).rules
    own, inherited = rules.maps[0], rules.parents

    def register(function: Rule) -> Rule:
        for name in words(names):
            if name in own:
                raise ValueError(f"{name} has two rules in the price list {cost_model}")
            if cost_model != DEFAULT and (name in inherited) is new:
                raise ValueError(f"the price list {cost_model} differs from no rule of {name}")
            own[name] = function
        return function

    return register


def dtype_rule(names: str, cost_model: str) -> Callable[[_D], _D]:
    """Register the function that finds the billing dtype of some operations."""
    dtypes = price_list(cost_model).dtypes

    def register(function: _D) -> _D:
        dtypes.update(dict.fromkeys(words(names), function))
        return function

    return register


def rule_of(op_name: str, cost_model: str = DEFAULT) -> Rule:
    """The rule of an operation in a price list.

    Raises
    ------
    UnknownOperation
        If it has none.
    ValueError
        If there is no such price list.

    Examples
    --------
    >>> rule_of("exp") is rule_of("sin")
    True
    """
    rules = price_list(cost_model).rules
    if op_name not in rules:
        raise UnknownOperation(f"the reference has no rule for {op_name!r}")
    return rules[op_name]


Ignored = Any
"""Annotation of the arguments that never change a price: ``out``, ``where``, ``dtype``, ..."""
