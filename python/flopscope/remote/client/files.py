"""``.npy`` and ``.npz`` files of the client's own file system, without NumPy.

Only elements of numbers travel to the server and back. Loading and saving are free.
"""

from __future__ import annotations

import ast
import io
import json
import math
import os
import struct
import zipfile
from typing import Any, NoReturn

from flopscope._files.names import META, SYMMETRY, check_name, refuse
from flopscope.remote.client.array import RemoteArray
from flopscope.remote.client.clock import spanned
from flopscope.remote.client.codec import infer, to_bytes
from flopscope.remote.client.scalar import RemoteScalar
from flopscope.remote.client.transfer import fetch, upload
from flopscope.remote.protocol import ITEM_SIZES

__all__ = ["load", "save", "savez", "savez_compressed"]

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 10_000
_MOST_BYTES = 100 * 2**20
_DESCRS = {"bool": "|b1", "int8": "|i1", "uint8": "|u1",
           **{f"{word}{8 * n}": f"<{k}{n}" for word, k, sizes in
              (("int", "i", (2, 4, 8)), ("uint", "u", (2, 4, 8)), ("float", "f", (2, 4, 8)),
               ("complex", "c", (8, 16))) for n in sizes}}  # fmt: skip
_BY_DESCR = {**{descr: name for name, descr in _DESCRS.items()}, "<i1": "int8", "<u1": "uint8"}
_Elements = tuple[bytes, tuple[int, ...], str]


def _path(file: Any, suffix: str = "") -> str:
    if not isinstance(file, str):
        raise TypeError(f"a client takes paths as str, not {type(file).__name__}")
    return file if file.endswith(suffix) else file + suffix


# ------------------------------------------------------------------------------------- reading


def _refuse_dtype(file: str, member: str | None, descr: Any) -> NoReturn:
    text = str(descr)
    if text.startswith(">"):
        refuse(file, member, f"dtype {text!r} is big-endian, which is not read")
    refuse(file, member, f"dtype {text!r} is not supported. Only numeric arrays can be stored")


def _parse(data: bytes, file: str, member: str | None) -> _Elements:
    if not data.startswith(_MAGIC):
        refuse(file, member, "is not in NumPy's format: bad magic (allow_pickle=False)")
    if len(data) < 8 or data[6:8] not in (b"\x01\x00", b"\x02\x00"):
        refuse(file, member, "has a format version other than 1.0 and 2.0, or is truncated")
    size = 2 if data[6] == 1 else 4
    length = int.from_bytes(data[8 : 8 + size], "little")
    begun = 8 + size + length
    if length > _LONGEST_HEADER or begun > len(data):
        refuse(file, member, "is truncated, or has a header that is too long")
    try:
        fields = ast.literal_eval(data[8 + size : begun].decode("latin1").strip())
        descr, order, shape = fields["descr"], fields["fortran_order"], fields["shape"]
    except (SyntaxError, ValueError, TypeError, KeyError, MemoryError, RecursionError):
        refuse(file, member, "has a header that is none of NumPy's")
    if not isinstance(descr, str) or descr not in _BY_DESCR:
        _refuse_dtype(file, member, descr)
    if order is not False:
        refuse(file, member, "is in Fortran order, which is not read")
    if not isinstance(shape, tuple) or any(type(n) is not int or n < 0 for n in shape):
        refuse(file, member, f"has the shape {shape!r}, which is no tuple of lengths")
    dtype = _BY_DESCR[descr]
    needed = math.prod(shape) * ITEM_SIZES[dtype]
    if len(data) - begun != needed:
        refuse(file, member, f"is truncated: {len(data) - begun:,} of {needed:,} bytes are there")
    return data[begun:], shape, dtype


def _read_archive(data: bytes, file: str) -> dict[str, _Elements]:
    found: dict[str, _Elements] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            total = 0
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                check_name(file, name)
                total += info.file_size
                if not info.filename.endswith(".npy") or name in found:
                    refuse(file, info.filename, "is no array, or is there twice")
                if total > _MOST_BYTES:
                    refuse(file, None, f"holds more than {_MOST_BYTES:,} bytes")
                with archive.open(info) as member:
                    elements = member.read(info.file_size + 1)
                found[name] = _parse(elements, file, name)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError,
            struct.error) as error:  # fmt: skip
        refuse(file, None, f"is no whole archive: {error}")
    return found


