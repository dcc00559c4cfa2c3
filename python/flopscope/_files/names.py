"""What members of a file may be called, and how a file is refused. Nothing here needs NumPy."""

from __future__ import annotations

import re
from typing import NoReturn

from flopscope.errors import WeightFileError

__all__ = ["META", "SYMMETRY", "check_name", "refuse"]

META = "__meta__"
SYMMETRY = "__symmetry__"

# A drive letter, control characters, and the separator of another system.
_TRICKS = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:")


def refuse(file: object, member: str | None, reason: str) -> NoReturn:
    """Raise `WeightFileError`."""
    raise WeightFileError(file, member, reason)


def check_name(file: object, name: str) -> None:
    """Refuse names that another program could take for a path out of its folder."""
    parts = name.split("/")
    if not name or "" in parts or "." in parts or ".." in parts or _TRICKS.search(name):
        refuse(file, name, "the name is empty, or could be read as a path out of the archive")
