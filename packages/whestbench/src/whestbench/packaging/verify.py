"""Checking and unpacking an archive that somebody else made. Nothing in it is trusted.

The same check runs after packaging, in ``whest validate-package`` and on the server.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, cast

from whestbench.limits import MAX_SUBMISSION_BYTES, MAX_SUBMISSION_FILES
from whestbench.packaging.errors import PackagingError

__all__ = ["extract_archive", "verify_archive"]

MANIFEST = "manifest.json"
_MAX_MANIFEST = 2**20
# Headers and padding: a tar of that many files has no need of more.
_MAX_UNPACKED = MAX_SUBMISSION_BYTES + _MAX_MANIFEST + (MAX_SUBMISSION_FILES + 4) * 4096
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


class _Limited(io.RawIOBase):
    """A stream that gives no more than so many bytes: what follows is a bomb."""

    def __init__(self, stream: gzip.GzipFile, limit: int) -> None:
        self._stream, self._left = stream, limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(self._left + 1 if size < 0 else min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise PackagingError(
                "ARCHIVE_TOO_LARGE",
                f"the archive unpacks to more than the {MAX_SUBMISSION_BYTES:,} bytes allowed",
            )
        return data


def verify_archive(path: str | Path) -> dict[str, Any]:
    """Check an archive.

    Parameters
    ----------
    path : path

    Returns
    -------
    dict
        Its manifest.

    Raises
    ------
    PackagingError
        With a code ``ARCHIVE_...`` and one line that says what is wrong.
    """
    return _read(Path(path))[0]


def extract_archive(path: str | Path, folder: str | Path) -> dict[str, Any]:
    """Check an archive, then write its files into an empty folder.

    Nothing is written unless everything is sound.

    Returns
    -------
    dict
        Its manifest.
    """
    manifest, contents = _read(Path(path))
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise PackagingError("ARCHIVE_TARGET", f"{target} is not empty")
    for name, data in contents.items():
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return manifest


def _read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    contents: dict[str, bytes] = {}
    total = 0
    try:
        with (
            gzip.open(path, "rb") as packed,
            tarfile.open(fileobj=cast(Any, _Limited(packed, _MAX_UNPACKED)), mode="r|") as tar,
        ):
            for member in tar:
                _check_member(member, contents)
                total += member.size if member.name != MANIFEST else 0
                if total > MAX_SUBMISSION_BYTES or len(contents) > MAX_SUBMISSION_FILES:
                    raise PackagingError(
                        "ARCHIVE_TOO_LARGE",
                        f"the archive holds more than {MAX_SUBMISSION_FILES} files or "
                        f"{MAX_SUBMISSION_BYTES:,} bytes",
                    )
                file = tar.extractfile(member)
                contents[member.name] = file.read() if file is not None else b""
    except PackagingError:
        raise
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError) as error:
        raise PackagingError(
            "ARCHIVE_DAMAGED", f"{path.name} is no sound .tar.gz archive: {error}"
        ) from error
    manifest = _manifest(contents.pop(MANIFEST, None))
    _check_manifest(manifest, contents)
    return manifest, contents


def _check_member(member: tarfile.TarInfo, seen: dict[str, bytes]) -> None:
    name = member.name
    parts = PurePosixPath(name).parts
    wrong_name = (
        not parts
        or name.startswith("/")
        or "\\" in name
        or "\0" in name
        or ".." in parts
        or re.match(r"[A-Za-z]:", name) is not None
        or PurePosixPath(name).as_posix() != name
    )
    if wrong_name:
        raise PackagingError("ARCHIVE_UNSAFE_PATH", f"{name!r} points out of the folder")
    if not member.isreg():
        kind = "link" if member.islnk() or member.issym() else "special file or folder"
        raise PackagingError("ARCHIVE_UNSAFE_MEMBER", f"{name!r} is a {kind}, not a regular file")
    # A file may not also be the folder of another one.
    folders = {str(parent) for parent in PurePosixPath(name).parents}
    if name in seen or folders & set(seen) or any(other.startswith(f"{name}/") for other in seen):
        raise PackagingError("ARCHIVE_DUPLICATE", f"{name!r} is there twice")
    if name == MANIFEST and member.size > _MAX_MANIFEST:
        raise PackagingError("ARCHIVE_MANIFEST", f"{MANIFEST} is larger than a mebibyte")


def _manifest(data: bytes | None) -> dict[str, Any]:
    if data is None:
        raise PackagingError("ARCHIVE_MANIFEST", f"there is no {MANIFEST}")
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise PackagingError("ARCHIVE_MANIFEST", f"{MANIFEST} is no JSON: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("schema_version") != "1.0":
        raise PackagingError("ARCHIVE_MANIFEST", f"{MANIFEST} has no schema_version 1.0")
    return manifest


def _check_manifest(manifest: dict[str, Any], contents: dict[str, bytes]) -> None:
    entry = manifest.get("entrypoint")
    module = entry.get("module") if isinstance(entry, dict) else None
    class_name = entry.get("class") if isinstance(entry, dict) else None
    for name in (module, class_name):
        if not isinstance(name, str) or not _IDENTIFIER.fullmatch(name):
            raise PackagingError("ARCHIVE_MANIFEST", f"{MANIFEST} names no entry module and class")
    if f"{module}.py" not in contents:
        raise PackagingError("ARCHIVE_ENTRY_MISSING", f"the entry module {module}.py is not there")
    files = manifest.get("files")
    if not isinstance(files, list) or not all(
        isinstance(item, dict)
        and isinstance(item.get("name"), str)
        and isinstance(item.get("sha256"), str)
        for item in files
    ):
        raise PackagingError("ARCHIVE_MANIFEST", f"{MANIFEST} lists no files with digests")
    listed = {item["name"]: item["sha256"] for item in files}
    if len(listed) != len(files):
        raise PackagingError("ARCHIVE_MANIFEST", f"{MANIFEST} lists a file twice")
    for name in listed.keys() ^ contents.keys():
        where = "listed but not there" if name in listed else "there but not listed"
        raise PackagingError("ARCHIVE_FILES", f"{name!r} is {where}")
    for name, digest in listed.items():
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            raise PackagingError("ARCHIVE_DIGEST", f"{name!r} does not have the digest listed")
