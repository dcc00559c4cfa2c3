"""The billing dtype of everything that is no ufunc and no accumulation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..costs_contractions import split_operands
from ..costs_random import GENERATOR_METHODS, MODULE_FUNCTIONS, RANDOM_STATE_METHODS
from ..rules import DtypeRule, Ignored, dtype_rule
from ..words import words
from .billing import (
    Dtype,
    as_float,
    double,
    dtype_of,
    heavier,
    operands,
    promoted,
    weakly,
    with_out,
)

__all__: list[str] = []


def _register(rules: dict[str, DtypeRule]) -> None:
    for names, billing_dtype in rules.items():
        dtype_rule(names, "0.12")(billing_dtype)


# ------------------------------------------------------------------------ strong promotion: any

_register(
    {
        "fix round around nan_to_num isreal iscomplex real_if_close": operands("a"),
        "ptp": operands("a _axis"),
        "dot inner outer vdot kron linalg.outer linalg.tensordot tensordot": operands("a b"),
        "convolve correlate cross linalg.cross linalg.vecdot": operands("a b"),
        "diff": operands("a _n _axis prepend append"),
        "searchsorted": operands("a v"),
        "digitize": operands("x bins"),
        "isin in1d": operands("element test_elements"),
        "union1d intersect1d setdiff1d setxor1d": operands("ar1 ar2"),
        "array_equal array_equiv": operands("a1 a2"),
        "append": operands("arr values"),
        "copyto": operands("dst src"),
        "polyadd polysub": operands("a1 a2"),
        "polymul": operands("a1 a2"),
        "polyval": operands("p x"),
    }
)


@dtype_rule("matmul linalg.matmul vecdot matvec vecmat", "0.12")
def products(x1: Any, x2: Any, out: Any = None, *, dtype: Any = None, **_: Ignored) -> Dtype:
    """Promotion, or the dtype that was asked for (price list 0.12, defects: Q6)."""
    return with_out(promoted(x1, x2) if dtype is None else np.dtype(dtype), out)


@dtype_rule("einsum", "0.12")
def einsum(*args: Any, out: Any = None, dtype: Any = None, **_: Ignored) -> Dtype:
    """Promotion of the operands, or the dtype that was asked for (price list 0.12, Q6)."""
    arrays = split_operands(args)[1]
    return with_out(promoted(*arrays) if dtype is None else np.dtype(dtype), out)


def _leaves(nested: Any) -> Iterator[Any]:
    if isinstance(nested, (list, tuple)) and any(
        isinstance(item, (np.ndarray, list, tuple)) for item in nested
    ):
        for item in nested:
            yield from _leaves(item)
    else:
        yield nested


@dtype_rule(
    """
    concatenate concat stack vstack hstack row_stack column_stack dstack block bmat lexsort
    linalg.multi_dot
    """,
    "0.12",
)
def of_list(arrays: Any, axis: Ignored = 0, out: Any = None, **_: Ignored) -> Dtype:
    """Promotion of what is in a list; ``dtype`` is not looked at (price list 0.12, any)."""
    if isinstance(arrays, np.ndarray):
        return with_out(arrays.dtype, out)
    return with_out(promoted(*(leaf for item in arrays for leaf in _leaves(item))), out)


@dtype_rule("meshgrid savez savez_compressed broadcast_arrays", "0.12")
def of_all(*args: Any, **named: Any) -> Dtype:
    """Promotion of all arrays (price list 0.12, any)."""
    arrays = [x for x in (*args, *named.values()) if isinstance(x, (np.ndarray, list, tuple))]
    return promoted(*arrays)


# -------------------------------------------------------------------------- weak promotion: weak

_register(
    {
        "clip": operands("a a_min a_max min max", weakly),
        "insert": operands("arr _obj values", weakly),
    }
)


@dtype_rule("where", "0.12")
def where(condition: Any, x: Any = None, y: Any = None) -> Dtype:
    """The choices; with one argument the condition (price list 0.12, weak)."""
    return dtype_of(condition) if x is None and y is None else weakly(x, y)


@dtype_rule("select", "0.12")
def select(condlist: Ignored, choicelist: Any, default: Any = 0) -> Dtype:
    """The choices and the default (price list 0.12, weak)."""
    return weakly(*choicelist, default)


@dtype_rule("choose", "0.12")
def choose(a: Ignored, choices: Any, out: Any = None, mode: Ignored = "raise") -> Dtype:
    """The choices (price list 0.12, weak)."""
    found = choices.dtype if isinstance(choices, np.ndarray) else weakly(*choices)
    return with_out(found, out)


# ---------------------------------------------------------------------- of one operand: a and dst

_register(
    {
        """
        argmax argmin count_nonzero nanargmax nanargmin ediff1d fft.fftshift fft.ifftshift diag
        reshape ravel copy tile repeat roll sort argsort unique pad triu tril flatnonzero nonzero
        argwhere take take_along_axis getitem trim_zeros resize packbits partition argpartition
        diagflat delete unique_all unique_counts unique_inverse unique_values asarray_chkfinite
        require piecewise place put put_along_axis putmask fill_diagonal
        """: lambda a, *_, **__: dtype_of(a),
        "extract compress save": lambda _, a, *__, **___: dtype_of(a),
    }
)


# ------------------------------------------------------------------------- float64 and its kin

_register(
    {
        "sinc i0": operands("x", then=as_float),
        "isclose": operands("a b rtol atol", weakly, as_float),
        "allclose": operands("a b rtol atol", then=as_float),
        "median nanmedian roots unwrap": operands("a", then=as_float),
        "percentile quantile nanpercentile nanquantile": operands("a q", weakly, as_float),
        "average": operands("a _axis weights", then=as_float),
        "gradient as_symmetric is_symmetric": lambda a, *_, **__: as_float(dtype_of(a)),
        "polydiv": operands("u v", then=as_float),
        "cov corrcoef": operands("m y", then=double),
        "interp": operands("x xp fp", then=double),
        "polyfit": operands("x y", then=double),
        "polyint": operands("p", then=double),
        "histogram": operands("a", then=double),
        "histogram2d": operands("x y", then=double),
        "histogramdd": lambda *_, **__: np.dtype(float),
        "fft.fftfreq fft.rfftfreq bartlett blackman hamming hanning kaiser": (
            lambda *_, **__: np.dtype(float)
        ),
        "bincount": lambda *_, **__: np.dtype(np.int64),
        "vander": lambda x, *_, **__: np.promote_types(dtype_of(x), np.int64),
        """
        stats.norm.pdf stats.norm.cdf stats.norm.ppf stats.uniform.pdf stats.uniform.cdf
        stats.uniform.ppf stats.expon.pdf stats.expon.cdf stats.expon.ppf stats.cauchy.pdf
        stats.cauchy.cdf stats.cauchy.ppf stats.logistic.pdf stats.logistic.cdf stats.logistic.ppf
        stats.laplace.pdf stats.laplace.cdf stats.laplace.ppf stats.lognorm.pdf stats.lognorm.cdf
        stats.lognorm.ppf stats.truncnorm.pdf stats.truncnorm.cdf stats.truncnorm.ppf
        """: lambda *_, **__: np.dtype(float),
    }
)


@dtype_rule("histogram_bin_edges", "0.12")
def histogram_bin_edges(a: Any, bins: Any = 10, *_: Ignored, **__: Ignored) -> Dtype:
    """Floats; edges that are given promote (price list 0.12, single rules)."""
    if isinstance(bins, (list, np.ndarray)):
        return as_float(promoted(a, bins))
    return as_float(dtype_of(a))


@dtype_rule("trapezoid trapz", "0.12")
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Ignored = -1) -> Dtype:
    """Promotion with the points, or weakly with their distance (price list 0.12, single rules)."""
    return weakly(y, dx) if x is None else as_float(promoted(y, x))


@dtype_rule("polyder", "0.12")
def polyder(p: Any, m: Ignored = 1) -> Dtype:
    """int64 of integers, else float64 or complex128 (price list 0.12, single rules)."""
    return np.dtype(np.int64) if dtype_of(p).kind in "biu" else double(dtype_of(p))


@dtype_rule("poly", "0.12")
def poly(seq_of_zeros: Any) -> Dtype:
    """Floats, and float64 of float16 (price list 0.12, single rules)."""
    dtype = as_float(dtype_of(seq_of_zeros))
    return np.dtype(float) if dtype.itemsize < 4 else dtype


@dtype_rule("symmetrize", "0.12")
def symmetrize(data: Any, *, mode: str = "reynolds-projection", **_: Ignored) -> Dtype:
    """float64 or complex128 of a mean, the operand's own of a copy (price list 0.12, symmetry)."""
    return dtype_of(data) if mode == "canonical-copy" else double(dtype_of(data))


