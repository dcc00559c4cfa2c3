"""Differences, sliding products, covariance, cross products, contractions billed otherwise."""

from __future__ import annotations

from typing import Any

from .. import costs_numeric
from ..costs_contractions import contracted_axes
from ..costs_contractions import tensordot as _tensordot
from ..groups import Move, moves_of, orbits
from ..rules import Ignored, rule
from ..shapes import broadcast, count, elements, log2_ceil, numel, shape_of, size_of

__all__: list[str] = []


@rule("diff", "0.5")
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Ignored = 0, append: Ignored = 0) -> int:
    """As in 0.8, without what is prepended and appended (price list 0.5, small numeric)."""
    return costs_numeric.diff(a, n, axis)


@rule("gradient", "0.5")
def gradient(f: Any, *_: Ignored, **__: Ignored) -> int:
    """As in 0.8, without coordinates (price list 0.5, small numeric)."""
    return costs_numeric.gradient(f)


@rule("convolve correlate", "0.5")
def sliding(a: Any, v: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, 2nm - n - m)`` in every mode (price list 0.5, small numeric)."""
    return costs_numeric.convolve(a, v, "full")


@rule("cov corrcoef", "0.5")
def covariance(m: Any, y: Any = None, *_: Ignored, **__: Ignored) -> int:
    """``max(1, 2 f^2 s)`` (price list 0.5, small numeric)."""
    features, samples = costs_numeric.features_and_samples(m, y)
    return max(1, 2 * features**2 * samples)


@rule("trapezoid trapz", "0.5")
def trapezoid(y: Any, *_: Ignored, **__: Ignored) -> int:
    """``size(y)`` (price list 0.5, small numeric)."""
    return size_of(y)


@rule("interp", "0.5")
def interp(x: Any, xp: Any, *_: Ignored, **__: Ignored) -> int:
    """``m * L2(len xp)``, m queries (price list 0.5, small numeric)."""
    return numel(x) * log2_ceil(size_of(xp))


@rule("cross", "0.5")
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: Ignored = -1, axis: Any = None
) -> int:
    """``5 * numel`` of the broadcast of the inputs, at least 1 (price list 0.5, contractions)."""
    if axis is not None:
        axisa = axisb = axis
    left, right = list(shape_of(a)), list(shape_of(b))
    width = max(left.pop(axisa % len(left)), right.pop(axisb % len(right)))
    return max(1, 5 * width * count(elements(broadcast(tuple(left), tuple(right)))))


@rule("linalg.cross", "0.5")
def linalg_cross(a: Any, b: Any, *, axis: Ignored = -1) -> int:
    """``5 * numel`` of the broadcast of the inputs, at least 1 (price list 0.5, contractions)."""
    return max(1, 5 * count(elements(broadcast(shape_of(a), shape_of(b)))))


@rule("tensordot linalg.tensordot", "0.5")
def tensordot(a: Any, b: Any, axes: Any = 2) -> int:
    """Products alone, scaled by the unique part of the result; a full contraction as in 0.8.

    Full means that all axes of both are contracted in their natural order.  The result has the
    groups that are left of the operands' own (price list 0.5, contractions billed otherwise).
    """
    left, right = shape_of(a), shape_of(b)
    pairs = contracted_axes(a, b, axes)
    if len(left) == len(right) and pairs == [(i, i) for i in range(len(left))]:
        return _tensordot(a, b, axes).total
    contracted = count(elements(left[i] for i, _ in pairs)) or 1
    dense = max(1, size_of(a) * size_of(b) // contracted)
    out = unique = 1
    for x, gone in ((a, {i for i, _ in pairs}), (b, {j for _, j in pairs})):
        kept, moves = _without(moves_of(x), gone)
        out *= count(elements(shape_of(x)[i] for i in kept))
        unique *= orbits(tuple(shape_of(x)[i] for i in kept), moves)
    return max(1, dense * unique // out) if out else 1


def _without(moves: list[Move], gone: set[int]) -> tuple[list[int], list[Move]]:
    """The axes that stay, and the moves that keep them, on them alone."""
    kept = [i for i in range(len(moves[0])) if i not in gone]
    stable = [move for move in moves if {move[i] for i in gone} == gone]
    return kept, [tuple(kept.index(move[i]) for i in kept) for move in stable]
