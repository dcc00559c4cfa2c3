"""What operations cost, without running them.

Every function returns what executing the operation would charge: FLOPs, weight included.

>>> from flopscope import accounting
>>> accounting.svd_cost(6, 4, with_vectors=True)
1856
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from flopscope import _core
from flopscope.numpy._namespace import ROWS
from flopscope.pricing.facts.fft import rectangle
from flopscope.pricing.facts.linalg import chain_sizes, is_general, is_spectral
from flopscope.pricing.facts.products import canonical_subscripts, contraction_bill
from flopscope.pricing.quotes import quote, quote_count
from flopscope.symmetry import SymmetryGroup

__all__ = [
    "bartlett_cost",
    "blackman_cost",
    "cholesky_cost",
    "cond_cost",
    "det_cost",
    "eig_cost",
    "eigh_cost",
    "eigvals_cost",
    "eigvalsh_cost",
    "einsum_cost",
    "fft_cost",
    "fftn_cost",
    "get_weight",
    "hamming_cost",
    "hanning_cost",
    "hfft_cost",
    "inv_cost",
    "kaiser_cost",
    "lstsq_cost",
    "matrix_norm_cost",
    "matrix_power_cost",
    "matrix_rank_cost",
    "multi_dot_cost",
    "norm_cost",
    "pinv_cost",
    "pointwise_cost",
    "poly_cost",
    "polyadd_cost",
    "polyder_cost",
    "polydiv_cost",
    "polyfit_cost",
    "polyint_cost",
    "polymul_cost",
    "polysub_cost",
    "polyval_cost",
    "qr_cost",
    "reduction_cost",
    "rfft_cost",
    "rfftn_cost",
    "roots_cost",
    "slogdet_cost",
    "solve_cost",
    "svd_cost",
    "svdvals_cost",
    "tensorinv_cost",
    "tensorsolve_cost",
    "trace_cost",
    "unwrap_cost",
    "vector_norm_cost",
]

Shape = Sequence[int]


def get_weight(op_name: str) -> float:
    """Weight that the counts of an operation are multiplied by.

    Parameters
    ----------
    op_name : str
        Name as in the log. Names without a row of their own take the weight of the operation they
        stand for (``pow`` that of ``power``, ``random.Generator.normal`` that of
        ``random.normal``, ``power.outer`` that of ``power``), all others weigh 1.

    Examples
    --------
    >>> from flopscope import accounting
    >>> accounting.get_weight("exp")
    16.0
    """
    return float(_core._default_cost_model().weight_of(op_name))


def _bill(op_name: str, *facts: Any) -> int:
    """Bill of a call with these facts, under the price list in force."""
    return quote(op_name, facts).bill


def _collector_of(op_name: str) -> str:
    """Whose facts a row is priced by; of ufuncs' methods and names without a row, none."""
    return ROWS[op_name].collector if op_name in ROWS else "none"


def _check_name(op_name: Any) -> None:
    if not isinstance(op_name, str):
        raise TypeError(f"op_name must be a string, got {type(op_name).__name__}")


# ------------------------------------------------------------------------ elementwise, reductions


def pointwise_cost(op_name: str, *, shape: Shape, symmetry: SymmetryGroup | None = None) -> int:
    """Cost of an elementwise operation with an output of this shape.

    Parameters
    ----------
    op_name : str
    shape : sequence of int
    symmetry : SymmetryGroup, optional
        Symmetry of the output: only its unique elements are billed.

    Raises
    ------
    TypeError
        `op_name` is no string.

    Examples
    --------
    >>> from flopscope import accounting
    >>> accounting.pointwise_cost("exp", shape=(3, 4))
    192
    """
    _check_name(op_name)
    lengths = tuple(shape)
    size = math.prod(lengths)
    unique = size if symmetry is None else _core._unique_elements(symmetry, lengths)
    if _collector_of(op_name) == "elementwise":
        return _bill(op_name, unique, size, *[0] * 4)
    return quote_count(op_name, max(1, unique)).bill


