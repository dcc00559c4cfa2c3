"""Docstrings and signatures of counted functions: NumPy's own, headed by the price."""

from __future__ import annotations

import inspect
from typing import Any

from flopscope.pricing.prices import formula_of, is_free, weight_of

__all__ = ["docstring", "signature"]


def _cost_line(op_name: str) -> str:
    weight = weight_of(op_name)
    if is_free(op_name):
        return "Cost: 0 FLOPs."
    return f"Cost: {formula_of(op_name)} FLOPs" + (f", times {weight:g}." if weight != 1 else ".")


def docstring(op_name: str, target: Any) -> str:
    """Return NumPy's docstring below a ``Cost:`` line, with a section ``FLOP Cost`` at its end."""
    cost = _cost_line(op_name)
    text = inspect.getdoc(getattr(target, "extends", target)) or ""
    if hasattr(target, "extends"):
        text += f"\n\n{inspect.getdoc(target)}"
    return f"{cost}\n\n{text}\n\nFLOP Cost\n---------\n{cost}\n"


def signature(op_name: str, target: Any) -> inspect.Signature:
    """Return NumPy's signature of the function."""
    try:
        found = inspect.signature(target)
    except ValueError as error:  # some of NumPy's compiled functions do not tell theirs
        raise AttributeError(f"{op_name} has no signature") from error
    # NumPy's have no annotations; the stand-ins written here do.
    return found.replace(
        parameters=[
            parameter.replace(annotation=inspect.Parameter.empty)
            for parameter in found.parameters.values()
        ],
        return_annotation=inspect.Signature.empty,
    )
