"""The report of ``einsum_path``: each step, its price and what symmetry saved."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flopscope._contraction.accumulation import (
    AccumulationCost,
    PreReduction,
    accumulation_cost,
    pre_reductions_of,
)
from flopscope._contraction.execution import blas_form
from flopscope._contraction.planning import Path, Shape
from flopscope._core import SymmetryGroup
from flopscope.pricing.facts.products import contraction_bill

__all__ = ["PathInfo", "PathReport", "StepInfo", "make_report"]

Group = SymmetryGroup | None
Describe = Callable[[Any, dict[str, int]], "PathInfo"]


@dataclass(frozen=True)
class StepInfo:
    """One step of a contraction.

    Attributes
    ----------
    subscript : str
        Operands in descending order of position, and the result.
    flop_cost, dense_flop_cost : int
        FLOPs before the weight, with and without symmetry.
    input_shapes : tuple of shapes
    output_shape : tuple of int
    input_groups : tuple of SymmetryGroup or None
    output_group : SymmetryGroup or None
    symmetry_savings : float
        Share of the dense cost that symmetry saved.
    inner_group : SymmetryGroup or None
        Symmetry among the labels summed so far.
    inner_applied : bool
    blas_type : str or False
        The routine that the step may go through.
    path_indices : tuple of int
    merged_subset : frozenset of int
        The original operands that the result is made of.
    pre_reductions : tuple of PreReduction
    cost_source : str or None
    unique_output, unique_inner : int
        Distinct elements of the result, and distinct assignments of the labels summed so far.
    inner_labels : tuple of str
    """

    subscript: str
    flop_cost: int
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    input_groups: tuple[Group, ...]
    output_group: Group
    dense_flop_cost: int
    symmetry_savings: float
    inner_group: Group
    inner_applied: bool
    blas_type: str | bool
    path_indices: tuple[int, ...]
    merged_subset: frozenset[int]
    pre_reductions: tuple[PreReduction, ...]
    cost_source: str | None
    unique_output: int
    unique_inner: int
    inner_labels: tuple[str, ...] = ()

    @property
    def flop_count(self) -> int:
        """The same as ``flop_cost``."""
        return self.flop_cost


@dataclass(frozen=True)
class PathInfo:
    """The report of a whole contraction.

    Attributes
    ----------
    path : list of tuple of int
    steps : list of StepInfo
        Along `path`, with the true price of each.
    naive_cost : int
        Sum of the steps' dense costs.
    optimized_cost : int
        What the call is billed, before the weight.
    largest_intermediate : int
        Elements of the largest result of a step.
    speedup : float
        ``naive_cost / optimized_cost``.
    input_subscripts, output_subscript : str
    size_dict : dict of str to int
    optimizer_used : str
        ``"trivial"`` for one or two operands.
    contraction_list, scale_list, size_list : list
        As opt_einsum has them: per step the positions, summed labels, expression, rest and BLAS
        routine; the number of labels; the elements of the result.
    """

    path: list[tuple[int, ...]]
    steps: list[StepInfo]
    naive_cost: int
    optimized_cost: int
    largest_intermediate: int
    speedup: float
    input_subscripts: str
    output_subscript: str
    size_dict: dict[str, int]
    optimizer_used: str
    contraction_list: list[tuple[Any, ...]] = field(default_factory=list)
    scale_list: list[int] = field(default_factory=list)
    size_list: list[int] = field(default_factory=list)

    @property
    def eq(self) -> str:
        """The expression."""
        return f"{self.input_subscripts}->{self.output_subscript}"

    @property
    def opt_cost(self) -> Decimal:
        """``optimized_cost`` as opt_einsum has it."""
        return Decimal(self.optimized_cost)

    def format_table(self, verbose: bool = False) -> str:
        """Return the report as text.

        Parameters
        ----------
        verbose : bool
            Also the original operands, the shape and the running total of every step.

        Returns
        -------
        str
        """
        from flopscope._contraction.path_table import format_table

        return format_table(self, verbose)

    def print(self, verbose: bool = False) -> None:
        """Print the report, in colour on a terminal when rich is installed.

        Parameters
        ----------
        verbose : bool
        """
        from flopscope._contraction.path_table import print_report

        print_report(self, verbose)

    def __rich__(self) -> Any:
        from flopscope._contraction.path_table import rich_table

        return rich_table(self)

    def __str__(self) -> str:
        return self.format_table()


class PathReport:
    """What ``einsum_path`` returns beside the path: the report and the bill.

    All attributes of `PathInfo` are answered from it. It is put together when it is first looked
    at: many callers only want the path.
    """

    def __init__(self, billed: Any, lengths: dict[str, int], describe: Describe) -> None:
        self._billed = billed
        self._lengths = lengths
        self._describe = describe

    @functools.cached_property
    def _info(self) -> PathInfo:
        return self._describe(self._billed, self._lengths)

    @functools.cached_property
    def accumulation(self) -> AccumulationCost:
        """The bill, laid over the path that calls are billed along."""
        return accumulation_cost(self._billed, self._lengths)

    @property
    def optimized_cost(self) -> int:
        """The bill, before the weight."""
        return int(self._billed.total)

    def check_consistency(self) -> None:
        """Check that report and bill agree.

        Raises
        ------
        AssertionError
            They do not.
        """
        if self._info.optimized_cost != self.accumulation.total:
            raise AssertionError(
                f"the report says {self._info.optimized_cost}, the bill {self.accumulation.total}"
            )
        steps = self.accumulation.per_step
        if steps is not None and sum(step.total for step in steps) != self.accumulation.total:
            raise AssertionError("the steps of the bill do not add up to its total")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._info, name)

    def __rich__(self) -> Any:
        return self._info.__rich__()

    def __str__(self) -> str:
        return str(self._info)

    def __repr__(self) -> str:
        return (
            f"<einsum path of {self._info.eq}: {len(self._info.steps)} steps, "
            f"{self.optimized_cost:,} FLOPs>"
        )


def _orbits(group: Group, labels: Sequence[str], lengths: dict[str, int]) -> tuple[int, int]:
    """Return distinct and all assignments of labels."""
    shape = tuple(lengths[label] for label in labels)
    total = math.prod(shape)
    return (total if group is None else group.burnside_unique_count(shape)), total


def make_report(
    inputs: Sequence[str],
    output: str,
    shapes: Sequence[Shape],
    groups: Sequence[Group],
    classes: Sequence[int],
    path: Path,
    optimizer: str,
) -> PathReport:
    """Lay prices over a path.

    Parameters
    ----------
    inputs, output : sequence of str, str
        A label per axis.
    shapes : sequence of shapes
    groups : sequence of SymmetryGroup or None
    classes : sequence of int
        Operands that are the same object share a number.
    path : tuple of tuple of int
        The one to report.
    optimizer : str
        What found it.

    Returns
    -------
    PathReport
    """
    billed, lengths = contraction_bill(inputs, output, shapes, groups, classes)
    shown = billed
    if len(inputs) > 2 and billed.path != tuple(map(tuple, path)):
        shown, _ = contraction_bill(inputs, output, shapes, groups, classes, path=path)
    describe = functools.partial(_describe, shown, inputs, output, groups, path, optimizer)
    return PathReport(billed, lengths, describe)


def _describe(
    shown: Any,
    inputs: Sequence[str],
    output: str,
    groups: Sequence[Group],
    path: Path,
    optimizer: str,
    billed: Any,
    lengths: dict[str, int],
) -> PathInfo:
    """Put a report together from the bill along its path, and the one that calls get."""
    remaining = list(zip(inputs, groups, (frozenset([i]) for i in range(len(inputs))), strict=True))
    steps: list[StepInfo] = []
    contraction_list = []
    for indices, step in zip(path, shown.per_step, strict=True):
        taken = [remaining.pop(i) for i in sorted(indices, reverse=True)]
        terms = [term for term, _, _ in taken]
        labels = set("".join(terms))
        result = step.output
        remaining.append((result, step.output_group, frozenset().union(*(s for _, _, s in taken))))
        subscript = ",".join(terms) + "->" + result
        blas = blas_form(terms[0], terms[1], result) if len(terms) == 2 else False
        unique, _ = _orbits(step.output_group, result, lengths)
        inner, _ = _orbits(step.inner_group, step.inner_labels, lengths)
        steps.append(
            StepInfo(
                subscript=subscript,
                flop_cost=step.cost,
                input_shapes=tuple(tuple(lengths[c] for c in term) for term in terms),
                output_shape=tuple(lengths[c] for c in result),
                input_groups=tuple(group for _, group, _ in taken),
                output_group=step.output_group,
                dense_flop_cost=step.dense_cost,
                symmetry_savings=1 - step.cost / step.dense_cost if step.dense_cost else 0.0,
                inner_group=step.inner_group,
                inner_applied=step.inner_group is not None and step.cost < step.dense_cost,
                blas_type=blas,
                path_indices=tuple(indices),
                merged_subset=remaining[-1][2],
                pre_reductions=pre_reductions_of(step),
                cost_source=step.cost_source,
                unique_output=unique,
                unique_inner=inner,
                inner_labels=tuple(step.inner_labels),
            )
        )
        rest = tuple(term for term, _, _ in remaining)
        contraction_list.append((tuple(indices), labels - set(result), subscript, rest, blas))
    sizes = [math.prod(step.output_shape) for step in steps]
    naive = sum(step.dense_flop_cost for step in steps)
    return PathInfo(
        path=[tuple(step) for step in path],
        steps=steps,
        naive_cost=naive,
        optimized_cost=billed.total,
        largest_intermediate=max(sizes, default=0),
        speedup=naive / billed.total if billed.total else 1.0,
        input_subscripts=",".join(inputs),
        output_subscript=output,
        size_dict=dict(lengths),
        optimizer_used="trivial" if len(inputs) <= 2 else optimizer,
        contraction_list=contraction_list,
        scale_list=[len(set(step.subscript) - set(",->")) for step in steps],
        size_list=sizes,
    )
