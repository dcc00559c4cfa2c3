"""Fourier transforms: lines and lengths."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from flopscope.pricing.facts._sizes import axis_of, lines_along, shape_of

__all__ = ["FACTS", "rectangle"]


def _one_axis(grows: bool = False) -> Callable[..., tuple[int, int]]:
    """Return the facts of a transform along one axis; `grows`: of length 2 (n - 1) by default."""

    def facts(
        a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None
    ) -> tuple[int, int]:
        shape = shape_of(a)
        if not shape:
            raise IndexError("a 0-d array has no axis to transform")
        at = axis_of(axis, len(shape))
        given = shape[at] if n is None else operator.index(n)
        return lines_along(shape, at), 2 * (given - 1) if grows and n is None else given

    return facts


def _axes(shape: tuple[int, ...], s: Any, axes: Any) -> list[int]:
    if axes is not None:
        return [axis_of(i, len(shape)) for i in axes]
    if s is not None:
        return list(range(len(shape) - len(s), len(shape)))
    return list(range(len(shape)))


def _stages(
    shape: tuple[int, ...], at: list[int], lengths: list[int], first_real: bool, last_real: bool
) -> tuple[list[int], list[int], list[int]]:
    """Lengths, lines and realness of the transforms that NumPy carries out, one axis at a time."""
    current = list(shape)
    stages: list[tuple[int, int, int]] = []

    def run(axis: int, length: int, becomes: int, is_real: bool) -> None:
        others = math.prod(current[:axis]) * math.prod(current[axis + 1 :])
        stages.append((length, others, int(is_real)))
        current[axis] = becomes

    pairs = list(zip(at, lengths, strict=True))
    if last_real and pairs:  # to real numbers: complex transforms in order, then the real one
        for axis, length in pairs[:-1]:
            run(axis, length, length, False)
        run(*pairs[-1], pairs[-1][1], True)
    else:
        if first_real and pairs:
            axis, length = pairs.pop()
            run(axis, length, length // 2 + 1, True)
        for axis, length in reversed(pairs):
            run(axis, length, length, False)
    return [n for n, _, _ in stages], [lines for _, lines, _ in stages], [r for _, _, r in stages]


def rectangle(
    shape: tuple[int, ...], s: Any, axes: Any, real: bool, grows: bool
) -> tuple[Any, ...]:
    """Facts of a transform of an array of this shape along several axes."""
    at = _axes(shape, s, axes)
    if s is None:
        lengths = [shape[i] for i in at]
    else:
        lengths = [
            shape[i] if n is None or n == -1 else operator.index(n)
            for i, n in zip(at, s, strict=True)
        ]
    if grows and s is None and lengths:
        lengths[-1] = 2 * (lengths[-1] - 1)
    batch = math.prod(n for i, n in enumerate(shape) if i not in at)
    return batch, lengths, *_stages(shape, at, lengths, real and not grows, grows)


def _several_axes(
    real: bool = False, grows: bool = False, pair: bool = False
) -> Callable[..., tuple[Any, ...]]:
    """Return the facts of a transform along several axes: the last two, or all by default."""

    def facts(
        a: Any,
        s: Any = None,
        axes: Any = (-2, -1) if pair else None,
        norm: Any = None,
        out: Any = None,
    ) -> tuple[Any, ...]:
        return rectangle(shape_of(a), s, axes, real, grows)

    return facts


def _frequencies(n: Any, *_args: Any, **_: Any) -> tuple[int]:
    return (operator.index(n),)


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "fft.fft": _one_axis(),
    "fft.fft2": _several_axes(pair=True),
    "fft.fftfreq": _frequencies,
    "fft.fftn": _several_axes(),
    "fft.hfft": _one_axis(grows=True),
    "fft.ifft": _one_axis(),
    "fft.ifft2": _several_axes(pair=True),
    "fft.ifftn": _several_axes(),
    "fft.ihfft": _one_axis(),
    "fft.irfft": _one_axis(grows=True),
    "fft.irfft2": _several_axes(real=True, grows=True, pair=True),
    "fft.irfftn": _several_axes(real=True, grows=True),
    "fft.rfft": _one_axis(),
    "fft.rfft2": _several_axes(real=True, pair=True),
    "fft.rfftfreq": _frequencies,
    "fft.rfftn": _several_axes(real=True),
}
