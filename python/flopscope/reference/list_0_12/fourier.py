"""Fourier transforms in stages: one axis after the other, at the shape it has by then."""

from __future__ import annotations

from typing import Any

from ..rules import Ignored, rule
from ..shapes import axis_length, count, elements, halvings, shape_of

__all__: list[str] = []


def _stage(shape: list[int], axis: int, n: int, halved: bool) -> int:
    """Price of transforms of n points along an axis of this shape; two where n is 1."""
    many = count(elements(m for i, m in enumerate(shape) if i != axis % len(shape)))
    if n <= 1:
        return 2 * many if n == 1 else 0
    return many * 5 * (n // 2 if halved else n) * halvings(n)


@rule("fft.fft fft.ifft", "0.12")
def fft(a: Any, n: int | None = None, axis: int = -1, *_: Ignored, **__: Ignored) -> int:
    """``5 n ceil(log2 n)`` per line (price list 0.12, FFT)."""
    points = axis_length(shape_of(a), axis) if n is None else int(n)
    return _stage(list(shape_of(a)), axis, points, halved=False)


@rule("fft.rfft fft.ihfft", "0.12")
def rfft(a: Any, n: int | None = None, axis: int = -1, *_: Ignored, **__: Ignored) -> int:
    """``5 floor(n/2) ceil(log2 n)`` per line (price list 0.12, FFT)."""
    points = axis_length(shape_of(a), axis) if n is None else int(n)
    return _stage(list(shape_of(a)), axis, points, halved=True)


@rule("fft.irfft fft.hfft", "0.12")
def irfft(a: Any, n: int | None = None, axis: int = -1, *_: Ignored, **__: Ignored) -> int:
    """As ``rfft``, with n the length of the result (price list 0.12, FFT)."""
    points = 2 * (axis_length(shape_of(a), axis) - 1) if n is None else int(n)
    return _stage(list(shape_of(a)), axis, points, halved=True)


def _stages(a: Any, s: Any, axes: Any, first: str = "", last: str = "") -> int:
    shape = list(shape_of(a))
    if axes is None:
        number = len(shape) if s is None else len(s)
        axes = range(len(shape) - number, len(shape))
    chosen = [int(axis) % max(1, len(shape)) for axis in axes]
    sizes = [shape[axis] for axis in chosen] if s is None else [int(n) for n in s]
    sizes = [shape[axis] if n == -1 else n for n, axis in zip(sizes, chosen, strict=True)]
    if not chosen:
        return 0
    if last and s is None:
        sizes[-1] = 2 * (sizes[-1] - 1)
    todo = list(zip(chosen, sizes, strict=True))
    bill = 0
    if first:
        axis, n = todo.pop()
        bill += _stage(shape, axis, n, halved=True)
        shape[axis] = n // 2 + 1
    real_inverse = [todo.pop()] if last else []
    for axis, n in todo if last else todo[::-1]:
        bill += _stage(shape, axis, n, halved=False)
        shape[axis] = n
    for axis, n in real_inverse:
        bill += _stage(shape, axis, n, halved=True)
    return bill


@rule("fft.fftn fft.ifftn", "0.12")
def fftn(a: Any, s: Any = None, axes: Any = None, *_: Ignored, **__: Ignored) -> int:
    """The last axis first (price list 0.12, FFT)."""
    return _stages(a, s, axes)


@rule("fft.fft2 fft.ifft2", "0.12")
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), *_: Ignored, **__: Ignored) -> int:
    """The last axis first (price list 0.12, FFT)."""
    return _stages(a, s, axes)


@rule("fft.rfftn", "0.12")
def rfftn(a: Any, s: Any = None, axes: Any = None, *_: Ignored, **__: Ignored) -> int:
    """The real transform, then complex ones (price list 0.12, FFT)."""
    return _stages(a, s, axes, first="real")


@rule("fft.rfft2", "0.12")
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), *_: Ignored, **__: Ignored) -> int:
    """The real transform, then complex ones (price list 0.12, FFT)."""
    return _stages(a, s, axes, first="real")


@rule("fft.irfftn", "0.12")
def irfftn(a: Any, s: Any = None, axes: Any = None, *_: Ignored, **__: Ignored) -> int:
    """Complex transforms in order, then the real inverse (price list 0.12, FFT)."""
    return _stages(a, s, axes, last="real")


@rule("fft.irfft2", "0.12")
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), *_: Ignored, **__: Ignored) -> int:
    """Complex transforms in order, then the real inverse (price list 0.12, FFT)."""
    return _stages(a, s, axes, last="real")
