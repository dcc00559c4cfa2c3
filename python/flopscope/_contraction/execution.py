"""Running a planned contraction: pairs through BLAS where their labels allow it."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from flopscope._contraction.planning import Path, Shape
from flopscope.pricing.facts.products import label_lengths

__all__ = ["LETTERS", "blas_form", "run", "runner"]

Array = Any

# Fewer products than this are faster in einsum's own loops than through transposes and a call of
# BLAS.
_LEAST_PRODUCTS = 2048

# Operands that einsum's loops are given at once; NumPy has a limit of its own.
_MOST_AT_ONCE = 16

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BLAS_TYPES = frozenset("fdFD")


# einsum without the Python around it, which looks at `optimize=`.
_C_EINSUM: Callable[..., Array] = getattr(
    importlib.import_module("numpy._core.multiarray"), "c_einsum", np.einsum
)


# Positions, descending, and what contracts the operands there.
_Step = tuple[tuple[int, ...], Callable[..., Array]]


def _step_labels(terms: Sequence[str], rest: Sequence[str], output: str, is_last: bool) -> str:
    """Return the labels that a step leaves: the output at last, else what others still need."""
    if is_last:
        return output
    needed = set(output).union(*rest) if rest else set(output)
    seen = dict.fromkeys("".join(terms))
    return "".join(label for label in seen if label in needed)


def blas_form(left: str, right: str, result: str) -> str | bool:
    """Tell which BLAS routine a pair may go through.

    Parameters
    ----------
    left, right, result : str
        Labels of the operands and of the result.

    Returns
    -------
    str or False
        ``"DOT"``, ``"GEMV"``, ``"GEMM"``, with ``"BATCHED "`` in front where labels are kept in
        both operands; False when einsum's own loops are to be used.
    """
    if len(set(left)) < len(left) or len(set(right)) < len(right):
        return False
    shared = set(left) & set(right)
    batch, summed = shared & set(result), shared - set(result)
    if not summed or (set(left) | set(right)) - set(result) - summed:
        return False
    rows, columns = set(left) - shared, set(right) - shared
    name = "GEMM" if rows and columns else "GEMV" if rows or columns else "DOT"
    if name == "DOT" and batch:
        return False
    return f"BATCHED {name}" if batch else name


def _spelled(terms: Sequence[str], result: str) -> str:
    """Return the expression in letters, which is all that NumPy reads."""
    names: dict[str, str] = {}
    for label in "".join(terms) + result:
        if label not in names:
            if len(names) == len(LETTERS):
                raise ValueError(f"a step of more than {len(LETTERS)} labels")
            names[label] = LETTERS[len(names)]
    table = str.maketrans(names)
    return ",".join(term.translate(table) for term in terms) + "->" + result.translate(table)


def _loops(terms: Sequence[str], result: str) -> Callable[..., Array]:
    """Contract in einsum's own loops."""
    return functools.partial(_C_EINSUM, _spelled(terms, result))


def _matmul(left: str, right: str, result: str, lengths: dict[str, int]) -> Callable[..., Array]:
    """Contract through ``matmul``: axes in groups, each group one axis."""
    shared = [label for label in left if label in right]
    batch = [label for label in shared if label in result]
    summed = [label for label in shared if label not in result]
    rows = [label for label in left if label not in shared]
    columns = [label for label in right if label not in shared]
    left_order = [left.index(label) for label in (*batch, *rows, *summed)]
    right_order = [right.index(label) for label in (*batch, *summed, *columns)]
    natural = [*batch, *rows, *columns]
    order = [natural.index(label) for label in result]

    def size(labels: list[str]) -> int:
        return math.prod(lengths[label] for label in labels)

    lead = (size(batch),) if batch else ()
    left_shape = lead + ((size(rows),) if rows or batch else ()) + (size(summed),)
    right_shape = lead + (size(summed),) + ((size(columns),) if columns or batch else ())
    shape = tuple(lengths[label] for label in natural)
    is_ordered = order == sorted(order)
    left_plain = left_order == sorted(left_order)
    right_plain = right_order == sorted(right_order)

    def run_step(a: Array, b: Array) -> Array:
        if a.dtype.char not in _BLAS_TYPES or b.dtype.char not in _BLAS_TYPES:
            return fallback(a, b)
        a = (a if left_plain else a.transpose(left_order)).reshape(left_shape)
        b = (b if right_plain else b.transpose(right_order)).reshape(right_shape)
        product = np.asarray(np.matmul(a, b)).reshape(shape)
        return product if is_ordered else product.transpose(order)

    fallback = _loops((left, right), result)
    return run_step


