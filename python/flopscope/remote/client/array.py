"""Arrays that live on a server."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from flopscope.remote.client.clock import spanned
from flopscope.remote.client.codec import nested_list
from flopscope.remote.client.operators import add_operators
from flopscope.remote.client.prediction import CODES
from flopscope.remote.client.printing import array_text
from flopscope.remote.client.scalar import RemoteScalar
from flopscope.remote.client.symmetry import SymmetryGroup
from flopscope.remote.names import ARRAY_METHODS
from flopscope.remote.protocol import DTYPES, HANDLE, ITEM_SIZES

if TYPE_CHECKING:
    from flopscope.remote.client.connection import Connection

__all__ = ["RemoteArray"]


class _ArrayKind(type):
    """Numbers with a dtype count as arrays, as NumPy's 0-d results do."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return type.__instancecheck__(cls, instance) or isinstance(instance, RemoteScalar)


class RemoteArray(metaclass=_ArrayKind):
    """An array on the server: a handle, and what is known of it without asking.

    Arrays come from functions, `flopscope.numpy.array` for instance. They are immutable: item
    assignment raises `TypeError`. Operators are billed like the functions they stand for.
    """

    __slots__ = (
        "__weakref__", "_code", "_connection", "_elements", "_epoch", "_group", "_handle", "_ref",
        "_shape", "_value",
    )  # fmt: skip
    _connection: Connection
    _handle: str
    _ref: dict[str, str]
    _shape: tuple[int, ...]
    _code: int
    _elements: int
    _group: dict[str, Any] | None
    _epoch: int
    _value: tuple[Any] | None

    __hash__ = None  # type: ignore[assignment]  # == compares elements
    __array_ufunc__ = None

    def __init__(self) -> None:
        raise TypeError("arrays are made by functions: flopscope.numpy.array, zeros, ...")

    @classmethod
    def _make(
        cls,
        connection: Connection,
        handle: str,
        shape: tuple[int, ...],
        code: int,
        elements: int,
        group: dict[str, Any] | None,
    ) -> RemoteArray:
        array = object.__new__(cls)
        array._connection = connection
        array._handle = handle
        array._ref = {HANDLE: handle}
        array._shape = shape
        array._code = code
        array._elements = elements
        array._group = group
        array._epoch = connection.epoch
        array._value = None
        return array

    @classmethod
    def _of_reply(cls, connection: Connection, fields: dict[str, Any]) -> RemoteArray:
        connection.largest_handle = max(connection.largest_handle, int(fields["id"][1:]))
        shape = tuple(fields["shape"])
        elements = fields.get("unique", math.prod(shape))
        code = CODES[fields["dtype"]]
        array = cls._make(connection, fields["id"], shape, code, elements, fields.get("symmetry"))
        if "value" in fields:
            array._value = (fields["value"],)
        return array

    def __del__(self) -> None:
        # An array whose making failed has no handle.
        handle = getattr(self, "_handle", None)
        if handle is not None:
            self._connection.free(handle)

    # ------------------------------------------------------------------ known without asking

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._shape

    @property
    def dtype(self) -> str:
        """Name of the dtype."""
        return DTYPES[self._code]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self._shape)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return ITEM_SIZES[self.dtype]

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def symmetry(self) -> SymmetryGroup | None:
        """The symmetry that the array is known to have."""
        self._refresh()
        return None if self._group is None else SymmetryGroup.from_payload(self._group)

    def _is_current(self) -> bool:
        """Whether what is known of the symmetry holds: no write came after."""
        return self._group is None or self._epoch == self._connection.epoch

    def _refresh(self) -> None:
        if not self._is_current():
            connection = self._connection
            fields = connection.request("symmetry", [self._ref])["result"]
            self._group = fields.get("symmetry")
            self._elements = fields.get("unique", self.size)
            self._epoch = connection.epoch

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("len() of unsized object")
        return self._shape[0]

    # -------------------------------------------------------------------------------- values

    @spanned
    def _element(self) -> Any:
        """Return the only element as a Python number; without asking where the reply had it."""
        value = self._value
        if value is None or self._epoch != self._connection.epoch:
            elements = self.tolist()
            while isinstance(elements, list):
                elements = elements[0]
            return elements
        (found,) = value
        return complex(*found["__complex__"]) if isinstance(found, dict) else found

    @spanned
    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers."""
        from flopscope.remote.client.transfer import fetch

        return nested_list(*fetch(self))

    def item(self, *index: int) -> Any:
        """Return one element as a Python number."""
        if index:
            return self[index if len(index) > 1 else self._unravel(index[0])].tolist()
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self._element()

    def _unravel(self, at: Any) -> tuple[int, ...]:
        if isinstance(at, tuple):
            return at
        found: list[int] = []
        for n in reversed(self._shape):
            at, k = divmod(at, n)
            found.insert(0, k)
        return tuple(found)

    def __float__(self) -> float:
        return float(self._only("a Python float"))

    def __int__(self) -> int:
        return int(self._only("a Python integer"))

    def __complex__(self) -> complex:
        return complex(self._only("a Python complex number"))

    def __index__(self) -> int:
        if self._shape or not self.dtype.startswith(("int", "uint")):
            raise TypeError("only integer scalar arrays can be converted to a scalar index")
        return int(self._element())

    def _only(self, what: str) -> Any:
        if self.size != 1:
            raise TypeError(f"only arrays of size 1 can be converted to {what}")
        return self._element()

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. "
                "Use a.any() or a.all()"
            )
        return bool(self._element())

    @spanned
    def __repr__(self) -> str:
        return array_text(self, prefix="array(", end=")")

    @spanned
    def __str__(self) -> str:
        return array_text(self, prefix="", end="")

    def __format__(self, spec: str) -> str:
        return format(self._element() if not self._shape else str(self), spec)

    # ------------------------------------------------------------------------------ indexing

    def __iter__(self) -> Iterator[Any]:
        if not self._shape:
            raise TypeError("iteration over a 0-d array")
        return (self[at] for at in range(self._shape[0]))

    def __getitem__(self, key: Any) -> Any:
        return _method(self, "__getitem__", (key,), {})

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(
            "arrays of a server are immutable: item assignment is not supported. Build a new one, "
            "with flopscope.numpy.stack, concatenate or where"
        )

    def __delitem__(self, key: Any) -> NoReturn:
        raise ValueError("cannot delete array elements")

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    # ------------------------------------------------------------------------------- methods

    @property
    def T(self) -> RemoteArray:
        """The array with its axes reversed."""
        array: RemoteArray = _method(self, "T", (), {})
        return array

    @property
    def mT(self) -> RemoteArray:
        """The array with its last two axes swapped."""
        array: RemoteArray = _method(self, "mT", (), {})
        return array

    @property
    def real(self) -> RemoteArray:
        """Real parts."""
        array: RemoteArray = _method(self, "real", (), {})
        return array

    @property
    def imag(self) -> RemoteArray:
        """Imaginary parts."""
        array: RemoteArray = _method(self, "imag", (), {})
        return array

    def __copy__(self) -> RemoteArray:
        array: RemoteArray = _method(self, "copy", (), {})
        return array

    def __deepcopy__(self, memo: Any) -> RemoteArray:
        return self.__copy__()

    def __reduce__(self) -> NoReturn:
        raise TypeError("an array of a server cannot be pickled; use flopscope.numpy.save")


def _method(array: RemoteArray, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    from flopscope.remote.client.calls import method_call

    return method_call(array, name, args, kwargs)


def _offer(name: str) -> None:
    def method(self: RemoteArray, *args: Any, **kwargs: Any) -> Any:
        return _method(self, name, args, kwargs)

    method.__name__ = name
    method.__qualname__ = f"RemoteArray.{name}"
    method.__doc__ = f"``numpy.ndarray.{name}``, carried out and billed by the server."
    setattr(RemoteArray, name, method)


for _name in ARRAY_METHODS:
    if not hasattr(RemoteArray, _name):
        _offer(_name)


add_operators(RemoteArray)
