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

_WIDEST = 16  # bytes per element

# As many elements as the product of the operands' sizes.
_PRODUCTS = frozenset(
    "outer kron einsum tensordot linalg.outer linalg.tensordot meshgrid ix_ polymul "
    "convolve correlate multiply.outer".split()
)
# As many elements as the sum of them.
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


_LONGEST_SHAPE = 64


def _numbers_in(leaf: Any) -> list[Any]:
    """Numbers that may be lengths: NumPy takes shapes as bytes and as arrays, too."""
    if isinstance(leaf, (int, float)):
        return [leaf] if leaf == leaf else []
    if isinstance(leaf, np.generic):
        return _numbers_in(leaf.item())
    if isinstance(leaf, (bytes, bytearray)):
        return list(leaf) if len(leaf) <= _LONGEST_SHAPE else [len(leaf)]
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iu" and leaf.size <= _LONGEST_SHAPE:
        found: list[Any] = np.asarray(leaf).reshape(-1).tolist()
        return found
    return []


def _coarse(operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float:
    """A number of elements that the result does not exceed, as a float that may be infinite."""
    sizes: list[int] = []
    shapes = set()
    numbers = 1.0
    only_arrays = operation.kind in ("ufunc", "elementwise", "reduction", "contraction")
    for leaf in _leaves((args, kwargs)):
        if isinstance(leaf, np.ndarray):
            sizes.append(max(leaf.size, 1))
            shapes.add(leaf.shape)
        if not only_arrays:
            for number in _numbers_in(leaf):
                size = abs(number)
                numbers *= 2.0 * float(min(size, 1e300)) + 1.0
                if isinstance(number, float) and 0.0 < size < 1.0:
                    numbers /= max(size, 1e-300)
    if operation.name in _JOINS:
        elements = float(sum(sizes)) * 2.0
    elif len(shapes) == 1 and operation.name not in _PRODUCTS and operation.kind != "contraction":
        elements = float(sizes[0])
    else:
        elements = float(math.prod(sizes[:64]))
    elements *= min(numbers, 1e300)
    return min(elements, 1e150) ** 2 if operation.name in _SQUARES else elements


def _matmul_elements(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> int:
    if not a.ndim or not b.ndim:
        return max(a.size, b.size)
    inner: int = b.shape[-2] if b.ndim > 1 else b.shape[0]
    rows: int = a.size // max(a.shape[-1], 1)
    return int(rows * (b.size // max(inner, 1)))


_WINDOWS = frozenset("bartlett blackman hamming hanning kaiser fft.fftfreq fft.rfftfreq".split())
_OUTER = frozenset("kron outer linalg.outer".split())


def _argument(
    args: tuple[Any, ...], kwargs: dict[str, Any], at: int, name: str, default: Any
) -> Any:
    return args[at] if len(args) > at else kwargs.get(name, default)


def _as_count(value: Any) -> int:
    return int(value) if isinstance(value, (int, np.integer)) else 0


def _triangle(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Elements of one index array; at least an eighth of the mask of bytes that NumPy makes."""
    rows = _as_count(_argument(args, kwargs, 0, "n", 0))
    offset = _as_count(_argument(args, kwargs, 1, "k", 0))
    columns = _argument(args, kwargs, 2, "m", None)
    columns = rows if columns is None else _as_count(columns)
    if rows <= 0 or columns <= 0:
        return 0
    start = offset if name == "triu_indices" else offset + 1
    whole = min(rows, max(0, -start))  # rows that lie above the diagonal as a whole
    longest = max(0, min(columns, columns - start - whole))
    count = min(rows - whole, longest)
    above = whole * columns + count * (2 * longest - count + 1) // 2
    elements = above if name == "triu_indices" else rows * columns - above
    return max(elements, rows * columns // 8)


def _bincount(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    values = np.asarray(args[0])
    known = values.size and values.dtype.kind in "iu"
    largest = int(values.max()) + 1 if known else 0
    return max(largest, _as_count(_argument(args, kwargs, 2, "minlength", 0)))


def _repeat(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    repeats = np.asarray(_argument(args, kwargs, 1, "repeats", 1))
    if repeats.dtype.kind not in "iu":
        return 0
    total = sum(int(n) for n in repeats.reshape(-1)[:1_000_000])
    return int(np.size(args[0])) * total if repeats.size == 1 else total


def _histogram(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    bins = _argument(args, kwargs, 2 if name == "histogram2d" else 1, "bins", 10)
    if isinstance(bins, int):
        sample = np.asarray(args[0])
        columns = {"histogram": 1, "histogram2d": 2}.get(
            name, sample.shape[-1] if sample.ndim else 1
        )
        return int(max(bins, 1) ** min(columns, 64))
    if isinstance(bins, (list, tuple)) and name != "histogram":
        return math.prod(_as_count(n) or 1 for n in bins)
    return 0


def _transform(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """Elements of a Fourier transform that is padded to a length, or to a shape."""
    array = np.asarray(args[0])
    length = args[1] if len(args) > 1 else kwargs.get("n", kwargs.get("s"))
    if isinstance(length, (list, tuple)):
        padded = math.prod(max(_as_count(n), 1) for n in length)
        kept = array.shape[: max(array.ndim - len(length), 0)]
        return padded * math.prod(kept)
    axis = _argument(args, kwargs, 2, "axis", -1)
    old = array.shape[axis] if array.ndim and isinstance(axis, int) else 1
    return array.size // max(old, 1) * _as_count(length)


def _counted_elements(
    operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> int | None:
    """Elements of the result where a value decides, or a dry run takes long; None elsewhere."""
    name = operation.name
    if name in ("tril_indices", "triu_indices"):
        return _triangle(name, args, kwargs)
    if not args:
        return None
    if name == "bincount":
        return _bincount(args, kwargs)
    if name == "repeat":
        return _repeat(args, kwargs)
    if name.startswith("histogram") and name != "histogram_bin_edges":
        return _histogram(name, args, kwargs)
    if name == "histogram_bin_edges":
        return _as_count(_argument(args, kwargs, 1, "bins", 10))
    if name in _WINDOWS:
        return _as_count(args[0])
    if name == "vander":
        columns = _argument(args, kwargs, 1, "N", None)
        return int(np.size(args[0])) * (_as_count(columns) if columns else int(np.size(args[0])))
    if name in _OUTER or name.endswith(".outer"):
        return math.prod(int(np.size(operand)) for operand in args[:2])
    if name.startswith("fft.") and not name.endswith("shift"):
        return _transform(args, kwargs)
    return None


def _shape_only(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return flops.ShapeDtype(value.shape, value.dtype)
    if isinstance(value, (list, tuple)):
        return type(value)(_shape_only(item) for item in value)
    return value


def _largest(value: Any) -> int:
    if isinstance(value, (np.ndarray, flops.ShapeDtype)):
        # Elements of no bytes (dtype []) are still written one by one.
        return math.prod(value.shape) * max(1, int(np.dtype(value.dtype).itemsize))
    if isinstance(value, (list, tuple)):
        return max(map(_largest, value), default=0)
    return 0


# These repeat themselves in Python as often as an argument says, on nothing in the end.
_REPEATED = {"diff": "n", "polyder": "m", "polyint": "m"}
_MOST_REPEATS = 10_000


def _check_repeats(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    count = _as_count(_argument(args, kwargs, 1, _REPEATED[name], 1))
    if count > _MOST_REPEATS:
        raise ValueError(
            f"{name}: {_REPEATED[name]} is at most {_MOST_REPEATS:,} here, not {count:,}"
        )


# These permute as many numbers as their first argument says, however few they return.
_PERMUTED = frozenset({"choice", "permutation"})


def _check_population(
    operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any], limit: int
) -> None:
    first = 0 if operation.owner is None else 1
    name = "a" if operation.name.endswith("choice") else "x"
    needed = 8 * _as_count(_argument(args, kwargs, first, name, 0))
    if needed > limit:
        raise too_large(needed, limit)


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
        The result would be larger, or the call would never end.
    """
    if operation.kind in ("reduction", "helper"):
        return
    if operation.name.rpartition(".")[2] in _PERMUTED:
        _check_population(operation, args, kwargs, limit)
    if operation.name in _REPEATED:
        _check_repeats(operation.name, args, kwargs)
    if operation.kind == "ufunc" and not kwargs:
        # Nearly all calls: operands broadcast to no more elements than the product of their sizes.
        elements = _WIDEST
        for operand in args:
            if isinstance(operand, np.ndarray):
                elements *= operand.size
        if elements <= limit:
            return
    counted = _counted_elements(operation, args, kwargs)
    if counted is not None:
        wide = {np.dtype(np.complex128), np.dtype(np.float64), np.dtype(np.int64)}
        wide &= {operand.dtype for operand in args[:2] if isinstance(operand, np.ndarray)}
        width = max(
            (dtype.itemsize for dtype in wide), default=1 if ".outer" in operation.name else 8
        )
        if counted * width > limit:
            raise too_large(counted * width, limit)
        return
    if operation.name in ("matmul", "dot") and len(args) == 2 and not kwargs:
        a, b = args
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            needed = _matmul_elements(a, b) * max(a.itemsize, b.itemsize)
            if needed <= limit:
                return
    if _coarse(operation, args, kwargs) * _WIDEST <= limit:
        return
    try:
        found = flops.estimate(
            operation.run, *map(_shape_only, args), **{k: _shape_only(v) for k, v in kwargs.items()}
        )
    except MemoryError:  # where a dry run computes, from numbers alone
        raise ValueError(
            f"{operation.name}: the result is too large, or takes too much to make"
        ) from None
    except flops.errors.ValueDependentError:  # what cannot be known passes
        return
    needed = _largest(found.result)
    if needed > limit:
        raise too_large(needed, limit)
