"""The header of an ``.npy`` file, read without evaluating anything."""

from __future__ import annotations

import ast
import math
from typing import Any, NamedTuple

import numpy as np

from flopscope._files.members import check_dtype, refuse

__all__ = ["MAGIC", "Header", "read_header"]

MAGIC = b"\x93NUMPY"
# NumPy's own limit: what it writes for numeric arrays is 118 bytes long.
_LONGEST = 10_000
_LENGTH_BYTES = {(1, 0): 2, (2, 0): 4, (3, 0): 4}


class Header(NamedTuple):
    """Dtype, memory order and shape of a stored array."""

    dtype: np.dtype[Any]
    fortran_order: bool
    shape: tuple[int, ...]
    nbytes: int


def _read(stream: Any, size: int, file: object, member: str) -> bytes:
    data: bytes = stream.read(size)
    if len(data) != size:
        refuse(file, member, f"is truncated: {len(data)} of {size} bytes of its header are there")
    return data


def _fields(text: bytes, version: tuple[int, int], file: object, member: str) -> dict[str, Any]:
    try:
        fields = ast.literal_eval(text.decode("utf-8" if version == (3, 0) else "latin1"))
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        refuse(file, member, "has a header that is no Python literal")
    if not isinstance(fields, dict) or set(fields) != {"descr", "fortran_order", "shape"}:
        refuse(file, member, "has a header without exactly descr, fortran_order and shape")
    return fields


def read_header(stream: Any, file: object, member: str) -> Header:
    """Read the header of an array, leaving the stream at its first element.

    Raises
    ------
    WeightFileError
        It is no NumPy header, longer than 10,000 bytes, or describes no numeric array.
    """
    magic = _read(stream, len(MAGIC) + 2, file, member)
    if magic[: len(MAGIC)] != MAGIC:
        refuse(file, member, "is not in NumPy's format (allow_pickle=False)")
    version = (magic[-2], magic[-1])
    if version not in _LENGTH_BYTES:
        refuse(file, member, f"has format version {version}; 1.0, 2.0 and 3.0 are read")
    prefix = _read(stream, _LENGTH_BYTES[version], file, member)
    length = int.from_bytes(prefix, "little")
    if length > _LONGEST:
        refuse(file, member, f"has a header of {length:,} bytes; at most {_LONGEST:,} are read")
    fields = _fields(_read(stream, length, file, member), version, file, member)
    shape, order, descr = fields["shape"], fields["fortran_order"], fields["descr"]
    if not isinstance(shape, tuple) or any(type(n) is not int or n < 0 for n in shape):
        refuse(file, member, f"has the shape {shape!r}, which is no tuple of lengths")
    if not isinstance(order, bool):
        refuse(file, member, f"has fortran_order {order!r}, which is neither True nor False")
    try:
        dtype = np.dtype(descr)
    except Exception:
        refuse(file, member, f"has the dtype {descr!r}. Only numeric arrays can be stored")
    check_dtype(file, member, dtype)
    return Header(dtype, order, shape, math.prod(shape) * dtype.itemsize)
