"""The sampling loop on BLAS, every core busy, with results that do not depend on their number.

Each thread takes a chunk of inputs and carries it through all layers while it stays in its caches
(`whestbench.truth.layers`). Inputs come from one generator in order (a lock guards it), and the
sums of blocks of 1,024 rows are added in order, so that threads and chunk sizes change speed only.
"""

from __future__ import annotations

import heapq
import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from whestbench.domain import MLP, uncounted_generator
from whestbench.truth.layers import Layers, aligned_empty
from whestbench.truth.tuning import blocks_per_chunk

__all__ = ["BLOCK_ROWS", "KERNEL_VERSION", "LayerStatistics", "layer_statistics", "thread_count"]

BLOCK_ROWS = 1024
KERNEL_VERSION = "4"
"""Part of the key of cached truths: raised when the same input would give other figures."""

# Blocks of a long run after which it is known which neurons fire, and from which width on that
# knowledge saves more than single blocks cost: narrow networks gain by fewer calls.
_FIRST_BLOCKS = 8
_ORDERED_WIDTH = 256

_Sums = tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]


@dataclass(frozen=True)
class LayerStatistics:
    """Sampled statistics of one network.

    Attributes
    ----------
    means : numpy.ndarray, shape (depth, width), float32
    avg_variance : float
        Variance of a last-layer activation, averaged over neurons.
    n_samples : int
    """

    means: np.ndarray[Any, Any]
    avg_variance: float
    n_samples: int

    @property
    def final(self) -> np.ndarray[Any, Any]:
        """Means of the last layer, shape (width,), float32."""
        return self.means[-1]  # type: ignore[no-any-return]

    @property
    def noise_floor(self) -> float:
        """Expected squared error of a last-layer mean: what a perfect estimator would score."""
        return self.avg_variance / self.n_samples


def thread_count() -> int:
    """Threads the sampling may use: those the process may run on, or fewer if so asked."""
    if hasattr(os, "sched_getaffinity"):
        available = len(os.sched_getaffinity(0))
    else:
        available = os.cpu_count() or 1
    limit = os.environ.get("WHEST_MAX_THREADS", "")
    return max(1, min(available, int(limit))) if limit.isdigit() and int(limit) else available


