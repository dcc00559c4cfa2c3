"""Fourier transforms: ``5 n ceil(log2 n)`` for n points, half of the n for real ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .rules import Ignored, rule
from .shapes import axis_length, halvings, lines, shape_of

__all__ = ["fft", "irfft_length"]


def _along_one_axis(a: Any, n: int, axis: int, halved: bool) -> int:
    """Price of one transform of n points per line of the input."""
    points = n // 2 if halved else n
    return lines(shape_of(a), axis) * 5 * points * halvings(n)


@rule("fft.fft fft.ifft")
def fft(a: Any, n: int | None = None, axis: int = -1, *_: Ignored, **__: Ignored) -> int:
    """``lines * 5 n ceil(log2 n)`` (cost model, FFT)."""
    n = axis_length(shape_of(a), axis) if n is None else int(n)
    return _along_one_axis(a, n, axis, halved=False)


@rule("fft.rfft fft.ihfft")
def rfft(a: Any, n: int | None = None, axis: int = -1, *_: Ignored, **__: Ignored) -> int:
    """``lines * 5 floor(n/2) ceil(log2 n)`` (cost model, FFT)."""
    n = axis_length(shape_of(a), axis) if n is None else int(n)
    return _along_one_axis(a, n, axis, halved=True)


@rule("fft.irfft fft.hfft")
def irfft(a: Any, n: int | None = None, axis: int = -1, *_: Ignored, **__: Ignored) -> int:
    """As ``rfft``, with n the length of the result, ``2 (len - 1)`` by default.

    Cost model, FFT.
    """
    return _along_one_axis(a, irfft_length(a, n, axis), axis, halved=True)


def irfft_length(a: Any, n: int | None, axis: int) -> int:
    """Length of the result of a real inverse transform."""
    return 2 * (axis_length(shape_of(a), axis) - 1) if n is None else int(n)


def _along_axes(
    a: Any,
    s: Sequence[int] | None,
    axes: Sequence[int] | None,
    *,
    halved: bool = False,
    inverse: bool = False,
) -> int:
    """``batch * 5 N sum(ceil(log2 d_i))``, N the product of the transform lengths d_i.

    The batch is what the axes that are not transformed have elements.
    """
    shape = shape_of(a)
    if axes is None:
        axes = range(len(shape) if s is None else len(s))
        axes = [axis - len(axes) for axis in axes]  # the last ones
    chosen = [axis % max(1, len(shape)) for axis in axes]
    if s is None:
        sizes = [shape[axis] for axis in chosen]
        if inverse and sizes:
            sizes[-1] = 2 * (sizes[-1] - 1)
    else:
        sizes = [shape[axis] if n == -1 else int(n) for n, axis in zip(s, chosen, strict=True)]
    batch = math.prod(n for axis, n in enumerate(shape) if axis not in chosen)
    points = math.prod(sizes)
    return batch * 5 * (points // 2 if halved else points) * sum(halvings(n) for n in sizes)


@rule("fft.fftn fft.ifftn")
def fftn(a: Any, s: Any = None, axes: Any = None, *_: Ignored, **__: Ignored) -> int:
    """``batch * 5 N sum(ceil(log2 d_i))`` (cost model, FFT)."""
    return _along_axes(a, s, axes)


@rule("fft.fft2 fft.ifft2")
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), *_: Ignored, **__: Ignored) -> int:
    """As ``fftn`` over the last two axes (cost model, FFT)."""
    return _along_axes(a, s, axes)


@rule("fft.rfftn")
def rfftn(a: Any, s: Any = None, axes: Any = None, *_: Ignored, **__: Ignored) -> int:
    """As ``fftn`` with ``floor(N/2)`` (cost model, FFT)."""
    return _along_axes(a, s, axes, halved=True)


@rule("fft.rfft2")
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), *_: Ignored, **__: Ignored) -> int:
    """As ``rfftn`` over the last two axes (cost model, FFT)."""
    return _along_axes(a, s, axes, halved=True)


@rule("fft.irfftn")
def irfftn(a: Any, s: Any = None, axes: Any = None, *_: Ignored, **__: Ignored) -> int:
    """As ``rfftn``, the last length ``2 (len - 1)`` by default (cost model, FFT)."""
    return _along_axes(a, s, axes, halved=True, inverse=True)


@rule("fft.irfft2")
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), *_: Ignored, **__: Ignored) -> int:
    """As ``irfftn`` over the last two axes (cost model, FFT)."""
    return _along_axes(a, s, axes, halved=True, inverse=True)


@rule("fft.fftfreq")
def fftfreq(n: int, *_: Ignored, **__: Ignored) -> int:
    """``max(1, n)`` (cost model, FFT)."""
    return max(1, n)


@rule("fft.rfftfreq")
def rfftfreq(n: int, *_: Ignored, **__: Ignored) -> int:
    """``max(1, floor(n/2) + 1)`` (cost model, FFT)."""
    return max(1, n // 2 + 1)


@rule("fft.fftshift fft.ifftshift")
def shift(*_: Ignored, **__: Ignored) -> int:
    """Nothing (cost model, FFT)."""
    return 0
