"""Symmetric and repeated operands, and three and more of them: worked examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flopscope import reference
from flopscope.reference import groups

N = 3


def ones(*shape: int) -> Any:
    return np.ones(shape)


# Operands by name; one name in an expression is one object.
OPERANDS = {
    "A": ones(N, N),
    "B": ones(N, N),
    "S": reference.tagged(ones(N, N), (0, 1)),
    "S2": reference.tagged(ones(N, N), (0, 1)),
    "T": reference.tagged(ones(N, N, N), (0, 1, 2)),
    "T01": reference.tagged(ones(N, N, N), (0, 1)),
    "C": reference.tagged(ones(N, N, N), groups.cyclic((0, 1, 2))),
    "D": reference.tagged(ones(2, 2, 2, 2), groups.dihedral((0, 1, 2, 3))),
    "T4": reference.tagged(ones(N, N, N, N), (0, 1, 2, 3)),
    "Y": reference.tagged(ones(2, 2, 3, 3), ((0, 1), (2, 3))),
    "R": ones(2, 3),
    "v": ones(N),
    "w": ones(N),
    "23": ones(2, 3),
    "34": ones(3, 4),
    "45": ones(4, 5),
}


@pytest.mark.parametrize(
    ("subscripts", "operands", "expected"),
    [
        ("ij,jk->ik", "A B", 45),
        ("ij,jk->ik", "A A", 45),
        ("ij,kj->ik", "A A", 30),
        ("ij,ik->jk", "R R", 18),
        ("i,j->ij", "v v", 6),
        ("i,j->ij", "v w", 9),
        ("i,i->", "v v", 5),
        ("ij,ij->", "A A", 17),
        ("ij,ji->", "A A", 11),
        ("ij,j->i", "S v", 15),
        ("ij,jk->ik", "S B", 45),
        ("ij,jk->ik", "S S", 30),
        ("ij,jk->ik", "S S2", 45),
        ("ij,kl->ijkl", "A A", 45),
        ("ijk->", "T", 9),
        ("ijk->i", "T", 15),
        ("ijk->ij", "T", 12),
        ("ijk->ij", "T01", 12),
        ("ijk->k", "T01", 15),
        ("ijk->i", "C", 18),
        ("ijk->ij", "C", 18),
        ("ijk,k->ij", "T v", 30),
        ("ijk,jk->i", "T A", 51),
        ("ijk,ijl->kl", "T T", 66),
        ("ijkl->ij", "T4", 30),
        ("ijkl->i", "D", 8),
        ("ijkl->ik", "D", 6),
        ("ijkl->jk", "Y", 30),
    ],
)
def test_symmetric_and_repeated_operands(subscripts: str, operands: str, expected: int) -> None:
    given = [OPERANDS[name] for name in operands.split()]
    assert reference.price("einsum", subscripts, *given) == expected


@pytest.mark.parametrize(
    ("subscripts", "operands", "expected"),
    [
        ("i,j->", "v w", 5),
        ("ij,k->i", "A v", 11),
        ("ijk,l->l", "T v", 12),
        ("ij,kl->", "A B", 17),
        ("ij,kl->ik", "A A", 18),
        ("ij,kl->il", "A A", 21),
        ("ij,kl->il", "S S", 18),
        ("ijk,lmk->jl", "C C", 81),
    ],
)
def test_labels_of_one_operand(subscripts: str, operands: str, expected: int) -> None:
    given = [OPERANDS[name] for name in operands.split()]
    assert reference.price("einsum", subscripts, *given) == expected


@pytest.mark.parametrize(
    ("subscripts", "operands", "expected"),
    [
        ("ij,jk,kl->il", "23 34 45", 110),
        ("ij,jk,kl->il", "A A A", 90),
        ("ij,jk,ki->", "A A A", 62),
        ("ij,jk,kl->il", "S S S", 60),
        ("i,j,k->ijk", "v v v", 16),
        ("i,j,k->ijk", "v w v", 27),
        ("ij,ik,il->jkl", "R R R", 42),
        ("ia,jb,ij->ab", "A A S", 75),
        ("ijk,j,k->i", "T v v", 39),
        ("ijk,i,j,k->", "T v v v", 44),
        ("ij,i,j->", "S v v", 20),
        ("ij,i,j->", "A v v", 20),
        ("i,i,i->i", "v v v", 6),
    ],
)
def test_three_and_more_operands(subscripts: str, operands: str, expected: int) -> None:
    given = [OPERANDS[name] for name in operands.split()]
    assert reference.price("einsum", subscripts, *given) == expected


def test_reductions() -> None:
    T, C = OPERANDS["T"], OPERANDS["C"]
    assert reference.price("sum", T, 0) == 12
    assert reference.price("sum", T) == 9
    assert reference.price("sum", T, (0, 1)) == 15
    assert reference.price("mean", T, 0) == 18
    assert reference.price("std", T, 0) == 62
    assert reference.price("median", T, 0) == 18
    assert reference.price("ptp", T, 0) == 30
    assert reference.price("sum", C, 0) == 18


def test_elementwise() -> None:
    S, S2 = (reference.tagged(ones(4, 4), (0, 1)) for _ in range(2))
    assert reference.price("add", S, 1) == 10
    assert reference.price("add", S, S2) == 10
    assert reference.price("add", S, ones(4, 4)) == 16
    assert reference.price("add", S, ones(1, 1)) == 16
    assert reference.price("multiply", OPERANDS["T"], OPERANDS["C"]) == 11
    assert reference.charged("exp", S) == 160
    assert reference.price("isnan", S) == 16


def test_products() -> None:
    S, S2 = (reference.tagged(ones(4, 4), (0, 1)) for _ in range(2))
    M, A = ones(4, 4), ones(3, 4)
    assert reference.price("matmul", S, S) == 70
    assert reference.price("matmul", S, S2) == 112
    assert reference.price("tensordot", OPERANDS["T"], OPERANDS["T"], 1) == 105
    assert reference.price("tensordot", M, M, 2) == 31
    assert reference.price("vdot", M, M) == 31
    assert reference.price("tensordot", M, M, 1) == 112
    assert reference.price("inner", A, A) == 42


def test_a_view_is_another_object() -> None:
    A = OPERANDS["A"]
    assert reference.price("einsum", "ij,kj->ik", A, A[:]) == 45
    assert reference.price("matmul", A, A.T) == 45


def test_symmetric_inverse() -> None:
    batch = reference.tagged(ones(2, 2, 3, 3), (0, 1))
    assert reference.price("linalg.inv", OPERANDS["S"]) == 9 + 27
    assert reference.price("linalg.inv", batch) == 4 * 54
    assert reference.price("linalg.inv", reference.tagged(ones(2, 3, 3), (1, 2))) == 2 * 36


def test_making_and_testing_symmetry() -> None:
    S, T = ones(4, 4), ones(4, 4, 4)
    assert reference.price("as_symmetric", S, symmetry=(0, 1)) == 111
    assert reference.price("is_symmetric", S, symmetry=(0, 1)) == 111
    assert reference.price("symmetrize", S, symmetry=(0, 1)) == 48
    assert reference.price("as_symmetric", T, symmetry=(0, 1, 2)) == 894
