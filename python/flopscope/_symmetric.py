"""Declaring, testing and making symmetry of arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._sealed import sealed
from flopscope.errors import SymmetryError
from flopscope.symmetry import SymmetryGroup, SymmetryLike, parse_symmetry

__all__ = [
    "as_symmetric",
    "average",
    "check_lengths",
    "check_symmetric",
    "is_symmetric",
    "symmetrize",
]

ATOL, RTOL = 1e-6, 1e-5


def _axes_of(group: SymmetryGroup) -> tuple[int, ...]:
    return tuple(range(group.degree)) if group.axes is None else tuple(group.axes)


def _transposition(group: SymmetryGroup, images: Iterable[int], ndim: int) -> list[int]:
    """Return a permutation of the group's positions as one of all axes of an array."""
    axes = _axes_of(group)
    order = list(range(ndim))
    for position, image in enumerate(images):
        order[axes[position]] = axes[image]
    return order


def check_lengths(group: SymmetryGroup, shape: tuple[int, ...], atol: float, rtol: float) -> None:
    """Raise SymmetryError when axes that a group exchanges have different lengths."""
    axes = _axes_of(group)
    for orbit in group.orbits():
        if len({shape[axes[position]] for position in orbit}) > 1:
            raise SymmetryError(axes, math.inf, atol, rtol)


def _generators(group: SymmetryGroup) -> list[list[int]]:
    """Return the generators that move something."""
    return [images for images in group.generator_literals if images != list(range(group.degree))]


def _deviation(array: np.ndarray[Any, Any], moved: np.ndarray[Any, Any]) -> float:
    difference = np.abs(np.asarray(array, dtype=complex) - moved)
    return float(np.nanmax(difference, initial=0.0))


def check_symmetric(array: np.ndarray[Any, Any], group: SymmetryGroup) -> None:
    """Raise SymmetryError when elements that a group exchanges differ."""
    for images in _generators(group):
        moved = np.transpose(array, _transposition(group, images, array.ndim))
        if not np.allclose(array, moved, atol=ATOL, rtol=RTOL, equal_nan=True):
            raise SymmetryError(_axes_of(group), _deviation(array, moved), ATOL, RTOL)


def _as_symmetric(data: Any, group: SymmetryGroup) -> Any:
    array = np.asarray(data)
    check_symmetric(array, group)
    return np.array(array)


def _is_symmetric(data: Any, group: SymmetryGroup, atol: float, rtol: float) -> bool:
    array = np.asarray(data)
    return all(
        np.allclose(
            array, np.transpose(array, _transposition(group, images, array.ndim)), rtol, atol
        )
        for images in _generators(group)
    )


def average(array: np.ndarray[Any, Any], group: SymmetryGroup) -> np.ndarray[Any, Any]:
    """Return the mean of an array over all permutations of a group."""
    total = np.zeros(array.shape, np.result_type(array.dtype, float))
    count = 0
    for element in group.elements():
        total += np.transpose(array, _transposition(group, element.array_form, array.ndim))
        count += 1
    return total / count


def _symmetrize(data: Any, group: SymmetryGroup) -> Any:
    return average(np.asarray(data), group)


def _tested(data: Any, group: SymmetryGroup, *_: Any) -> tuple[int, int]:
    return math.prod(np.shape(data)), len(_generators(group))


def _averaged(data: Any, group: SymmetryGroup) -> tuple[int, int, int]:
    return math.prod(np.shape(data)), group.order(), 0


def _declare(result: Any, data: Any, group: SymmetryGroup) -> tuple[SymmetryGroup, bool]:
    """Return the group of the result, and that the user asked for it."""
    return group, False


def _op(name: str, target: Callable[..., Any], facts: Callable[..., Any], **settings: Any) -> Any:
    parts = {"pricing": facts, **settings}
    # Neither what checks a symmetry nor what tells its price can be patched.
    return _core._make_op(name, sealed(target), **{key: sealed(v) for key, v in parts.items()})


def as_symmetric(data: Any, *, symmetry: SymmetryLike | None) -> Any:
    """Declare that an array is symmetric, after checking that it is.

    Parameters
    ----------
    data : array_like
    symmetry : SymmetryGroup, axes, or blocks of axes
        What is declared, see `flopscope.symmetry.parse_symmetry`.

    Returns
    -------
    SymmetricTensor
        A copy that carries the group; later operations are billed for its unique elements only.

    Raises
    ------
    SymmetryError
        Axes that should be exchangeable have different lengths (nothing is billed), or elements
        differ by more than atol=1e-6, rtol=1e-5 (billed).
    ValueError, TypeError
        `symmetry` names no group, or axes that the array does not have. Nothing is billed.

    Notes
    -----
    Cost: ``max(1, g (7 n - 1))`` FLOPs, g generators that move something, n elements.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> s = flops.as_symmetric(fnp.array([[1.0, 2.0], [2.0, 5.0]]), symmetry=(0, 1))
    >>> with flops.BudgetContext(flop_budget=100, quiet=True) as budget:
    ...     y = s + 1.0
    >>> budget.flops_used
    3
    """
    group = parse_symmetry(symmetry, np.ndim(data))
    check_lengths(group, np.shape(data), ATOL, RTOL)
    return _as_symmetric_op(data, group)


def is_symmetric(
    data: Any, *, symmetry: SymmetryLike | None, atol: float = ATOL, rtol: float = RTOL
) -> bool:
    """Tell whether an array is symmetric.

    Parameters
    ----------
    data : array_like
    symmetry : SymmetryGroup, axes, blocks of axes, or None
        None is answered with False, for free.
    atol, rtol : float
        Tolerances, as for `numpy.allclose`.

    Returns
    -------
    bool

    Notes
    -----
    Cost: ``max(1, g (7 n - 1))`` FLOPs, g generators that move something, n elements.

    Examples
    --------
    >>> import flopscope as flops
    >>> flops.is_symmetric([[1.0, 2.0], [2.0, 5.0]], symmetry=(0, 1))
    True
    """
    if symmetry is None:
        return False
    group = parse_symmetry(symmetry, np.ndim(data))
    try:
        check_lengths(group, np.shape(data), atol, rtol)
    except SymmetryError:
        return False
    return bool(_is_symmetric_op(data, group, atol, rtol))


def symmetrize(data: Any, *, symmetry: SymmetryLike | None) -> Any:
    """Average an array over a group of axis permutations.

    Parameters
    ----------
    data : array_like
    symmetry : SymmetryGroup, axes, or blocks of axes

    Returns
    -------
    SymmetricTensor
        Of floating dtype, carrying the group.

    Raises
    ------
    SymmetryError
        Axes that should be exchangeable have different lengths. Nothing is billed.

    Notes
    -----
    Cost: ``max(1, (order + 1) n)`` FLOPs for n elements.

    Examples
    --------
    >>> import flopscope as flops
    >>> flops.symmetrize([[0.0, 2.0], [4.0, 0.0]], symmetry=(0, 1))
    SymmetricTensor([[0., 3.],
                     [3., 0.]])
    """
    group = parse_symmetry(symmetry, np.ndim(data))
    check_lengths(group, np.shape(data), ATOL, RTOL)
    return _symmetrize_op(data, group)


# Last, when all that they use is there.
_as_symmetric_op = _op("as_symmetric", _as_symmetric, _tested, tagger=_declare)
_is_symmetric_op = _op("is_symmetric", _is_symmetric, _tested)
_symmetrize_op = _op("symmetrize", _symmetrize, _averaged, tagger=_declare)
