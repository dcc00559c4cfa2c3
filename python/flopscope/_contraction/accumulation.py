"""The bill of a contraction or a reduction, taken apart for people.

The counts are those of ``docs/cost-model.md``: a step of k operands bills ``mu + alpha - omega``,
with ``mu = (k - 1) M`` products, ``alpha`` additions into output elements, and ``omega`` such
elements: the first addition into each is a copy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._contraction import caches
from flopscope._core import SymmetryGroup
from flopscope.pricing.facts.products import bill_of_operands, canonical_subscripts

__all__ = [
    "AccumulationCost",
    "ComponentCost",
    "PreReduction",
    "RegimeStep",
    "accumulation_cost",
    "einsum_accumulation_cost",
    "pre_reductions_of",
    "reduction_accumulation_cost",
    "tier2_reduction_cost",
]


@dataclass(frozen=True)
class RegimeStep:
    """One rule that was tried on a component.

    Attributes
    ----------
    regime_id : str
        Name of the rule.
    decision : str
        ``"fired"`` or ``"refused"``.
    reason : str
        Why.
    sub_steps : tuple of RegimeStep
    """

    regime_id: str
    decision: str
    reason: str
    sub_steps: tuple[RegimeStep, ...] = ()


# alpha of a component by rule, in the notation of the class below.
_FORMULAS = {
    "trivial": r"\alpha = \prod_{l} n_l",
    "functionalProjection": r"\alpha = M = \frac{1}{|G|} \sum_{g \in G} \prod_{c} n_c",
    "singleton": (
        r"\alpha = \frac{n}{|G|} \sum_{g \in G} P_R(g) \left(n^{c(g)} - (n - 1)^{c(g)}\right)"
    ),
    "young": r"\alpha = \binom{n + v - 1}{v} \binom{n + w - 1}{w}",
    "partitionCount": r"\alpha = \sum_{q} \frac{\mathrm{labelings}(q)}{B(q)} \, |E(q) / H_V|",
    "unavailable": r"\alpha \le \prod_{l} n_l",
}


@dataclass(frozen=True)
class ComponentCost:
    """A direct factor of a contraction's label symmetry, and its counts.

    Attributes
    ----------
    labels, va, wa : tuple of str
        Labels of the component; those in the output; those summed.
    sizes : tuple of int
        Length of each label.
    m : int
        Orbits of the group on assignments of all labels.
    alpha : int or None
        Additions into output elements; None when no rule could count them.
    dense_count : int
        Assignments of all labels.
    num_output_orbits : int
        Orbits on assignments of the output labels.
    regime_id : str
        The rule that found `alpha`.
    shape : str
        Kind of component, by where its labels are.
    group_name : str
        Such as ``"S3{i,j,k}"``.
    group_order : int
    regime_trace : tuple of RegimeStep
        Every rule tried, in order.
    unavailable_reason : str or None
    """

    labels: tuple[str, ...]
    va: tuple[str, ...]
    wa: tuple[str, ...]
    sizes: tuple[int, ...]
    m: int
    alpha: int | None
    dense_count: int
    num_output_orbits: int
    regime_id: str
    shape: str
    group_name: str
    group_order: int
    regime_trace: tuple[RegimeStep, ...]
    unavailable_reason: str | None

    def describe(self) -> dict[str, Any]:
        """Return the figures as a dict, with the formula in LaTeX.

        Returns
        -------
        dict
            ``latex`` has this component's numbers, ``latex_symbolic`` the rule's formula.
        """
        alpha = r"\text{unknown}" if self.alpha is None else str(self.alpha)
        omega = self.num_output_orbits
        return {
            "labels": self.labels,
            "va": self.va,
            "wa": self.wa,
            "sizes": self.sizes,
            "m": self.m,
            "alpha": self.alpha,
            "dense_count": self.dense_count,
            "num_output_orbits": self.num_output_orbits,
            "regime_id": self.regime_id,
            "shape": self.shape,
            "group_name": self.group_name,
            "group_order": self.group_order,
            "latex": rf"M = {self.m},\quad \alpha = {alpha},\quad \omega = {omega}",
            "latex_symbolic": _FORMULAS[self.regime_id],
        }


@dataclass(frozen=True)
class PreReduction:
    """Labels that occur in one operand of a step only, summed out of it first.

    Attributes
    ----------
    operand_index : int
        Position among the step's operands.
    removed_labels : tuple of str
    cost : int
        FLOPs.
    surviving_subscript : str
        What is left of the operand.
    reduced_symmetry_fingerprint : tuple or None
        Axes and generators of the symmetry left to it.
    """

    operand_index: int
    removed_labels: tuple[str, ...]
    cost: int
    surviving_subscript: str
    reduced_symmetry_fingerprint: tuple[Any, ...] | None


@dataclass(frozen=True)
class AccumulationCost:
    """What a contraction or a reduction costs, and how that came about.

    Attributes
    ----------
    total : int
        FLOPs before the weight.
    mu, alpha : int
        Products and additions; sums over the steps for three or more operands.
    m_total : int
        Distinct products of the whole expression.
    dense_baseline : int
        Assignments of all labels, symmetry ignored.
    num_terms : int
        Operands.
    per_component : tuple of ComponentCost
        Of the whole expression.
    fallback_used : bool
        A count could not be found within the search limits; the dense count is billed.
    unavailable_components : tuple of tuple of str
        Labels of the components without a count.
    unavailable_reason : str or None
    per_step : tuple of AccumulationCost or None
        For three or more operands, along `path`.
    path : tuple of tuple of int or None
        The order that the bill is laid over, whatever order is executed.
    pre_reductions_per_step : tuple of tuple of PreReduction
    cost_source : str or None
        Of a single step: ``"per-input"``, ``"joint-burnside"`` or ``"output-burnside"``.
    """

    total: int
    mu: int
    alpha: int
    m_total: int
    dense_baseline: int
    num_terms: int
    per_component: tuple[ComponentCost, ...] = ()
    fallback_used: bool = False
    unavailable_components: tuple[tuple[str, ...], ...] = ()
    unavailable_reason: str | None = None
    per_step: tuple[AccumulationCost, ...] | None = None
    path: tuple[tuple[int, ...], ...] | None = None
    pre_reductions_per_step: tuple[tuple[PreReduction, ...], ...] = ()
    cost_source: str | None = None

    @property
    def savings_ratio(self) -> float:
        """``total / (num_terms * dense_baseline)``; 1.0 when nothing is to be done."""
        dense = self.num_terms * self.dense_baseline
        return self.total / dense if dense else 1.0

    def describe(self) -> dict[str, Any]:
        """Return the figures as a dict of plain values.

        Returns
        -------
        dict
        """
        return {
            "total": self.total,
            "mu": self.mu,
            "alpha": self.alpha,
            "m_total": self.m_total,
            "dense_baseline": self.dense_baseline,
            "num_terms": self.num_terms,
            "savings_ratio": self.savings_ratio,
            "fallback_used": self.fallback_used,
            "unavailable_components": self.unavailable_components,
            "per_component": tuple(part.describe() for part in self.per_component),
        }


# --------------------------------------------------------------------------- from the core's bills


def _trace(steps: Sequence[Any]) -> tuple[RegimeStep, ...]:
    return tuple(RegimeStep(*step) for step in steps)


def _component(part: Any) -> ComponentCost:
    return ComponentCost(
        labels=part.labels,
        va=part.va,
        wa=part.wa,
        sizes=part.sizes,
        m=part.m,
        alpha=part.alpha,
        dense_count=part.dense_count,
        num_output_orbits=part.num_output_orbits,
        regime_id=part.regime_id,
        shape=part.shape,
        group_name=part.group_name,
        group_order=part.group_order,
        regime_trace=_trace(part.regime_trace),
        unavailable_reason=part.unavailable_reason,
    )


def _fingerprint(group: SymmetryGroup | None) -> tuple[Any, ...] | None:
    if group is None:
        return None
    axes = None if group.axes is None else tuple(group.axes)
    return axes, tuple(tuple(images) for images in group.generator_literals)


def pre_reductions_of(step: Any) -> tuple[PreReduction, ...]:
    """Return the pre-reductions of a step of the core's bill."""
    return tuple(
        PreReduction(
            part.operand_index,
            part.removed_labels,
            part.cost,
            part.surviving_subscript,
            _fingerprint(part.group),
        )
        for part in step.pre_reductions
    )