def reduction_cost(
    op_name: str,
    *,
    input_shape: Shape,
    axis: int | Sequence[int] | None = None,
    symmetry: SymmetryGroup | None = None,
) -> int:
    """Cost of a reduction.

    Parameters
    ----------
    op_name : str
        A reduction of the table (``"sum"``, ``"std"``, ``"median"``, ...); any other name is
        billed like ``"sum"``.
    input_shape : sequence of int
    axis : int or sequence of int, optional
        All axes by default.
    symmetry : SymmetryGroup, optional
        Symmetry of the operand.

    Raises
    ------
    TypeError
        `op_name` is no string.

    Examples
    --------
    >>> from flopscope import accounting
    >>> accounting.reduction_cost("sum", input_shape=(3, 4), axis=0)
    8
    """
    _check_name(op_name)
    lengths = tuple(input_shape)
    if axis is None:
        axes = tuple(range(len(lengths)))
    else:
        axes = tuple(i % len(lengths) for i in ((axis,) if isinstance(axis, int) else axis))
    facts = _core._reduction_facts(lengths, axes, symmetry)
    if _collector_of(op_name) == "reduction":
        return _bill(op_name, *facts)
    return quote_count(op_name, quote("sum", facts).count).bill


def unwrap_cost(shape: Shape) -> int:
    """Cost of ``unwrap``."""
    return _bill("unwrap", math.prod(shape))


# --------------------------------------------------------------------------------- contractions


def einsum_cost(
    subscripts: str,
    shapes: Sequence[Shape],
    operand_symmetries: Sequence[SymmetryGroup | None] | None = None,
    identity_pattern: Sequence[Sequence[int]] | None = None,
) -> int:
    """Cost of an einsum of operands with these shapes.

    Parameters
    ----------
    subscripts : str
    shapes : sequence of shapes
    operand_symmetries : sequence of SymmetryGroup or None, optional
        Declared symmetry of each operand.
    identity_pattern : sequence of sequences of int, optional
        Positions that hold the same object.

    Examples
    --------
    >>> from flopscope import accounting
    >>> accounting.einsum_cost("ij,jk->ik", [(2, 3), (3, 4)])
    40
    >>> accounting.einsum_cost("ij,kj->ik", [(3, 3), (3, 3)], identity_pattern=[(0, 1)])
    30
    """
    classes = list(range(len(shapes)))
    for positions in identity_pattern or ():
        for position in positions:
            classes[position] = min(positions)
    inputs, output = canonical_subscripts(subscripts, [len(shape) for shape in shapes])
    lengths = [tuple(shape) for shape in shapes]
    bill, _ = contraction_bill(inputs, output, lengths, operand_symmetries, classes)
    return _bill("einsum", bill.multiplications, bill.additions, 0)


def multi_dot_cost(shapes: Sequence[Shape]) -> int:
    """Cost of ``linalg.multi_dot`` in its best order."""
    return _bill("linalg.multi_dot", chain_sizes(shapes), 0)


# ------------------------------------------------------------------------------- linear algebra


def svd_cost(
    m: int,
    n: int,
    k: int | None = None,
    *,
    with_vectors: bool = False,
    full_matrices: bool = False,
) -> int:
    """Cost of ``linalg.svd`` of one m x n matrix."""
    return _bill("linalg.svd", 1, m, n, k or 0, with_vectors, full_matrices)


def svdvals_cost(m: int, n: int, k: int | None = None) -> int:
    """Cost of ``linalg.svdvals`` of one m x n matrix."""
    return _bill("linalg.svdvals", 1, m, n, k or 0)


def cholesky_cost(n: int) -> int:
    """Cost of ``linalg.cholesky`` of one n x n matrix."""
    return _bill("linalg.cholesky", 1, n)


