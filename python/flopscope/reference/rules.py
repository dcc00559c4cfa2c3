"""The registry of cost rules: operation name -> function of the operation's own arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .words import words

__all__ = ["RULES", "Rule", "UnknownOperation", "rule"]

#: A rule takes what the NumPy function takes and returns the analytical FLOP count.
Rule = Callable[..., int]

RULES: dict[str, Rule] = {}


class UnknownOperation(LookupError):
    """The twin has no rule for this operation."""


def rule(names: str) -> Callable[[Rule], Rule]:
    """Register a function as the rule of the operations named in a blank-separated list."""

    def register(function: Rule) -> Rule:
        for name in words(names):
            if name in RULES:
                raise ValueError(f"{name} has two rules")
            RULES[name] = function
        return function

    return register


Ignored = Any
"""Annotation of the arguments that never change a price: ``out``, ``where``, ``dtype``, ..."""