# ----------------------------------------------------------------------------- linear algebra, FFT


def _of_lapack(*arrays: Any) -> Dtype:
    """Promotion; with an integer among them float64 or complex128."""
    found = promoted(*arrays)
    integral = any(dtype_of(x).kind in "biu" for x in arrays)
    return double(found) if integral else found


_register(
    {
        """
        linalg.svd linalg.cholesky linalg.cond linalg.det linalg.eig linalg.eigh linalg.eigvals
        linalg.eigvalsh linalg.inv linalg.matrix_norm linalg.matrix_rank linalg.norm linalg.pinv
        linalg.qr linalg.slogdet linalg.svdvals linalg.tensorinv linalg.vector_norm
        """: lambda a, *_, **__: _of_lapack(a),
        "linalg.solve linalg.tensorsolve linalg.lstsq": lambda a, b, *_, **__: _of_lapack(a, b),
        "linalg.matrix_power": lambda a, n: _of_lapack(a) if n < 0 else dtype_of(a),
    }
)


@dtype_rule(
    """
    fft.fft fft.ifft fft.fft2 fft.ifft2 fft.fftn fft.ifftn fft.rfft fft.irfft fft.rfft2 fft.irfft2
    fft.rfftn fft.irfftn fft.hfft fft.ihfft
    """,
    "0.12",
)
def fft(a: Any, *_: Ignored, out: Any = None, **__: Ignored) -> Dtype:
    """complex64 of floats up to 32 bits, else complex128 (price list 0.12, fft)."""
    single = dtype_of(a) in (np.float16, np.float32, np.complex64)
    return with_out(np.dtype(np.complex64 if single else np.complex128), out)