def qr_cost(m: int, n: int, mode: str = "reduced") -> int:
    """Cost of ``linalg.qr`` of one m x n matrix."""
    return _bill("linalg.qr", 1, m, n, mode)


def eig_cost(n: int) -> int:
    """Cost of ``linalg.eig`` of one n x n matrix."""
    return _bill("linalg.eig", 1, n)


def eigh_cost(n: int) -> int:
    """Cost of ``linalg.eigh`` of one n x n matrix."""
    return _bill("linalg.eigh", 1, n)


def eigvals_cost(n: int) -> int:
    """Cost of ``linalg.eigvals`` of one n x n matrix."""
    return _bill("linalg.eigvals", 1, n)


def eigvalsh_cost(n: int) -> int:
    """Cost of ``linalg.eigvalsh`` of one n x n matrix."""
    return _bill("linalg.eigvalsh", 1, n)


def solve_cost(n: int, nrhs: int = 1, symmetric: bool = False) -> int:
    """Cost of ``linalg.solve`` with n unknowns; symmetry brings no discount."""
    return _bill("linalg.solve", 1, n, nrhs)


def inv_cost(n: int, symmetric: bool = False) -> int:
    """Cost of ``linalg.inv`` of one n x n matrix, perhaps tagged symmetric."""
    return _bill("linalg.inv", 1, n, symmetric)


def det_cost(n: int, symmetric: bool = False) -> int:
    """Cost of ``linalg.det`` of one n x n matrix; symmetry brings no discount."""
    return _bill("linalg.det", 1, n)


def slogdet_cost(n: int, symmetric: bool = False) -> int:
    """Cost of ``linalg.slogdet`` of one n x n matrix; symmetry brings no discount."""
    return _bill("linalg.slogdet", 1, n)


def lstsq_cost(m: int, n: int, b_cols: int = 1, b_ndim: int = 1) -> int:
    """Cost of ``linalg.lstsq`` with an m x n matrix; a vector has one right-hand side."""
    return _bill("linalg.lstsq", 1, m, n, b_cols if b_ndim > 1 else 1)


def pinv_cost(m: int, n: int) -> int:
    """Cost of ``linalg.pinv`` of one m x n matrix."""
    return _bill("linalg.pinv", 1, m, n)


def tensorsolve_cost(a_shape: Shape, ind: int | None = None) -> int:
    """Cost of ``linalg.tensorsolve``; the right-hand side has `ind` axes (2 by default)."""
    unknowns = math.prod(tuple(a_shape)[2 if ind is None else ind :])
    return _bill("linalg.tensorsolve", unknowns, math.prod(a_shape))


def tensorinv_cost(a_shape: Shape, ind: int = 2) -> int:
    """Cost of ``linalg.tensorinv``."""
    return _bill("linalg.tensorinv", math.prod(tuple(a_shape)[:ind]))


def trace_cost(n: int) -> int:
    """Cost of ``linalg.trace`` of one n x n matrix."""
    return _bill("linalg.trace", 1, n)


def norm_cost(shape: Shape, ord: Any = None) -> int:
    """Cost of ``linalg.norm`` over all axes."""
    lengths = tuple(shape)
    if math.prod(lengths) == 0:
        return 0
    is_vector = len(lengths) == 1
    m, n = (1, 1) if len(lengths) < 2 else lengths[-2:]
    spectral = len(lengths) > 1 and is_spectral(ord)
    general = is_vector and is_general(ord)
    return _bill("linalg.norm", 1, math.prod(lengths), m, n, is_vector, spectral, general)


def vector_norm_cost(shape: Shape, ord: Any = None) -> int:
    """Cost of ``linalg.vector_norm`` over all axes."""
    return _bill("linalg.vector_norm", 1, max(1, math.prod(shape)), is_general(ord))


def matrix_norm_cost(shape: Shape, ord: Any = None) -> int:
    """Cost of ``linalg.matrix_norm``."""
    *batch, m, n = shape
    return _bill("linalg.matrix_norm", math.prod(batch), m, n, is_spectral(ord))


