"""Writing ``.npy`` and ``.npz`` files: whole, or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._files.members import (
    META,
    SYMMETRY,
    check_dtype,
    check_name,
    encode_json,
    refuse,
    symmetry_payload,
)

__all__ = ["write_archive", "write_atomically", "write_file"]


def _sync_folder(folder: str) -> None:
    """Make a rename last, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_atomically(path: str, write: Callable[[Any], None]) -> None:
    """Write beside the file, then put it in the file's place: a crash leaves the old one."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):  # a device or a pipe
        with open(target, "wb") as stream:
            write(stream)
        return
    folder, name = os.path.split(target)
    beside = os.path.join(folder, f".{name}.{os.urandom(6).hex()}.tmp")
    handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(handle, "w+b") as stream:
            write(stream)
            stream.flush()
            if os.path.exists(target):
                with contextlib.suppress(OSError):
                    os.chmod(beside, os.stat(target).st_mode & 0o7777)
            os.fsync(stream.fileno())
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    _sync_folder(folder)


# zipfile's ZIP_STORED and ZIP_DEFLATED: the module is imported at first use.
_STORED, _DEFLATED = 0, 8


def _write_array(stream: Any, array: np.ndarray[Any, Any]) -> None:
    # Some releases of NumPy's stubs leave the function untyped.
    write: Callable[..., None] = np.lib.format.write_array
    write(stream, array, allow_pickle=False)


def _write(file: Any, suffix: str, write: Callable[[Any], None]) -> None:
    if hasattr(file, "write"):
        write(file)
        return
    path = os.fspath(file)
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    write_atomically(path if path.endswith(suffix) else path + suffix, write)


def _plain(file: object, name: str, value: Any) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(value)
        if isinstance(value, _core.FlopscopeArray):
            _core._escape("save", array.nbytes)  # any program can read the file
    except ValueError as error:  # nested lists of different lengths
        refuse(file, name, f"is no array: {error}")
    check_dtype(file, name, array.dtype)
    return array


def write_file(file: Any, arr: Any) -> None:
    """Do what `flopscope.numpy.save` says."""
    array = _plain(file, "array", arr)
    _write(file, ".npy", lambda stream: _write_array(stream, array))


def _members(file: object, arrays: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return every member of an archive as a plain array; refuse before anything is written."""
    members: dict[str, np.ndarray[Any, Any]] = {}
    groups: dict[str, Any] = {}
    for name, value in arrays.items():
        check_name(file, name)
        if name == SYMMETRY:
            refuse(file, name, "is the name of a member that flopscope makes itself")
        if name == META:
            members[name] = encode_json(name, value)
            continue
        payload = symmetry_payload(value)
        if payload is not None:
            groups[name] = payload
        members[name] = _plain(file, name, value)
    if groups:
        members[SYMMETRY] = encode_json(SYMMETRY, groups)
    return members


def write_archive(file: Any, arrays: Mapping[str, Any], compressed: bool = False) -> None:
    """Do what `flopscope.numpy.savez` and `savez_compressed` say."""
    method = _DEFLATED if compressed else _STORED
    members = _members(file, arrays)

    def write(stream: Any) -> None:
        import zipfile  # by the first archive

        with zipfile.ZipFile(stream, "w", compression=method, allowZip64=True) as archive:
            for name, array in members.items():
                # No date: equal arrays make equal files.
                info = zipfile.ZipInfo(f"{name}.npy")
                info.compress_type = method
                info.external_attr = 0o644 << 16
                with archive.open(info, "w", force_zip64=True) as member:
                    _write_array(member, array)

    _write(file, ".npz", write)
