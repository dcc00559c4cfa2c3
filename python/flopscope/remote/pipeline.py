"""What clients may send ahead: operations whose result and bill follow from shapes and dtypes."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from flopscope.numpy._namespace import ROWS
from flopscope.pricing.prices import formula_of, weight_of
from flopscope.remote.protocol import DTYPES

__all__ = ["pipeline_table"]

# The count that clients work out themselves.
_PER_ELEMENT = "max(1, unique)"

# Python numbers among the operands, after the dtypes.
WEAK = (int, float, complex)


def _result(ufunc: np.ufunc, operands: tuple[Any, ...]) -> int:
    """Index of the dtype of a result; -1 when the call would fail, or return something else."""
    try:
        found = ufunc.resolve_dtypes((*operands, None))[-1]
    except (TypeError, ValueError):
        return -1
    return DTYPES.index(found.name) if found.name in DTYPES else -1


def _may_fail(ufunc: np.ufunc, *operands: Any) -> bool:
    """Whether values, not only dtypes, decide if the call succeeds."""
    kinds = [np.dtype(o).kind if not isinstance(o, type) else "w" for o in operands]
    return ufunc is np.power and not {"f", "c"} & set(kinds)


def _unary(ufunc: np.ufunc) -> list[int]:
    return [_result(ufunc, (np.dtype(name),)) for name in DTYPES]


def _binary(ufunc: np.ufunc) -> list[int]:
    operands: list[Any] = [*map(np.dtype, DTYPES), *WEAK]
    table = []
    for left in operands:
        for right in operands:
            both_weak = isinstance(left, type) and isinstance(
                right, type
            )  # float == np.dtype(float)
            fails = both_weak or _may_fail(ufunc, left, right)
            table.append(-1 if fails else _result(ufunc, (left, right)))
    return table


@functools.lru_cache(maxsize=1)
def pipeline_table() -> dict[str, Any]:
    """Return the operations, and the dtypes of their results.

    Returns
    -------
    dict
        ``ops``: name -> [number of operands, weight, index into ``tables``]; ``tables``: results as
        indices into `protocol.DTYPES`, -1 for calls that must wait for their answer. Tables of two
        operands have 17 rows and columns: the dtypes, then Python's int, float, complex.
    """
    tables: list[list[int]] = []
    ops: dict[str, list[Any]] = {}
    for row in ROWS.values():
        ufunc = getattr(np, row.name, None)
        simple = (
            row.kind == "ufunc" and row.module == "core" and formula_of(row.name) == _PER_ELEMENT
        )
        if not simple or not isinstance(ufunc, np.ufunc):
            continue
        if ufunc.nout != 1 or ufunc.nin > 2 or ufunc.signature is not None:
            continue
        table = _unary(ufunc) if ufunc.nin == 1 else _binary(ufunc)
        if table not in tables:
            tables.append(table)
        weight = weight_of(row.name)
        if weight == int(weight):
            ops[row.name] = [ufunc.nin, int(weight), tables.index(table)]
    return {"ops": ops, "tables": tables}
