"""Small numeric operations, linear algebra, polynomials, symmetry: counts that changed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import costs_numeric, costs_symmetry
from ..costs_histograms import samples_and_columns
from ..costs_linalg import economy_svd, matrix_product, per_matrix, singular_values
from ..costs_linalg import svd as _svd
from ..costs_pointwise import allclose as _allclose
from ..costs_pointwise import interp as _interp
from ..groups import Symmetry, together
from ..rules import Ignored, rule
from ..shapes import axes_of, broadcast, count, elements, log2_ceil, numel, shape_of, size_of

__all__: list[str] = []


@rule("modf frexp", "0.12")
def two_results(x: Any, *_: Ignored, **__: Ignored) -> int:
    """Two per symmetry-unique element (price list 0.12, counts)."""
    return 2 * together(x)


@rule("divmod", "0.12")
def divmod_(x1: Any, x2: Any, *_: Ignored, **__: Ignored) -> int:
    """Two per symmetry-unique element of the broadcast (price list 0.12, counts)."""
    return 2 * together(x1, x2)


@rule("isclose", "0.12")
def isclose(a: Any, b: Any, rtol: Any = 0.0, atol: Any = 0.0, *_: Ignored, **__: Ignored) -> int:
    """Six per element of the broadcast with the tolerances (price list 0.12, counts)."""
    return 6 * together(a, b, rtol, atol)


@rule("allclose", "0.12")
def allclose(a: Any, b: Any, rtol: Any = 0.0, atol: Any = 0.0, *_: Ignored, **__: Ignored) -> int:
    """As in 0.8, of the broadcast with the tolerances (price list 0.12, counts)."""
    wide = broadcast(shape_of(a), shape_of(b), shape_of(rtol), shape_of(atol))
    return _allclose(np.empty(wide), 0)


@rule("gradient", "0.12")
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> int:
    """Every point of the selected axes, six more per border point of the second order, and the
    surcharge of coordinate arrays as in 0.8 (price list 0.12, counts).
    """
    shape = shape_of(f)
    if not shape:
        return 1
    size = count(elements(shape))
    selected = axes_of(axis, len(shape)) if axis is None else axes_of(_plain(axis), len(shape))
    bill = sum(2 * size for _ in selected)
    if edge_order != 1:
        bill += sum(6 * size // shape[i] for i in selected if shape[i])
    surcharge = costs_numeric.gradient(f, *varargs, axis=axis) - costs_numeric.gradient(f)
    return max(1, bill + surcharge)


def _plain(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, (list, tuple)) else int(axis)


def _turned(m: Any, rowvar: bool) -> Any:
    return m if rowvar or len(shape_of(m)) < 2 else np.transpose(np.asarray(m))


@rule("cov", "0.12")
def cov(m: Any, y: Any = None, rowvar: bool = True, *_: Ignored, **__: Ignored) -> int:
    """As in 0.8, columns as features where that is asked for (price list 0.12, counts)."""
    return costs_numeric.cov(_turned(m, rowvar), None if y is None else _turned(y, rowvar))


@rule("corrcoef", "0.12")
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *_: Ignored, **__: Ignored) -> int:
    """As in 0.8, columns as features where that is asked for (price list 0.12, counts)."""
    return costs_numeric.corrcoef(_turned(x, rowvar), None if y is None else _turned(y, rowvar))


@rule("unwrap", "0.12")
def unwrap(p: Any, *_: Ignored, **__: Ignored) -> int:
    """``max(1, 13 * size)`` (price list 0.12, counts)."""
    return max(1, 13 * size_of(p))


@rule("hamming hanning", "0.12")
def raised_cosine(M: int) -> int:
    """``max(1, 18M)``, at weight 1 (price list 0.12, counts)."""
    return max(1, 18 * M)


@rule("trapezoid trapz", "0.12")
def trapezoid(y: Any, x: Any = None, *_: Ignored, **__: Ignored) -> int:
    """Four per element of the broadcast with points of two or more axes (price list 0.12)."""
    points = shape_of(x) if x is not None else ()
    wide = broadcast(shape_of(y), points) if len(points) > 1 else shape_of(y)
    return 4 * count(elements(wide))


@rule("linalg.cross", "0.12")
def linalg_cross(a: Any, b: Any, *, axis: int = -1) -> int:
    """As ``cross`` (price list 0.12, counts)."""
    return costs_numeric.cross(a, b, axis=axis)


@rule("interp", "0.12")
def interp(
    x: Any, xp: Any, fp: Ignored, left: Ignored = None, right: Ignored = None, period: Any = None
) -> int:
    """As in 0.8; with a period the points are sorted and two are added (price list 0.12)."""
    if period is None:
        return _interp(x, xp)
    m, p = size_of(x), size_of(xp)
    search = 3 * m + m * log2_ceil(p + 2)
    return search + 16 * (m + p) + 4 * p * log2_ceil(p) + 8 * p + 2 * (p + 2) + 2


# --------------------------------------------------------------------------------- linear algebra


@rule("linalg.svd", "0.12")
def svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: Ignored = False,
    k: int | None = None,
) -> int:
    """As in 0.8; the first k at a power iteration's price if less (price list 0.12, counts)."""
    least = min(shape_of(a)[-2:])
    if k is None or k == least or least == 0:
        return _svd(a, full_matrices if k is None else False, compute_uv)
    if not 1 <= k <= least:
        raise ValueError(f"k must be from 1 to {least}, got {k}")

    def price(m: int, n: int) -> int:
        if compute_uv:
            return min(4 * m * n * k + 6 * (m + n) * k**2 + 20 * k**3, economy_svd(m, n))
        return min(4 * m * n * k + 2 * (m + n) * k**2 + 2 * k**3, singular_values(m, n))

    return per_matrix(a, price)


