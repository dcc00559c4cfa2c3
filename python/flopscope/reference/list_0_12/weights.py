"""Weights of the price list 0.12 where they differ from those of 0.8."""

from __future__ import annotations

from ..rules import PRICE_LISTS
from ..words import words

__all__: list[str] = []

_PLAIN = words("""
    fft.fftshift fft.ifftshift ones full eye identity diag ones_like full_like reshape concatenate
    stack vstack hstack ravel copy tile repeat roll triu tril meshgrid column_stack dstack select
    extract place put put_along_axis putmask compress resize broadcast_shapes fromiter block bmat
    unravel_index diag_indices diag_indices_from diagflat tril_indices tril_indices_from
    triu_indices triu_indices_from fill_diagonal tri concat ix_ delete insert append require
    hamming hanning piecewise apply_along_axis
""")

_IRREGULAR = words("""
    where sort argsort searchsorted unique lexsort partition argpartition union1d intersect1d
    setdiff1d setxor1d histogram histogram2d histogramdd histogram_bin_edges bincount digitize
    unique_all unique_counts unique_inverse unique_values take take_along_axis choose
    random.choice random.permutation random.shuffle random.Generator.permuted
""")

PRICE_LISTS["0.12"].weights.update(
    {**dict.fromkeys(_PLAIN, 1.0), **dict.fromkeys(_IRREGULAR, 4.0), "real": 0.0, "imag": 0.0}
)
