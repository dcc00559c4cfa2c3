"""Lists of names, written as text."""

from __future__ import annotations

__all__ = ["words"]


def words(text: str) -> list[str]:
    """The blank-separated words of a text."""
    return text.split()
