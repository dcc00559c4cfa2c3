"""The controls of einsum's plans, as ``flopscope.numpy`` has them."""

from __future__ import annotations

from flopscope import _core
from flopscope._contraction.caches import CacheInfo

__all__ = ["clear_einsum_cache", "einsum_cache_info"]


def einsum_cache_info() -> CacheInfo:
    """Tell how the cache of einsum's plans is doing.

    Returns
    -------
    CacheInfo

    Examples
    --------
    >>> import flopscope.numpy as fnp
    >>> fnp.einsum_cache_info().maxsize
    4096
    """
    return CacheInfo(*_core._plan_cache_info())


def clear_einsum_cache() -> None:
    """Forget einsum's plans; bills are kept."""
    _core._plan_cache_clear()
