"""Random groups of axis permutations, shapes they fit, and tagged operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from flopscope.reference import groups

from .strategies import Call, Draw, Operand, Shape, in_library, integer, mapped, maybe, pick

KINDS = ("symmetric", "symmetric", "symmetric", "cyclic", "dihedral", "young", "generated")


def group_of(draw: Draw, ndim: int | None = None) -> groups.Group:
    """A group on some of the axes of an array of 2 to 4 axes, or of as many as are given."""
    if ndim is None:
        ndim = integer(draw, 2, 4)
    kind = pick(draw, *KINDS)
    order = list(range(ndim))
    if kind == "young" and ndim == 4:
        axes = pick(draw, (0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2))
        return groups.direct_product(groups.symmetric(axes[:2]), groups.symmetric(axes[2:]))
    if kind == "generated" and ndim == 4:
        # Pairs of axes change places, and nothing else does.
        return groups.Group((0, 1, 2, 3), ((2, 3, 0, 1),))
    first = integer(draw, 0, ndim - 2)
    axes = tuple(order[first : first + integer(draw, 2, ndim - first)])
    if maybe(draw, 3):
        axes = pick(draw, axes, axes[::-1])
    make = {"cyclic": groups.cyclic, "dihedral": groups.dihedral}.get(kind, groups.symmetric)
    return make(axes)


def shape_for(draw: Draw, drawn: groups.Group, most: int = 3) -> Shape:
    """A shape whose lengths agree along every orbit of the axes."""
    ndim = 1 + max(drawn.axes) + integer(draw, 0, 1)
    lengths = [integer(draw, 0 if maybe(draw, 8) else 1, most) for _ in range(ndim)]
    moves = drawn.moves(ndim)
    return tuple(lengths[min(move[a] for move in moves)] for a in range(ndim))


def in_library_terms(drawn: Call) -> Call:
    """The call with the library's groups in place of the twin's."""

    def converted(x: Any) -> Any:
        return in_library(x) if isinstance(x, groups.Group) else x

    return Call(
        tuple(converted(x) for x in drawn.args),
        {key: converted(x) for key, x in drawn.kwargs.items()},
    )


def made_symmetric(values: np.ndarray, group: groups.Group) -> np.ndarray:
    """The values with one of each orbit copied to all of it."""
    moves = group.moves(values.ndim)
    out = values.copy()
    for index in np.ndindex(values.shape):
        orbit = [tuple(np.take(index, np.argsort(move))) for move in moves]
        out[index] = values[min(orbit)]
    return out


def tag(draw: Draw, x: Operand) -> Operand:
    """The operand with a group on axes of equal length, if it has such axes."""
    if x.ndim < 2:
        return x
    group = group_of(draw, x.ndim)
    moves = group.moves(x.ndim)
    if any(x.shape[a] != x.shape[move[a]] for move in moves for a in range(x.ndim)):
        return x
    return Operand(made_symmetric(x.values, group), symmetry=group)


def with_tags(draw: Draw, call: Call, inputs: int | None = None) -> Call:
    """The call with most operands tagged, but none that is written to.

    `inputs` is the number of arguments that are read, all of them if it is left out.
    """
    written = {"out", "where"}
    drawn: dict[int, Operand] = {}

    def kept(x: Operand) -> Operand:
        return drawn.setdefault(id(x), x)

    def tagged(x: Operand) -> Operand:
        if id(x) not in drawn:
            drawn[id(x)] = x if maybe(draw) else tag(draw, x)
        return drawn[id(x)]

    kwargs = {key: mapped(kept, x) for key, x in call.kwargs.items() if key in written}
    rest = {key: mapped(tagged, x) for key, x in call.kwargs.items() if key not in written}
    args = mapped(tagged, call.args[:inputs]) + (call.args[inputs:] if inputs else ())
    return Call(args, {**kwargs, **rest})


def with_repeats(draw: Draw, operands: Sequence[Operand]) -> list[Operand]:
    """The operands, some of them replaced by another of the same shape."""
    out: list[Operand] = []
    for x in operands:
        alike = [other for other in out if other.shape == x.shape]
        out.append(pick(draw, *alike) if alike and maybe(draw, 2) else x)
    return out
