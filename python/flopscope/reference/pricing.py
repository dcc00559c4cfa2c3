"""``price``: from the name and the arguments of a call to its analytical FLOP count."""

from __future__ import annotations

from typing import Any

# Each module registers its rules when it is imported.
from . import (
    costs_callbacks,
    costs_contractions,
    costs_creation,
    costs_fft,
    costs_histograms,
    costs_linalg,
    costs_movement,
    costs_norms,
    costs_numeric,
    costs_pad,
    costs_pointwise,
    costs_polynomials,
    costs_random,
    costs_reductions,
    costs_sorting,
    costs_stats,
    costs_symmetry,
    costs_text,
    costs_windows,
)
from .costs_ufunc_methods import is_method, method_price, plain_name
from .rules import DEFAULT, RULES, rule_of
from .weights import weighted

__all__ = ["RULE_MODULES", "charged", "operations", "price"]

RULE_MODULES = (
    costs_callbacks,
    costs_contractions,
    costs_creation,
    costs_fft,
    costs_histograms,
    costs_linalg,
    costs_movement,
    costs_norms,
    costs_numeric,
    costs_pad,
    costs_pointwise,
    costs_polynomials,
    costs_random,
    costs_reductions,
    costs_sorting,
    costs_stats,
    costs_symmetry,
    costs_text,
    costs_windows,
)


def operations() -> frozenset[str]:
    """Names that :func:`price` knows, the ``<ufunc>.<method>`` forms not included."""
    return frozenset(RULES)


def price(op_name: str, *args: Any, cost_model: str = DEFAULT, **kwargs: Any) -> int:
    """Analytical FLOP count of a call, before the weight.

    Parameters
    ----------
    op_name : str
        Name in the log, such as ``"add"``, ``"power.outer"`` or ``"random.Generator.normal"``.
    *args, **kwargs
        What the NumPy function takes: arrays, nested lists or scalars.
    cost_model : str
        The price list.

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
    if op_name not in RULES and is_method(op_name):
        return method_price(op_name, *args, **kwargs)
    return rule_of(op_name, cost_model)(*args, **kwargs)


def charged(op_name: str, *args: Any, cost_model: str = DEFAULT, **kwargs: Any) -> int:
    """What a call is charged: ``int(price * weight)`` (cost model, principles: bill).

    Takes what :func:`price` takes and raises what it raises.
    """
    count = price(op_name, *args, cost_model=cost_model, **kwargs)
    return weighted(plain_name(op_name), count, cost_model=cost_model)
