"""Linear algebra of stacked matrices: a price per matrix, times the matrices.

An m x n matrix has a longer side a and a shorter side b.  A matrix with a side of length 0 is
free; the price of another is at least 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .groups import Tagged
from .rules import Ignored, rule
from .shapes import broadcast, count, elements, shape_of, size_of

__all__ = [
    "cheapest_chain",
    "economy_svd",
    "inverse",
    "is_symmetric",
    "matrix_product",
    "per_matrix",
    "singular_values",
]


def per_matrix(a: Any, price: Callable[[int, int], int]) -> int:
    """``price(m, n)`` of each matrix of a stack, at least 1, and 0 for matrices without elements.

    Raises
    ------
    ValueError
        If there are fewer than two axes.
    """
    *batch, m, n = shape_of(a)
    if m == 0 or n == 0:
        return 0
    return count(elements(batch)) * max(1, price(m, n))


def matrix_product(m: int, k: int, n: int) -> int:
    """``MM(m, k, n) = max(1, 2mkn - mn)``: k products and k - 1 sums per element."""
    return max(1, 2 * m * k * n - m * n)


def singular_values(m: int, n: int) -> int:
    """``2 a b^2 + 2 b^3``: the singular values of one matrix."""
    a, b = max(m, n), min(m, n)
    return 2 * a * b**2 + 2 * b**3


def economy_svd(m: int, n: int) -> int:
    """``6 a b^2 + 20 b^3``: b singular values with their vectors."""
    a, b = max(m, n), min(m, n)
    return 6 * a * b**2 + 20 * b**3


@rule("linalg.cholesky")
def cholesky(a: Any, *_: Ignored, **__: Ignored) -> int:
    """``floor(n^3 / 3)`` (cost model, linear algebra)."""
    return per_matrix(a, lambda m, n: n**3 // 3)


@rule("linalg.qr")
def qr(a: Any, mode: str = "reduced") -> int:
    """``2 m n b - floor(2 b^3 / 3)``, once for the factor R and once for Q (cost model, linear
    algebra).

    The modes ``r`` and ``raw`` do not form Q.
    """
    factors = 1 if mode in ("r", "raw") else 2

    def price(m: int, n: int) -> int:
        b = min(m, n)
        return factors * (2 * m * n * b - 2 * b**3 // 3)

    return per_matrix(a, price)


@rule("linalg.eig")
def eig(a: Any) -> int:
    """``25 n^3`` (cost model, linear algebra)."""
    return per_matrix(a, lambda m, n: 25 * n**3)


@rule("linalg.eigvals")
def eigvals(a: Any) -> int:
    """``10 n^3`` (cost model, linear algebra)."""
    return per_matrix(a, lambda m, n: 10 * n**3)


@rule("linalg.eigh")
def eigh(a: Any, UPLO: Ignored = "L") -> int:
    """``9 n^3`` (cost model, linear algebra)."""
    return per_matrix(a, lambda m, n: 9 * n**3)


@rule("linalg.eigvalsh")
def eigvalsh(a: Any, UPLO: Ignored = "L") -> int:
    """``floor(4 n^3 / 3)`` (cost model, linear algebra)."""
    return per_matrix(a, lambda m, n: 4 * n**3 // 3)


@rule("linalg.svd")
def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: Ignored = False,
    k: int | None = None,
) -> int:
    """Values alone, b vectors on each side, or all vectors; the first k at ``4 m n k`` if that is
    less (cost model, linear algebra).

    Raises
    ------
    ValueError
        If k is not one of 1, ..., b.
    """
    economy = economy_svd if compute_uv else singular_values

    def price(m: int, n: int) -> int:
        long, short = max(m, n), min(m, n)
        if k is not None:
            return _first_k(m, n, k, economy)
        if compute_uv and full_matrices and m != n:
            return 4 * long**2 * short + 22 * short**3
        return economy(m, n)

    return per_matrix(a, price)


def _first_k(m: int, n: int, k: int, economy: Callable[[int, int], int]) -> int:
    if not 1 <= k <= min(m, n):
        raise ValueError(f"k must be from 1 to {min(m, n)}, got {k}")
    return min(4 * m * n * k, economy(m, n)) if k < min(m, n) else economy(m, n)


@rule("linalg.svdvals")
def svdvals(x: Any, *, k: int | None = None) -> int:
    """``2 a b^2 + 2 b^3``, or the first k of them (cost model, linear algebra)."""
    return svd(x, compute_uv=False, k=k)


@rule("linalg.solve")
def solve(a: Any, b: Any) -> int:
    """``floor(2 n^3 / 3) + 2 n^2 r`` for r right-hand sides, a and b broadcast as stacks.

    Cost model, linear algebra.
    """
    *batch, m, n = shape_of(a)
    right = shape_of(b)
    if m == 0 or n == 0:
        return 0
    columns, others = (right[-1], right[:-2]) if len(right) > 1 else (1, ())
    systems = count(elements(broadcast(tuple(batch), others)))
    return systems * max(1, 2 * n**3 // 3 + 2 * n**2 * columns)


@rule("linalg.inv")
def inverse(a: Any) -> int:
    """``2 n^3``; of a symmetric matrix ``floor(n^3 / 3) + n^3`` (cost model, linear algebra).

    A stack of symmetric matrices is one whose group has the swap of the last two axes.
    """
    if is_symmetric(a):
        return per_matrix(a, lambda m, n: n**3 // 3 + n**3)
    return per_matrix(a, lambda m, n: 2 * n**3)


def is_symmetric(a: Any) -> bool:
    """Does the operand's group have the swap of its last two axes?"""
    if not isinstance(a, Tagged) or a.moves is None or a.ndim < 2:
        return False
    *batch, i, j = range(a.ndim)
    return (*batch, j, i) in a.moves


