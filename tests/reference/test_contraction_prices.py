"""Dense contractions of one and two operands, worked by hand from the contraction bills."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope import reference


def ones(*shape: int) -> Any:
    return np.ones(shape)


@pytest.mark.parametrize(
    ("subscripts", "shapes", "expected"),
    [
        ("i,i->", [(3,), (3,)], 5),
        ("i,j->ij", [(3,), (4,)], 12),
        ("ij,jk->ik", [(3, 4), (4, 5)], 2 * 60 - 15),
        ("ij,kj->ik", [(3, 4), (5, 4)], 105),
        ("ij,ji->", [(3, 3), (3, 3)], 17),
        ("ij,j", [(3, 4), (4,)], 21),
        ("ij->", [(3, 4)], 11),
        ("ij->ji", [(3, 4)], 0),
        ("ii->i", [(3, 3)], 0),
        ("ii", [(3, 3)], 2),
        ("...ij->...ji", [(2, 3, 4)], 0),
        ("...ij,...jk->...ik", [(2, 3, 4), (4, 5)], 210),
        (",->", [(), ()], 1),
    ],
)
def test_one_step(subscripts: str, shapes: list[tuple[int, ...]], expected: int) -> None:
    assert reference.price("einsum", subscripts, *(ones(*s) for s in shapes)) == expected


@pytest.mark.parametrize(
    ("subscripts", "shapes", "expected"),
    [
        ("ij,kl->ik", [(3, 4), (5, 2)], (12 - 3) + (10 - 5) + 15),
        ("i,j->", [(2,), (1,)], 1 + 0 + 1),
        ("ii,j->j", [(3, 3), (3,)], 8 + 3),
        ("ij,kl->il", [(3, 3), (3, 3)], 6 + 6 + 9),
        ("ij,k->i", [(3, 0), (3,)], 0 + 2 + 3),
    ],
)
def test_labels_of_one_operand_are_summed_first(
    subscripts: str, shapes: list[tuple[int, ...]], expected: int
) -> None:
    assert reference.price("einsum", subscripts, *(ones(*s) for s in shapes)) == expected


@pytest.mark.parametrize(
    ("name", "left", "right", "expected"),
    [
        ("matmul", (3, 4), (4, 5), 105),
        ("matmul", (4,), (4,), 7),
        ("matmul", (4,), (2, 4, 5), 70),
        ("matmul", (2, 3, 4), (4,), 42),
        ("matmul", (2, 1, 3, 4), (5, 4, 2), 2 * 5 * 3 * 2 * 7),
        ("matmul", (3, 0), (0, 2), 0),
        ("dot", (3, 4), (2, 4, 5), 3 * 2 * 5 * 7),
        ("dot", (), (3,), 3),
        ("inner", (2, 3), (2, 2, 3), 40),
        ("inner", (4,), (), 4),
        ("outer", (3, 4), (2,), 24),
        ("vdot", (2, 3), (2, 3), 11),
        ("vdot", (0,), (0,), 0),
        ("tensordot", (2, 3, 4), (3, 4, 5), 10 * 23),
        ("vecdot", (2, 3, 4), (4,), 42),
        ("matvec", (3, 4), (5, 4), 105),
        ("vecmat", (3,), (3, 4), 20),
        ("kron", (3, 4), (2,), 24),
        ("kron", (0,), (2,), 1),
    ],
)
def test_products(name: str, left: tuple[int, ...], right: tuple[int, ...], expected: int) -> None:
    assert reference.price(name, ones(*left), ones(*right)) == expected


def test_tensordot_pairs_and_vecdot_axis() -> None:
    assert reference.price("tensordot", ones(3, 4), ones(4, 3), ([1], [0])) == 63
    assert reference.price("tensordot", ones(3, 4), ones(4, 3), ([0, 1], [1, 0])) == 23
    assert reference.price("tensordot", ones(3), ones(4), 0) == 12
    assert reference.price("vecdot", ones(3, 4), ones(3, 4), axis=0) == 20


def test_sublists_are_accepted() -> None:
    assert reference.price("einsum", ones(3, 4), [0, 1], ones(4, 5), [1, 2], [0, 2]) == 105


@pytest.mark.parametrize("name", ["matmul", "dot", "inner", "vdot", "vecdot", "matvec"])
def test_shapes_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"fit|lengths"):
        reference.price(name, ones(3, 4), ones(3, 5))


def test_an_axis_of_length_one_is_summed_as_it_stands() -> None:
    # The first operand has one row of four, whatever i is elsewhere.
    assert reference.price("einsum", "ij,i->i", ones(1, 4), ones(3)) == 3 + 3
