"""Reading ``.npy`` and ``.npz`` files that may be damaged or hostile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from flopscope import _settings
from flopscope._core import FlopscopeArray
from flopscope._files.header import MAGIC, Header, read_header
from flopscope._files.members import META, SYMMETRY, check_name, decode_json, refuse, tag
from flopscope.errors import WeightFileError

if TYPE_CHECKING:
    import zipfile

__all__ = ["read_file"]

_CHUNK = 1 << 20
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive of nothing
# zipfile's ZIP_STORED and ZIP_DEFLATED: the module is imported at first use.
_STORED, _DEFLATED = 0, 8
_METHODS = (_STORED, _DEFLATED)
_ENCRYPTED = 1


def _read_elements(stream: Any, header: Header, file: object, member: str) -> Any:
    try:
        flat = np.empty(header.nbytes, np.uint8)
        array = flat.view(header.dtype).reshape(
            header.shape, order="F" if header.fortran_order else "C"
        )
    except (ValueError, MemoryError) as error:
        refuse(file, member, f"describes an array that cannot be made: {error}")
    view = memoryview(flat.data)
    filled = 0
    while filled < header.nbytes:
        data = stream.read(min(_CHUNK, header.nbytes - filled))
        if not data:
            refuse(file, member, f"is truncated: {filled:,} of {header.nbytes:,} bytes are there")
        view[filled : filled + len(data)] = data
        filled += len(data)
    return array.view(FlopscopeArray)


# ------------------------------------------------------------------------------------- archives


def _check_layout(archive: zipfile.ZipFile, size: int, file: object) -> None:
    """Refuse archives whose list of members alone gives them away; `size` is that of the file."""
    seen: set[str] = set()
    inflated = 0
    end = 0
    for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
        name = info.filename
        if not name.endswith(".npy"):
            refuse(file, name, "is not an array: its name does not end in .npy")
        check_name(file, name)
        if name in seen:
            refuse(file, name, "is there twice")
        seen.add(name)
        if info.flag_bits & _ENCRYPTED:
            refuse(file, name, "is encrypted")
        if info.compress_type not in _METHODS:
            refuse(file, name, f"is compressed by method {info.compress_type}; NumPy uses 0 and 8")
        if info.header_offset < end:
            refuse(file, name, "overlaps another member, as in a zip bomb")
        end = info.header_offset + info.compress_size
        if end > size:
            refuse(file, name, "is truncated: the archive ends before its last byte")
        if info.compress_type == _STORED and info.file_size != info.compress_size:
            refuse(file, name, "gives two different sizes for elements that are not compressed")
        if info.compress_type != _STORED:
            inflated += info.file_size
    limit = _settings.setting("archive_size_limit")
    if inflated > limit:
        refuse(
            file,
            None,
            f"would inflate to {inflated:,} bytes; the limit is {limit:,} "
            "(flopscope.configure(archive_size_limit=...))",
        )


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: object) -> Any:
    name = info.filename.removesuffix(".npy")
    try:
        with archive.open(info) as stream:
            header = read_header(stream, file, name)
            begun = stream.tell()
            if header.nbytes != info.file_size - begun:
                refuse(
                    file,
                    name,
                    f"has {info.file_size - begun:,} bytes of elements, where {header.dtype}"
                    f"{list(header.shape)} takes {header.nbytes:,}",
                )
            array = _read_elements(stream, header, file, name)
            stream.read(1)  # reaching the end checks the checksum
            return array
    except WeightFileError:
        raise
    except Exception as error:  # zlib, struct, EOFError, OSError for offsets that lead nowhere
        refuse(file, name, f"cannot be read: {error}")


def _load_archive(stream: Any, file: object) -> dict[str, Any]:
    try:
        import zipfile  # by the first archive

        archive = zipfile.ZipFile(stream)
    except Exception as error:
        refuse(file, None, f"is no whole archive: {error}")
    with archive:
        _check_layout(archive, stream.seek(0, os.SEEK_END), file)
        arrays = {
            info.filename.removesuffix(".npy"): _read_member(archive, info, file)
            for info in archive.infolist()
        }
    groups = arrays.pop(SYMMETRY, None)
    if groups is not None:
        for name, payload in decode_json(file, SYMMETRY, np.asarray(groups)).items():
            if name not in arrays:
                refuse(file, name, f"is named by {SYMMETRY} but not there")
            arrays[name] = tag(file, name, arrays[name], payload)
    if META in arrays:
        arrays[META] = decode_json(file, META, np.asarray(arrays[META]))
    return arrays


# ---------------------------------------------------------------------------------------- files


@contextmanager
def _opened(file: Any) -> Iterator[Any]:
    if hasattr(file, "read"):
        yield file
        return
    with open(os.fspath(file), "rb") as stream:
        yield stream


def read_file(file: Any) -> Any:
    """Do what `flopscope.numpy.load` says."""
    with _opened(file) as stream:
        start = stream.tell()
        magic = stream.read(len(MAGIC))
        stream.seek(start)
        if magic.startswith(_ZIP_MAGIC):
            return _load_archive(stream, file)
        if magic != MAGIC:
            pickled = "looks like a pickle" if magic[:1] == b"\x80" else "is no .npy or .npz file"
            refuse(file, None, f"{pickled}; only NumPy's formats are read (allow_pickle=False)")
        header = read_header(stream, file, "array")
        begun = stream.tell()
        there = stream.seek(0, os.SEEK_END) - begun
        if there < header.nbytes:
            refuse(file, "array", f"is truncated: {there:,} of {header.nbytes:,} bytes are there")
        stream.seek(begun)
        return _read_elements(stream, header, file, "array")