def _of_step(step: Any, lengths: dict[str, int]) -> AccumulationCost:
    terms = len(step.operands)
    labels = set("".join(step.operands)) | set(step.output)
    return AccumulationCost(
        total=step.cost,
        mu=(terms - 1) * step.m,
        alpha=step.alpha,
        m_total=step.m,
        dense_baseline=math.prod(lengths[label] for label in labels),
        num_terms=terms,
        fallback_used=step.fallback_used,
        pre_reductions_per_step=(pre_reductions_of(step),),
        cost_source=step.cost_source,
    )


def accumulation_cost(bill: Any, lengths: dict[str, int]) -> AccumulationCost:
    """Return the core's bill in the form that people read.

    Parameters
    ----------
    bill : _core._ContractionBill
    lengths : dict of str to int
        Length of every label.

    Returns
    -------
    AccumulationCost
    """
    parts = tuple(_component(part) for part in bill.per_component)
    steps = bill.per_step
    is_chain = bill.num_terms > 2
    return AccumulationCost(
        total=bill.total,
        mu=bill.mu,
        alpha=bill.alpha,
        m_total=bill.m_total,
        dense_baseline=bill.dense_baseline,
        num_terms=bill.num_terms,
        per_component=parts,
        fallback_used=bill.fallback_used,
        unavailable_components=tuple(part.labels for part in parts if part.alpha is None),
        unavailable_reason=bill.unavailable_reason,
        per_step=tuple(_of_step(step, lengths) for step in steps) if is_chain else None,
        path=tuple(bill.path) if is_chain else None,
        pre_reductions_per_step=tuple(pre_reductions_of(step) for step in steps),
        cost_source=None if is_chain else steps[0].cost_source,
    )


