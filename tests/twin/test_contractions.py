"""Products and einsum of one or two operands. The two are never the same object."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopscope.numpy as fnp

from .comparison import check
from .strategies import (
    FLOATS,
    Call,
    Cases,
    Draw,
    Operand,
    Shape,
    array,
    call,
    integer,
    maybe,
    narrowed,
    operand,
    pick,
    shape_of,
    target,
)

CASES = Cases()
NUMBERS = (*FLOATS, "f8", "f8", "i8", "i2", "u1", "c16", "c8", "?")


def _number(draw: Draw, shape: Shape) -> Operand:
    return operand(draw, shape, NUMBERS, tame=True)


def _length(draw: Draw, n: int) -> int:
    """The length that fits, or now and then another."""
    return integer(draw, 0, 4) if maybe(draw, 16) else n


def _product_keywords(draw: Draw, shape: Shape | None) -> dict[str, Any]:
    keywords: dict[str, Any] = {}
    if shape is not None and maybe(draw, 6):
        keywords["out"] = target(draw, shape, ("f8", "c16"))
    if maybe(draw, 8):
        keywords["dtype"] = pick(draw, "f8", "c16")
    return keywords


@CASES.add("matmul")
def _matmul(draw: Draw, name: str) -> Call:
    m, k, n = (integer(draw, 0, 4) for _ in range(3))
    batch = shape_of(draw, 0, 2, 3)
    left = (k,) if maybe(draw) else (*narrowed(draw, batch), m, k)
    right = (_length(draw, k),) if maybe(draw) else (*narrowed(draw, batch), _length(draw, k), n)
    if maybe(draw, 24):
        right = ()
    plain = (m, n) if len(left) == len(right) == 2 else None
    return Call((_number(draw, left), _number(draw, right)), _product_keywords(draw, plain))


@CASES.add("dot")
def _dot(draw: Draw, name: str) -> Call:
    k = integer(draw, 0, 4)
    left = pick(draw, (k,), (2, k), (3, k), (2, 2, k), ())
    right = pick(draw, (k,), (k, 2), (2, k, 3), (), (_length(draw, k),))
    return call(_number(draw, left), _number(draw, right))


@CASES.add("inner")
def _inner(draw: Draw, name: str) -> Call:
    k = integer(draw, 0, 4)
    left = pick(draw, (k,), (2, k), (3, k), (2, 2, k), ())
    right = pick(draw, (k,), (2, k), (), (_length(draw, k),))
    return call(_number(draw, left), _number(draw, right))


@CASES.add("tensordot")
def _tensordot(draw: Draw, name: str) -> Call:
    k, n = integer(draw, 0, 3), integer(draw, 0, 3)
    style = integer(draw, 0, 3)
    if style == 0:
        return call(_number(draw, (2, k, n)), _number(draw, (k, _length(draw, n), 3)))
    if style == 1:
        return call(_number(draw, (2, k)), _number(draw, (k, n)), axes=1)
    if style == 2:
        axes = ([0, 2], pick(draw, [1, 0], [1, -2], [0, 1]))
        return call(_number(draw, (k, 2, n)), _number(draw, (n, k)), axes=axes)
    return call(_number(draw, (2, k)), _number(draw, (n,)), axes=0)


@CASES.add("outer kron")
def _outer(draw: Draw, name: str) -> Call:
    high = 1 if name == "outer" and maybe(draw, 2) else 2
    return call(_number(draw, shape_of(draw, 0, high)), _number(draw, shape_of(draw, 0, high)))


@CASES.add("vdot")
def _vdot(draw: Draw, name: str) -> Call:
    shape = shape_of(draw, 0, 2)
    flat = (int(np.prod(shape, dtype=int)),)
    return call(_number(draw, shape), _number(draw, pick(draw, shape, flat, (2,))))


@CASES.add("vecdot")
def _vecdot(draw: Draw, name: str) -> Call:
    k, batch = integer(draw, 0, 4), shape_of(draw, 0, 2, 3)
    left = (*narrowed(draw, batch), k)
    right = (*narrowed(draw, batch), _length(draw, k))
    keywords = {"axis": -1} if maybe(draw) else {}
    return Call((_number(draw, left), _number(draw, right)), keywords)


@CASES.add("matvec vecmat")
def _matrix_vector(draw: Draw, name: str) -> Call:
    m, k, batch = integer(draw, 0, 4), integer(draw, 0, 4), shape_of(draw, 0, 2, 3)
    vector = _number(draw, (*narrowed(draw, batch), _length(draw, k)))
    shape = (m, k) if name == "matvec" else (k, m)
    matrix = _number(draw, (*narrowed(draw, batch), *shape))
    return call(matrix, vector) if name == "matvec" else call(vector, matrix)


_EXPRESSIONS = (
    "ij,jk->ik",
    "ij,kj",
    "i,i->",
    "i,j->ij",
    "ij->ji",
    "ij->",
    "ii",
    "ii->i",
    "iij->j",
    "ij,ij->ij",
    "ij,ij->",
    "ijk,kl->ijl",
    "ij,kl->il",
    "ij,j",
    "...i,i->...",
    "...ij,...jk->...ik",
    "i...->...i",
    "ij,jk",
    "ik, jk -> ij",
    "ij,i->j",
)


@CASES.add("einsum einsum_path")
def _einsum(draw: Draw, name: str) -> Call:
    text = pick(draw, *_EXPRESSIONS)
    lengths = {label: integer(draw, 0, 3) for label in "ijkl"}
    batch = shape_of(draw, 0, 2, 2, least=1)
    operands = []
    for term in text.replace(" ", "").partition("->")[0].split(","):
        shape: list[int] = []
        for label in term.replace("...", "."):
            # Of lengths 0 and 1 in one operand NumPy reads an element that is not there.
            wrong = label != "." and lengths[label] > 0 and maybe(draw, 24)
            shape += batch if label == "." else [1 if wrong else lengths[label]]
        operands.append(array(draw, tuple(shape), NUMBERS, tame=True))
    if name == "einsum_path":
        return call(text, *operands)
    if "." not in text and "->" in text and maybe(draw, 6):
        left, _, output = text.replace(" ", "").partition("->")
        pairs: list[Any] = []
        for term, one in zip(left.split(","), operands, strict=True):
            pairs += [one, ["ijkl".index(label) for label in term]]
        return Call((*pairs, ["ijkl".index(label) for label in output]))
    keywords: dict[str, Any] = {}
    if maybe(draw):
        keywords["optimize"] = pick(draw, True, False, "greedy")
    return Call((text, *operands), keywords)


# ------------------------------------------------------------------------------------- linalg

CASES["linalg.tensordot"] = _tensordot
CASES["linalg.vecdot"] = _vecdot


@CASES.add("linalg.matmul")
def _linalg_matmul(draw: Draw, name: str) -> Call:
    return Call(_matmul(draw, name).args)


@CASES.add("linalg.outer")
def _linalg_outer(draw: Draw, name: str) -> Call:
    # Matrices are outer's business: NumPy's linalg.outer refuses them, ours ravels them.
    return call(_number(draw, shape_of(draw, 1, 1)), _number(draw, (integer(draw, 0, 4),)))


@CASES.add("linalg.cross")
def _linalg_cross(draw: Draw, name: str) -> Call:
    batch = shape_of(draw, 0, 2, 3)
    width = integer(draw, 2, 4) if maybe(draw, 12) else 3
    return call(_number(draw, (*narrowed(draw, batch), 3)), _number(draw, (*batch, width)))


@CASES.add("linalg.trace linalg.diagonal")
def _linalg_diagonal(draw: Draw, name: str) -> Call:
    x = _number(draw, shape_of(draw, 1 if maybe(draw, 12) else 2, 3, least=1))
    return call(x, offset=integer(draw, -2, 2)) if maybe(draw, 2) else call(x)


@CASES.add("linalg.matrix_transpose")
def _linalg_transpose(draw: Draw, name: str) -> Call:
    return call(_number(draw, shape_of(draw, 1 if maybe(draw, 12) else 2, 3)))


#: Nothing is summed, so there is no rounding to allow for.
EXACT = frozenset(
    {"einsum_path", "outer", "kron", "linalg.outer", "linalg.diagonal", "linalg.matrix_transpose"}
)
NAMES = [name for name in CASES.here() if "." not in name or hasattr(fnp, "linalg")]


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(name))
    check(
        name,
        drawn,
        exact=name in EXACT,
        layout=name != "einsum",  # it follows the plan, which is not NumPy's
        compare=name != "einsum_path",  # it returns another report
        paths=(True,),
    )
