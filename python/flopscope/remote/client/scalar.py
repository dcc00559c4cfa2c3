"""Numbers that a server returned: values with a dtype, computed with here and not billed."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

from flopscope.remote.protocol import ITEM_SIZES

__all__ = ["RemoteScalar"]


def _number(value: Any) -> Any:
    return value._value if isinstance(value, RemoteScalar) else value


def _computed(function: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Compute as NumPy's scalars do: dividing by zero gives no error."""
    try:
        return function(left, right)
    except ZeroDivisionError:
        if function is not operator.truediv or isinstance(left, complex):
            raise
        warnings.warn("divide by zero encountered in scalar divide", RuntimeWarning, stacklevel=3)
        if left == 0 or left != left:
            return math.nan
        return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _local(function: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
    """Make an operator and its reflected form."""

    def compute(self: RemoteScalar, other: Any) -> Any:
        other = _number(other)
        if not isinstance(other, (bool, int, float, complex)):
            return NotImplemented
        return _wrap(_computed(function, self._value, other))

    def reflected(self: RemoteScalar, other: Any) -> Any:
        if not isinstance(other, (bool, int, float, complex)):
            return NotImplemented
        return _wrap(_computed(function, other, self._value))

    return compute, reflected


def _wrap(value: Any) -> Any:
    if type(value) is tuple:
        return tuple(map(_wrap, value))
    kind = {int: "int64", float: "float64", complex: "complex128"}.get(type(value))
    return value if kind is None else RemoteScalar(value, kind)


class RemoteScalar:
    """A number with a dtype. Arithmetic with it is Python's: local, and not billed.

    Parameters
    ----------
    value : bool, int, float or complex
    dtype : str
    typed : bool, default False
        It was a NumPy scalar, so that its dtype counts when it meets an array.
    """

    __slots__ = ("_dtype", "_typed", "_value")

    def __init__(self, value: Any, dtype: str, typed: bool = False) -> None:
        self._value = value
        self._dtype = dtype
        self._typed = typed

    shape: tuple[int, ...] = ()
    ndim = 0
    size = 1
    symmetry = None

    @property
    def dtype(self) -> str:
        """Name of the dtype."""
        return self._dtype

    @property
    def nbytes(self) -> int:
        """Bytes that it takes in an array."""
        return ITEM_SIZES.get(self._dtype, 8)

    @property
    def real(self) -> Any:
        """Real part."""
        return _wrap(self._value.real)

    @property
    def imag(self) -> Any:
        """Imaginary part."""
        return _wrap(self._value.imag)

    @property
    def T(self) -> RemoteScalar:
        """Itself."""
        return self

    def tolist(self) -> Any:
        """Return the value as a Python number."""
        return self._value

    item = tolist

    def astype(self, dtype: Any) -> RemoteScalar:
        """Convert to another dtype, here."""
        from flopscope.remote.client.dtypes import dtype as as_dtype

        return as_dtype(dtype)(self._value)

    def __float__(self) -> float:
        return float(self._value)

    def __int__(self) -> int:
        return int(self._value)

    def __complex__(self) -> complex:
        return complex(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __index__(self) -> int:
        return operator.index(self._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return repr(self._value)

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(self._value, spec)

    def __round__(self, digits: int | None = None) -> Any:
        return _wrap(round(self._value, digits)) if digits is not None else round(self._value)

    def __eq__(self, other: object) -> Any:
        return self._value == _number(other)

    def __ne__(self, other: object) -> Any:
        return self._value != _number(other)

    def __lt__(self, other: Any) -> Any:
        return self._value < _number(other)

    def __le__(self, other: Any) -> Any:
        return self._value <= _number(other)

    def __gt__(self, other: Any) -> Any:
        return self._value > _number(other)

    def __ge__(self, other: Any) -> Any:
        return self._value >= _number(other)

    def __neg__(self) -> Any:
        return _wrap(-self._value)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return _wrap(abs(self._value))

    __add__, __radd__ = _local(operator.add)
    __sub__, __rsub__ = _local(operator.sub)
    __mul__, __rmul__ = _local(operator.mul)
    __truediv__, __rtruediv__ = _local(operator.truediv)
    __floordiv__, __rfloordiv__ = _local(operator.floordiv)
    __mod__, __rmod__ = _local(operator.mod)
    __pow__, __rpow__ = _local(operator.pow)
    __divmod__, __rdivmod__ = _local(divmod)