# ------------------------------------------------------------------------------- casts and copies


@dtype_rule("astype", "0.12")
def astype(x: Any, dtype: Any, *_: Ignored, **__: Ignored) -> Dtype:
    """Source or destination, the heavier (price list 0.12, casts)."""
    return heavier(dtype_of(x), np.dtype(dtype))


@dtype_rule("asarray", "0.12")
def asarray(a: Any, dtype: Any = None, *_: Ignored, **__: Ignored) -> Dtype:
    """Source or destination, the heavier (price list 0.12, casts)."""
    return dtype_of(a) if dtype is None else heavier(dtype_of(a), np.dtype(dtype))


# ---------------------------------------------------------------------------- results that are made


def _of_result(function: Callable[..., Any]) -> DtypeRule:
    def billing_dtype(*args: Any, **kwargs: Any) -> Dtype:
        """The dtype of what NumPy makes."""
        found = function(*args, **kwargs)
        found = found[0] if isinstance(found, tuple) else found
        dtype: Dtype = np.asarray(found).dtype
        return dtype

    return billing_dtype


for _name in words("""
    array ones full eye identity arange linspace ones_like full_like unpackbits fromfunction indices
    tri fromstring geomspace logspace apply_along_axis apply_over_axes
"""):
    dtype_rule(_name, "0.12")(_of_result(getattr(np, _name)))

_register(
    {
        "fromiter": lambda _iter, dtype, *_, **__: np.dtype(dtype),
        "ix_": lambda *_: np.dtype(np.int64),
    }
)


@dtype_rule("mask_indices", "0.12")
def mask_indices(n: int, mask_func: Callable[..., Any], k: Any = 0) -> Dtype:
    """The dtype of the mask (price list 0.12, single rules)."""
    return dtype_of(mask_func(np.ones((n, n), dtype=int), k))


# ---------------------------------------------------------------------------------------- samplers

_INTEGERS = frozenset(
    words("""
    binomial geometric hypergeometric logseries multinomial multivariate_hypergeometric
    negative_binomial poisson randint random_integers integers tomaxint zipf
    """)
)
_NEUTRAL = frozenset(words("bytes choice permutation shuffle permuted symmetric"))


def _drawn(method: str) -> DtypeRule:
    default = np.dtype(np.int64 if method in _INTEGERS else float)
    position = {"integers": 3, "randint": 3, "standard_gamma": 2, "random": 1}.get(method, 1)
    has_dtype = method in words(
        "integers randint standard_gamma random standard_normal standard_exponential"
    )

    def billing_dtype(*args: Any, dtype: Any = None, **_: Ignored) -> Dtype:
        """The dtype of the draws."""
        if has_dtype and dtype is None and len(args) > position:
            dtype = args[position]
        return default if dtype is None else np.dtype(dtype)

    return billing_dtype


for _prefix, _methods in (
    ("random.", MODULE_FUNCTIONS),
    ("random.Generator.", GENERATOR_METHODS),
    ("random.RandomState.", RANDOM_STATE_METHODS),
):
    for _method in _methods - _NEUTRAL:
        dtype_rule(_prefix + _method, "0.12")(_drawn(_method))
