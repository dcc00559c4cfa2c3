"""Escapes as programs see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flopscope import _core

__all__ = ["Escape", "escapes_of"]


@dataclass(frozen=True)
class Escape:
    """A way by which counted data reached code that is not metered.

    Attributes
    ----------
    what : str
        The way: ``"np.asarray"``, ``"ndarray.view"``, ``"buffer"``, ``"out="``, ``"pickle"`` and
        others; ``"others"`` for all that came after the first 1,000 ways and places.
    where : str or None
        Line of the program, ``"file.py:12"``; None when no Python code was running.
    count : int
        How many times.
    nbytes : int
        Bytes of counted data, summed over these times.
    """

    what: str
    where: str | None
    count: int
    nbytes: int


def _place(site: int) -> str | None:
    if site == 0:
        return None
    code, line, _ = _core._site(site)
    return f"{code.co_filename}:{line}"


def escapes_of(rows: Iterable[tuple[str, int, int, int]]) -> tuple[Escape, ...]:
    """Return rows of the core, those of one line put together."""
    sums: dict[tuple[str, str | None], tuple[int, int]] = {}
    for what, site, count, nbytes in rows:
        way = (what, _place(site))
        known_count, known_bytes = sums.get(way, (0, 0))
        sums[way] = (known_count + count, known_bytes + nbytes)
    return tuple(Escape(*way, *figures) for way, figures in sums.items())


_core._seal(Escape)
