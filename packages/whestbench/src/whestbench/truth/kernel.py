"""The sampling loop on BLAS, every core busy, with results that do not depend on their number.

Each thread takes a chunk of inputs and carries it through all layers while it stays in its caches:
a matrix product in float32, the ReLU in place, column sums. Inputs come from one generator in
order (a lock guards it), and sums are added in order, so that threads and chunk sizes change speed
only. Sums are formed in float64 from the first addition on, per block of 1,024 rows: 5 % slower at
width 256 than float32 sums, and the float32 means then agree with those of the counted loop.
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
from whestbench.truth.tuning import blocks_per_chunk

__all__ = ["BLOCK_ROWS", "KERNEL_VERSION", "LayerStatistics", "layer_statistics", "thread_count"]

BLOCK_ROWS = 1024
KERNEL_VERSION = "2"
"""Part of the key of cached truths: raised when the same input would give other figures."""

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
        Blocks of 1,024 rows that a thread takes at once; measured when left out.
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
    if blocks is None:
        blocks = blocks_per_chunk(mlp.width, mlp.depth, n_blocks, workers)
    sampler = _Sampler(weights, n, uncounted_generator(rng), blocks)
    # Threads over chunks beat threads inside BLAS: the ReLU and the sums are shared out as well.
    with threadpool_limits(limits=1, user_api="blas"):
        if workers == 1 or sampler.n_chunks == 1:
            sampler.run_here(progress)
        else:
            sampler.run_threads(min(workers, sampler.n_chunks), progress)
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
        self.n = n
        self.rows = blocks * BLOCK_ROWS
        self.n_chunks = -(-n // self.rows)
        self.width = weights[0].shape[0]
        self.sums = np.zeros((len(weights), self.width))
        self.squares = np.zeros(self.width)
        self._generator = generator
        self._lock = threading.Lock()
        self._next_chunk = 0

    def _draw(self, x: np.ndarray[Any, Any]) -> tuple[int, int] | None:
        """Fill `x` with the next chunk's inputs: its number and its rows, or None at the end."""
        with self._lock:
            chunk = self._next_chunk
            if chunk >= self.n_chunks:
                return None
            self._next_chunk = chunk + 1
            size = min(self.rows, self.n - chunk * self.rows)
            self._generator.standard_normal(dtype=np.float32, out=x[:size])
        return chunk, size

    def _buffers(self) -> list[np.ndarray[Any, Any]]:
        return [np.empty((self.rows, self.width), np.float32) for _ in range(2)]

    def _carry(self, size: int, buffers: list[np.ndarray[Any, Any]]) -> _Sums:
        """Sums of all layers over one chunk, per block: (blocks, depth, width), (blocks, width)."""
        n_blocks = -(-size // BLOCK_ROWS)
        sums = np.empty((n_blocks, len(self.weights), self.width))
        squares = np.empty((n_blocks, self.width))
        whole, rest = divmod(size, BLOCK_ROWS)
        # A part of a block goes alone, whatever the chunk: products of few rows round differently.
        if whole:
            self._carry_rows(0, whole * BLOCK_ROWS, buffers, sums[:whole], squares[:whole])
        if rest:
            self._carry_rows(whole * BLOCK_ROWS, rest, buffers, sums[whole:], squares[whole:])
        return sums, squares

    def _carry_rows(
        self,
        start: int,
        size: int,
        buffers: list[np.ndarray[Any, Any]],
        sums: np.ndarray[Any, Any],
        squares: np.ndarray[Any, Any],
    ) -> None:
        h, other = (buffer[start : start + size] for buffer in buffers)
        n_blocks = len(sums)
        for layer, w in enumerate(self.weights):
            np.matmul(h, w, out=other)
            np.maximum(other, 0.0, out=other)
            h, other = other, h
            blocks = h.reshape(n_blocks, -1, self.width)
            np.add.reduce(blocks, axis=1, dtype=np.float64, out=sums[:, layer])
        np.add.reduce(np.square(blocks, dtype=np.float64), axis=1, out=squares)

    def _accumulate(self, part: _Sums) -> None:
        for block_sums, block_squares in zip(*part, strict=True):
            self.sums += block_sums
            self.squares += block_squares

    def run_here(self, progress: Callable[[int, int], None] | None) -> None:
        buffers = self._buffers()
        done = 0
        while (drawn := self._draw(buffers[0])) is not None:
            self._accumulate(self._carry(drawn[1], buffers))
            done += drawn[1]
            if progress is not None:
                progress(done, self.n)

    def run_threads(self, threads: int, progress: Callable[[int, int], None] | None) -> None:
        results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        stop = threading.Event()

        def work() -> None:
            try:
                buffers = self._buffers()
                while not stop.is_set() and (drawn := self._draw(buffers[0])) is not None:
                    results.put((drawn[0], drawn[1], self._carry(drawn[1], buffers)))
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
        waiting: list[tuple[int, Any]] = []
        wanted = done = 0
        while wanted < self.n_chunks:
            item = results.get()
            if isinstance(item, BaseException):
                raise item
            chunk, size, part = item
            heapq.heappush(waiting, (chunk, part))
            while waiting and waiting[0][0] == wanted:
                self._accumulate(heapq.heappop(waiting)[1])
                wanted += 1
            done += size
            if progress is not None:
                progress(done, self.n)

    def result(self) -> LayerStatistics:
        means = (self.sums / self.n).astype(np.float32)
        variance = np.mean(self.squares / self.n - means[-1].astype(np.float64) ** 2)
        return LayerStatistics(means, float(variance), self.n)
