"""Windows of M points: a constant per point."""

from __future__ import annotations

from .rules import Ignored, rule

__all__: list[str] = []


@rule("bartlett")
def bartlett(M: int) -> int:
    """``max(1, 4M)`` (cost model, polynomials and windows)."""
    return max(1, 4 * M)


@rule("blackman")
def blackman(M: int) -> int:
    """``max(1, 40M)`` (cost model, polynomials and windows)."""
    return max(1, 40 * M)


@rule("hamming hanning")
def raised_cosine(M: int) -> int:
    """``max(1, 2M)``, at weight 8 (cost model, polynomials and windows)."""
    return max(1, 2 * M)


@rule("kaiser")
def kaiser(M: int, beta: Ignored) -> int:
    """``max(1, 23M)`` (cost model, polynomials and windows)."""
    return max(1, 23 * M)
