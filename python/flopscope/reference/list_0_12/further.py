"""Records that a call leaves beside its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..costs_contractions import split_operands
from ..entries import Entry, entry_of
from ..rules import PRICE_LISTS, Ignored
from ..shapes import size_of
from .billing import promoted, with_out
from .factors import OTHERS

__all__: list[str] = []


def _entry(name: str, count: int, dtype: Any) -> Entry:
    factor = OTHERS if dtype.kind == "c" else 1.0
    return entry_of(name, count, dtype, factor, cost_model="0.12")


def _edges(a: Any, bins: Any, range: Any, weights: Any) -> np.ndarray[Any, Any]:
    return np.histogram_bin_edges(np.asarray(a), bins, range, weights)


def histogram_bin_edges(
    a: Any, bins: Any = 10, range: Any = None, weights: Any = None
) -> list[Entry]:
    """The edges, if they are computed (price list 0.12, counts)."""
    if not isinstance(bins, str) and np.ndim(bins):
        return []
    edges = _edges(a, bins, range, weights)
    return [_entry("linspace", 2 * edges.size, edges.dtype)]


def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> list[Entry]:
    """The edges, and what turns counts into a density (price list 0.12, counts)."""
    entries = histogram_bin_edges(a, bins, range, weights)
    if density:
        edges = _edges(a, bins, range, weights)
        b = edges.size - 1
        entries += [
            _entry("diff", b, edges.dtype),
            _entry("divide", b, np.dtype(float)),
            _entry("sum", b - 1, np.dtype(float)),
            _entry("divide", b, np.dtype(float)),
        ]
    return entries


def einsum(*args: Any, out: Any = None, **_: Ignored) -> list[Entry]:
    """The copy into ``out`` (price list 0.12, counts)."""
    if out is None:
        return []
    arrays = split_operands(args)[1]
    return [_entry("copyto", size_of(out), with_out(promoted(*arrays), out))]


PRICE_LISTS["0.12"].further.update(
    {"histogram": histogram, "histogram_bin_edges": histogram_bin_edges, "einsum": einsum}
)