def cond_cost(m: int, n: int, p: Any = None) -> int:
    """Cost of ``linalg.cond`` of one m x n matrix."""
    return _bill("linalg.cond", 1, m, n, p is None or (not isinstance(p, str) and p in {2, -2}))


def matrix_rank_cost(m: int, n: int) -> int:
    """Cost of ``linalg.matrix_rank`` of one m x n matrix."""
    return _bill("linalg.matrix_rank", 1, m, n, 1, -1)


def matrix_power_cost(n: int, k: int) -> int:
    """Cost of ``linalg.matrix_power`` of one n x n matrix."""
    return _bill("linalg.matrix_power", 1, n, k)


# ----------------------------------------------------------------------------------- transforms


def fft_cost(n: int) -> int:
    """Cost of ``fft.fft`` of one line of length n."""
    return _bill("fft.fft", 1, n)


def rfft_cost(n: int) -> int:
    """Cost of ``fft.rfft`` of one line of length n."""
    return _bill("fft.rfft", 1, n)


def hfft_cost(n_out: int) -> int:
    """Cost of ``fft.hfft`` of one line, by the length of the output."""
    return _bill("fft.hfft", 1, n_out)


def fftn_cost(shape: Shape) -> int:
    """Cost of ``fft.fftn`` over all axes."""
    return _bill("fft.fftn", *rectangle(tuple(shape), None, None, False, False))


def rfftn_cost(shape: Shape) -> int:
    """Cost of ``fft.rfftn`` over all axes."""
    return _bill("fft.rfftn", *rectangle(tuple(shape), None, None, True, False))


# --------------------------------------------------------------------------- polynomials, windows


def poly_cost(n: int) -> int:
    """Cost of ``poly`` of n roots."""
    return _bill("poly", n, False)


def polyadd_cost(n1: int, n2: int) -> int:
    """Cost of ``polyadd`` of n1 and n2 coefficients."""
    return _bill("polyadd", n1, n2, max(n1, n2))


def polysub_cost(n1: int, n2: int) -> int:
    """Cost of ``polysub`` of n1 and n2 coefficients."""
    return _bill("polysub", n1, n2, max(n1, n2))


def polymul_cost(n1: int, n2: int) -> int:
    """Cost of ``polymul`` of n1 and n2 coefficients."""
    return _bill("polymul", n1, n2)


def polydiv_cost(n1: int, n2: int) -> int:
    """Cost of ``polydiv`` of n1 by n2 coefficients."""
    return _bill("polydiv", n1, n2)


def polyval_cost(deg: int, m: int) -> int:
    """Cost of ``polyval`` of degree `deg` at m points."""
    return _bill("polyval", deg, m, m)


def polyder_cost(n: int, m: int = 1) -> int:
    """Cost of the m-th ``polyder`` of n coefficients."""
    return _bill("polyder", n, m)


def polyint_cost(n: int, m: int = 1) -> int:
    """Cost of the m-th ``polyint`` of n coefficients."""
    return _bill("polyint", n, m)


def polyfit_cost(m: int, deg: int) -> int:
    """Cost of ``polyfit`` of degree `deg` to m points."""
    return _bill("polyfit", m, deg, 1, "")


def roots_cost(n: int) -> int:
    """Cost of ``roots`` by the size of the companion matrix."""
    return _bill("roots", n, n + 1)


def _window(name: str) -> Callable[[int], int]:
    def cost(n: int) -> int:
        return _bill(name, n)

    cost.__name__ = cost.__qualname__ = f"{name}_cost"
    cost.__doc__ = f"Cost of ``{name}`` with n points."
    return cost


bartlett_cost = _window("bartlett")
blackman_cost = _window("blackman")
hamming_cost = _window("hamming")
hanning_cost = _window("hanning")
kaiser_cost = _window("kaiser")