def _reduced(term: str, others: str) -> str:
    """Return the labels of an operand once diagonals are taken and labels of its own summed."""
    return "".join(label for label in dict.fromkeys(term) if label in others)


def _pair(
    left: str, right: str, result: str, lengths: dict[str, int], stretched: bool
) -> Callable[..., Array]:
    products = math.prod(lengths[label] for label in set(left + right))
    if stretched or products < _LEAST_PRODUCTS:
        return _loops((left, right), result)
    first, second = _reduced(left, right + result), _reduced(right, left + result)
    if not blas_form(first, second, result):
        return _loops((left, right), result)
    contract = _matmul(first, second, result, lengths)
    if (first, second) == (left, right):
        return contract
    take_left = _loops((left,), first) if first != left else np.asarray
    take_right = _loops((right,), second) if second != right else np.asarray
    return lambda a, b: contract(take_left(a), take_right(b))


@lru_cache(4096)
def _plan(inputs: tuple[str, ...], output: str, shapes: tuple[Shape, ...], path: Path) -> Any:
    """Return the steps of a contraction, ready to run."""
    lengths = label_lengths(inputs, shapes)
    products = len(inputs) * math.prod(lengths.values())
    if len(inputs) <= 2 or (products < _LEAST_PRODUCTS and len(inputs) <= _MOST_AT_ONCE):
        path = (tuple(range(len(inputs))),)
    # Operands with an axis of length 1 where the label is longer.
    terms = [
        (term, any(lengths[label] != n for label, n in zip(term, shape, strict=True)))
        for term, shape in zip(inputs, shapes, strict=True)
    ]
    steps = []
    for i, positions in enumerate(path):
        chosen = tuple(sorted(positions, reverse=True))
        taken = [terms.pop(position) for position in chosen]
        labels = [term for term, _ in taken]
        result = _step_labels(
            labels, [term for term, _ in terms], output, is_last=i == len(path) - 1
        )
        if len(taken) == 2:
            stretched = taken[0][1] or taken[1][1]
            run_step = _pair(labels[0], labels[1], result, lengths, stretched)
        else:
            run_step = _loops(labels, result)
        steps.append((chosen, run_step))
        terms.append((result, any(is_stretched for _, is_stretched in taken)))
    return tuple(steps)


def runner(
    inputs: Sequence[str], output: str, shapes: Sequence[Shape], path: Path
) -> tuple[Callable[..., Array], str | None]:
    """Return what contracts arrays of these shapes along a path.

    Parameters
    ----------
    inputs, output : sequence of str, str
        A label per axis.
    shapes : sequence of shapes
    path : tuple of tuple of int

    Returns
    -------
    (callable, str or None)
        To be called with the string, if there is one, and the arrays.
    """
    steps = _plan(tuple(inputs), output, tuple(shapes), path)
    if len(steps) == 1:
        ((_, run_step),) = steps
        if isinstance(run_step, functools.partial):
            # In the order of the operands: no step in between.
            return _C_EINSUM, _spelled(inputs, output)
        return (lambda a, b: run_step(b, a)), None

    def run_steps(*arrays: Array) -> Array:
        remaining = list(arrays)
        for positions, run_step in steps:
            remaining.append(run_step(*[remaining.pop(position) for position in positions]))
        return remaining[0]

    return run_steps, None


def run(inputs: Sequence[str], output: str, arrays: Sequence[Array], path: Path) -> Array:
    """Contract arrays along a path.

    Parameters
    ----------
    inputs, output : sequence of str, str
        A label per axis.
    arrays : sequence of numpy.ndarray
    path : tuple of tuple of int

    Returns
    -------
    numpy.ndarray
    """
    call, first = runner(inputs, output, [array.shape for array in arrays], path)
    return call(*arrays) if first is None else call(first, *arrays)
