"""The registry of cost rules: price list and operation name -> function of the call's arguments.

The price list 0.8 is complete.  Another list holds the rules that differ from it, and no others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .words import words

__all__ = ["DEFAULT", "RULES", "RULES_OF", "Rule", "UnknownOperation", "rule", "rule_of"]

#: A rule takes what the NumPy function takes and returns the analytical FLOP count.
Rule = Callable[..., int]

#: The price list that is complete.
DEFAULT = "0.8"

#: Price list -> operation -> rule.
RULES_OF: dict[str, dict[str, Rule]] = {DEFAULT: {}}

#: The rules of the complete list.
RULES = RULES_OF[DEFAULT]


class UnknownOperation(LookupError):
    """The twin has no rule for this operation."""


def rule(names: str, cost_model: str = DEFAULT) -> Callable[[Rule], Rule]:
    """Register a function as the rule of some operations in one price list.

    Parameters
    ----------
    names : str
        The operations, separated by blanks.
    cost_model : str
        The price list.

    Raises
    ------
    ValueError
        If an operation has a rule already, or if the complete list does not know it.
    """
    registry = RULES_OF.setdefault(cost_model, {})

    def register(function: Rule) -> Rule:
        for name in words(names):
            if name in registry:
                raise ValueError(f"{name} has two rules in the price list {cost_model}")
            if cost_model != DEFAULT and name not in RULES:
                raise ValueError(f"{name} is no operation of the price list {DEFAULT}")
            registry[name] = function
        return function

    return register


def rule_of(op_name: str, cost_model: str = DEFAULT) -> Rule:
    """The rule of an operation: the price list's own, or else that of the complete list.

    Raises
    ------
    UnknownOperation
        If neither has one.
    ValueError
        If there is no such price list.

    Examples
    --------
    >>> rule_of("exp") is rule_of("sin")
    True
    """
    if cost_model not in RULES_OF:
        raise ValueError(f"no price list {cost_model!r}; there are {', '.join(sorted(RULES_OF))}")
    found = RULES_OF[cost_model].get(op_name) or RULES.get(op_name)
    if found is None:
        raise UnknownOperation(f"the reference has no rule for {op_name!r}")
    return found


Ignored = Any
"""Annotation of the arguments that never change a price: ``out``, ``where``, ``dtype``, ..."""
