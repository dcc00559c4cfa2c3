"""The reports of bills: worked examples, and that every part adds up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import flopscope as flops
import flopscope.numpy as fnp

G = flops.SymmetryGroup
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def budget() -> Iterator[flops.BudgetContext]:
    with flops.BudgetContext(flop_budget=10**12, quiet=True) as context:
        yield context


def plain(*shape: int) -> Any:
    return fnp.asarray(RNG.standard_normal(shape))


def tagged(group: Any, *shape: int) -> Any:
    with flops.BudgetContext(10**9, quiet=True):
        return flops.symmetrize(RNG.standard_normal(shape), symmetry=group)


A, B, V, W, R = plain(3, 3), plain(3, 3), plain(3), plain(3), plain(2, 3)
S, S2 = tagged((0, 1), 3, 3), tagged((0, 1), 3, 3)
T, T01 = tagged((0, 1, 2), 3, 3, 3), tagged((0, 1), 3, 3, 3)
C = tagged(G.cyclic(axes=(0, 1, 2)), 3, 3, 3)
D = tagged(G.dihedral(axes=(0, 1, 2, 3)), 2, 2, 2, 2)
T4 = tagged((0, 1, 2, 3), 3, 3, 3, 3)
Y = tagged(((0, 1), (2, 3)), 2, 2, 3, 3)

# Expression, operands, order of the group, M, alpha, omega, bill: `docs/cost-model.md`.
ONE_AND_TWO: list[tuple[str, tuple[Any, ...], int, int, int, int, int]] = [
    ("ij,jk->ik", (A, B), 1, 27, 27, 9, 45),
    ("ij,jk->ik", (A, A), 1, 27, 27, 9, 45),
    ("ij,kj->ik", (A, A), 2, 18, 18, 6, 30),
    ("ij,ik->jk", (R, R), 2, 12, 12, 6, 18),
    ("i,j->ij", (V, V), 2, 6, 6, 6, 6),
    ("i,j->ij", (V, W), 1, 9, 9, 9, 9),
    ("i,i->", (V, V), 1, 3, 3, 1, 5),
    ("ij,ij->", (A, A), 1, 9, 9, 1, 17),
    ("ij,ji->", (A, A), 2, 6, 6, 1, 11),
    ("ij,j->i", (S, V), 1, 9, 9, 3, 15),
    ("ij,jk->ik", (S, B), 1, 27, 27, 9, 45),
    ("ij,jk->ik", (S, S), 2, 18, 18, 6, 30),
    ("ij,jk->ik", (S, S2), 1, 27, 27, 9, 45),
    ("ij,kl->ijkl", (A, A), 2, 45, 45, 45, 45),
    ("ijk->", (T,), 6, 10, 10, 1, 9),
    ("ijk->i", (T,), 6, 10, 18, 3, 15),
    ("ijk->ij", (T,), 6, 10, 18, 6, 12),
    ("ijk->ij", (T01,), 2, 18, 18, 6, 12),
    ("ijk->k", (T01,), 2, 18, 18, 3, 15),
    ("ijk->i", (C,), 3, 11, 21, 3, 18),
    ("ijk->ij", (C,), 3, 11, 27, 9, 18),
    ("ijk,k->ij", (T, V), 2, 18, 18, 6, 30),
    ("ijk,jk->i", (T, A), 1, 27, 27, 3, 51),
    ("ijk,ijl->kl", (T, T), 4, 36, 36, 6, 66),
    ("ijkl->ij", (T4,), 24, 15, 36, 6, 30),
    ("ijkl->i", (D,), 8, 6, 10, 2, 8),
    ("ijkl->ik", (D,), 8, 6, 9, 3, 6),
    ("ijkl->jk", (Y,), 4, 18, 36, 6, 30),
]


@pytest.mark.parametrize("row", ONE_AND_TWO, ids=lambda row: row[0])
def test_one_and_two_operands(row: Any, budget: flops.BudgetContext) -> None:
    subscripts, operands, order, m, alpha, omega, bill = row
    cost = flops.einsum_accumulation_cost(subscripts, *operands)
    orders = [part.group_order for part in cost.per_component]
    assert np.prod(orders) == order
    assert (cost.m_total, cost.alpha, cost.total) == (m, alpha, bill)
    assert cost.mu == (len(operands) - 1) * m
    assert np.prod([part.m for part in cost.per_component]) == m
    assert np.prod([part.alpha for part in cost.per_component]) == alpha
    assert np.prod([part.num_output_orbits for part in cost.per_component]) == omega
    assert cost.dense_baseline == np.prod([part.dense_count for part in cost.per_component])
    assert cost.num_terms == len(operands)
    assert cost.savings_ratio == bill / (len(operands) * cost.dense_baseline)
    assert budget.flops_used == 0
    fnp.einsum(subscripts, *operands)
    assert budget.flops_used == bill


SEVERAL: list[tuple[str, tuple[Any, ...], list[int], list[str]]] = [
    ("ij,jk,kl->il", (plain(2, 3), plain(3, 4), plain(4, 5)), [40, 70], ["per-input"] * 2),
    ("ij,jk,kl->il", (A, A, A), [45, 45], ["per-input"] * 2),
    ("ij,jk,ki->", (A, A, A), [45, 17], ["per-input"] * 2),
    ("ij,jk,kl->il", (S, S, S), [30, 30], ["per-input", "output-burnside"]),
    ("i,j,k->ijk", (V, V, V), [6, 10], ["per-input", "joint-burnside"]),
    ("i,j,k->ijk", (V, W, V), [9, 18], ["per-input", "joint-burnside"]),
    ("ij,ik,il->jkl", (R, R, R), [12, 30], ["per-input", "joint-burnside"]),
    ("ia,jb,ij->ab", (A, A, S), [45, 30], ["per-input", "output-burnside"]),
    ("ijk,j,k->i", (T, V, V), [6, 33], []),
    ("ijk,i,j,k->", (T, V, V, V), [6, 33, 5], []),
    ("ij,i,j->", (S, V, V), [15, 5], []),
    ("ij,i,j->", (A, V, V), [15, 5], []),
    ("i,i,i->i", (V, V, V), [3, 3], []),
]


@pytest.mark.parametrize("row", SEVERAL, ids=lambda row: row[0])
def test_several_operands(row: Any, budget: flops.BudgetContext) -> None:
    subscripts, operands, steps, sources = row
    cost = flops.einsum_accumulation_cost(subscripts, *operands)
    assert cost.per_step is not None
    assert [step.total for step in cost.per_step] == steps
    assert cost.total == sum(steps)
    if sources:
        assert [step.cost_source for step in cost.per_step] == sources
    assert cost.mu == sum(step.mu for step in cost.per_step)
    assert cost.alpha == sum(step.alpha for step in cost.per_step)
    assert cost.path is not None
    assert len(cost.path) == len(cost.pre_reductions_per_step) == len(steps)
    fnp.einsum(subscripts, *operands)
    assert budget.flops_used == sum(steps)


def test_pre_reductions() -> None:
    cost = flops.einsum_accumulation_cost("ijk,l->l", T, V)
    assert cost.total == 12
    ((first,),) = cost.pre_reductions_per_step
    assert (first.operand_index, first.removed_labels, first.cost) == (0, ("i", "j", "k"), 9)
    assert first.surviving_subscript == ""
    reduced = flops.einsum_accumulation_cost("ijk,l->jkl", T, V).pre_reductions_per_step[0][0]
    assert reduced.surviving_subscript == "jk"
    assert reduced.reduced_symmetry_fingerprint is not None


@pytest.mark.parametrize(
    ("subscripts", "operand", "regime", "name"),
    [
        ("ij->ij", A, "trivial", "trivial"),
        ("ijk->", T, "functionalProjection", "S3{i,j,k}"),
        ("ijk->i", T, "singleton", "S3{i,j,k}"),
        ("ijk->ij", T, "young", "S3{i,j,k}"),
        ("ijk->ij", C, "partitionCount", "C3{i,j,k}"),
        ("ijkl->ik", D, "partitionCount", "D4{i,j,k,l}"),
    ],
)
def test_regimes(subscripts: str, operand: Any, regime: str, name: str) -> None:
    part = flops.einsum_accumulation_cost(subscripts, operand).per_component[0]
    assert (part.regime_id, part.group_name) == (regime, name)
    fired = [step for step in part.regime_trace if step.decision == "fired"]
    assert [step.regime_id for step in fired] == [regime]
    assert all(step.reason for step in part.regime_trace)
    described = part.describe()
    assert described["alpha"] == part.alpha
    assert str(part.alpha) in described["latex"]
    assert r"\alpha" in described["latex_symbolic"]
    assert set(part.labels) == set(part.va) | set(part.wa)


def test_a_component_without_a_count() -> None:
    cost = flops.einsum_accumulation_cost("ijk->ij", C, partition_budget=1)
    assert cost.fallback_used
    assert cost.total == cost.dense_baseline == 27
    assert cost.unavailable_components == (("i", "j", "k"),)
    assert cost.unavailable_reason == cost.per_component[0].unavailable_reason
    assert cost.per_component[0].alpha is None
    assert "unknown" in cost.per_component[0].describe()["latex"]
    assert flops.einsum_accumulation_cost("ijk->ij", C).total == 18


def test_reductions(budget: flops.BudgetContext) -> None:
    for axis, bill in ((0, 12), (None, 9), ((0, 1), 15), (-1, 12), ([0, 2], 15)):
        assert flops.reduction_accumulation_cost(T, axis).total == bill
    twice = flops.reduction_accumulation_cost(T, 0, op_factor=2, extra_ops=6)
    assert twice.total == 30
    assert twice.describe()["total"] == 30
    assert flops.reduction_accumulation_cost(C, 0).total == 18
    assert flops.reduction_accumulation_cost(C, 0, partition_budget=1).fallback_used
    assert flops.tier2_reduction_cost(T, 0) == 18
    assert flops.tier2_reduction_cost(T, 0, dense_per_output_cost=7) == 42
    assert flops.tier2_reduction_cost([1.0, 2.0]) == 2
    assert budget.flops_used == 0
    with pytest.raises(np.exceptions.AxisError):
        flops.reduction_accumulation_cost(T, 3)


def test_reports_cannot_be_changed() -> None:
    cost = flops.einsum_accumulation_cost("ij->", A)
    with pytest.raises(dataclasses.FrozenInstanceError):
        cost.total = 0  # type: ignore[misc]


def test_names_of_the_package() -> None:
    for name in flops.__all__:
        assert getattr(flops, name) is not None
    assert "AccumulationCost" in dir(flops)
