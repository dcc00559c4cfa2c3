"""Fourier transforms, polynomials, windows."""

from __future__ import annotations

from typing import Any

from ..costs_fft import fft, irfft_length
from ..rules import Ignored, rule
from ..shapes import length, size_of

__all__: list[str] = []


@rule("fft.ihfft", "0.5")
def ihfft(a: Any, n: int | None = None, axis: int = -1, *_: Ignored, **__: Ignored) -> int:
    """``lines * 5 n ceil(log2 n)``, no half of it (price list 0.5, FFT)."""
    return fft(a, n, axis)


@rule("fft.hfft", "0.5")
def hfft(a: Any, n: int | None = None, axis: int = -1, *_: Ignored, **__: Ignored) -> int:
    """``lines * 5 n ceil(log2 n)``, no half of it (price list 0.5, FFT)."""
    return fft(a, irfft_length(a, n, axis), axis)


@rule("fft.fftfreq fft.rfftfreq", "0.5")
def frequencies(*_: Ignored, **__: Ignored) -> int:
    """Nothing (price list 0.5, FFT)."""
    return 0


@rule("polymul polydiv", "0.5")
def polymul(a1: Any, a2: Any) -> int:
    """``max(1, n1 n2)`` (price list 0.5, polynomials)."""
    return max(1, size_of(a1) * size_of(a2))


@rule("polyder polyint", "0.5")
def polyder(p: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, n)``, any order (price list 0.5, polynomials)."""
    return max(1, size_of(p))


@rule("poly", "0.5")
def poly(seq_of_zeros: Any) -> int:
    """``max(1, n^2)``, also of an n x n matrix (price list 0.5, polynomials)."""
    return max(1, length(seq_of_zeros) ** 2)


@rule("roots", "0.5")
def roots(p: Any) -> int:
    """``max(1, (len - 1)^3)`` with the zeros, at weight 16 (price list 0.5, polynomials)."""
    return max(1, (size_of(p) - 1) ** 3)


@rule("bartlett", "0.5")
def bartlett(M: int) -> int:
    """``max(1, M)`` (price list 0.5, windows)."""
    return max(1, M)


@rule("blackman kaiser", "0.5")
def cosines(M: int, beta: Ignored = None) -> int:
    """``max(1, 3M)``, at weight 16 (price list 0.5, windows)."""
    return max(1, 3 * M)
