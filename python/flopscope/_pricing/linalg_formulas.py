"""Counts of dense linear algebra, per matrix: the formulas that pricing and accounting share.

m x n is the matrix, a = max(m, n), b = min(m, n). Divisions are floor divisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = [
    "cholesky",
    "cond",
    "det",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "is_spectral",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "vector_norm",
]


def matmul(m: int, k: int, n: int) -> int:
    """Product of m x k and k x n: ``2mkn - mn``, at least 1."""
    return max(1, 2 * m * k * n - m * n)


def cholesky(n: int) -> int:
    """Return ``n^3 / 3``."""
    return max(1, n**3 // 3)


def qr(m: int, n: int, mode: str = "reduced") -> int:
    """Householder reflections, twice when Q is formed."""
    b = min(m, n)
    passes = 2 if mode in {"reduced", "complete"} else 1
    return max(1, passes * (2 * m * n * b - 2 * b**3 // 3))


def eig(n: int) -> int:
    """Return ``25 n^3``."""
    return max(1, 25 * n**3)


def eigvals(n: int) -> int:
    """Return ``10 n^3``."""
    return max(1, 10 * n**3)


def eigh(n: int) -> int:
    """Return ``9 n^3``."""
    return max(1, 9 * n**3)


def eigvalsh(n: int) -> int:
    """Return ``4 n^3 / 3``."""
    return max(1, 4 * n**3 // 3)


def svdvals(m: int, n: int, k: int | None = None) -> int:
    """Singular values only; the k largest may be had for ``4mnk``."""
    a, b = max(m, n), min(m, n)
    economy = max(1, 2 * a * b * b + 2 * b**3)
    return economy if k is None or k >= b else min(4 * m * n * k, economy)


def svd(
    m: int, n: int, k: int | None = None, with_vectors: bool = True, full_matrices: bool = True
) -> int:
    """Singular value decomposition: values only, thin, full, or its k largest."""
    a, b = max(m, n), min(m, n)
    if not with_vectors:
        return svdvals(m, n, k)
    thin = max(1, 6 * a * b * b + 20 * b**3)
    if k is not None:
        return thin if k >= b else min(4 * m * n * k, thin)
    return max(1, 4 * a * a * b + 22 * b**3) if full_matrices and m != n else thin


def solve(n: int, right_hand_sides: int = 1) -> int:
    """LU factorisation and two triangular solves per right-hand side."""
    return max(1, 2 * n**3 // 3 + 2 * n * n * right_hand_sides)


def inv(n: int, symmetric: bool = False) -> int:
    """Inverse; by Cholesky where the matrix is known to be symmetric."""
    return max(1, n**3 // 3 + n**3 if symmetric else 2 * n**3)


def det(n: int) -> int:
    """LU factorisation and the product of its diagonal."""
    return max(1, 2 * n**3 // 3 + n)


def slogdet(n: int) -> int:
    """LU factorisation and the logarithms of its diagonal."""
    return max(1, 2 * n**3 // 3 + 18 * n)


def cond(m: int, n: int, p: Any = None) -> int:
    """Condition number: from singular values (p of None, 2, -2), else from an inverse."""
    if p is None or (not isinstance(p, str) and p in {2, -2}):
        return svdvals(m, n) + 1
    return 2 * min(m, n) ** 3 + 4 * m * n + 1


def matrix_rank(m: int, n: int) -> int:
    """Singular values and one comparison each."""
    return svdvals(m, n) + min(m, n)


def pinv(m: int, n: int) -> int:
    """Thin SVD, inverted values, and the product of its factors."""
    b = min(m, n)
    return svd(m, n, full_matrices=False) + b + n * b + matmul(n, b, m)


def lstsq(m: int, n: int, columns: int = 1) -> int:
    """Thin SVD applied to the right-hand sides."""
    b = min(m, n)
    return (
        svd(m, n, full_matrices=False) + matmul(b, m, columns) + b * columns + matmul(n, b, columns)
    )


def matrix_power(n: int, power: int) -> int:
    """Square and multiply; negative powers invert first."""
    if power < 0:
        return inv(n) + matrix_power(n, -power)
    if power < 2:
        return 0
    return (power.bit_length() + power.bit_count() - 2) * matmul(n, n, n)


def multi_dot(shapes: Sequence[Sequence[int]]) -> int:
    """Cheapest parenthesisation of a chain of products (matrix chain dynamic program)."""
    chain = [tuple(shape) for shape in shapes]
    if len(chain) < 2:
        return 0
    if len(chain[0]) == 1:
        chain[0] = (1, *chain[0])
    if len(chain[-1]) == 1:
        chain[-1] = (*chain[-1], 1)
    sizes = [chain[0][0], *(shape[1] for shape in chain)]
    count = len(chain)
    best = [[0] * count for _ in range(count)]
    for span in range(1, count):
        for i in range(count - span):
            j = i + span
            best[i][j] = min(
                best[i][k] + best[k + 1][j] + matmul(sizes[i], sizes[k + 1], sizes[j + 1])
                for k in range(i, j)
            )
    return best[0][-1]


def vector_norm(cells: int, order: Any = None) -> int:
    """Norm of one group of cells: two passes, or powers for a general order."""
    n = max(1, cells)
    simple = order is None or (
        not isinstance(order, str) and order in {0, 1, 2, float("inf"), float("-inf")}
    )
    return 2 * n if simple else 18 * n + 16


def is_spectral(order: Any) -> bool:
    """Whether a matrix norm of this order needs singular values."""
    return order == "nuc" or (not isinstance(order, str) and order in {2, -2})


def matrix_norm(m: int, n: int, order: Any = None) -> int:
    """Matrix norm: two passes, or singular values for orders 2, -2 and 'nuc'."""
    return svdvals(m, n) if is_spectral(order) else 2 * m * n
