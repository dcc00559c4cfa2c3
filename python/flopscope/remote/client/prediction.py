"""What follows from shapes and dtypes alone: results that need not be waited for.

A call is sent ahead only when nothing that it does can surprise: its operands are known, its dtypes
are in the server's table, it is within the budget, no symmetry is lost. All else waits for its
answer, so that errors are raised where an in-process program would see them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from flopscope.remote.protocol import DTYPES, ITEM_SIZES

if TYPE_CHECKING:
    from flopscope.remote.client.array import RemoteArray

__all__ = ["CODES", "Predictor"]

CODES = {name: code for code, name in enumerate(DTYPES)}
_SIZES = tuple(ITEM_SIZES.values())
_INT, _FLOAT = len(DTYPES), len(DTYPES) + 1
_WIDTH = len(DTYPES) + 3
_FIRST_INTEGER, _LAST_INTEGER = CODES["int8"], CODES["uint64"]

#: Shape, dtype code, elements that are billed, symmetry, FLOPs.
Known = tuple[tuple[int, ...], int, int, "dict[str, Any] | None", int]


def _weak(value: Any, other_code: int) -> int:
    """Column of a Python number beside an array of this dtype; -1 when the value may matter."""
    if type(value) is float:
        return _FLOAT
    if type(value) is int:
        is_integer = _FIRST_INTEGER <= other_code <= _LAST_INTEGER
        if 0 <= value < 128 or (not is_integer and other_code and -(2**31) < value < 2**31):
            return _INT
    return -1


def _has_equal_lengths(shape: tuple[int, ...]) -> bool:
    """Whether an array of ones of this shape has a symmetry."""
    return len(set(shape)) < len(shape)


class Predictor:
    """Knows results of simple calls, from the table that the server sends."""

    def __init__(self) -> None:
        self.ops: dict[str, tuple[int, int, list[int]]] = {}

    def load(self, table: dict[str, Any]) -> None:
        """Take the server's table over, see `flopscope.remote.pipeline.pipeline_table`."""
        tables = table["tables"]
        self.ops = {name: (n, weight, tables[at]) for name, (n, weight, at) in table["ops"].items()}

    def unary(self, name: str, a: RemoteArray) -> Known | None:
        """Predict a function of one array."""
        op = self.ops.get(name)
        if op is None or op[0] != 1 or not a._elements:
            return None
        code = op[2][a._code]
        if code < 0 or not a._is_current():
            return None
        return a._shape, code, a._elements, a._group, op[1] * a._elements

    def with_number(
        self, name: str, a: RemoteArray, value: Any, *, reflected: bool
    ) -> Known | None:
        """Predict a function of an array and a Python number; `reflected`: the number is first."""
        op = self.ops.get(name)
        if op is None or op[0] != 2 or not a._elements:
            return None
        weak = _weak(value, a._code)
        if weak < 0 or not a._is_current():
            return None
        at = weak * _WIDTH + a._code if reflected else a._code * _WIDTH + weak
        code = op[2][at]
        if code < 0:
            return None
        return a._shape, code, a._elements, a._group, op[1] * a._elements

    def binary(self, name: str, a: RemoteArray, b: RemoteArray) -> Known | None:
        """Predict a function of two arrays."""
        op = self.ops.get(name)
        if op is None or op[0] != 2:
            return None
        if not (a._elements and b._elements and a._is_current() and b._is_current()):
            return None
        code = op[2][a._code * _WIDTH + b._code]
        if code < 0:
            return None
        if a._shape == b._shape:
            wide = a
            if a._group != b._group:
                return None
        elif not a._shape:
            wide = b
        elif not b._shape:
            wide = a
        else:
            wide = a if len(a._shape) >= len(b._shape) else b
            narrow = b if wide is a else a
            if a._group is not None or b._group is not None or not _fits(narrow, wide):
                return None
        return wide._shape, code, wide._elements, wide._group, op[1] * wide._elements

    @staticmethod
    def filled(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Known | None:
        """Predict `zeros`, `ones`, `empty` and `full`, which are free."""
        wanted = 2 if name == "full" else 1
        if len(args) < wanted or len(args) > wanted + 1 or kwargs.keys() - {"dtype"}:
            return None
        shape = args[0]
        if type(shape) is int:
            shape = (shape,)
        if type(shape) not in (tuple, list) or len(shape) > 8:
            return None
        shape = tuple(shape)
        if any(type(n) is not int or n <= 0 for n in shape):
            return None
        if name != "empty" and _has_equal_lengths(shape):
            return None
        dtype = args[wanted] if len(args) > wanted else kwargs.get("dtype")
        if dtype is None and name == "full":
            if type(args[1]) is float:
                dtype = "float64"
            elif type(args[1]) is int and abs(args[1]) < 2**31:
                dtype = "int64"
            else:
                return None
        elif name == "full":
            return None  # whether the value fits is the server's to say
        code = CODES.get("float64" if dtype is None else label_of(dtype))
        return None if code is None else (shape, code, math.prod(shape), None, 0)


def label_of(dtype: Any) -> str:
    """Name of a dtype as the server knows it; empty for what is none."""
    if isinstance(dtype, str):
        return str(dtype)
    named = {float: "float64", int: "int64", bool: "bool", complex: "complex128"}.get(dtype)
    return named if named is not None else str(getattr(dtype, "label", ""))


def _fits(narrow: RemoteArray, wide: RemoteArray) -> bool:
    """Whether the wider array's shape is that of both together."""
    if len(narrow._shape) > len(wide._shape):
        return False
    ends = wide._shape[len(wide._shape) - len(narrow._shape) :]
    return all(n in (1, m) for n, m in zip(narrow._shape, ends, strict=True))


def bytes_of(known: Known) -> int:
    """Bytes of a predicted result."""
    return math.prod(known[0]) * _SIZES[known[1]]
