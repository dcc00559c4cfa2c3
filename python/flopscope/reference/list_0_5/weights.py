"""Weights of the price list 0.5 where they differ from those of 0.8."""

from __future__ import annotations

from ..rules import PRICE_LISTS
from ..words import words

__all__: list[str] = []

_SHORT = words("std var nanstd nanvar")

_IRREGULAR = words("""
    argwhere where mask_indices trim_zeros stats.cauchy.pdf
    bmat choose compress diag extract fill_diagonal insert place putmask select take
    linalg.cholesky linalg.cond linalg.det linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh
    linalg.inv linalg.lstsq linalg.matrix_rank linalg.pinv linalg.qr linalg.slogdet linalg.solve
    linalg.svd linalg.svdvals linalg.tensorinv linalg.tensorsolve
""")

_TRANSCENDENTAL = words("blackman kaiser roots random.multivariate_normal fromiter")

_DISTRIBUTIONS = words("""
    stats.norm.pdf stats.norm.cdf stats.norm.ppf stats.expon.pdf stats.expon.cdf stats.expon.ppf
    stats.cauchy.cdf stats.cauchy.ppf stats.logistic.pdf stats.logistic.cdf stats.logistic.ppf
    stats.laplace.pdf stats.laplace.cdf stats.laplace.ppf stats.lognorm.pdf stats.lognorm.cdf
    stats.lognorm.ppf stats.truncnorm.pdf stats.truncnorm.cdf stats.truncnorm.ppf
""")

_PLAIN = words("""
    append block concat concatenate delete diagflat diagonal dstack full full_like iscomplexobj
    isrealobj ix_ meshgrid put put_along_axis repeat resize stack take_along_axis tile unstack
    vstack geomspace logspace linalg.diagonal
""")

_FREE = words("asarray astype ravel_multi_index fft.fftfreq fft.rfftfreq")

PRICE_LISTS["0.5"].weights.update(
    {
        **dict.fromkeys(_SHORT, 2.0),
        **dict.fromkeys(_IRREGULAR, 4.0),
        **dict.fromkeys(_TRANSCENDENTAL, 16.0),
        **dict.fromkeys(_DISTRIBUTIONS, 16.0),
        **dict.fromkeys(_PLAIN, 1.0),
        **dict.fromkeys(_FREE, 0.0),
    }
)
