"""What counted calls may cost: the most that the ratio of counted time to NumPy's may be."""

from __future__ import annotations

Ratios = dict[int, float]  # by number of elements

HOT: Ratios = {16: 0.9, 256: 1.0, 4096: 1.05, 65536: 1.02}
UNLIKE: Ratios = {16: 1.6}
#: NumPy's functions come to the ufunc's `reduce` through Python, and its methods too.
REDUCTION: Ratios = {256: 0.7}
PRODUCT: Ratios = {256: 1.2, 4096: 1.03}
CREATION: Ratios = {16: 1.5}
INDEXING: Ratios = {16: 1.6, 256: 1.6}

RATIOS: dict[str, Ratios] = {
    "op-add": HOT,
    "add": HOT,
    "op-mul-scalar": HOT,
    "maximum-scalar": HOT,
    "exp": HOT,
    "add-broadcast": UNLIKE,
    "add-column": UNLIKE,
    "add-strided": UNLIKE,
    "add-mixed": UNLIKE,
    "add-f32-f64": UNLIKE,
    "add-out": UNLIKE,
    "add-where": UNLIKE,
    "add-casting": UNLIKE,
    "sum": REDUCTION,
    "max": REDUCTION,
    "mean-axis0": REDUCTION,
    "method-sum": REDUCTION,
    "method-mean-axis0": REDUCTION,
    "sum-to-reduce": {256: 1.2},
    "max-to-reduce": {256: 1.2},
    "matmul": PRODUCT,
    "op-matmul": PRODUCT,
    "op-matmul-same": PRODUCT,
    "zeros": CREATION,
    "reshape": CREATION,
    "concatenate": CREATION,
    "where": CREATION,
    "transpose": CREATION,
    "index-row": INDEXING,
    "index-column": INDEXING,
    "index-mask": INDEXING,
    "norm-cdf": {16: 1.2, 4096: 1.0},
    "norm-pdf": {16: 1.2, 4096: 1.0},
}


def goal_of(group: str, elements: int) -> float | None:
    """The ratio that a case should stay below, if one has been set."""
    return RATIOS.get(group, {}).get(elements)
