"""Billing dtypes: promotion, weak and strong scalars, and the rate of a dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..rates import rate
from ..rules import DtypeRule
from ..words import words

__all__ = [
    "Dtype",
    "as_float",
    "double",
    "dtype_of",
    "heavier",
    "operands",
    "promoted",
    "weakly",
    "with_out",
]

Dtype = np.dtype[Any]


def heavier(*dtypes: Dtype) -> Dtype:
    """The dtype of the highest rate, the first of equals."""
    return max(dtypes, key=rate)


def dtype_of(x: Any) -> Dtype:
    """The dtype of an operand; Python's numbers are int64, float64 and complex128."""
    return np.asarray(x).dtype


def promoted(*operands: Any) -> Dtype:
    """The common dtype of some operands, numbers of Python included; None is no operand."""
    return np.result_type(*(dtype_of(x) for x in operands if x is not None))


def _weak(x: Any) -> Any:
    """A number of Python as it is, for it has a kind and no width; any other operand's dtype."""
    return x if type(x) in (int, float, complex) else dtype_of(x)


def weakly(*operands: Any) -> Dtype:
    """The common dtype of some operands, of Python's numbers only the kind."""
    return np.result_type(*(_weak(x) for x in operands if x is not None))


def with_out(dtype: Dtype, out: Any) -> Dtype:
    """The dtype promoted with that of the array that is written to, if there is one."""
    if isinstance(out, tuple):
        (out,) = out
    return dtype if out is None else np.promote_types(dtype, out.dtype)


def as_float(dtype: Dtype) -> Dtype:
    """float64 for integers and booleans, others as they are."""
    return np.dtype(float) if dtype.kind in "biu" else dtype


def double(dtype: Dtype) -> Dtype:
    """complex128 for complex dtypes, float64 for all others."""
    return np.dtype(complex if dtype.kind == "c" else float)


def operands(
    names: str,
    common: Callable[..., Dtype] = promoted,
    then: Callable[[Dtype], Dtype] | None = None,
) -> DtypeRule:
    """The rule that promotes some of the arguments, and ``out``.

    Parameters
    ----------
    names : str
        Names of the arguments in their order; those with ``_`` are no operands.
    common : callable
        :func:`promoted` or :func:`weakly`.
    then : callable, optional
        What becomes of the common dtype, before ``out``.
    """
    order = words(names)

    def billing_dtype(*args: Any, out: Any = None, **kwargs: Any) -> Dtype:
        given = dict(zip(order, args, strict=False)) | kwargs
        dtype = common(*(given.get(name) for name in order if not name.startswith("_")))
        return with_out(dtype if then is None else then(dtype), out)

    return billing_dtype
