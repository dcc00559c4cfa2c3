"""What complex arithmetic multiplies a count with."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..costs_contractions import CONTRACTIONS
from ..rules import PRICE_LISTS
from ..words import words
from .loops import factor_of_loop

__all__: list[str] = []

_LINALG = words("""
    svd cholesky cond det eig eigh eigvals eigvalsh inv lstsq matrix_norm matrix_power matrix_rank
    multi_dot norm pinv qr slogdet solve svdvals tensorinv tensorsolve vector_norm
""")

_FACTORS: dict[float | None, str] = {
    2.25: "log",
    2.3: "log2 log10 log1p",
    2.5: "var std nanvar nanstd",
    3.0: "interp",
    3.1: "exp exp2 expm1",
    3.4: "sin cos sinh cosh tanh",
    3.5: """
        arcsin arccos arctan arcsinh arccosh arctanh asin acos atan asinh acosh atanh
        """,
    3.6: "tan",
    4.0: """
        abs absolute average convolve correlate corrcoef cov poly roots polydiv polyfit polymul
        polyval
        """
    + " ".join(f"linalg.{name}" for name in _LINALG),
    4.7: "cross linalg.cross",
    5.0: "square",
    5.5: "power pow float_power geomspace logspace",
    6.0: """
        reciprocal multiply prod cumprod nanprod nancumprod cumulative_prod outer kron linalg.outer
        vander
        """,
    7.0: "sign",
    10.0: "sqrt",
    11.0: "divide true_divide",
    14.5: "sinc",
    1.0: """
        fft.fft fft.fft2 fft.fftn fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ihfft fft.irfft
        fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftn
        """,
    None: """
        cbrt degrees radians deg2rad rad2deg signbit fabs ceil floor trunc fix spacing bitwise_not
        bitwise_invert bitwise_count invert i0 modf frexp isneginf isposinf floor_divide mod
        remainder fmod logaddexp logaddexp2 arctan2 atan2 hypot copysign nextafter ldexp heaviside
        bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift left_shift
        right_shift gcd lcm divmod percentile nanpercentile quantile nanquantile packbits
        unpackbits bincount digitize unwrap
        """,
}

#: Factor of everything that adds, compares, selects, sorts, moves, creates or casts.
OTHERS = 2.0


def _exact(name: str) -> Any:
    def factor(*args: Any, **kwargs: Any) -> float:
        """Six per product and two per sum, over what the contraction counts."""
        made = CONTRACTIONS[name](*args, **kwargs)
        sums = made.total - made.products
        return (6 * made.products + 2 * sums) / made.total if made.total else 1.0

    return factor


_OF_UFUNC: dict[np.ufunc, float | None] = {}


def _of_outer(ufunc: np.ufunc, *args: Any, **kwargs: Any) -> float | None:
    return factor_of_loop(ufunc, _OF_UFUNC[ufunc])(*args, **kwargs)


def _of_method(ufunc: np.ufunc, *_: Any, **__: Any) -> float | None:
    return _OF_UFUNC[ufunc]


def _register() -> None:
    factors = PRICE_LISTS["0.12"].complex_factors
    factors.update(dict.fromkeys(PRICE_LISTS["0.12"].rules, OTHERS))
    for factor, names in _FACTORS.items():
        factors.update(dict.fromkeys(words(names), factor))
    for name, factor in list(factors.items()):
        ufunc = getattr(np, name, None)
        if isinstance(ufunc, np.ufunc):
            _OF_UFUNC[ufunc] = factor
            if ufunc.nin == 2 and ufunc.signature is None:
                factors[name] = factor_of_loop(ufunc, factor)
    for name in CONTRACTIONS.keys() - {"outer", "linalg.outer"}:
        factors[name] = _exact(name)
    factors["<ufunc>.outer"] = _of_outer
    for method in ("reduce", "accumulate", "reduceat", "at"):
        factors[f"<ufunc>.{method}"] = _of_method


_register()
