"""Writing the archive: a gzip tar of the files and a manifest that says what they are."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import io
import json
import os
import platform
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from whestbench._version import __version__
from whestbench.packaging.errors import PackagingError
from whestbench.packaging.selection import ENTRY_FILE, Selection, select_files
from whestbench.packaging.verify import verify_archive

__all__ = ["build_archive", "default_archive_name", "package_submission"]

_PACKAGER_VERSION = "0.1.0"


def default_archive_name(now: datetime.datetime | None = None) -> str:
    """``submission-YYYYMMDD-HHMMSS.tar.gz``, UTC."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    return f"submission-{now:%Y%m%d-%H%M%S}.tar.gz"


def package_submission(
    estimator: str | Path,
    *,
    class_name: str | None = None,
    output: str | Path | None = None,
    single_file: bool = False,
) -> Path:
    """Package an estimator: choose files, load the class, write and check the archive.

    Parameters
    ----------
    estimator : path
        ``estimator.py`` or its folder; the folder travels.
    class_name : str, optional
    output : path, optional
        `default_archive_name` in the current folder.
    single_file : bool
        Only the file travels.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    PackagingError
    RunnerError
        When the class cannot be loaded.
    """
    selection = select_files(Path(estimator), single_file=single_file)
    return build_archive(selection, class_name=class_name, output=output)


def build_archive(
    selection: Selection, *, class_name: str | None = None, output: str | Path | None = None
) -> Path:
    """Write the archive of a selection; it appears only when it is whole and sound."""
    from whestbench.loader import load_estimator_class

    chosen = load_estimator_class(selection.files[ENTRY_FILE], class_name)
    target = Path(output) if output is not None else Path(default_archive_name())
    contents = {name: path.read_bytes() for name, path in selection.files.items()}
    manifest = _manifest(chosen.__name__, contents)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
    except OSError as error:
        raise PackagingError("PACKAGING_WRITE", f"cannot write {target}: {error}") from error
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, {**contents, "manifest.json": json.dumps(manifest, indent=2).encode()})
        verify_archive(scratch)
        scratch.chmod(0o644)
        os.replace(scratch, target)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    return target


def _manifest(class_name: str, contents: dict[str, bytes]) -> dict[str, Any]:
    import numpy

    import flopscope

    return {
        "schema_version": "1.0",
        "api_version": "2.0",
        "entrypoint": {"module": ENTRY_FILE.removesuffix(".py"), "class": class_name},
        "python": {"min_version": "3.10"},
        "files": [
            {"name": name, "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in contents.items()
        ],
        "created_at_utc": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        "packager_version": _PACKAGER_VERSION,
        "whestbench_version": __version__,
        "flopscope_version": flopscope.__version__,
        "python_version": platform.python_version(),
        "numpy_version": numpy.__version__,
    }


def _write(file: Any, contents: dict[str, bytes]) -> None:
    # No times and no owners: the same files give the same members.
    with (
        gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, data in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(data))
