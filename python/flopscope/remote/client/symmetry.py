"""Permutation groups on axes, for a client: described here, used by the server."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flopscope.remote.client.encoding import register

__all__ = ["SymmetryGroup"]

_MOST_ELEMENTS = 50_000
Literal = tuple[int, ...]


def _literal(form: Iterable[Any], degree: int | None) -> Literal:
    images = tuple(operator.index(image) for image in form)
    if sorted(images) != list(range(len(images))):
        raise ValueError(f"{list(images)} is not a bijection of 0..{len(images) - 1}")
    if degree is not None and len(images) != degree:
        raise ValueError(f"generator has degree {len(images)}, expected degree {degree}")
    return images


def _axes(axes: Iterable[Any]) -> tuple[int, ...]:
    found = tuple(operator.index(axis) for axis in axes)
    if not found:
        raise ValueError("axes must be non-empty")
    if len(set(found)) < len(found):
        raise ValueError(f"axes must be unique, got {found}")
    return found


def _swaps(k: int) -> list[list[int]]:
    found = []
    for at in range(k - 1):
        images = list(range(k))
        images[at], images[at + 1] = at + 1, at
        found.append(images)
    return found or [list(range(k))]


class SymmetryGroup:
    """A permutation group on axes of an array, given by generators.

    Parameters
    ----------
    *generators : sequence of int
        Images of 0, 1, ..., one list per generator.
    axes : sequence of int, optional
        The axes that are permuted; by default the leading ones.

    Raises
    ------
    ValueError
        No generators, no bijections, different degrees, axes that repeat.
    """

    def __init__(self, *generators: Iterable[Any], axes: Iterable[Any] | None = None) -> None:
        if not generators:
            raise ValueError("At least one generator is required")
        first = _literal(generators[0], None)
        self._literals = [first, *(_literal(form, len(first)) for form in generators[1:])]
        self._axes = None if axes is None else _axes(axes)
        if self._axes is not None and len(self._axes) != len(first):
            raise ValueError(
                f"generator has degree {len(first)}, expected degree {len(self._axes)}"
            )

    @staticmethod
    def symmetric(axes: Iterable[Any]) -> SymmetryGroup:
        """All permutations of these axes."""
        found = _axes(axes)
        return SymmetryGroup(*_swaps(len(found)), axes=found)

    @staticmethod
    def cyclic(axes: Iterable[Any]) -> SymmetryGroup:
        """Rotations of these axes."""
        found = _axes(axes)
        k = len(found)
        return SymmetryGroup([(at + 1) % k for at in range(k)], axes=found)

    @staticmethod
    def dihedral(axes: Iterable[Any]) -> SymmetryGroup:
        """Rotations and reflections of these axes."""
        found = _axes(axes)
        k = len(found)
        if k <= 2:
            return SymmetryGroup.symmetric(found)
        rotation = [(at + 1) % k for at in range(k)]
        return SymmetryGroup(rotation, [-at % k for at in range(k)], axes=found)

    @staticmethod
    def young(blocks: Iterable[Iterable[Any]]) -> SymmetryGroup:
        """All permutations within blocks of axes."""
        return SymmetryGroup.direct_product(*(SymmetryGroup.symmetric(block) for block in blocks))

    @staticmethod
    def direct_product(*groups: SymmetryGroup) -> SymmetryGroup:
        """Groups side by side, on axes of their own."""
        if not groups:
            raise ValueError("a product requires at least one group")
        axes = [axis for group in groups for axis in group._all_axes()]
        if len(set(axes)) < len(axes):
            raise ValueError("a product requires disjoint supports")
        literals, before = [], 0
        for group in groups:
            for literal in group._literals:
                images = list(range(len(axes)))
                images[before : before + group.degree] = [before + image for image in literal]
                literals.append(images)
            before += group.degree
        return SymmetryGroup(*literals, axes=axes)

    @staticmethod
    def from_generators(
        literals: Iterable[Iterable[Any]], axes: Iterable[Any] | None = None
    ) -> SymmetryGroup:
        """The group of a list of generators."""
        return SymmetryGroup(*literals, axes=axes)

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> SymmetryGroup:
        """The group that `to_payload` described."""
        return SymmetryGroup(*payload["generators"], axes=payload["axes"])

    def _all_axes(self) -> tuple[int, ...]:
        return tuple(range(self.degree)) if self._axes is None else self._axes

    @property
    def degree(self) -> int:
        """Number of axes that are permuted."""
        return len(self._literals[0])

    @property
    def axes(self) -> tuple[int, ...] | None:
        """The axes; None for the leading ones of any array."""
        return self._axes

    @property
    def generator_literals(self) -> list[list[int]]:
        """Generators as lists of images."""
        return [list(literal) for literal in self._literals]

    generators = generator_literals

    def elements(self) -> list[list[int]]:
        """All permutations, as lists of images.

        Raises
        ------
        RuntimeError
            More than 50 000.
        """
        return [list(element) for element in sorted(self._elements())]

    def _elements(self) -> set[Literal]:
        identity = tuple(range(self.degree))
        found, fresh = {identity}, [identity]
        while fresh:
            element = fresh.pop()
            for generator in self._literals:
                product = tuple(generator[image] for image in element)
                if product not in found:
                    if len(found) >= _MOST_ELEMENTS:
                        raise RuntimeError(f"more than {_MOST_ELEMENTS:,} elements")
                    found.add(product)
                    fresh.append(product)
        return found

    def order(self) -> int:
        """Number of permutations."""
        if self._is_full():
            return math.factorial(self.degree)
        return len(self._elements())

    def _is_full(self) -> bool:
        return set(map(tuple, _swaps(self.degree))) <= set(self._literals)

    def is_symmetric(self) -> bool:
        """Whether all permutations are in it."""
        return self.order() == math.factorial(self.degree)

    def orbits(self) -> list[frozenset[int]]:
        """Positions that are mapped to each other."""
        found: list[set[int]] = []
        for at in range(self.degree):
            linked = {at, *(literal[at] for literal in self._literals)}
            for orbit in [orbit for orbit in found if orbit & linked]:
                found.remove(orbit)
                linked |= orbit
            found.append(linked)
        return [frozenset(orbit) for orbit in sorted(found, key=min)]

    def to_payload(self) -> dict[str, Any]:
        """Describe the group by plain lists.

        Raises
        ------
        ValueError
            It has no axes.
        """
        if self._axes is None:
            raise ValueError("a group without axes cannot be described; give it axes")
        return {"axes": list(self._axes), "generators": self.generator_literals}

    def _by_axes(self) -> set[frozenset[tuple[int, int]]]:
        axes = self._all_axes()
        return {
            frozenset((axes[i], axes[image]) for i, image in enumerate(e) if i != image)
            for e in self._elements()
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SymmetryGroup):
            return NotImplemented
        if (self._axes is None) != (other._axes is None):
            return False
        if set(self._all_axes()) != set(other._all_axes()):
            return False
        return self._literals == other._literals or self._by_axes() == other._by_axes()

    def __hash__(self) -> int:
        return hash((self._axes is None, frozenset(self._all_axes())))

    def __repr__(self) -> str:
        shown: Sequence[str] = [str(list(literal)) for literal in self._literals]
        axes = "" if self._axes is None else f", axes={self._axes}"
        return f"SymmetryGroup({', '.join(shown)}{axes})"


def _encode(group: SymmetryGroup) -> dict[str, Any]:
    axes = list(group._all_axes())
    return {"__symmetry_group__": {"axes": axes, "generators": group.generator_literals}}


register(SymmetryGroup, _encode)
