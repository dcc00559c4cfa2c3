"""The layers of a network over blocks of samples: product, ReLU and column sums, done well.

What is not the matrix product takes a third of the time at width 256 when it is written as it is
in `whestbench.simulation`, and a tenth here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Layers", "aligned_empty", "column_sums", "rectify"]

_Array = np.ndarray[Any, Any]

_ROWS_IN_FLOAT32 = 8
# NumPy's maximum of two arrays is vectorised, that with a scalar is not; and an array of zeros
# that is repeated costs no memory traffic, if it is at least this long.
_STRIP = np.zeros(8192, np.float32)
# A multiple of every cache line and vector: no kernel sees one block otherwise than another.
_ALIGNMENT = 4096


def aligned_empty(shape: tuple[int, ...]) -> _Array:
    """Uninitialised float32 in C order that starts at a memory page.

    Where an operand lies decides with some BLAS kernels how sums are split, and ordinary arrays
    start wherever the allocator puts them.
    """
    n_bytes = math.prod(shape) * 4
    room = np.empty(n_bytes + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + n_bytes].view(np.float32).reshape(shape)


def _aligned_copy(x: _Array) -> _Array:
    copy = aligned_empty(x.shape)
    copy[...] = x
    return copy


def rectify(x: _Array) -> None:
    """``maximum(x, 0)`` in place.

    Parameters
    ----------
    x : numpy.ndarray, float32, contiguous
    """
    if x.size % _STRIP.size:
        np.maximum(x, 0.0, out=x)
    else:
        strips = x.reshape(-1, _STRIP.size)
        np.maximum(strips, _STRIP, out=strips)


def column_sums(blocks: _Array, out: _Array) -> None:
    """Sums over the rows of each block, precise to float64 for little more than float32's price.

    Adding a few rows in float32 rounds each sum by half a unit in the last place at most, and
    independently: over n samples the mean moves by about ``1e-7 / sqrt(n)`` of itself, far less
    than its own rounding to float32. The sums of those few rows, an eighth of the numbers, are
    then cast to float64 and added there. Casting every activation takes a tenth of the whole loop.

    Parameters
    ----------
    blocks : numpy.ndarray, shape (blocks, rows, width), float32
    out : numpy.ndarray, shape (blocks, width), float64
    """
    n_blocks, rows, width = blocks.shape
    if rows % _ROWS_IN_FLOAT32 == 0:
        blocks = np.add.reduce(blocks.reshape(n_blocks, _ROWS_IN_FLOAT32, -1, width), axis=1)
    np.add.reduce(blocks, axis=1, dtype=np.float64, out=out)


class Layers:
    """A network's weights, its neurons in an order that leaves work out.

    Deep in a random ReLU network the samples point almost the same way, and a neuron that one of
    them leaves at zero is left so by nearly all: at width 256 and depth 32 a third of the neurons
    of the last layers is zero in every one of a thousand samples. Neurons are therefore put in the
    order of how much they fired at first, and a product stops at the last one that does: what is
    left out are products with exact zeros, a tenth of all at that size.

    Parameters
    ----------
    weights : sequence of numpy.ndarray, shape (width, width), float32
    order : numpy.ndarray, shape (depth, width), optional
        Of each layer's neurons, as indices; as they come when left out.
    """

    def __init__(self, weights: Sequence[_Array], order: _Array | None = None) -> None:
        depth, width = len(weights), weights[0].shape[0]
        self.order = np.tile(np.arange(width), (depth, 1)) if order is None else order
        self._rows = np.arange(depth)[:, None]
        # 0 * inf is not 0.
        self._skips_zeros = order is not None and all(np.isfinite(w).all() for w in weights)
        if order is not None:
            before = [np.arange(width), *order[:-1]]
            weights = [
                w[rows][:, columns] for w, rows, columns in zip(weights, before, order, strict=True)
            ]
        self.weights = [_aligned_copy(w) for w in weights]

    def carry(self, h: _Array, other: _Array, sums: _Array, squares: _Array) -> None:
        """Carry blocks of samples through all layers, in the two buffers.

        NumPy hands a stack of matrices to BLAS one by one: each block is a product of its own, of
        the same shape and alignment in whatever company it comes, and so are its bits.

        Parameters
        ----------
        h, other : numpy.ndarray, shape (blocks, rows, width), float32
            The inputs, and room for as many. One block when neurons are ordered: what its products
            leave out must not depend on other blocks.
        sums : numpy.ndarray, shape (blocks, depth, width), float64
            Filled with each block's column sums, in the order of the neurons.
        squares : numpy.ndarray, shape (blocks, width), float64
            Filled with the sums of squares of the last layer.
        """
        assert len(h) == 1 or not self._skips_zeros
        firing = h.shape[-1]
        for layer, w in enumerate(self.weights):
            np.matmul(h[:, :, :firing], w[:firing], out=other)
            rectify(other)
            h, other = other, h
            column_sums(h, sums[:, layer])
            if self._skips_zeros:
                fired = np.flatnonzero(sums[0, layer])
                firing = int(fired[-1]) + 1 if len(fired) else 0
        np.add.reduce(np.square(h, dtype=np.float64), axis=1, out=squares)

    def add(self, totals: _Array, sums: _Array) -> None:
        """Add a block's sums, (depth, width), to totals that are in the network's own order."""
        totals[self._rows, self.order] += sums

    def add_last(self, totals: _Array, squares: _Array) -> None:
        """Add a block's figures of the last layer, (width,), likewise."""
        totals[self.order[-1]] += squares
