"""Mutants that no bill can show, with a reason each, from a text file.

A block is a reason, in lines that begin with ``#``, and the mutants it is about, one a line:

    # The weight is 0.
    0.5: asarray, ...: 0 -> 1

A reason ``# unread: NAME of OPERATION`` says that the change touches only this fact, which no price
list reads. It is stale once one does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path

__all__ = ["Equivalents"]

_UNREAD = re.compile(r"unread: (\w+) of ([\w.]*\w)")


class Equivalents:
    """The mutants of a file, by name, with reasons.

    Raises
    ------
    ValueError
        A mutant has no reason, or stands there twice.
    """

    def __init__(self, text: str) -> None:
        self.reasons: dict[str, str] = {}
        reason: list[str] = []
        previous = ""
        for line in text.splitlines():
            if line.startswith("#"):
                reason = [*(reason if previous.startswith("#") else ()), line.lstrip("# ")]
            elif not line:
                reason = []
            elif not reason:
                raise ValueError(f"no reason is given for {line!r}")
            elif line in self.reasons:
                raise ValueError(f"{line!r} is there twice")
            else:
                self.reasons[line] = " ".join(reason)
            previous = line

    @classmethod
    def read(cls, path: Path) -> Equivalents:
        """Read a file."""
        return cls(path.read_text(encoding="utf-8"))

    def stale(
        self,
        tried: Collection[str],
        surviving: Collection[str],
        is_read: Callable[[str, str], bool],
    ) -> list[str]:
        """What has to leave the file: mutants that are gone or killed, facts that are read."""
        found = []
        for name, reason in self.reasons.items():
            fact = _UNREAD.match(reason)
            if name not in tried:
                found.append(f"{name}  (there is no such mutant)")
            elif name not in surviving:
                found.append(f"{name}  (it does not survive)")
            elif fact is not None and is_read(fact[2], fact[1]):
                found.append(f"{name}  ({fact[1]} of {fact[2]} is read)")
        return found