# ------------------------------------------------------------------------------- asked by people


def einsum_accumulation_cost(
    subscripts: str, *operands: Any, partition_budget: int | None = None
) -> AccumulationCost:
    """Tell what an einsum of these operands costs, without running or charging it.

    Parameters
    ----------
    subscripts : str
        As for `numpy.einsum`; implicit output and ellipsis are allowed.
    *operands : array_like
        Their shapes count, the symmetry they carry, and which of them are the same object.
    partition_budget : int, optional
        Most typed set partitions to look at, instead of the configured number.

    Returns
    -------
    AccumulationCost

    Raises
    ------
    ValueError
        The expression does not fit the operands.

    Notes
    -----
    Cost: 0.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> a = fnp.ones((3, 4))
    >>> cost = flops.einsum_accumulation_cost("ij,kj->ik", a, a)
    >>> cost.total, cost.per_component[0].group_name
    (42, 'S2{i,k}')
    """
    inputs, output = canonical_subscripts(subscripts, [np.ndim(x) for x in operands])
    bill, lengths = bill_of_operands(inputs, output, operands, partition_budget)
    return accumulation_cost(bill, lengths)


def _reduction_subscripts(ndim: int, axis: int | Sequence[int] | None) -> tuple[str, str]:
    if axis is None:
        summed = set(range(ndim))
    else:
        axes = (axis,) if isinstance(axis, int) else tuple(axis)
        summed = {np.lib.array_utils.normalize_axis_index(i, ndim) for i in axes}
    labels = [chr(ord("a") + i) if i < 26 else chr(0x100 + i) for i in range(ndim)]
    return "".join(labels), "".join(c for i, c in enumerate(labels) if i not in summed)


def _reduction_bill(
    shape: tuple[int, ...],
    group: SymmetryGroup | None,
    axis: int | tuple[int, ...] | None,
    partition_budget: int | None,
) -> tuple[Any, dict[str, int]]:
    term, output = _reduction_subscripts(len(shape), axis)
    bill = _core._contraction_bill(
        f"{term}->{output}", [shape], [group], None, None, partition_budget
    )
    return bill, dict(zip(term, shape, strict=True))


_cached_reduction_bill = caches.register("reduction", _reduction_bill)


def _asked(a: Any, axis: Any, partition_budget: int | None) -> tuple[Any, dict[str, int]]:
    key = (
        axis
        if axis is None or isinstance(axis, int)
        else tuple(int(i) for i in np.atleast_1d(axis))
    )
    answer: tuple[Any, dict[str, int]] = _cached_reduction_bill(
        np.shape(a), getattr(a, "symmetry", None), key, partition_budget
    )
    return answer


def reduction_accumulation_cost(
    a: Any,
    axis: int | Sequence[int] | None = None,
    *,
    op_factor: int = 1,
    extra_ops: int = 0,
    partition_budget: int | None = None,
) -> AccumulationCost:
    """Tell what a reduction of an array costs, without running or charging it.

    Parameters
    ----------
    a : array_like
        Its shape counts, and the symmetry it carries.
    axis : int or sequence of int, optional
        All axes by default.
    op_factor : int
        FLOPs of one accumulation (2 for ``mean``-like rules).
    extra_ops : int
        FLOPs added at the end.
    partition_budget : int, optional
        Most typed set partitions to look at, instead of the configured number.

    Returns
    -------
    AccumulationCost
        ``total = op_factor * (alpha - omega) + extra_ops``.

    Raises
    ------
    numpy.exceptions.AxisError
        An axis that the array does not have.

    Notes
    -----
    Cost: 0.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> flops.reduction_accumulation_cost(fnp.zeros((3, 4)).copy(), axis=0, extra_ops=4).total
    12
    """
    bill, lengths = _asked(a, axis, partition_budget)
    cost = accumulation_cost(bill, lengths)
    fields = {name: getattr(cost, name) for name in cost.__dataclass_fields__}
    fields["total"] = op_factor * cost.total + extra_ops
    return AccumulationCost(**fields)


def tier2_reduction_cost(
    a: Any,
    axis: int | Sequence[int] | None = None,
    *,
    dense_per_output_cost: int | None = None,
) -> int:
    """Tell what a reduction that selects (median, quantile) costs, without running or charging it.

    Parameters
    ----------
    a : array_like
    axis : int or sequence of int, optional
        All axes by default.
    dense_per_output_cost : int, optional
        FLOPs per output element; the number of elements that it is selected from by default.

    Returns
    -------
    int
        FLOPs: distinct output elements times the cost of one.

    Examples
    --------
    >>> import flopscope as flops
    >>> import flopscope.numpy as fnp
    >>> flops.tier2_reduction_cost(fnp.arange(12.0).reshape(3, 4), axis=0)
    12
    """
    bill, lengths = _asked(a, axis, None)
    outputs: int = bill.per_step[0].num_output_orbits
    if dense_per_output_cost is not None:
        return outputs * dense_per_output_cost
    kept = math.prod(lengths[label] for label in bill.per_step[0].output)
    return outputs * (math.prod(lengths.values()) // kept if kept else 0)