@rule("linalg.svdvals", "0.12")
def svdvals(x: Any, *, k: int | None = None) -> int:
    """As ``svd`` without vectors (price list 0.12, counts)."""
    return svd(x, compute_uv=False, k=k)


@rule("linalg.matrix_rank", "0.12")
def matrix_rank(A: Any, tol: Any = None, hermitian: Ignored = False, *, rtol: Any = None) -> int:
    """Singular values, and b comparisons per threshold (price list 0.12, counts)."""
    if len(shape_of(A)) < 2:
        return numel(A)
    *batch, m, n = shape_of(A)
    threshold = tol if tol is not None else rtol
    pairs = broadcast(tuple(batch), () if threshold is None else shape_of(threshold))
    return per_matrix(A, singular_values) + min(m, n) * count(elements(pairs))


@rule("linalg.tensorsolve", "0.12")
def tensorsolve(a: Any, b: Ignored, axes: Ignored = None) -> int:
    """One system of as many unknowns as a has columns (price list 0.12, counts)."""
    n = math.isqrt(size_of(a))
    return max(1, 2 * n**3 // 3 + 2 * n**2)


@rule("linalg.trace", "0.12")
def linalg_trace(x: Any, *, offset: int = 0, dtype: Ignored = None) -> int:
    """As ``trace`` of the last two axes (price list 0.12, counts)."""
    *batch, rows, columns = shape_of(x)
    if rows == 0 or columns == 0:
        return 0
    diagonal = count(i for i in range(rows) if 0 <= i + offset < columns)
    return count(elements(batch)) * max(1, diagonal)


# ------------------------------------------------------------------------------------ polynomials


@rule("polyval", "0.12")
def polyval(p: Any, x: Any) -> int:
    """A product and a sum per value and coefficient but the first (price list 0.12, counts)."""
    n, *others = shape_of(p) or (1,)
    return max(1, 2 * (n - 1) * count(elements(broadcast(tuple(others), shape_of(x)))))


@rule("polyadd polysub", "0.12")
def polyadd(a1: Any, a2: Any) -> int:
    """One per coefficient of the result, at least 1 (price list 0.12, counts)."""
    return numel(np.polyadd(np.atleast_1d(a1), np.atleast_1d(a2)))


@rule("polyfit", "0.12")
def polyfit(
    x: Any,
    y: Any,
    deg: int,
    rcond: Ignored = None,
    full: bool = False,
    w: Ignored = None,
    cov: Any = False,
) -> int:
    """A Vandermonde matrix and a fit; the covariance is an inverse (price list 0.12, counts)."""
    m, p = size_of(x), int(deg) + 1
    columns = shape_of(y)[1] if len(shape_of(y)) > 1 else 1
    b = min(m, p)
    bill = m * int(deg) + economy_svd(m, p)
    bill += matrix_product(b, m, columns) + b * columns + matrix_product(p, b, columns)
    if cov and not full:
        slices = columns if cov != "unscaled" else 1
        bill += matrix_product(p, m, p) + 2 * p**3 + p * (p + 1) // 2 + p**2 + p * p * slices
        bill += slices if cov != "unscaled" else 0
    return max(1, bill)


# ------------------------------------------------------------------------------------- histograms


def _bins(bins: Any) -> int:
    return int(bins) if not shape_of(bins) else size_of(bins)


@rule("histogram2d", "0.12")
def histogram2d(x: Any, y: Ignored, bins: Any = 10, *_: Ignored, **__: Ignored) -> int:
    """A search per value and axis; a flat list of edges serves both (price list 0.12, counts)."""
    if shape_of(bins) and not (isinstance(bins, (list, tuple)) and len(bins) == 2):
        each = [bins, bins]
    else:
        each = list(bins) if isinstance(bins, (list, tuple)) else [bins, bins]
    return max(1, size_of(x) * sum(log2_ceil(_bins(b)) for b in each))


@rule("histogramdd", "0.12")
def histogramdd(sample: Any, bins: Any = 10, *_: Ignored, **__: Ignored) -> int:
    """A search per sample and column (price list 0.12, counts)."""
    n, d = samples_and_columns(sample)
    each = list(bins) if isinstance(bins, (list, tuple, np.ndarray)) else [bins] * d
    return max(1, n * sum(log2_ceil(_bins(b)) for b in each))


# --------------------------------------------------------------------------------------- symmetry


@rule("symmetrize", "0.12")
def symmetrize(data: Any, *, symmetry: Symmetry, mode: str = "reynolds-projection") -> int:
    """As in 0.8, or one per element copied (price list 0.12, symmetry)."""
    if mode == "canonical-copy":
        return size_of(data)
    return costs_symmetry.symmetrize(data, symmetry=symmetry)


@rule("random.symmetric", "0.12")
def random_symmetric(
    shape: Any, symmetry: Symmetry, *args: Any, mode: str = "reynolds-projection", **_: Ignored
) -> int:
    """Draw, then ``symmetrize`` (price list 0.12, random)."""
    order, n = costs_symmetry.order_and_size(shape, symmetry)
    return max(1, 2 * n if mode == "canonical-copy" else n + (order + 1) * n)


@rule("random.Generator.multivariate_hypergeometric", "0.12")
def multivariate_hypergeometric(
    colors: Any, nsample: int, size: Any = None, method: str = "marginals"
) -> int:
    """One per element; the method ``count`` shuffles the colors (price list 0.12, random)."""
    draws = 1 if size is None else size_of(np.empty(size))
    out = max(1, draws * size_of(colors))
    if method != "count":
        return out
    total = int(np.sum(colors))
    return total + 2 * draws * min(int(nsample), total - int(nsample)) + out
