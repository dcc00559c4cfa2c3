"""Making and testing symmetry: the data is compared with, or averaged over, its permutations."""

from __future__ import annotations

from typing import Any

from .groups import Symmetry, group_of
from .rules import Ignored, rule
from .shapes import count, elements, shape_of, size_of

__all__ = ["order_and_size"]


@rule("as_symmetric")
def as_symmetric(data: Any, *, symmetry: Symmetry) -> int:
    """``7n - 1`` per generator: an ``allclose``; at least 1 (cost model, symmetry operations)."""
    group = group_of(symmetry)
    identity = tuple(range(len(group.axes)))
    tests = count(generator for generator in group.generators if generator != identity)
    return max(1, tests * (7 * size_of(data) - 1))


@rule("is_symmetric")
def is_symmetric(
    data: Any, *, symmetry: Symmetry | None, atol: Ignored = 1e-6, rtol: Ignored = 1e-5
) -> int:
    """As ``as_symmetric``; no group is no question and free (cost model, symmetry operations)."""
    return 0 if symmetry is None else as_symmetric(data, symmetry=symmetry)


@rule("symmetrize")
def symmetrize(data: Any, *, symmetry: Symmetry) -> int:
    """Add up one copy per element of the group, then divide; at least 1.

    Cost model, symmetry operations.
    """
    order, n = order_and_size(shape_of(data), symmetry)
    return max(1, (order + 1) * n)


@rule("random.symmetric")
def random_symmetric(shape: Any, symmetry: Symmetry, *_: Ignored, **__: Ignored) -> int:
    """Draw, then ``symmetrize`` (cost model, random)."""
    order, n = order_and_size(shape, symmetry)
    return max(1, n + (order + 1) * n)


def order_and_size(shape: Any, symmetry: Symmetry) -> tuple[int, int]:
    """Elements of the group, and elements of an array of this shape."""
    shape = tuple(shape) if hasattr(shape, "__iter__") else (shape,)
    return len(group_of(symmetry).moves(len(shape))), count(elements(shape))
