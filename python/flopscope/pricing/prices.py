"""What price lists state of operations: formulas and weights, for people."""

from __future__ import annotations

from typing import Any

from flopscope import _core

__all__ = ["formula_of", "functions_of", "is_free", "weight_of"]


def _in_force(model: Any) -> Any:
    return _core._default_cost_model() if model is None else model


def formula_of(op_name: str, model: Any = None) -> str:
    """Count of an operation, before the weight, as an expression in its facts."""
    return str(_in_force(model).price(op_name)[0])


def functions_of(model: Any = None) -> str:
    """Functions that formulas of a price list call, one a line."""
    return str(_in_force(model).functions)


def weight_of(op_name: str, model: Any = None) -> float:
    """What the count is multiplied by."""
    return float(_in_force(model).weight_of(op_name))


def is_free(op_name: str, model: Any = None) -> bool:
    """Whether no call is ever billed."""
    formula, _weight, _rule, _factor, _deferred, lines = _in_force(model).price(op_name)
    return formula == "0" and not lines
