"""Dtypes without NumPy: objects that make scalars, and compare and print as their names."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from flopscope.remote.client.scalar import RemoteScalar
from flopscope.remote.protocol import ITEM_SIZES

__all__ = ["DTYPES_BY_NAME", "DType", "FloatInfo", "IntInfo", "dtype", "finfo", "iinfo"]

_KINDS = {"bool": "b", "int": "i", "uint": "u", "float": "f", "complex": "c"}


class DType(str):
    """A dtype: equal to its name, callable to make a scalar.

    Examples
    --------
    >>> float32 = DType("float32")
    >>> float32 == "float32", float32.itemsize, float32(2).dtype
    (True, 4, 'float32')
    """

    __slots__ = ()

    @property
    def label(self) -> str:
        """The name."""
        return str.__str__(self)

    name = label

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return ITEM_SIZES[self]

    @property
    def kind(self) -> str:
        """One letter: b, i, u, f or c."""
        return _KINDS[self.rstrip("0123456789_")]

    def __call__(self, value: Any = 0) -> RemoteScalar:
        """Make a scalar of this dtype."""
        kind = self.kind
        convert: Any = {"b": bool, "i": int, "u": int, "f": float, "c": complex}[kind]
        number = convert(value)
        if kind in "iu":
            info = IntInfo.of(self)
            if not info.min <= number <= info.max:
                raise OverflowError(f"Python integer {number} out of bounds for {self}")
        return RemoteScalar(number, str(self), typed=True)

    def __repr__(self) -> str:
        return f"dtype({str.__str__(self)!r})"

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, type):
            return _BY_TYPE.get(other) == str.__str__(self)
        return str.__eq__(self, other) if isinstance(other, str) else NotImplemented

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal


_BY_TYPE: dict[type, str] = {bool: "bool", int: "int64", float: "float64", complex: "complex128"}
DTYPES_BY_NAME = {name: DType(name) for name in ITEM_SIZES}
_ALIASES = {"bool_": "bool", "f2": "float16", "f4": "float32", "f8": "float64", "c8": "complex64",
            "c16": "complex128", "?": "bool", "b1": "bool",
            **{f"{k}{n}": f"{word}{8 * n}" for k, word in (("i", "int"), ("u", "uint"))
               for n in (1, 2, 4, 8)}}  # fmt: skip


def dtype(value: Any) -> DType:
    """Return the dtype that a name, a Python type or an object with a dtype stands for.

    Raises
    ------
    TypeError
        It stands for none that a server has.
    """
    if isinstance(value, type) and value in _BY_TYPE:
        return DTYPES_BY_NAME[_BY_TYPE[value]]
    name = value if isinstance(value, str) else getattr(value, "name", None)
    if isinstance(name, str):
        name = str(name).lstrip("<=|")
        name = _ALIASES.get(name, name)
        if name in DTYPES_BY_NAME:
            return DTYPES_BY_NAME[name]
    raise TypeError(f"data type {value!r} not understood: there are {', '.join(DTYPES_BY_NAME)}")


class IntInfo(NamedTuple):
    """Range of an integer dtype."""

    dtype: str
    bits: int
    min: int
    max: int

    @classmethod
    def of(cls, name: str) -> IntInfo:
        """The range of a dtype by name."""
        bits = 8 * ITEM_SIZES[name]
        signed = not name.startswith("u")
        return cls(name, bits, -(2 ** (bits - 1)) if signed else 0, 2 ** (bits - signed) - 1)


class FloatInfo(NamedTuple):
    """Limits of a floating dtype."""

    dtype: str
    bits: int
    eps: float
    max: float
    min: float
    tiny: float
    smallest_normal: float
    smallest_subnormal: float
    resolution: float
    precision: int
    nmant: int


def iinfo(value: Any) -> IntInfo:
    """Return the range of an integer dtype, as `numpy.iinfo` does.

    Raises
    ------
    ValueError
        It is no integer dtype.
    """
    found = dtype(value)
    if found.kind not in "iu":
        raise ValueError(f"Invalid integer data type {found.kind!r}.")
    return IntInfo.of(found)


_FLOATS = {"float16": (10, 15), "float32": (23, 127), "float64": (52, 1023)}


def finfo(value: Any) -> FloatInfo:
    """Return the limits of a floating dtype, as `numpy.finfo` does.

    Raises
    ------
    ValueError
        It is no floating dtype.
    """
    found = dtype(value)
    name = {"complex64": "float32", "complex128": "float64"}.get(found, str(found))
    if name not in _FLOATS:
        raise ValueError(f"data type {str(found)!r} not inexact")
    mantissa, exponent = _FLOATS[name]
    eps = 2.0**-mantissa
    largest = (2.0 - eps) * 2.0**exponent
    tiny = 2.0 ** (1 - exponent)
    precision = int(mantissa * math.log10(2.0))
    return FloatInfo(name, 8 * ITEM_SIZES[name], eps, largest, -largest, tiny, tiny,
                     tiny * eps, 10.0**-precision, precision, mantissa)  # fmt: skip
