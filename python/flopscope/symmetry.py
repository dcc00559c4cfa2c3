"""Permutation groups on tensor axes, and what ``symmetry=`` arguments may be."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flopscope._core import Permutation, SymmetryGroup

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Permutation", "SymmetryGroup", "SymmetryLike", "parse_symmetry"]

SymmetryLike = SymmetryGroup | Sequence[int] | Sequence[Sequence[int]]


def parse_symmetry(symmetry: SymmetryLike | None, ndim: int | None = None) -> SymmetryGroup:
    """Turn a ``symmetry=`` argument into a group.

    Parameters
    ----------
    symmetry : SymmetryGroup, sequence of int, or sequence of sequences of int
        A group; axes that are fully symmetric; or blocks of axes, each symmetric on its own.
    ndim : int, optional
        Number of axes of the array, to check the group against.

    Returns
    -------
    SymmetryGroup

    Raises
    ------
    TypeError
        For anything else, a list of groups included.
    ValueError
        For None, and for axes that are negative, repeated or out of range.

    Examples
    --------
    >>> parse_symmetry((0, 1))
    SymmetryGroup([1, 0], axes=(0, 1))
    >>> parse_symmetry(((0, 1), (2, 3))).order()
    4
    """
    if symmetry is None:
        raise ValueError("symmetry must be provided: a SymmetryGroup, axes, or blocks of axes")
    group = symmetry if isinstance(symmetry, SymmetryGroup) else _from_sequence(symmetry)
    if ndim is not None:
        _check_axes(group, ndim)
    return group


def _from_sequence(symmetry: Any) -> SymmetryGroup:
    if not isinstance(symmetry, (tuple, list)):
        raise TypeError(
            "symmetry must be a SymmetryGroup, a tuple of axes, or a tuple of blocks of axes, "
            f"not {type(symmetry).__name__}"
        )
    if any(isinstance(entry, SymmetryGroup) for entry in symmetry):
        raise TypeError(
            "symmetry must be a single SymmetryGroup, not a list; "
            "combine groups with SymmetryGroup.direct_product"
        )
    if symmetry and all(isinstance(entry, (tuple, list)) for entry in symmetry):
        return SymmetryGroup.young(blocks=[_axes(block) for block in symmetry])
    return SymmetryGroup.symmetric(axes=_axes(symmetry))


def _axes(entries: Sequence[Any]) -> tuple[int, ...]:
    try:
        if any(isinstance(entry, bool) for entry in entries):
            raise TypeError
        return tuple(operator.index(entry) for entry in entries)
    except TypeError:
        raise TypeError(
            f"symmetry axes must be integers, or blocks of integers; got {tuple(entries)!r}"
        ) from None


def _check_axes(group: SymmetryGroup, ndim: int) -> None:
    axes = range(group.degree) if group.axes is None else group.axes
    if max(axes) >= ndim:
        raise ValueError(
            f"symmetry axes {tuple(axes)} are out of range for an array of {ndim} dimension(s)"
        )


# SymPy is optional, and only these conversions need it.


def _sympy_combinatorics() -> ModuleType:
    try:
        # Neither SymPy nor its types need to be there.
        from sympy import combinatorics  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise ImportError("this conversion needs sympy: pip install sympy") from error
    module: ModuleType = combinatorics
    return module


def _permutation_as_sympy(self: Permutation) -> Any:
    """Return the permutation as ``sympy.combinatorics.Permutation``.

    SymPy multiplies the other way round: its ``p * q`` applies ``p`` first.
    """
    return _sympy_combinatorics().Permutation(self.array_form, size=self.size)


def _permutation_from_sympy(permutation: Any) -> Permutation:
    """Return the permutation of a ``sympy.combinatorics.Permutation``."""
    return Permutation([int(image) for image in permutation.array_form], size=permutation.size)


def _group_as_sympy(self: SymmetryGroup) -> Any:
    """Return the group as ``sympy.combinatorics.PermutationGroup``; the axes are left out."""
    group = _sympy_combinatorics().PermutationGroup
    return group([generator.as_sympy() for generator in self.generators])


def _group_from_sympy(group: Any, axes: Sequence[int] | None = None) -> SymmetryGroup:
    """Return the group of a ``sympy.combinatorics.PermutationGroup``, acting on `axes`."""
    literals = [_permutation_from_sympy(p).array_form for p in group.generators]
    return SymmetryGroup.from_generators(literals, axes=axes)


# The compiled classes are declared with these methods; here they get them.
Permutation.as_sympy = _permutation_as_sympy  # type: ignore[method-assign]
Permutation.from_sympy = staticmethod(_permutation_from_sympy)  # type: ignore[method-assign]
SymmetryGroup.as_sympy = _group_as_sympy  # type: ignore[method-assign]
SymmetryGroup.from_sympy = staticmethod(_group_from_sympy)  # type: ignore[method-assign]
