"""Running a network, and its statistics over random inputs, through counted operations.

These are what a participant calls: the work is billed to the open budget. The harness itself
samples with `whestbench.truth`, which does the same sums faster.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import flopscope as flops
import flopscope.numpy as fnp
from whestbench.domain import MLP

__all__ = [
    "chunk_rows",
    "counted_statistics",
    "relu",
    "run_mlp",
    "run_mlp_all_layers",
    "sample_layer_statistics",
    "sample_layer_statistics_chunk_count",
]

Progress = Callable[[dict[str, Any]], None]

# Far above any honest run: 1e9 samples of a 256x32 network are 4e15 FLOPs.
_SAMPLING_BUDGET = 10**18
NAMESPACES = ("sampling", "sample_layer_statistics")


def relu(x: Any) -> Any:
    """``max(x, 0)``, elementwise."""
    return fnp.maximum(x, 0.0)


def run_mlp(mlp: MLP, x: Any) -> Any:
    """Activations of the last layer.

    Parameters
    ----------
    mlp : MLP
    x : array, shape (samples, width) or (width,)

    Returns
    -------
    array, shape of `x`
    """
    h = x
    for w in mlp.weights:
        h = relu(fnp.matmul(h, w))
    return h


def run_mlp_all_layers(mlp: MLP, x: Any) -> list[Any]:
    """Activations of every layer, first to last; see `run_mlp`."""
    layers = []
    h = x
    for w in mlp.weights:
        h = relu(fnp.matmul(h, w))
        layers.append(h)
    return layers


def chunk_rows(width: int) -> int:
    """Samples per chunk: about a million activations, between 1,024 and 16,384 rows."""
    return max(1024, min(16384, 2**20 // width))


def sample_layer_statistics_chunk_count(width: int, n: int) -> int:
    """Number of chunks that `n` samples of a network of this width come in."""
    return math.ceil(n / chunk_rows(width))


@contextlib.contextmanager
def _sampling_budget() -> Iterator[None]:
    """The open budget if there is one, else a large one of our own."""
    with contextlib.ExitStack() as stack:
        # Nested contexts are refused: the work then belongs to whoever opened the outer one.
        with contextlib.suppress(RuntimeError):
            stack.enter_context(flops.BudgetContext(flop_budget=_SAMPLING_BUDGET, quiet=True))
        for name in NAMESPACES:
            stack.enter_context(flops.namespace(name))
        yield


def sample_layer_statistics(
    mlp: MLP, n: int, rng: Any = None, *, progress: Progress | None = None
) -> tuple[Any, Any, float]:
    """Mean activations over `n` standard normal inputs.

    Parameters
    ----------
    mlp : MLP
    n : int
        Number of samples, positive.
    rng : flopscope or numpy Generator, SeedSequence or int, optional
        Source of the float32 inputs.
    progress : callable, optional
        Called after each chunk with a dict: ``completed``, ``total``, ``unit``.

    Returns
    -------
    means : array, shape (depth, width), float32
    final : array, shape (width,), float32
        Last row of `means`.
    avg_variance : float
        Variance of a last-layer activation, averaged over neurons.

    Notes
    -----
    Column sums are accumulated in float64. The size of the chunks changes rounding only: the
    stream of float32 normals does not depend on how it is split.
    """
    if n <= 0:
        raise ValueError(f"the number of samples must be positive, not {n}")
    with _sampling_budget():
        return counted_statistics(mlp, n, rng, chunk_rows(mlp.width), progress)


def counted_statistics(
    mlp: MLP, n: int, rng: Any, rows: int, progress: Progress | None = None
) -> tuple[Any, Any, float]:
    """`sample_layer_statistics` in chunks of `rows`, billed to the open budget."""
    bits = rng.bit_generator if isinstance(rng, np.random.Generator) else None
    generator = fnp.random.default_rng(bits if bits is not None else rng)
    total = math.ceil(n / rows)
    sums = [fnp.zeros(mlp.width, dtype=fnp.float64) for _ in range(mlp.depth)]
    squares = fnp.zeros(mlp.width, dtype=fnp.float64)
    for chunk in range(total):
        size = min(rows, n - chunk * rows)
        h = generator.standard_normal((size, mlp.width), dtype=fnp.float32)
        for layer, w in enumerate(mlp.weights):
            h = fnp.maximum(fnp.matmul(h, w), 0.0)
            wide = h.astype(fnp.float64)
            sums[layer] = sums[layer] + fnp.sum(wide, axis=0)
        squares = squares + fnp.sum(wide * wide, axis=0)
        if progress is not None:
            progress({"completed": chunk + 1, "total": total, "unit": "chunks"})
    means = (fnp.stack(sums) / n).astype(fnp.float32)
    final = means[-1]
    variance = float(fnp.mean(squares / n - final.astype(fnp.float64) ** 2))
    return means, final, variance
