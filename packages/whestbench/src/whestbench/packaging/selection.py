"""Which files of a folder travel: all but what is left out by rule, by wish or for safety."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from whestbench.limits import MAX_SUBMISSION_BYTES, MAX_SUBMISSION_FILES
from whestbench.packaging.errors import PackagingError

__all__ = ["ENTRY_FILE", "SECRETS", "Selection", "select_files"]

ENTRY_FILE = "estimator.py"
_ALWAYS_LEFT_OUT = (
    ".git .hg .svn .venv venv env __pycache__ *.pyc *.pyo .mypy_cache .pytest_cache .ruff_cache "
    ".ipynb_checkpoints .DS_Store *.tar.gz *.tgz *.zip .whestignore .gitignore manifest.json"
).split()
SECRETS = (
    ".env .env.* *.pem *.key *.p12 *.pfx *.keystore *.jks id_rsa* id_dsa* id_ecdsa* id_ed25519* "
    ".netrc .pypirc .npmrc .aws .ssh .gnupg credentials credentials.*"
).split()
"""Never bundled, in any folder, whatever the case of the letters."""
_IGNORE_FILES = (".gitignore", ".whestignore")


@dataclass(frozen=True)
class Selection:
    """What travels, and what was dropped.

    Attributes
    ----------
    root : pathlib.Path
        The folder.
    files : dict of str to pathlib.Path
        Names in the archive, sorted, and where their contents are.
    sizes : dict of str to int
        Bytes, before compression.
    secrets, links : list of str
        Dropped for safety: names that look like secrets, and symbolic links.
    """

    root: Path
    files: dict[str, Path]
    sizes: dict[str, int]
    secrets: list[str]
    links: list[str]

    @property
    def total_bytes(self) -> int:
        """Bytes of all files together."""
        return sum(self.sizes.values())


def select_files(estimator: Path, *, single_file: bool = False) -> Selection:
    """Choose the files of a submission and hold them to the caps.

    Parameters
    ----------
    estimator : pathlib.Path
        ``estimator.py``, or the folder that holds it. Either way the whole folder travels.
    single_file : bool
        Only the file itself travels, as ``estimator.py``.

    Returns
    -------
    Selection

    Raises
    ------
    PackagingError
        For a missing or ignored ``estimator.py``, or more than the caps allow.
    """
    estimator = estimator.expanduser()
    if not estimator.exists():
        raise PackagingError("PACKAGING_NOT_FOUND", f"{estimator} does not exist")
    if single_file:
        if not estimator.is_file():
            raise PackagingError("PACKAGING_NOT_FOUND", f"{estimator} is not a file")
        files = {ENTRY_FILE: estimator}
        sizes = {ENTRY_FILE: estimator.stat().st_size}
        selection = Selection(estimator.parent, files, sizes, [], [])
        _check_caps(selection)
        return selection
    if estimator.is_file() and estimator.name != ENTRY_FILE:
        raise PackagingError(
            "PACKAGING_ENTRY_NAME",
            f"{estimator.name} must be called {ENTRY_FILE} when its folder travels; rename it, "
            "or ship it alone with --single-file",
        )
    root = estimator.parent if estimator.is_file() else estimator
    if not (root / ENTRY_FILE).is_file():
        raise PackagingError("PACKAGING_NOT_FOUND", f"{root} holds no {ENTRY_FILE}")
    selection = _walk(root, _ignore_patterns(root))
    if ENTRY_FILE not in selection.files:
        raise PackagingError(
            "PACKAGING_ENTRY_IGNORED",
            f"a pattern of {' or '.join(_IGNORE_FILES)} (or a link) hides {ENTRY_FILE}",
        )
    _check_caps(selection)
    return selection


def _ignore_patterns(root: Path) -> list[str]:
    patterns = []
    for name in _IGNORE_FILES:
        path = root / name
        if path.is_file() and not path.is_symlink():
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                pattern = line.strip()
                if pattern.startswith("!"):
                    raise PackagingError(
                        "PACKAGING_IGNORE_PATTERN",
                        f"{name} has the pattern {pattern!r}: negation is not supported",
                    )
                if pattern and not pattern.startswith("#"):
                    patterns.append(pattern.strip("/"))
    return patterns


def _matches(path: PurePosixPath, patterns: Iterable[str]) -> bool:
    """Whether any segment, or the whole path, fits any pattern."""
    whole = path.as_posix()
    return any(
        fnmatch.fnmatchcase(whole, pattern)
        or any(fnmatch.fnmatchcase(part, pattern) for part in path.parts)
        for pattern in patterns
    )


def _walk(root: Path, ignored: list[str]) -> Selection:
    files: dict[str, Path] = {}
    secrets: list[str] = []
    links: list[str] = []

    def visit(folder: Path, relative: PurePosixPath) -> None:
        for entry in sorted(os.scandir(folder), key=lambda item: item.name):
            path = relative / entry.name
            if _matches(PurePosixPath(path.as_posix().lower()), SECRETS):
                secrets.append(path.as_posix() + ("/" if entry.is_dir() else ""))
            elif _matches(path, _ALWAYS_LEFT_OUT) or _matches(path, ignored):
                continue
            elif entry.is_symlink():
                links.append(path.as_posix())
            elif entry.is_dir():
                visit(Path(entry.path), path)
            elif entry.is_file():
                files[path.as_posix()] = Path(entry.path)

    visit(root, PurePosixPath())
    files = dict(sorted(files.items()))
    sizes = {name: path.stat().st_size for name, path in files.items()}
    return Selection(root, files, sizes, secrets, links)


def _check_caps(selection: Selection) -> None:
    count, total = len(selection.files), selection.total_bytes
    if count <= MAX_SUBMISSION_FILES and total <= MAX_SUBMISSION_BYTES:
        return
    largest = sorted(selection.sizes.items(), key=lambda item: -item[1])[:3]
    named = ", ".join(f"{name} ({size:,} bytes)" for name, size in largest)
    raise PackagingError(
        "PACKAGING_TOO_LARGE",
        f"{count} files of {total:,} bytes together, allowed are {MAX_SUBMISSION_FILES} files of "
        f"{MAX_SUBMISSION_BYTES:,} bytes; largest: {named}. List what is not needed in "
        ".whestignore",
    )
