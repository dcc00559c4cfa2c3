"""Linear algebra: decompositions, solvers, norms and chains of products."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .comparison import check, check_bill
from .strategies import (
    Call,
    Cases,
    Draw,
    Operand,
    Shape,
    axis_of,
    call,
    integer,
    maybe,
    operand,
    pick,
    shape_of,
    values_of,
)

CASES = Cases()
NUMBERS = ("f8", "f8", "f8", "f4", "c16", "c8", "i8", "i2", "?", "f2")


def _stack(draw: Draw) -> Shape:
    """The leading axes: none, a few, or some of length 0."""
    return shape_of(draw, 0, 2, 2) if maybe(draw, 2) else ()


def _number(draw: Draw, shape: Shape) -> Operand:
    return operand(draw, shape, NUMBERS, tame=True)


def _square(draw: Draw) -> Operand:
    """A stack of square matrices, or now and then something else."""
    if maybe(draw, 16):
        return _number(draw, shape_of(draw))
    n = integer(draw, 0, 4)
    return _number(draw, (*_stack(draw), n, n))


def _rectangular(draw: Draw) -> Operand:
    if maybe(draw, 16):
        return _number(draw, shape_of(draw, 0, 1))
    return _number(draw, (*_stack(draw), integer(draw, 0, 4), integer(draw, 0, 4)))


def _regular(draw: Draw, stack: Shape, n: int) -> Operand:
    """Positive definite matrices."""
    root = values_of(draw, (*stack, n, n), "f8", tame=True)
    values = root @ np.swapaxes(root, -1, -2) + 5 * np.eye(n)
    return Operand(values.astype(pick(draw, "f8", "f8", "f4", "c16")), pick(draw, "c", "fortran"))


@CASES.add("linalg.cholesky")
def _cholesky(draw: Draw, name: str) -> Call:
    x = _square(draw) if maybe(draw) else _regular(draw, _stack(draw), integer(draw, 0, 4))
    return call(x, upper=True) if maybe(draw) else call(x)


@CASES.add("linalg.qr")
def _qr(draw: Draw, name: str) -> Call:
    x = _rectangular(draw)
    return call(x, pick(draw, "complete", "r", "raw", "reduced")) if maybe(draw, 2) else call(x)


@CASES.add("linalg.eig linalg.eigvals linalg.det linalg.slogdet")
def _of_square(draw: Draw, name: str) -> Call:
    return call(_square(draw))


@CASES.add("linalg.inv")
def _inv(draw: Draw, name: str) -> Call:
    return call(_square(draw) if maybe(draw, 2) else _regular(draw, _stack(draw), 3))


@CASES.add("linalg.eigh linalg.eigvalsh")
def _hermitian(draw: Draw, name: str) -> Call:
    x = _square(draw)
    return call(x, UPLO=pick(draw, "U", "L")) if maybe(draw) else call(x)


@CASES.add("linalg.svd")
def _svd(draw: Draw, name: str) -> Call:
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["full_matrices"] = draw(st.booleans())
    if maybe(draw, 3):
        keywords["compute_uv"] = False
    if maybe(draw, 6):
        return call(_square(draw), hermitian=True, **keywords)
    return call(_rectangular(draw), **keywords)


@CASES.add("linalg.svdvals")
def _svdvals(draw: Draw, name: str) -> Call:
    return call(_rectangular(draw))


@CASES.add("linalg.matrix_rank linalg.pinv")
def _rank(draw: Draw, name: str) -> Call:
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["rtol"] = 0.25
    if maybe(draw, 6):
        return call(_square(draw), hermitian=True, **keywords)
    return call(_rectangular(draw), **keywords)


@CASES.add("linalg.cond")
def _cond(draw: Draw, name: str) -> Call:
    if maybe(draw, 2):
        return call(_rectangular(draw), *((pick(draw, 2, -2, None),) if maybe(draw, 2) else ()))
    return call(_square(draw), pick(draw, 1, -1, np.inf, "fro", "nuc", -np.inf))


@CASES.add("linalg.solve")
def _solve(draw: Draw, name: str) -> Call:
    n, stack = integer(draw, 0, 4), _stack(draw)
    a = _regular(draw, stack, n) if maybe(draw, 2) else _square(draw)
    n = a.shape[-1] if a.ndim else n
    if maybe(draw, 2):
        return call(a, _number(draw, (n,)))
    rows = integer(draw, 0, 4) if maybe(draw, 16) else n
    return call(a, _number(draw, (*pick(draw, stack, (), (2,)), rows, integer(draw, 0, 3))))


@CASES.add("linalg.lstsq")
def _lstsq(draw: Draw, name: str) -> Call:
    a = _number(draw, (integer(draw, 0, 4), integer(draw, 0, 4)))
    if maybe(draw, 16):
        a = _rectangular(draw)
    rows = a.shape[0] if a.ndim and not maybe(draw, 16) else 3
    b = _number(draw, (rows,) if maybe(draw, 2) else (rows, integer(draw, 0, 3)))
    return call(a, b, rcond=None) if maybe(draw) else call(a, b)


@CASES.add("linalg.tensorsolve")
def _tensorsolve(draw: Draw, name: str) -> Call:
    right, unknowns = pick(draw, ((2,), (2,)), ((6,), (3, 2)), ((2, 3), (6,)), ((1, 2), (2, 1)))
    values = values_of(draw, (*right, *unknowns), "f8", tame=True)
    n = int(np.prod(right))
    values += 9 * np.eye(n).reshape(values.shape)
    b = _number(draw, (5,) if maybe(draw, 16) else right)
    if maybe(draw):
        moved = np.moveaxis(values, len(right), 0)  # the first unknown in front
        return call(Operand(moved), b, axes=(0,))
    return call(Operand(values), b)


@CASES.add("linalg.tensorinv")
def _tensorinv(draw: Draw, name: str) -> Call:
    ind, shape = pick(draw, (2, (2, 3, 6)), (1, (6, 2, 3)), (2, (2, 2, 4)), (1, (3, 3)), (3, (2,)))
    if maybe(draw, 12):
        return call(_number(draw, (2, 3, 4)), ind=pick(draw, 1, 2, 0))
    n = int(np.prod(shape[:ind]))
    values = values_of(draw, shape, "f8", tame=True)
    if n * n == values.size:
        values += 9 * np.eye(n).reshape(shape)
    return call(Operand(values), ind) if ind != 2 or maybe(draw, 2) else call(Operand(values))


@CASES.add("linalg.matrix_power")
def _matrix_power(draw: Draw, name: str) -> Call:
    if maybe(draw, 3):
        return call(_regular(draw, _stack(draw), integer(draw, 0, 3)), integer(draw, -5, 2))
    return call(_square(draw), integer(draw, 0, 12))


@CASES.add("linalg.multi_dot")
def _multi_dot(draw: Draw, name: str) -> Call:
    sides = [integer(draw, 0 if maybe(draw, 12) else 1, 4) for _ in range(integer(draw, 3, 5))]
    factors = [_number(draw, pair) for pair in itertools.pairwise(sides)]
    if maybe(draw):
        factors[0] = _number(draw, (sides[1],))
    if maybe(draw):
        factors[-1] = _number(draw, (sides[-2],))
    if maybe(draw, 16):
        factors[-1] = _number(draw, (integer(draw, 0, 4), 2))
    return call(factors)


# --------------------------------------------------------------------------------------- norms

_ORDERS = (None, 2, 1, np.inf, -np.inf, 0, -1, -2, 3, 0.5)
_MATRIX_ORDERS = (None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf)


@CASES.add("linalg.norm")
def _norm(draw: Draw, name: str) -> Call:
    # Without axes there is no group of elements: the document bills 0, the library 2.
    x = _number(draw, shape_of(draw, 1))
    if maybe(draw):
        return call(x)
    keywords: dict[str, Any] = {}
    axis: Any = axis_of(draw, x.ndim)
    over = x.ndim if axis is None else 1
    if x.ndim > 1 and maybe(draw, 3):
        first = integer(draw, 0, x.ndim - 1)
        axis, over = (first, (first + integer(draw, 1, x.ndim - 1)) % x.ndim - x.ndim), 2
    if axis is not None:
        keywords["axis"] = axis
    if maybe(draw, 2):
        keywords["ord"] = pick(draw, *(_MATRIX_ORDERS if over == 2 else _ORDERS))
    if maybe(draw):
        keywords["keepdims"] = True
    return Call((x,), keywords)


@CASES.add("linalg.vector_norm")
def _vector_norm(draw: Draw, name: str) -> Call:
    x = _number(draw, shape_of(draw))
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["axis"] = axis_of(draw, x.ndim, many=True)
    if maybe(draw, 2):
        keywords["ord"] = pick(draw, *_ORDERS[1:])
    if maybe(draw):
        keywords["keepdims"] = True
    return Call((x,), keywords)


@CASES.add("linalg.matrix_norm")
def _matrix_norm(draw: Draw, name: str) -> Call:
    keywords: dict[str, Any] = {}
    if maybe(draw, 2):
        keywords["ord"] = pick(draw, *_MATRIX_ORDERS[1:])
    if maybe(draw):
        keywords["keepdims"] = True
    return Call((_rectangular(draw),), keywords)


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    check(name, data.draw(CASES.calls(name)), exact=False, layout=False, paths=(True,))


# NumPy's functions have no `k`.
@pytest.mark.parametrize("name", ["linalg.svd", "linalg.svdvals"])
@given(data=st.data())
def test_the_first_singular_values(name: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(name))
    k = data.draw(st.integers(-1, 5))
    check_bill(name, Call(drawn.args, {**drawn.kwargs, "k": k}))
