"""``price``: from the name and the arguments of a call to its analytical FLOP count."""

from __future__ import annotations

from typing import Any

# Each module registers its rules when it is imported.
from . import (
    costs_callbacks,
    costs_contractions,
    costs_creation,
    costs_histograms,
    costs_movement,
    costs_numeric,
    costs_pad,
    costs_pointwise,
    costs_random,
    costs_reductions,
    costs_sorting,
)
from .costs_ufunc_methods import method_price, plain_name
from .rules import RULES, UnknownOperation
from .weights import weighted

__all__ = ["RULE_MODULES", "charged", "operations", "price"]

RULE_MODULES = (
    costs_callbacks,
    costs_contractions,
    costs_creation,
    costs_histograms,
    costs_movement,
    costs_numeric,
    costs_pad,
    costs_pointwise,
    costs_random,
    costs_reductions,
    costs_sorting,
)


def operations() -> frozenset[str]:
    """Names that :func:`price` knows, the ``<ufunc>.<method>`` forms not included."""
    return frozenset(RULES)


def price(op_name: str, *args: Any, **kwargs: Any) -> int:
    """Analytical FLOP count of a call, before the weight.

    Parameters
    ----------
    op_name : str
        Name in the log, such as ``"add"``, ``"power.outer"`` or ``"random.Generator.normal"``.
    *args, **kwargs
        What the NumPy function takes: arrays, nested lists or scalars.

    Returns
    -------
    int
        The count.

    Raises
    ------
    UnknownOperation
        If no rule exists for the name.
    ValueError
        If the shapes do not fit, where that is found out before the bill is made.

    Examples
    --------
    >>> price("matmul", [[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0])
    6
    """
    if op_name in RULES:
        return RULES[op_name](*args, **kwargs)
    if "." in op_name:
        return method_price(op_name, *args, **kwargs)
    raise UnknownOperation(f"the reference has no rule for {op_name!r}")


def charged(op_name: str, *args: Any, **kwargs: Any) -> int:
    """What a call is charged: ``int(price * weight)`` (cost model, principles: bill).

    Takes what :func:`price` takes and raises what it raises.
    """
    return weighted(plain_name(op_name), price(op_name, *args, **kwargs))
