"""What is remembered of contractions, and how to ask and forget it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from flopscope import _core

__all__ = [
    "CacheInfo",
    "clear_cache",
    "einsum_cache_info",
    "einsum_clear_caches",
    "reduction_cache_info",
    "reduction_clear_cache",
    "register",
    "resize",
]


class CacheInfo(NamedTuple):
    """Figures of a cache, as those of `functools.lru_cache`.

    Attributes
    ----------
    hits, misses : int
        Questions answered from the cache, and others, since it was last cleared.
    maxsize, currsize : int
        Entries it may hold, and holds.
    """

    hits: int
    misses: int
    maxsize: int | None
    currsize: int


_caches: dict[str, Any] = {}
_maxsize = 4096


class _Resizable:
    """A `functools.lru_cache` whose size can change; changing it forgets the entries."""

    def __init__(self, cached: Any) -> None:
        self.cached = cached

    def __call__(self, *args: Any) -> Any:
        return self.cached(*args)


def register(name: str, function: Callable[..., Any]) -> Any:
    """Return a function that remembers answers, under the controls of this module."""
    _caches[name] = _Resizable(lru_cache(_maxsize)(function))
    return _caches[name]


def resize(maxsize: int) -> None:
    """Give the caches room for this many expressions; their entries are forgotten."""
    global _maxsize
    _maxsize = maxsize
    for cache in _caches.values():
        cache.cached = lru_cache(maxsize)(cache.cached.__wrapped__)
    _core._plan_cache_resize(maxsize)
    _core._contraction_cache_resize(maxsize)


def einsum_cache_info() -> dict[str, CacheInfo]:
    """Tell how the caches of einsum are doing.

    Returns
    -------
    dict of str to CacheInfo
        ``"path"``: plans; ``"accumulation"``: bills.

    Examples
    --------
    >>> import flopscope as flops
    >>> sorted(flops.einsum_cache_info())
    ['accumulation', 'path']
    """
    return {
        "path": CacheInfo(*_core._plan_cache_info()),
        "accumulation": CacheInfo(*_core._contraction_cache_info()),
    }


def einsum_clear_caches() -> None:
    """Forget einsum's plans and bills."""
    _core._plan_cache_clear()
    _core._contraction_cache_clear()


def reduction_cache_info() -> CacheInfo:
    """Tell how the cache of `reduction_accumulation_cost` is doing."""
    from flopscope._contraction import accumulation  # noqa: F401 - registers its cache

    return CacheInfo(*_caches["reduction"].cached.cache_info())


def reduction_clear_cache() -> None:
    """Forget the bills of reductions that were asked for."""
    if "reduction" in _caches:
        _caches["reduction"].cached.cache_clear()


def clear_cache() -> None:
    """Forget everything that is remembered of contractions and reductions."""
    einsum_clear_caches()
    reduction_clear_cache()
