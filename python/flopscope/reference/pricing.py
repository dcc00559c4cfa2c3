"""``quote``: from the name and the arguments of a call to the records it leaves in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Each module registers its rules when it is imported, differences after what they differ from.
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
    list_0_5,
    list_0_8rc1,
)
from .costs_ufunc_methods import plain_name, rule_name
from .rules import DEFAULT, price_list, rule_of
from .weights import weight, weighted

__all__ = ["RULE_MODULES", "Entry", "charged", "log_name", "operations", "price", "quote"]

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
    list_0_5,
    list_0_8rc1,
)

_LOG_NAMES = {
    "row_stack": "vstack",
    "linalg.matmul": "matmul",
    "linalg.outer": "outer",
    "linalg.tensordot": "tensordot",
    "linalg.vecdot": "vecdot",
    "linalg.diagonal": "diagonal",
    "linalg.matrix_transpose": "matrix_transpose",
}


@dataclass(frozen=True)
class Entry:
    """A record of the log: the charge of an operation, and what it is the product of."""

    op_name: str
    count: int
    weight: float
    bill: int


def operations(cost_model: str = DEFAULT) -> frozenset[str]:
    """Names that :func:`price` knows, the ``<ufunc>.<method>`` forms not included."""
    return frozenset(name for name in price_list(cost_model).rules if name[0] != "<")


def log_name(op_name: str) -> str:
    """The name under which an operation is logged."""
    return _LOG_NAMES.get(op_name, plain_name(op_name))


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
    return rule_of(rule_name(op_name), cost_model)(*args, **kwargs)


def charged(op_name: str, *args: Any, cost_model: str = DEFAULT, **kwargs: Any) -> int:
    """What a call is charged: the sum of its records.

    Takes what :func:`price` takes and raises what it raises.
    """
    return sum(entry.bill for entry in quote(op_name, args, kwargs, cost_model=cost_model))


def quote(
    op_name: str,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    cost_model: str = DEFAULT,
) -> tuple[Entry, ...]:
    """The records that a call leaves in the log.

    A record is charged ``int(count * weight)`` (cost model, principles: bill).

    Examples
    --------
    >>> quote("exp", ([1.0, 2.0, 3.0],))
    (Entry(op_name='exp', count=3, weight=16.0, bill=48),)
    """
    count = price(op_name, *args, cost_model=cost_model, **(kwargs or {}))
    name = log_name(op_name)
    factor = weight(name, cost_model=cost_model)
    return (Entry(name, count, factor, weighted(name, count, cost_model=cost_model)),)
