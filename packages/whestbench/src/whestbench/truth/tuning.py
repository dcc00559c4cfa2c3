"""How many rows a thread should carry at once: measured, once per shape and process.

Small chunks stay in the cache, large ones need fewer calls; where the best size lies depends on the
machine. The choice changes no figure, only speed. Long runs of wide networks are not asked
about: they go block by block (see `whestbench.truth.layer_statistics`).
"""

from __future__ import annotations

import functools
import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from whestbench.truth.layers import aligned_empty, column_sums, rectify

__all__ = ["blocks_per_chunk"]

_CANDIDATES = (1, 2, 4, 8)
_BLOCK_ROWS = 1024
# Below this much work (operations) the measurement would cost more than it saves.
_WORTH_MEASURING = 2e10


def blocks_per_chunk(width: int, depth: int, n_blocks: int, threads: int) -> int:
    """Blocks of 1,024 rows per chunk for a network of this shape.

    Parameters
    ----------
    width, depth : int
    n_blocks : int
        Blocks in the whole run.
    threads : int

    Returns
    -------
    int
    """
    if 2.0 * width * width * depth * n_blocks * _BLOCK_ROWS < _WORTH_MEASURING:
        return 1
    fastest = _measure(width)
    # Every thread should have a few chunks, or some idle at the end.
    return max(1, min(fastest, n_blocks // (4 * threads)))


@functools.lru_cache(maxsize=32)
def _measure(width: int) -> int:
    """Blocks per chunk with the least time per block of one layer, on one thread."""
    rng = np.random.default_rng(0)
    w = rng.standard_normal((width, width), dtype=np.float32)
    best, best_time = 1, float("inf")
    with threadpool_limits(limits=1, user_api="blas"):
        for blocks in _CANDIDATES:
            x, y = (aligned_empty((blocks, _BLOCK_ROWS, width)) for _ in range(2))
            rng.standard_normal(dtype=np.float32, out=x)
            per_block = min(_time_layer(x, w, y) for _ in range(3)) / blocks
            if per_block < 0.98 * best_time:  # a larger chunk must earn its memory
                best, best_time = blocks, per_block
    return best


def _time_layer(x: np.ndarray[Any, Any], w: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> float:
    start = time.perf_counter()
    np.matmul(x, w, out=y)
    rectify(y)
    column_sums(y, np.empty((len(y), w.shape[0])))
    return time.perf_counter() - start