@rule("linalg.det")
def det(a: Any) -> int:
    """``floor(2 n^3 / 3) + n`` (cost model, linear algebra)."""
    return per_matrix(a, lambda m, n: 2 * n**3 // 3 + n)


@rule("linalg.slogdet")
def slogdet(a: Any) -> int:
    """``floor(2 n^3 / 3) + 18 n``: as ``det``, with logarithms (cost model, linear algebra)."""
    return per_matrix(a, lambda m, n: 2 * n**3 // 3 + 18 * n)


@rule("linalg.cond")
def cond(x: Any, p: Any = None) -> int:
    """Singular values and a quotient; in another norm the inverse, two norms and a product.

    Cost model, linear algebra.
    """
    if p is None or p in (2, -2):
        return per_matrix(x, lambda m, n: singular_values(m, n) + 1)
    return per_matrix(x, lambda m, n: 2 * min(m, n) ** 3 + 4 * m * n + 1)


@rule("linalg.matrix_rank")
def matrix_rank(A: Any, *_: Ignored, **__: Ignored) -> int:
    """Singular values and b comparisons; one test per element of what is no matrix.

    Cost model, linear algebra.
    """
    if len(shape_of(A)) < 2:
        return max(1, size_of(A))
    return per_matrix(A, lambda m, n: singular_values(m, n) + min(m, n))


@rule("linalg.pinv")
def pinv(a: Any, *_: Ignored, **__: Ignored) -> int:
    """Decompose, invert b values, scale n b vector elements, multiply (cost model, linear
    algebra).
    """

    def price(m: int, n: int) -> int:
        b = min(m, n)
        return economy_svd(m, n) + b + n * b + matrix_product(n, b, m)

    return per_matrix(a, price)


@rule("linalg.lstsq")
def lstsq(a: Any, b: Any, rcond: Ignored = None) -> int:
    """Decompose, and carry c right-hand sides through the three factors (cost model, linear
    algebra).
    """
    right = shape_of(b)
    c = right[1] if len(right) > 1 else 1

    def price(m: int, n: int) -> int:
        k = min(m, n)
        return economy_svd(m, n) + matrix_product(k, m, c) + k * c + matrix_product(n, k, c)

    return per_matrix(a, price)


@rule("linalg.tensorsolve")
def tensorsolve(a: Any, b: Any, axes: Ignored = None) -> int:
    """``floor(2 n^3 / 3) + 2 n^2``, n the unknowns: one linear system (cost model, linear
    algebra).
    """
    unknowns = shape_of(a)[len(shape_of(b)) :]
    n = count(elements(unknowns))
    return max(1, 2 * n**3 // 3 + 2 * n**2)


@rule("linalg.tensorinv")
def tensorinv(a: Any, ind: int = 2) -> int:
    """``2 n^3``, n the elements of the first `ind` axes (cost model, linear algebra)."""
    n = count(elements(shape_of(a)[:ind]))
    return max(1, 2 * n**3)


@rule("linalg.matrix_power")
def matrix_power(a: Any, n: int) -> int:
    """The products of repeated squaring; a negative power inverts first (cost model, linear
    algebra).
    """
    products = _products_of_power(abs(n))
    powers = per_matrix(a, lambda m, k: products * matrix_product(k, k, k)) if products else 0
    return powers + (inverse(np.asarray(a)) if n < 0 else 0)


def _products_of_power(n: int) -> int:
    """Square once per binary digit after the first, and multiply where the digit is 1."""
    products = 0
    for digit in f"{n:b}"[1:]:
        products += 1 + (digit == "1")
    return products


@rule("linalg.multi_dot")
def multi_dot(arrays: Any, *_: Ignored, **__: Ignored) -> int:
    """The cheapest bracketing, all of them tried (cost model, linear algebra)."""
    return cheapest_chain(arrays, matrix_product)


def cheapest_chain(arrays: Any, product: Callable[[int, int, int], int]) -> int:
    """Least price of a chain of products; a vector in front is a row, one at the end a column."""
    shapes = [shape_of(array) for array in arrays]
    if len(shapes[0]) == 1:
        shapes[0] = (1, *shapes[0])
    if len(shapes[-1]) == 1:
        shapes[-1] = (*shapes[-1], 1)
    sides = [shapes[0][0], *(shape[1] for shape in shapes)]

    def cheapest(first: int, last: int) -> int:
        """Multiply the matrices from first to last, both included."""
        return min(
            (
                cheapest(first, cut)
                + cheapest(cut + 1, last)
                + product(sides[first], sides[cut + 1], sides[last + 1])
                for cut in range(first, last)
            ),
            default=0,
        )

    return cheapest(0, len(shapes) - 1)