@spanned
def load(file: str) -> Any:
    """Read an ``.npy`` file, or the arrays of an ``.npz`` archive by name.

    Parameters
    ----------
    file : str

    Raises
    ------
    WeightFileError
        A ValueError: damaged, not numeric, big-endian, in Fortran order, or above 100 MiB.
    TypeError
        `file` is no text.
    OSError
        The file cannot be opened.
    """
    path = _path(file)
    with open(path, "rb") as stream:
        if os.fstat(stream.fileno()).st_size > _MOST_BYTES + 2**20:
            refuse(path, None, f"holds more than {_MOST_BYTES:,} bytes")
        data = stream.read()
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        return upload(*_parse(data, path, "array"))
    found = _read_archive(data, path)
    found.pop(SYMMETRY, None)
    loaded: dict[str, Any] = {}
    for name, elements in found.items():
        loaded[name] = _decode_meta(path, elements) if name == META else upload(*elements)
    return loaded


def _decode_meta(file: str, elements: _Elements) -> dict[str, Any]:
    try:
        value = json.loads(elements[0].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        refuse(file, META, f"is no JSON text: {error}")
    if not isinstance(value, dict):
        refuse(file, META, f"must be a JSON object, found {type(value).__name__}")
    return value


# ------------------------------------------------------------------------------------- writing


def _elements_of(value: Any) -> _Elements:
    if type(value) is RemoteArray:
        data, shape, dtype = fetch(value)
        return bytes(data), shape, dtype
    if isinstance(value, RemoteScalar):
        return to_bytes([value._value], value.dtype), (), value.dtype
    elements, shape, dtype = infer(value)
    return to_bytes(elements, dtype), shape, dtype


def _npy(elements: _Elements) -> bytes:
    data, shape, dtype = elements
    text = f"{{'descr': '{_DESCRS[dtype]}', 'fortran_order': False, 'shape': {shape!r}, }}"
    padding = -(len(text) + 11) % 64
    header = (text + " " * padding + "\n").encode("latin1")
    return _MAGIC + b"\x01\x00" + struct.pack("<H", len(header)) + header + data


def _write(path: str, data: bytes) -> None:
    beside = f"{path}.{os.urandom(6).hex()}.tmp"
    try:
        with open(beside, "xb") as stream:
            stream.write(data)
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise


@spanned
def save(file: str, arr: Any) -> None:
    """Write one array to an ``.npy`` file, which NumPy can read.

    Parameters
    ----------
    file : str
        ``.npy`` is appended to a path that does not end so.
    arr : array_like
    """
    _write(_path(file, ".npy"), _npy(_elements_of(arr)))


def _encode_meta(value: Any) -> _Elements:
    if not isinstance(value, dict):
        raise ValueError(f"{META} must be a JSON-serializable dict, got {type(value).__name__}")
    try:
        text = json.dumps(value).encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{META} must be a JSON-serializable dict: {error}") from None
    return text, (len(text),), "uint8"


def _save_archive(file: str, arrays: dict[str, Any], method: int) -> None:
    path = _path(file, ".npz")
    members = {}
    for name, value in arrays.items():
        check_name(path, name)
        members[name] = _encode_meta(value) if name == META else _elements_of(value)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression=method) as archive:
        for name, elements in members.items():
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = method
            info.external_attr = 0o644 << 16
            archive.writestr(info, _npy(elements))
    _write(path, stream.getvalue())


@spanned
def savez(file: str, **arrays: Any) -> None:
    """Write named arrays to an ``.npz`` archive, which NumPy can read.

    Parameters
    ----------
    file : str
        ``.npz`` is appended to a path that does not end so.
    **arrays : array_like
        ``__meta__`` is a dict instead, stored as JSON text.
    """
    _save_archive(file, arrays, zipfile.ZIP_STORED)


@spanned
def savez_compressed(file: str, **arrays: Any) -> None:
    """Write named arrays to a compressed ``.npz`` archive; see `savez`."""
    _save_archive(file, arrays, zipfile.ZIP_DEFLATED)
