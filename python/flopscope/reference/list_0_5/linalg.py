"""Linear algebra: one product per element triple, at weight 4."""

from __future__ import annotations

import math
from typing import Any

from ..costs_linalg import cheapest_chain, is_symmetric, matrix_product, per_matrix
from ..costs_norms import SPECTRAL, groups_and_lengths
from ..rules import Ignored, rule
from ..shapes import broadcast, count, elements, shape_of, size_of

__all__: list[str] = []


@rule(
    """
    linalg.cholesky linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh linalg.det linalg.slogdet
    """,
    "0.5",
)
def cubic(a: Any, *_: Ignored, **__: Ignored) -> int:
    """``n^3`` (price list 0.5, linear algebra)."""
    return per_matrix(a, lambda m, n: n**3)


@rule("linalg.inv", "0.5")
def inverse(a: Any) -> int:
    """``n^3``; of a symmetric matrix ``floor(n^3 / 3) + n^3`` (price list 0.5, linear algebra)."""
    symmetric = is_symmetric(a)
    return per_matrix(a, lambda m, n: (n**3 // 3 if symmetric else 0) + n**3)


@rule("linalg.solve", "0.5")
def solve(a: Any, b: Any) -> int:
    """``n^3`` per system, whatever b has columns (price list 0.5, linear algebra)."""
    *batch, m, n = shape_of(a)
    right = shape_of(b)
    if m == 0 or n == 0:
        return 0
    others = right[:-2] if len(right) > 1 else ()
    return count(elements(broadcast(tuple(batch), others))) * n**3


@rule("linalg.qr", "0.5")
def qr(a: Any, mode: Ignored = "reduced") -> int:
    """``m n min(m, n)`` in every mode (price list 0.5, linear algebra)."""
    return per_matrix(a, lambda m, n: m * n * min(m, n))


@rule("linalg.svd", "0.5")
def svd(
    a: Any,
    full_matrices: Ignored = True,
    compute_uv: Ignored = True,
    hermitian: Ignored = False,
    k: int | None = None,
) -> int:
    """``m n k``, with or without vectors; k is ``min(m, n)`` by default.

    Price list 0.5, linear algebra.

    Raises
    ------
    ValueError
        If k is not one of 1, ..., min(m, n).
    """

    def price(m: int, n: int) -> int:
        if k is not None and not 1 <= k <= min(m, n):
            raise ValueError(f"k must be from 1 to {min(m, n)}, got {k}")
        return m * n * (min(m, n) if k is None else k)

    return per_matrix(a, price)


@rule("linalg.svdvals", "0.5")
def svdvals(x: Any, *, k: int | None = None) -> int:
    """As ``svd`` (price list 0.5, linear algebra)."""
    return svd(x, k=k)


@rule("linalg.cond", "0.5")
def cond(x: Any, p: Any = None) -> int:
    """``m n b``; in another norm ``b^3 + m n`` (price list 0.5, linear algebra)."""
    if p is None or p in (2, -2):
        return qr(x)
    return per_matrix(x, lambda m, n: min(m, n) ** 3 + m * n)


@rule("linalg.matrix_rank", "0.5")
def matrix_rank(A: Any, *_: Ignored, **__: Ignored) -> int:
    """``m n b``; one test per element of what is no matrix (price list 0.5, linear algebra)."""
    return max(1, size_of(A)) if len(shape_of(A)) < 2 else qr(A)


@rule("linalg.pinv", "0.5")
def pinv(a: Any, *_: Ignored, **__: Ignored) -> int:
    """``m n b + b + n b + MM(n, b, m)`` (price list 0.5, linear algebra)."""

    def price(m: int, n: int) -> int:
        b = min(m, n)
        return m * n * b + b + n * b + matrix_product(n, b, m)

    return per_matrix(a, price)


@rule("linalg.lstsq", "0.5")
def lstsq(a: Any, b: Any, rcond: Ignored = None) -> int:
    """``m n b + MM(b, m, c) + b c + MM(n, b, c)`` (price list 0.5, linear algebra)."""
    right = shape_of(b)
    c = right[1] if len(right) > 1 else 1

    def price(m: int, n: int) -> int:
        k = min(m, n)
        return m * n * k + matrix_product(k, m, c) + k * c + matrix_product(n, k, c)

    return per_matrix(a, price)


@rule("linalg.tensorsolve", "0.5")
def tensorsolve(a: Any, b: Any, axes: Ignored = None) -> int:
    """``n^3``, n the unknowns (price list 0.5, linear algebra)."""
    return max(1, count(elements(shape_of(a)[len(shape_of(b)) :])) ** 3)


@rule("linalg.tensorinv", "0.5")
def tensorinv(a: Any, ind: int = 2) -> int:
    """``n^3``, n the elements of the first `ind` axes (price list 0.5, linear algebra)."""
    return max(1, count(elements(shape_of(a)[:ind])) ** 3)


@rule("linalg.multi_dot", "0.5")
def multi_dot(arrays: Any, *_: Ignored, **__: Ignored) -> int:
    """The cheapest bracketing, a product at ``2 m k n`` (price list 0.5, contractions)."""
    return cheapest_chain(arrays, lambda m, k, n: 2 * m * k * n)


def _spectral(m: int, n: int) -> int:
    return 4 * m * n * min(m, n)


@rule("linalg.norm", "0.5")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Ignored = False) -> int:
    """``2N`` per group; the spectral norms of matrices ``4 m n min(m, n)``.

    Price list 0.5, linear algebra.
    """
    shape = shape_of(x)
    groups, lengths = groups_and_lengths(shape, axis)
    if not shape or 0 in shape:
        return 0
    if len(lengths) > 1 and ord in SPECTRAL:
        return groups * _spectral(*lengths[-2:])
    return groups * 2 * math.prod(lengths)


@rule("linalg.vector_norm", "0.5")
def vector_norm(x: Any, *, axis: Any = None, keepdims: Ignored = False, ord: Ignored = 2) -> int:
    """``2N`` per group (price list 0.5, linear algebra)."""
    groups, lengths = groups_and_lengths(shape_of(x), axis)
    return 0 if 0 in shape_of(x) else groups * 2 * math.prod(lengths)


@rule("linalg.matrix_norm", "0.5")
def matrix_norm(x: Any, *, keepdims: Ignored = False, ord: Any = "fro") -> int:
    """``2 m n`` per matrix; the spectral norms ``4 m n min(m, n)`` (price list 0.5)."""
    return per_matrix(x, _spectral if ord in SPECTRAL else lambda m, n: 2 * m * n)
