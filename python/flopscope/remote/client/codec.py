"""Elements of arrays as bytes, and back, without NumPy."""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from flopscope.remote.client.scalar import RemoteScalar
from flopscope.remote.protocol import ITEM_SIZES

__all__ = ["from_buffer", "infer", "nested_list", "to_bytes"]

_LETTERS = {"bool": "?", "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B",
            "uint16": "H", "uint32": "I", "uint64": "Q", "float16": "e", "float32": "f",
            "float64": "d", "complex64": "f", "complex128": "d"}  # fmt: skip
_BY_LETTER = {letter: name for name, letter in _LETTERS.items() if not name.startswith("complex")}
_BY_LETTER.update({"l": "int64", "L": "uint64", "Zf": "complex64", "Zd": "complex128"})


def _shape_of(data: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(data, (list, tuple)):
        shape.append(len(data))
        if not data:
            break
        data = data[0]
    return tuple(shape)


def _flat(data: Any, shape: tuple[int, ...]) -> Iterator[Any]:
    if not shape:
        if isinstance(data, (list, tuple)):
            raise _ragged()
        yield data
        return
    if not isinstance(data, (list, tuple)) or len(data) != shape[0]:
        raise _ragged()
    if len(shape) == 1:
        for item in data:
            if isinstance(item, (list, tuple)):
                raise _ragged()
        yield from data
        return
    for item in data:
        yield from _flat(item, shape[1:])


def _ragged() -> ValueError:
    return ValueError(
        "setting an array element with a sequence. Inhomogeneous shape: the parts of a nested list "
        "must have equal lengths"
    )


_NUMBERS = {bool, int, float, complex}


def _plain(element: Any) -> Any:
    """Turn subclasses of Python's numbers into these."""
    kinds: tuple[Any, ...] = (bool, int, float, complex)
    return next((kind(element) for kind in kinds if isinstance(element, kind)), element)


def infer(data: Any) -> tuple[list[Any], tuple[int, ...], str]:
    """Return elements, shape and dtype of a number or of nested lists of numbers.

    Raises
    ------
    ValueError
        The lists are ragged.
    TypeError
        An element is no number.
    """
    shape = _shape_of(data)
    elements = [c._value if isinstance(c, RemoteScalar) else c for c in _flat(data, shape)]
    kinds = set(map(type, elements))
    if not kinds <= _NUMBERS:
        elements = list(map(_plain, elements))
        kinds = set(map(type, elements))
    others = kinds - _NUMBERS
    if others:
        name = min(kind.__name__ for kind in others)
        raise TypeError(f"an array is made of numbers in nested lists, got {name}")
    if complex in kinds:
        return elements, shape, "complex128"
    if float in kinds:
        return elements, shape, "float64"
    if kinds == {bool}:
        return elements, shape, "bool"
    if any(not -(2**63) <= c < 2**63 for c in elements):
        if all(0 <= c < 2**64 for c in elements):
            return elements, shape, "uint64"
        raise OverflowError("Python int too large to convert to C long")
    return elements, shape, "int64" if elements else "float64"


def to_bytes(elements: list[Any], dtype: str) -> bytes:
    """Encode elements as raw little-endian bytes."""
    if dtype.startswith("complex"):
        elements = [
            part for element in elements for part in (complex(element).real, complex(element).imag)
        ]
    return struct.pack(f"<{len(elements)}{_LETTERS[dtype]}", *elements)


def _elements(data: Any, dtype: str) -> Any:
    letter: Any = _LETTERS[dtype]
    if letter != "e" and sys.byteorder == "little":
        return memoryview(data).cast("B").cast(letter)
    count = len(data) // struct.calcsize(letter)
    return struct.unpack(f"<{count}{letter}", data)


def _nest(elements: list[Any], shape: tuple[int, ...]) -> Any:
    for n in reversed(shape[1:]):
        elements = [elements[at : at + n] for at in range(0, len(elements), n)]
    return elements


def nested_list(data: Any, shape: Iterable[int], dtype: str) -> Any:
    """Decode raw bytes to a number, or to nested lists of them."""
    shape = tuple(shape)
    values: list[Any] = list(_elements(data, dtype))
    if dtype.startswith("complex"):
        values = [complex(a, b) for a, b in zip(values[::2], values[1::2], strict=True)]
    if not shape:
        return values[0]
    if not math.prod(shape):
        return _empty(shape)
    return _nest(values, shape)


def _empty(shape: tuple[int, ...]) -> list[Any]:
    if len(shape) == 1:
        return []
    return [_empty(shape[1:]) for _ in range(shape[0])]


def from_buffer(view: memoryview) -> tuple[memoryview, tuple[int, ...], str] | None:
    """Return bytes, shape and dtype of memory that another library holds; None: no numbers."""
    name = _BY_LETTER.get(view.format.lstrip("<=@|"))
    if name is None or ITEM_SIZES[name] != view.itemsize:
        return None
    if sys.byteorder != "little" or view.format.startswith(">"):
        return None
    flat = view if view.c_contiguous else memoryview(view.tobytes())
    return (flat.cast("B") if view.nbytes else memoryview(b"")), tuple(view.shape or ()), name
