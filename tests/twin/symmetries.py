"""Random groups of axis permutations, shapes they fit, and tagged operands."""

from __future__ import annotations

from typing import Any

import flopscope as flops
from flopscope.reference import groups

from .strategies import Call, Draw, Shape, integer, maybe, pick

KINDS = ("symmetric", "symmetric", "symmetric", "cyclic", "dihedral", "young", "generated")


def group(draw: Draw, ndim: int | None = None) -> groups.Group:
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


def shape_for(draw: Draw, drawn: groups.Group, ndim: int | None = None, most: int = 3) -> Shape:
    """A shape whose lengths agree along every orbit of the axes."""
    if ndim is None:
        ndim = 1 + max(drawn.axes) + integer(draw, 0, 1)
    lengths = [integer(draw, 0 if maybe(draw, 8) else 1, most) for _ in range(ndim)]
    for move in drawn.moves(ndim):
        for a, image in enumerate(move):
            lengths[image] = lengths[a] = lengths[min(a, image)]
    least = [min(move[a] for move in drawn.moves(ndim)) for a in range(ndim)]
    return tuple(lengths[a] for a in least)


def counted_group(drawn: groups.Group) -> flops.SymmetryGroup:
    """The same group in the library's terms, of a named kind where it is one."""
    axes = drawn.axes
    for make, named in (
        (groups.symmetric, flops.SymmetryGroup.symmetric),
        (groups.cyclic, flops.SymmetryGroup.cyclic),
        (groups.dihedral, flops.SymmetryGroup.dihedral),
    ):
        if drawn == make(axes):
            return named(axes=axes)
    return flops.SymmetryGroup.from_generators([list(g) for g in drawn.generators], axes=axes)


def counted_symmetry(drawn: Call) -> Call:
    """The call with the library's groups in place of the twin's."""

    def converted(x: Any) -> Any:
        return counted_group(x) if isinstance(x, groups.Group) else x

    return Call(
        tuple(converted(x) for x in drawn.args),
        {key: converted(x) for key, x in drawn.kwargs.items()},
    )