def layer_statistics(
    mlp: MLP,
    n: int,
    rng: Any = None,
    *,
    threads: int | None = None,
    blocks: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LayerStatistics:
    """Mean activations over `n` standard normal float32 inputs.

    The same inputs as `whestbench.sample_layer_statistics` draws from the same generator, and the
    same figures up to float32 rounding.

    Parameters
    ----------
    mlp : MLP
    n : int
        Number of samples, positive.
    rng : Generator, SeedSequence or int, optional
    threads : int, optional
        Every core by default.
    blocks : int, optional
        Blocks of 1,024 rows that a thread takes at once; measured when left out. Long runs of
        networks of 256 neurons and more go by single blocks, whatever is asked for.
    progress : callable, optional
        Called with the numbers of samples done and wanted, on the calling thread.

    Returns
    -------
    LayerStatistics

    Examples
    --------
    >>> from whestbench import sample_mlp
    >>> truth = layer_statistics(sample_mlp(8, 2, 0), 4096, 1)
    >>> truth.means.shape, truth.means.dtype
    ((2, 8), dtype('float32'))
    """
    if n <= 0:
        raise ValueError(f"the number of samples must be positive, not {n}")
    weights = [np.ascontiguousarray(w, dtype=np.float32) for w in map(np.asarray, mlp.weights)]
    workers = thread_count() if threads is None else max(1, threads)
    n_blocks = -(-n // BLOCK_ROWS)
    is_ordered = n_blocks >= 8 * _FIRST_BLOCKS and mlp.width >= _ORDERED_WIDTH
    if is_ordered:
        # What a product leaves out, and how BLAS splits the rest, must not depend on the chunk.
        blocks = 1
    elif blocks is None:
        blocks = blocks_per_chunk(mlp.width, mlp.depth, n_blocks, workers)
    sampler = _Sampler(weights, n, uncounted_generator(rng), blocks)
    # Threads over chunks beat threads inside BLAS: the ReLU and the sums are shared out as well.
    with threadpool_limits(limits=1, user_api="blas"):
        if is_ordered:
            sampler.run(_FIRST_BLOCKS * BLOCK_ROWS, workers, progress)
            sampler.order_neurons()
        sampler.run(n, workers, progress)
    return sampler.result()


class _Sampler:
    """State of one run of the loop: the generator in front, the accumulated sums behind."""

    def __init__(
        self,
        weights: Sequence[np.ndarray[Any, Any]],
        n: int,
        generator: np.random.Generator,
        blocks: int,
    ) -> None:
        self.weights = weights
        self.layers = Layers(weights)
        self.n = n
        self.done = self._drawn = self._end = 0
        self.rows = blocks * BLOCK_ROWS
        self.width = weights[0].shape[0]
        self.sums = np.zeros((len(weights), self.width))
        self.squares = np.zeros(self.width)
        self._generator = generator
        self._lock = threading.Lock()

    def run(self, end: int, threads: int, progress: Callable[[int, int], None] | None) -> None:
        """Go on until `end` samples are done."""
        self._end = end
        n_chunks = -(-(end - self.done) // self.rows)
        if threads == 1 or n_chunks == 1:
            self._run_here(progress)
        else:
            self._run_threads(min(threads, n_chunks), progress)

    def order_neurons(self) -> None:
        """Put the neurons in front that fired most so far."""
        self.layers = Layers(self.weights, np.argsort(-self.sums, axis=1, kind="stable"))

    def _draw(self, x: np.ndarray[Any, Any]) -> tuple[int, int] | None:
        """Fill `x` with the next chunk's inputs: its first sample and its size; None at the end."""
        with self._lock:
            start = self._drawn
            size = min(self.rows, self._end - start)
            if not size:
                return None
            self._drawn += size
            self._generator.standard_normal(dtype=np.float32, out=x[:size])
        return start, size

    def _buffers(self) -> list[np.ndarray[Any, Any]]:
        return [aligned_empty((self.rows, self.width)) for _ in range(2)]

    def _carry(self, size: int, buffers: list[np.ndarray[Any, Any]]) -> _Sums:
        """Sums of all layers over one chunk, per block: (blocks, depth, width), (blocks, width)."""
        n_blocks = -(-size // BLOCK_ROWS)
        sums = np.empty((n_blocks, len(self.weights), self.width))
        squares = np.empty((n_blocks, self.width))
        whole = size // BLOCK_ROWS
        for start, end, parts in (
            (0, whole * BLOCK_ROWS, slice(0, whole)),
            (whole * BLOCK_ROWS, size, slice(whole, None)),  # a part of a block, at the very end
        ):
            if end > start:
                shape = (len(sums[parts]), -1, self.width)
                h, other = (buffer[start:end].reshape(shape) for buffer in buffers)
                self.layers.carry(h, other, sums[parts], squares[parts])
        return sums, squares

    def _accumulate(self, part: _Sums) -> None:
        for block_sums, block_squares in zip(*part, strict=True):
            self.layers.add(self.sums, block_sums)
            self.layers.add_last(self.squares, block_squares)

    def _run_here(self, progress: Callable[[int, int], None] | None) -> None:
        buffers = self._buffers()
        while (drawn := self._draw(buffers[0])) is not None:
            self._accumulate(self._carry(drawn[1], buffers))
            self.done += drawn[1]
            if progress is not None:
                progress(self.done, self.n)

    def _run_threads(self, threads: int, progress: Callable[[int, int], None] | None) -> None:
        results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        stop = threading.Event()

        def work() -> None:
            try:
                buffers = self._buffers()
                while not stop.is_set() and (drawn := self._draw(buffers[0])) is not None:
                    results.put((*drawn, self._carry(drawn[1], buffers)))
            except BaseException as error:  # handed to the caller, who raises it
                results.put(error)

        pool = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
        for thread in pool:
            thread.start()
        try:
            self._collect(results, progress)
        finally:
            stop.set()
            for thread in pool:
                thread.join()

    def _collect(
        self, results: queue.SimpleQueue[Any], progress: Callable[[int, int], None] | None
    ) -> None:
        waiting: list[tuple[int, int, _Sums]] = []
        wanted = self.done
        while self.done < self._end:
            item = results.get()
            if isinstance(item, BaseException):
                raise item
            heapq.heappush(waiting, item)
            while waiting and waiting[0][0] == wanted:
                _, size, part = heapq.heappop(waiting)
                self._accumulate(part)
                wanted += size
            self.done += item[1]
            if progress is not None:
                progress(self.done, self.n)

    def result(self) -> LayerStatistics:
        means = (self.sums / self.n).astype(np.float32)
        variance = np.mean(self.squares / self.n - means[-1].astype(np.float64) ** 2)
        return LayerStatistics(means, float(variance), self.n)
