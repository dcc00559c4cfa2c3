"""Prices of ``flopscope.numpy.linalg``, from the arguments of NumPy's functions."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._core import SymmetryGroup
from flopscope._pricing import linalg_formulas as formulas
from flopscope._pricing._counting import axis_of, broadcast_cells, cells, shape_of

__all__ = ["RULES"]


def _matrices(a: Any) -> tuple[int, int, int]:
    """Return (number of matrices, rows, columns); no matrices where a side has no length."""
    shape = shape_of(a)
    if len(shape) < 2:
        raise np.linalg.LinAlgError(f"an array of {len(shape)} axes holds no matrix")
    m, n = shape[-2:]
    return (0 if 0 in (m, n) else math.prod(shape[:-2])), m, n


def _square(count: Callable[[int], int]) -> Callable[..., int]:
    """Return the rule of an operation on square matrices; NumPy refuses others."""

    def rule(a: Any, *_args: Any, **_: Any) -> int:
        matrices, _m, n = _matrices(a)
        return matrices * count(n) if matrices else 0

    return rule


def _rectangular(count: Callable[..., int]) -> Callable[..., int]:
    """Return the rule of an operation whose count takes rows and columns."""

    def rule(a: Any, *_args: Any, **_: Any) -> int:
        matrices, m, n = _matrices(a)
        return matrices * count(m, n) if matrices else 0

    return rule


def _qr(a: Any, mode: str = "reduced") -> int:
    matrices, m, n = _matrices(a)
    return matrices * formulas.qr(m, n, mode) if matrices else 0


def _largest(k: Any, b: int) -> int | None:
    """Return `k` as an int within 1..b."""
    if k is None:
        return None
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
) -> int:
    matrices, m, n = _matrices(a)
    largest = _largest(k, min(m, n))
    return matrices * formulas.svd(m, n, largest, compute_uv, full_matrices) if matrices else 0


def _svdvals(x: Any, /, *, k: Any = None) -> int:
    matrices, m, n = _matrices(x)
    largest = _largest(k, min(m, n))
    return matrices * formulas.svdvals(m, n, largest) if matrices else 0


def _solve(a: Any, b: Any) -> int:
    _matrices_of_a, _rows, n = _matrices(a)
    shape = shape_of(b)
    # NumPy reads b as a stack of matrices unless it is a single vector.
    sides = shape[-1] if len(shape) > 1 else 1
    batch = (
        np.broadcast_shapes(shape_of(a)[:-2], shape[:-2]) if len(shape) > 1 else shape_of(a)[:-2]
    )
    return math.prod(batch) * formulas.solve(n, sides) if n else 0


def _inv(a: Any) -> int:
    matrices, _rows, n = _matrices(a)
    group = getattr(a, "symmetry", None)
    # Only the exchange of rows and columns helps, not a symmetry of the batch.
    last = (np.ndim(a) - 2, np.ndim(a) - 1)
    swaps = group is not None and SymmetryGroup.symmetric(axes=last) == _core._intersect(
        group, SymmetryGroup.symmetric(axes=last)
    )
    return matrices * formulas.inv(n, swaps) if matrices else 0


def _lstsq(a: Any, b: Any, rcond: Any = None) -> int:
    matrices, m, n = _matrices(a)
    columns = shape_of(b)[1] if np.ndim(b) > 1 else 1
    return matrices * formulas.lstsq(m, n, columns) if matrices else 0


def _cond(x: Any, p: Any = None) -> int:
    matrices, m, n = _matrices(x)
    return matrices * formulas.cond(m, n, p) if matrices else 0


def _matrix_rank(A: Any, *_args: Any, **_: Any) -> int:
    if np.ndim(A) < 2:
        return max(1, cells(A))
    return _rectangular(formulas.matrix_rank)(A)


def _matrix_power(a: Any, n: Any) -> int:
    matrices, _rows, size = _matrices(a)
    return matrices * formulas.matrix_power(size, operator.index(n)) if matrices else 0


def _multi_dot(arrays: Any, *, out: Any = None) -> int:
    return formulas.multi_dot([shape_of(a) for a in arrays])


def _tensorsolve(a: Any, b: Any, axes: Any = None) -> int:
    return formulas.solve(math.prod(shape_of(a)[np.ndim(b) :]))


def _tensorinv(a: Any, ind: int = 2) -> int:
    return formulas.inv(math.prod(shape_of(a)[:ind]))


def _trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> int:
    shape = shape_of(x)
    m, n = shape[-2:]
    k = operator.index(offset)
    diagonal = max(0, min(m + min(k, 0), n - max(k, 0)))
    return math.prod(shape[:-2]) * max(1, diagonal)


def _cross(x1: Any, x2: Any, /, *, axis: int = -1) -> int:
    return max(1, 3 * broadcast_cells(x1, x2))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> int:
    shape = shape_of(x)
    if math.prod(shape) == 0:
        return 0
    if axis is None:
        group = list(shape)
    else:
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        group = [shape[axis_of(i, len(shape))] for i in axes]
    size = max(1, math.prod(group))
    groups = math.prod(shape) // size
    if len(group) == 1:
        return groups * formulas.vector_norm(size, ord)
    if formulas.is_spectral(ord):
        return groups * formulas.svdvals(*group[-2:])
    return groups * 2 * size


def _vector_norm(x: Any, /, *, axis: Any = None, ord: Any = 2, keepdims: bool = False) -> int:
    shape = shape_of(x)
    if math.prod(shape) == 0:
        return 0
    if axis is None:
        size = math.prod(shape)
    else:
        axes = axis if isinstance(axis, (tuple, list)) else (axis,)
        size = math.prod(shape[axis_of(i, len(shape))] for i in axes)
    return math.prod(shape) // max(1, size) * formulas.vector_norm(size, ord)


def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> int:
    matrices, m, n = _matrices(x)
    return matrices * formulas.matrix_norm(m, n, ord) if matrices else 0


RULES: dict[str, Callable[..., Any]] = {
    "linalg.cholesky": _square(formulas.cholesky),
    "linalg.cond": _cond,
    "linalg.cross": _cross,
    "linalg.det": _square(formulas.det),
    "linalg.eig": _square(formulas.eig),
    "linalg.eigh": _square(formulas.eigh),
    "linalg.eigvals": _square(formulas.eigvals),
    "linalg.eigvalsh": _square(formulas.eigvalsh),
    "linalg.inv": _inv,
    "linalg.lstsq": _lstsq,
    "linalg.matrix_norm": _matrix_norm,
    "linalg.matrix_power": _matrix_power,
    "linalg.matrix_rank": _matrix_rank,
    "linalg.multi_dot": _multi_dot,
    "linalg.norm": _norm,
    "linalg.pinv": _rectangular(formulas.pinv),
    "linalg.qr": _qr,
    "linalg.slogdet": _square(formulas.slogdet),
    "linalg.solve": _solve,
    "linalg.svd": _svd,
    "linalg.svdvals": _svdvals,
    "linalg.tensorinv": _tensorinv,
    "linalg.tensorsolve": _tensorsolve,
    "linalg.trace": _trace,
    "linalg.vector_norm": _vector_norm,
}
