"""How large a result would be, before anything is run.

Nothing is charged for a result that would be too large to keep. A quick bound decides for nearly
all calls; only what could be too large is priced by a dry run, which knows shapes exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import flopscope as flops
from flopscope.remote.operations import Operation

__all__ = ["check_result_size", "too_large"]

_WIDEST = 16  # bytes per cell

# As many cells as the product of the operands' sizes.
_PRODUCTS = frozenset(
    "outer kron einsum tensordot linalg.outer linalg.tensordot meshgrid ix_ polymul "
    "convolve correlate multiply.outer".split()
)
# As many cells as the sum of them.
_JOINS = frozenset(
    "append block bmat column_stack concat concatenate dstack hstack row_stack stack vstack "
    "array asarray".split()
)
# The square of an argument, or of a length.
_SQUARES = frozenset(
    "corrcoef cov diag diagflat eye identity indices mask_indices tri tril_indices triu_indices "
    "diag_indices vander linalg.svd linalg.qr linalg.matrix_power linalg.tensorinv".split()
)


def too_large(found: int, limit: int) -> ValueError:
    """Return the error for an array above the limit."""
    return ValueError(
        f"array of {found:,} bytes is too large: this server keeps arrays up to {limit:,} bytes. "
        "Compute in parts"
    )


def _leaves(value: Any, depth: int = 8) -> Iterator[Any]:
    if isinstance(value, (list, tuple)) and depth:
        for item in value:
            yield from _leaves(item, depth - 1)
    elif isinstance(value, dict) and depth:
        for item in value.values():
            yield from _leaves(item, depth - 1)
    else:
        yield value


def _coarse(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    """A number of cells that the result does not exceed, as a float that may be infinite."""
    sizes: list[int] = []
    shapes = set()
    numbers = 1.0
    only_arrays = operation.kind in ("ufunc", "elementwise", "reduction", "contraction")
    for leaf in _leaves((args, kwargs)):
        if isinstance(leaf, np.ndarray):
            sizes.append(max(leaf.size, 1))
            shapes.add(leaf.shape)
        elif not only_arrays and isinstance(leaf, (int, float)) and leaf and leaf == leaf:
            size = abs(leaf)
            numbers *= 2.0 * float(min(size, 1e300)) + 1.0
            if isinstance(leaf, float) and size < 1.0:
                numbers /= max(size, 1e-300)
    if operation.name in _JOINS:
        cells = float(sum(sizes)) * 2.0
    elif len(shapes) == 1 and operation.name not in _PRODUCTS and operation.kind != "contraction":
        cells = float(sizes[0])
    else:
        cells = float(math.prod(sizes[:64]))
    cells *= min(numbers, 1e300)
    return min(cells, 1e150) ** 2 if operation.name in _SQUARES else cells


def _matmul_cells(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> int:
    if not a.ndim or not b.ndim:
        return max(a.size, b.size)
    inner: int = b.shape[-2] if b.ndim > 1 else b.shape[0]
    rows: int = a.size // max(a.shape[-1], 1)
    return int(rows * (b.size // max(inner, 1)))


def _by_values(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int | None:
    """Cells of results whose length is a value of an operand."""
    if operation.name == "bincount" and args:
        values = np.asarray(args[0])
        lengths = [kwargs.get("minlength", args[2] if len(args) > 2 else 0)]
        if values.size and values.dtype.kind in "iu":
            lengths.append(int(values.max()) + 1)
        return max(int(n) for n in lengths)
    if operation.name == "repeat" and len(args) + len(kwargs) > 1:
        repeats = np.asarray(args[1] if len(args) > 1 else kwargs.get("repeats", 1))
        if repeats.dtype.kind in "iu":
            of = np.size(args[0]) if args else 1
            total = sum(int(n) for n in repeats.reshape(-1)[:1_000_000])
            return of * (total if repeats.size == 1 else max(total, 1))
    if operation.name in ("histogram2d", "histogramdd"):
        bins = kwargs.get("bins", args[-1] if len(args) > 1 else 10)
        if isinstance(bins, int):
            sample = np.asarray(args[0])
            columns = 2 if operation.name == "histogram2d" or sample.ndim < 2 else sample.shape[1]
            return int(max(bins, 1) ** min(columns, 64))
        if isinstance(bins, (list, tuple)) and all(isinstance(n, int) for n in bins):
            return math.prod(bins)
    return None


def _shape_only(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return flops.ShapeDtype(value.shape, value.dtype)
    if isinstance(value, (list, tuple)):
        return type(value)(_shape_only(item) for item in value)
    return value


def _largest(value: Any) -> int:
    if isinstance(value, (np.ndarray, flops.ShapeDtype)):
        return math.prod(value.shape) * int(np.dtype(value.dtype).itemsize)
    if isinstance(value, (list, tuple)):
        return max(map(_largest, value), default=0)
    return 0


def check_result_size(
    operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], limit: int
) -> None:
    """Refuse a call whose result would exceed the limit; what cannot be known passes.

    Parameters
    ----------
    operation : Operation
    args, kwargs
        Its arguments.
    limit : int
        Bytes of the largest array.

    Raises
    ------
    ValueError
        The result would be larger.
    """
    if operation.kind in ("reduction", "helper"):
        return
    if operation.kind == "ufunc" and not kwargs:
        # Nearly all calls: broadcast operands have no more cells than the product of their sizes.
        cells = _WIDEST
        for operand in args:
            if isinstance(operand, np.ndarray):
                cells *= operand.size
        if cells <= limit:
            return
    by_values = _by_values(operation, args, kwargs)
    if by_values is not None:
        if by_values * 8 > limit:
            raise too_large(by_values * 8, limit)
        return
    if operation.name in ("matmul", "dot") and len(args) == 2 and not kwargs:
        a, b = args
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            needed = _matmul_cells(a, b) * max(a.itemsize, b.itemsize)
            if needed <= limit:
                return
    if _coarse(operation, args, kwargs) * _WIDEST <= limit:
        return
    try:
        found = flops.estimate(
            operation.run, *map(_shape_only, args), **{k: _shape_only(v) for k, v in kwargs.items()}
        )
    except Exception:  # the real call tells what is wrong with it
        return
    needed = _largest(found.result)
    if needed > limit:
        raise too_large(needed, limit)
