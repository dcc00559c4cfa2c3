"""Linear algebra: numbers and sides of matrices."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._core import SymmetryGroup
from flopscope.pricing.facts._sizes import axis_of, broadcast_size, shape_of, size_of

__all__ = ["FACTS", "chain_sizes", "is_general", "is_spectral"]


def is_spectral(order: Any) -> bool:
    """Whether a matrix norm of this order needs singular values."""
    return order == "nuc" or (not isinstance(order, str) and order in {2, -2})


def is_general(order: Any) -> bool:
    """Whether a vector norm of this order takes powers and a root."""
    simple = {0, 1, 2, float("inf"), float("-inf")}
    return not (order is None or (not isinstance(order, str) and order in simple))


def _matrices(a: Any) -> tuple[int, int, int]:
    """Return (number of matrices, rows, columns); no matrices where a side has no length."""
    shape = shape_of(a)
    if len(shape) < 2:
        raise np.linalg.LinAlgError(f"an array of {len(shape)} axes holds no matrix")
    m, n = shape[-2:]
    return (0 if 0 in (m, n) else math.prod(shape[:-2])), m, n


def _square(a: Any, *_args: Any, **_: Any) -> tuple[int, int]:
    """Number and side of square matrices; NumPy refuses others."""
    matrices, _m, n = _matrices(a)
    return matrices, n


def _rectangular(a: Any, *_args: Any, **_: Any) -> tuple[int, int, int]:
    return _matrices(a)


def _qr(a: Any, mode: str = "reduced") -> tuple[int, int, int, str]:
    return *_matrices(a), mode


def _largest(k: Any, b: int) -> int:
    """Return `k` as an int within 1..b; 0 when it is not given."""
    if k is None:
        return 0
    count = operator.index(k)
    if b and not 1 <= count <= b:
        raise ValueError(f"k must be between 1 and {b}, the number of singular values; got {count}")
    return count


def _svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
    k: Any = None,
) -> tuple[int, ...]:
    matrices, m, n = _matrices(a)
    return matrices, m, n, _largest(k, min(m, n)), bool(compute_uv), bool(full_matrices)


def _svdvals(x: Any, /, *, k: Any = None) -> tuple[int, ...]:
    matrices, m, n = _matrices(x)
    return matrices, m, n, _largest(k, min(m, n))


def _solve(a: Any, b: Any) -> tuple[int, int, int]:
    _count, rows, n = _matrices(a)
    shape = shape_of(b)
    # NumPy reads b as a stack of matrices unless it is a single vector.
    if len(shape) > 1:
        batch, columns = np.broadcast_shapes(shape_of(a)[:-2], shape[:-2]), shape[-1]
    else:
        batch, columns = shape_of(a)[:-2], 1
    return math.prod(batch) if rows and n else 0, n, columns


def _inv(a: Any) -> tuple[int, int, bool]:
    matrices, _rows, n = _matrices(a)
    group = getattr(a, "symmetry", None)
    # Only the exchange of rows and columns helps, not a symmetry of the batch.
    last = (np.ndim(a) - 2, np.ndim(a) - 1)
    swaps = group is not None and SymmetryGroup.symmetric(axes=last) == _core._intersect(
        group, SymmetryGroup.symmetric(axes=last)
    )
    return matrices, n, swaps


def _lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[int, int, int, int]:
    return *_matrices(a), shape_of(b)[1] if np.ndim(b) > 1 else 1


def _cond(x: Any, p: Any = None) -> tuple[int, int, int, bool]:
    # Singular values for these orders, else an inverse.
    return *_matrices(x), p is None or (not isinstance(p, str) and p in {2, -2})


def _matrix_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None
) -> tuple[int, int, int, int, int]:
    if np.ndim(A) < 2:
        return 0, 0, 0, 0, size_of(A)
    matrices, m, n = _matrices(A)
    threshold = tol if tol is not None else rtol
    given = () if threshold is None else shape_of(threshold)
    return matrices, m, n, math.prod(np.broadcast_shapes(shape_of(A)[:-2], given)), -1


def _matrix_power(a: Any, n: Any) -> tuple[int, int, int]:
    matrices, _rows, size = _matrices(a)
    return matrices, size, operator.index(n)


def chain_sizes(shapes: Any) -> list[int]:
    """Sides of a chain of matrices: the i-th is sizes[i] x sizes[i + 1]; vectors at its ends."""
    chain = [tuple(shape) for shape in shapes]
    if len(chain) < 2:
        return []
    if len(chain[0]) == 1:
        chain[0] = (1, *chain[0])
    if len(chain[-1]) == 1:
        chain[-1] = (*chain[-1], 1)
    return [chain[0][0], *(shape[1] for shape in chain)]


def _multi_dot(arrays: Any, *, out: Any = None) -> tuple[list[int], int]:
    shapes = [shape_of(a) for a in arrays]
    if len(shapes) == 2 and () in shapes:  # a number times an array
        return [], math.prod(shapes[0]) * math.prod(shapes[1])
    return chain_sizes(shapes), 0


def _tensorsolve(a: Any, b: Any, axes: Any = None) -> tuple[int, int]:
    return math.prod(shape_of(a)[np.ndim(b) :]), size_of(a)


def _tensorinv(a: Any, ind: int = 2) -> tuple[int]:
    return (math.prod(shape_of(a)[:ind]),)


def _trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> tuple[int, int]:
    shape = shape_of(x)
    m, n = shape[-2:]
    k = operator.index(offset)
    return math.prod(shape[:-2]), max(0, min(m + min(k, 0), n - max(k, 0)))


def _cross(x1: Any, x2: Any, /, *, axis: int = -1) -> tuple[int]:
    return (broadcast_size(x1, x2),)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> tuple[Any, ...]:
    shape = shape_of(x)
    if math.prod(shape) == 0:
        return 0, 0, 0, 0, True, False, False
    if axis is None:
        group = list(shape)
    else:
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        group = [shape[axis_of(i, len(shape))] for i in axes]
    size = max(1, math.prod(group))
    is_vector = len(group) == 1
    m, n = (1, 1) if len(group) < 2 else group[-2:]
    spectral = len(group) > 1 and is_spectral(ord)
    return math.prod(shape) // size, size, m, n, is_vector, spectral, is_vector and is_general(ord)


def _vector_norm(
    x: Any, /, *, axis: Any = None, ord: Any = 2, keepdims: bool = False
) -> tuple[int, int, bool]:
    shape = shape_of(x)
    if math.prod(shape) == 0:
        return 0, 0, False
    if axis is None:
        size = math.prod(shape)
    else:
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        size = math.prod(shape[axis_of(i, len(shape))] for i in axes)
    return math.prod(shape) // max(1, size), max(1, size), is_general(ord)


def _matrix_norm(
    x: Any, /, *, keepdims: bool = False, ord: Any = "fro"
) -> tuple[int, int, int, bool]:
    return *_matrices(x), is_spectral(ord)


FACTS: dict[str, Callable[..., tuple[Any, ...]]] = {
    "linalg.cholesky": _square,
    "linalg.cond": _cond,
    "linalg.cross": _cross,
    "linalg.det": _square,
    "linalg.eig": _square,
    "linalg.eigh": _square,
    "linalg.eigvals": _square,
    "linalg.eigvalsh": _square,
    "linalg.inv": _inv,
    "linalg.lstsq": _lstsq,
    "linalg.matrix_norm": _matrix_norm,
    "linalg.matrix_power": _matrix_power,
    "linalg.matrix_rank": _matrix_rank,
    "linalg.multi_dot": _multi_dot,
    "linalg.norm": _norm,
    "linalg.pinv": _rectangular,
    "linalg.qr": _qr,
    "linalg.slogdet": _square,
    "linalg.solve": _solve,
    "linalg.svd": _svd,
    "linalg.svdvals": _svdvals,
    "linalg.tensorinv": _tensorinv,
    "linalg.tensorsolve": _tensorsolve,
    "linalg.trace": _trace,
    "linalg.vector_norm": _vector_norm,
}
