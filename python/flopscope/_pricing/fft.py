"""Prices of ``flopscope.numpy.fft``: 5 n log2 n per complex line, half of it for real ones."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from flopscope._pricing._counting import axis_of, lines_along, shape_of

__all__ = ["RULES", "line_cost", "rectangle_cost"]


def _log2(n: int) -> int:
    return (n - 1).bit_length() if n > 1 else 0


def line_cost(n: int, real: bool = False) -> int:
    """Count of one line of length n."""
    return 5 * (n // 2 if real else n) * _log2(n)


def rectangle_cost(lengths: list[int], real: bool = False) -> int:
    """Count of one transform along several axes of these lengths."""
    n = math.prod(lengths)
    return 5 * (n // 2 if real else n) * sum(_log2(d) for d in lengths)


def _one_axis(real: bool = False, grows: bool = False) -> Callable[..., int]:
    """Return the rule of a transform along one axis; `grows`: of length 2 (n - 1) by default."""

    def rule(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> int:
        shape = shape_of(a)
        at = axis_of(axis, len(shape)) if shape else 0
        if not shape:
            raise IndexError("a 0-d array has no axis to transform")
        given = shape[at] if n is None else operator.index(n)
        length = 2 * (given - 1) if grows and n is None else given
        return lines_along(shape, at) * line_cost(length, real)

    return rule


def _several_axes(
    real: bool = False, grows: bool = False, pair: bool = False
) -> Callable[..., int]:
    """Return the rule of a transform along several axes: the last two, or all by default."""

    def rule(
        a: Any,
        s: Any = None,
        axes: Any = (-2, -1) if pair else None,
        norm: Any = None,
        out: Any = None,
    ) -> int:
        shape = shape_of(a)
        if axes is not None:
            at = [axis_of(i, len(shape)) for i in axes]
        elif s is not None:
            at = list(range(len(shape) - len(s), len(shape)))
        else:
            at = list(range(len(shape)))
        lengths = (
            [shape[i] for i in at]
            if s is None
            else [
                shape[i] if n is None or n == -1 else operator.index(n)
                for i, n in zip(at, s, strict=True)
            ]
        )
        if grows and s is None and lengths:
            lengths[-1] = 2 * (lengths[-1] - 1)
        batch = math.prod(n for i, n in enumerate(shape) if i not in at)
        return batch * rectangle_cost(lengths, real)

    return rule


def _fftfreq(n: Any, *_args: Any, **_: Any) -> int:
    return max(1, operator.index(n))


def _rfftfreq(n: Any, *_args: Any, **_: Any) -> int:
    return max(1, operator.index(n) // 2 + 1)


RULES: dict[str, Callable[..., Any]] = {
    "fft.fft": _one_axis(),
    "fft.fft2": _several_axes(pair=True),
    "fft.fftfreq": _fftfreq,
    "fft.fftn": _several_axes(),
    "fft.hfft": _one_axis(real=True, grows=True),
    "fft.ifft": _one_axis(),
    "fft.ifft2": _several_axes(pair=True),
    "fft.ifftn": _several_axes(),
    "fft.ihfft": _one_axis(real=True),
    "fft.irfft": _one_axis(real=True, grows=True),
    "fft.irfft2": _several_axes(real=True, grows=True, pair=True),
    "fft.irfftn": _several_axes(real=True, grows=True),
    "fft.rfft": _one_axis(real=True),
    "fft.rfft2": _several_axes(real=True, pair=True),
    "fft.rfftfreq": _rfftfreq,
    "fft.rfftn": _several_axes(real=True),
}
