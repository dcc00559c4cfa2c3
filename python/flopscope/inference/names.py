"""Finding a known model in the names that people, hubs and servers give to models.

A name is cut into tokens: ``"meta-llama/Llama-3.1-8B-Instruct"`` and ``"llama3.1:8b"`` both contain
``llama 3.1 8b``. A known name matches where its tokens stand next to each other, the longest one
wins, and sizes must agree: ``qwen3:32b`` is never ``qwen3:8b``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["NameIndex", "tokens"]

# A dot stays only within a number: llama3.1, but 7b.gguf.
_SEPARATORS = re.compile(r"[^a-z0-9.]+|\.(?!\d)|(?<!\d)\.")
_FAMILY_AND_VERSION = re.compile(r"([a-z]+)(\d+(?:\.\d+)?)")
# 8b, 0.6b, 8x7b, a3b (active experts), 135m; not 128k or 1m, which are context lengths.
_SIZE = re.compile(r"a?\d+(?:\.\d+)?b|\d+x\d+(?:\.\d+)?b|\d{2,}m")
_SIZE_WORDS = frozenset("nano tiny mini small medium large xl xxl huge lite".split())
# What may stand beside a name that has no size in it.
_NEUTRAL = frozenset("base chat hf instruct it latest 0324 0528 openai".split())


def tokens(name: str) -> tuple[str, ...]:
    """Cut a model name into lower-case tokens, family apart from version.

    >>> tokens("Qwen/Qwen3-8B")
    ('qwen', 'qwen', '3', '8b')
    """
    found: list[str] = []
    for word in _SEPARATORS.split(name.lower()):
        parts = _FAMILY_AND_VERSION.fullmatch(word)
        if parts is not None:
            found += parts.groups()
        elif word:
            found.append(word)
    return tuple(found)


def _sizes(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word for word in words if _SIZE.fullmatch(word) or word in _SIZE_WORDS)


class NameIndex:
    """Known names by their tokens.

    Parameters
    ----------
    names : dict of str to str
        What each known spelling stands for.
    """

    def __init__(self, names: dict[str, str]) -> None:
        self._targets = {tokens(spelling): target for spelling, target in names.items()}
        self._longest = max(map(len, self._targets))

    def resolve(self, name: str) -> str | None:
        """Return what the longest known name in ``name`` stands for, None if there is none."""
        words = tokens(name)
        sizes = _sizes(words)
        path = len(tokens(name.rpartition("/")[0]))  # words of the publisher
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                known = words[start : start + length]
                target = self._targets.get(known)
                if target is None or _sizes(known) != sizes:
                    continue
                beside = words[path:start] + words[max(path, start + length) :]
                if not any(_SIZE.fullmatch(word) for word in known) and set(beside) - _NEUTRAL:
                    continue
                return target
        return None
