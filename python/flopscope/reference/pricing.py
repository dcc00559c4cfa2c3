"""``quote``: from the name and the arguments of a call to the records it leaves in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

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
    costs_ufunc_methods,
    costs_windows,
    list_0_5,
    list_0_8rc1,
    list_0_12,
)
from .costs_ufunc_methods import plain_name, rule_name
from .entries import Entry, entry_of
from .rates import UnsupportedDtype
from .rules import DEFAULT, PRICE_LISTS, PriceList, price_list, rule_of

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
    costs_ufunc_methods,
    costs_windows,
    list_0_5,
    list_0_8rc1,
    list_0_12,
)

PRICE_LISTS[DEFAULT].log_names.update(
    {
        "row_stack": "vstack",
        "linalg.matmul": "matmul",
        "linalg.outer": "outer",
        "linalg.tensordot": "tensordot",
        "linalg.vecdot": "vecdot",
        "linalg.diagonal": "diagonal",
        "linalg.matrix_transpose": "matrix_transpose",
    }
)


def operations(cost_model: str = DEFAULT) -> frozenset[str]:
    """Names that :func:`price` knows, the ``<ufunc>.<method>`` forms not included."""
    return frozenset(name for name in price_list(cost_model).rules if name[0] != "<")


def log_name(op_name: str, *args: Any, cost_model: str = DEFAULT, **kwargs: Any) -> str:
    """The name under which a call is logged."""
    name: Any = price_list(cost_model).log_names.get(op_name, plain_name(op_name))
    return str(name(*args, **kwargs) if callable(name) else name)


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

    A record is charged ``int(count * rate * factor * weight)``, where the rate and the factor
    belong to the dtype that the call is billed at; they are 1 in a list that bills all dtypes alike
    (cost model, principles: bill; price list 0.12, the bill).

    Examples
    --------
    >>> quote("exp", ([1.0, 2.0, 3.0],))[0].bill, quote("exp", ([1.0],), cost_model="0.12")[0].bill
    (48, 32)
    """
    prices, kwargs = price_list(cost_model), kwargs or {}
    name = log_name(op_name, *args, cost_model=cost_model, **kwargs)
    dtype, factor = _dtype_and_factor(prices, op_name, args, kwargs)
    count = price(op_name, *args, cost_model=cost_model, **kwargs)
    entries = [entry_of(name, count, dtype, factor, cost_model=cost_model)]
    if op_name in prices.further:
        entries += prices.further[op_name](*args, **kwargs)
    return tuple(entries)


def _dtype_and_factor(
    prices: PriceList, op_name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[np.dtype[Any] | None, float]:
    """The billing dtype of a call, and its factor if that is complex."""
    name = rule_name(op_name)
    if name != op_name:
        args = (getattr(np, op_name.rpartition(".")[0]), *args)
    if name not in prices.dtypes:
        return None, 1.0
    dtype = prices.dtypes[name](*args, **kwargs)
    if dtype.kind != "c":
        return dtype, 1.0
    factor = prices.complex_factors.get(name, 1.0)
    if callable(factor):
        factor = factor(*args, **kwargs)
    if factor is None:
        raise UnsupportedDtype(f"{op_name} has no complex form")
    return dtype, factor
