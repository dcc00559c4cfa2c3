"""Contractions of one to four operands, symmetric ones and one object given more than once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from .comparison import check, price_of
from .strategies import Call, Cases, Draw, Operand, Shape, call, integer, maybe, pick, values_of
from .symmetries import tag

CASES = Cases()
NUMBERS = ("f8", "f8", "f8", "i8", "c16", "f4")


def _object(draw: Draw, shape: Shape) -> Operand:
    x = Operand(values_of(draw, shape, pick(draw, *NUMBERS), tame=True))
    return x if maybe(draw, 3) else tag(draw, x)


def _two(draw: Draw, *shapes: Shape) -> tuple[Operand, Operand]:
    """Two operands of these shapes, one object or two where they may be one."""
    first, second = pick(draw, *shapes), pick(draw, *shapes)
    x = _object(draw, first)
    return (x, x) if first == second and maybe(draw, 2) else (x, _object(draw, second))


@CASES.add("matmul linalg.matmul dot inner vdot outer kron")
def _product(draw: Draw, name: str) -> Call:
    n = integer(draw, 1, 3)
    # NumPy's linalg.outer takes vectors only, ours ravels what it is given.
    return call(*_two(draw, (n,), (n, n), (n, n, n)))


@CASES.add("linalg.outer")
def _outer(draw: Draw, name: str) -> Call:
    n = integer(draw, 0, 4)
    return call(*_two(draw, (n,)))


@CASES.add("vecdot linalg.vecdot")
def _vecdot(draw: Draw, name: str) -> Call:
    n = integer(draw, 1, 3)
    first, second = _two(draw, (n,), (n, n), (n, n, n))
    return call(first, second, axis=pick(draw, -1, -min(first.ndim, second.ndim)))


@CASES.add("matvec vecmat")
def _matrix_vector(draw: Draw, name: str) -> Call:
    n = integer(draw, 1, 3)
    first, second = _two(draw, (n, n), (n, n, n))
    if name == "matvec" and first is second and first.symmetry is None:
        # Of `matvec(A, A)` the library bills all n * n products, the document the unique ones, as
        # the library does for the same einsum, 'mn,an->am'.
        second = Operand(first.values.copy())
    return call(first, second)


@CASES.add("tensordot linalg.tensordot")
def _tensordot(draw: Draw, name: str) -> Call:
    n = integer(draw, 1, 3)
    first, second = _two(draw, (n, n), (n, n, n))
    least = min(first.ndim, second.ndim)
    if maybe(draw, 2):
        return call(first, second, axes=integer(draw, 0, least))
    axes = st.permutations(range(least))
    count = integer(draw, 1, least)
    return call(first, second, axes=(draw(axes)[:count], draw(axes)[:count]))


@CASES.add("einsum")
def _einsum(draw: Draw, name: str) -> Call:
    letters = "ijkl"
    equal = not maybe(draw, 3)
    lengths = {x: pick(draw, 2, 3) for x in letters}
    if equal:
        lengths = dict.fromkeys(letters, pick(draw, 2, 3))
    objects: dict[tuple[int, Shape], Operand] = {}
    terms, operands = [], []
    for _ in range(integer(draw, 1, 4)):
        rank = integer(draw, 1, 3)
        labels = st.lists(st.sampled_from(letters), min_size=rank, max_size=rank)
        term = "".join(draw(labels))
        shape = tuple(lengths[x] for x in term)
        which = integer(draw, 0, 1), shape
        if which not in objects:
            objects[which] = _object(draw, shape)
        terms.append(term)
        operands.append(objects[which])
    # Row moves are listed, and there are order**m * m! of an object given m times.
    assume(math.prod(6 if len(term) == 3 else 2 for term in terms) <= 216)
    used = sorted(set("".join(terms)))
    chosen = draw(st.lists(st.sampled_from(used), unique=True))
    output = "".join(draw(st.permutations(chosen)))
    return call(",".join(terms) + "->" + output, *operands)


@pytest.mark.parametrize("name", CASES.here())
@given(data=st.data())
def test_as_numpy_and_the_twin(name: str, data: st.DataObject) -> None:
    drawn = data.draw(CASES.calls(name))
    check(name, drawn, exact=False, layout=False, paths=(True,))


@pytest.mark.parametrize(("count", "bill"), [(4, 11), (5, 16)])
def test_aliases_of_one_vector(count: int, bill: int) -> None:
    labels = "abcde"[:count]
    text = ",".join(labels) + "->" + labels
    drawn = call(text, *[Operand(np.arange(1.0, 3.0))] * count)
    check("einsum", drawn, exact=False, layout=False, paths=(True,))
    assert price_of("einsum", drawn) == bill
