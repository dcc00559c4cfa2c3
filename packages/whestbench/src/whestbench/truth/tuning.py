"""How many rows a thread should carry at once: measured, once per shape and process.

Small chunks stay in the cache, large ones give BLAS longer runs; where the best size lies depends
on the machine. The choice changes no figure, only speed. In long runs, products go block by block
(see `whestbench.truth.layers`): a chunk is then what is drawn at once.
"""

from __future__ import annotations

import functools
import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from whestbench.truth.layers import column_sums, rectify

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
    """Blocks per chunk with the least time per row of one layer, on one thread."""
    rng = np.random.default_rng(0)
    w = rng.standard_normal((width, width), dtype=np.float32)
    best, best_time = 1, float("inf")
    with threadpool_limits(limits=1, user_api="blas"):
        for blocks in _CANDIDATES:
            rows = blocks * _BLOCK_ROWS
            x = rng.standard_normal((rows, width), dtype=np.float32)
            y = np.empty_like(x)
            per_row = min(_time_layer(x, w, y, blocks) for _ in range(3)) / rows
            if per_row < 0.98 * best_time:  # a larger chunk must earn its memory
                best, best_time = blocks, per_row
    return best


def _time_layer(
    x: np.ndarray[Any, Any],
    w: np.ndarray[Any, Any],
    y: np.ndarray[Any, Any],
    blocks: int,
) -> float:
    start = time.perf_counter()
    np.matmul(x, w, out=y)
    rectify(y)
    column_sums(y.reshape(blocks, -1, w.shape[0]), np.empty((blocks, w.shape[0])))
    return time.perf_counter() - start
