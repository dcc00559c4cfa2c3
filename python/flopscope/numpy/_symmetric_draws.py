"""Random symmetric tensors: draws, averaged over a group."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._symmetric import ATOL, RTOL, average, check_lengths
from flopscope.symmetry import SymmetryGroup, SymmetryLike, parse_symmetry

__all__ = ["symmetric"]

# Samplers that take the lengths one by one instead of as `size`.
_BY_LENGTHS = ("rand", "randn")


def _sampler(distribution: Any, shape: tuple[int, ...], keywords: dict[str, Any]) -> Any:
    """Return the function that draws, ready to be called."""
    if isinstance(distribution, str):
        sampler = getattr(np.random, distribution, None)
        if distribution.startswith("_") or not callable(sampler) or isinstance(sampler, type):
            raise AttributeError(f"flopscope.numpy.random has no distribution {distribution!r}")
        if distribution in _BY_LENGTHS:
            return lambda: sampler(*shape, **keywords)
        return lambda: sampler(size=shape, **keywords)
    if callable(distribution):
        return lambda: distribution(size=shape, **keywords)
    raise TypeError(
        "distribution must be the name of a sampler of numpy.random or a callable that takes "
        f"size=; got {type(distribution).__name__}"
    )


def _draw(sample: Callable[[], Any], shape: tuple[int, ...], group: SymmetryGroup) -> Any:
    drawn = np.asarray(sample())
    if drawn.shape != shape:
        raise ValueError(f"the distribution drew shape {drawn.shape}, not {shape}")
    return average(drawn, group)


def _facts(sample: Any, shape: tuple[int, ...], group: SymmetryGroup) -> tuple[int, int, int]:
    return math.prod(shape), group.order(), 0


def _declare(
    result: Any, sample: Any, shape: tuple[int, ...], group: SymmetryGroup
) -> tuple[SymmetryGroup, bool]:
    return group, False


_op = _core._make_op("random.symmetric", _draw, pricing=_facts, tagger=_declare)


def _shape_of(shape: Any) -> tuple[int, ...]:
    try:
        items = tuple(shape) if isinstance(shape, (Sequence, np.ndarray)) else (shape,)
        lengths = tuple(operator.index(n) for n in items)
    except TypeError:
        lengths = (-1,)
    if min(lengths, default=0) < 0:
        raise ValueError(f"shape must be a tuple of non-negative ints; got {shape!r}")
    return lengths


def symmetric(
    shape: int | Sequence[int],
    symmetry: SymmetryLike | None,
    distribution: str | Callable[..., Any] = "randn",
    **kwargs: Any,
) -> Any:
    """Draw a random tensor with a given symmetry.

    The elements are drawn independently, then averaged over the group. NumPy has no such function.

    Parameters
    ----------
    shape : int or tuple of int
    symmetry : SymmetryGroup, axes, or blocks of axes
        What the tensor is to be symmetric under, see `flopscope.symmetry.parse_symmetry`.
    distribution : str or callable, optional
        A sampler of ``numpy.random``, or a function that takes ``size=``.
    **kwargs
        Parameters of the distribution.

    Returns
    -------
    SymmetricTensor

    Raises
    ------
    AttributeError
        There is no sampler of that name.
    TypeError
        `distribution` is neither a name nor callable.
    ValueError
        `shape` is no shape, or the group acts on axes that it does not have.
    SymmetryError
        Axes that are to be exchanged have different lengths.

    Notes
    -----
    Cost: ``n + (|G| + 1) n`` FLOPs, n elements, at least 1. Nothing is billed when arguments are
    refused.

    Examples
    --------
    >>> import flopscope.numpy as fnp
    >>> fnp.random.seed(0)
    >>> x = fnp.random.symmetric((2, 2), (0, 1), "uniform", low=1.0, high=2.0)
    >>> bool((x == x.T).all()), x.symmetry.order()
    (True, 2)
    """
    lengths = _shape_of(shape)
    group = parse_symmetry(symmetry, len(lengths))
    check_lengths(group, lengths, ATOL, RTOL)
    return _op(_sampler(distribution, lengths, kwargs), lengths, group)
