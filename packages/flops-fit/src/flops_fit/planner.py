"""Lays the grid of a sweep: sizes around the expected optimum of each budget."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .contracts import ModelFamily, check_model
from .errors import DatasetTooSmallWarning, PlanError
from .plan import Experiment, PlanOptions, SweepPlan, digest, plain
from .sizes import SizeTable


class SweepPlanner:
    """Plans sweeps of one model family.

    Examples
    --------
    >>> class Linear:
    ...     def __init__(self, width): self.width = width
    ...     def num_params(self): return 100 * self.width
    >>> plan = SweepPlanner(Linear, "width").plan([1e12, 1e13])
    >>> [e.num_params for e in plan.experiments][:3]
    [12800, 25600, 44800]
    """

    def __init__(
        self,
        model_cls: Callable[..., Any],
        model_size_param: str,
        model_kwargs: Mapping[str, Any] | None = None,
        options: PlanOptions | None = None,
    ) -> None:
        self.options = options or PlanOptions()
        self.family = check_model(model_cls, model_size_param, model_kwargs)
        self._sizes = SizeTable(self.family, min_size=self.options.min_size, max_size=self.options.max_size)

    @classmethod
    def of(cls, family: ModelFamily, options: PlanOptions) -> SweepPlanner:
        """A planner of a family that was checked before."""
        planner = cls.__new__(cls)
        planner.options, planner.family = options, family
        planner._sizes = SizeTable(family, min_size=options.min_size, max_size=options.max_size)
        return planner

    def plan(self, compute_budgets: Sequence[float], *, dataset_tokens: float | None = None) -> SweepPlan:
        """Lay a grid of sizes for every budget.

        Parameters
        ----------
        compute_budgets : sequence of float
            FLOPs, any order.
        dataset_tokens : float, optional
            Tokens of one pass over the data. Plans that need more warn, or are refused above `max_epochs`.

        Raises
        ------
        ValueError
            No budgets, or one that is not a positive number.
        PlanError
            No budget has a feasible run, or one needs too many epochs.
        """
        budgets = check_budgets(compute_budgets)
        experiments: list[Experiment] = []
        for compute in budgets:
            grid = self._grid(compute)
            if not grid:
                warnings.warn(
                    f"no model of {self.family.name} is feasible at {compute:.3g} FLOPs; the budget is left out",
                    UserWarning,
                    stacklevel=2,
                )
            experiments += [self._experiment(compute, size, n) for size, n in grid]
        if not experiments:
            raise PlanError(
                f"no budget has a feasible run: the smallest {self.family.name} must see at least "
                f"{self.options.min_tokens_per_param} tokens per parameter"
            )
        plan = SweepPlan(
            tuple(experiments),
            self.family.name,
            self.family.size_param,
            budgets,
            self.family.model_kwargs,
            self.options.flops_per_param_token,
        )
        if dataset_tokens is not None:
            check_epochs(plan, dataset_tokens, self.options.max_epochs)
        return plan

    def _tokens(self, compute: float, n: int) -> int:
        return math.floor(compute / (self.options.flops_per_param_token * n))

    def _grid(self, compute: float) -> list[tuple[int, int]]:
        """Distinct sizes of a budget with their counts, ascending."""
        o = self.options
        centre = math.sqrt(compute / (o.flops_per_param_token * o.tokens_per_param))
        targets = np.geomspace(centre / o.half_width, centre * o.half_width, o.runs_per_budget)
        steps = [o.granularity] if o.granularity else [64, 32, 16, 8, 4, 2, 1]
        best, best_step = list[tuple[int, int]](), steps[-1]
        for step in steps:
            found = {self._sizes.nearest(float(target), step) for target in targets}
            grid = sorted(pair for pair in found if pair is not None and self._feasible(compute, pair[1]))
            if len(grid) > len(best):
                best, best_step = grid, step
            if len(grid) >= o.runs_per_budget:
                return grid
        return self._widened(compute, centre, best_step, best)

    def _widened(self, compute: float, centre: float, step: int, grid: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """A coarse family has few sizes in the window: more of its sizes, those nearest to the expected optimum."""
        o = self.options
        sizes = dict(grid)
        nearest = self._sizes.nearest(centre, step)
        if nearest is None:
            return grid
        index = nearest[0] // step
        for offset in (0, *(sign * i for i in range(1, 4 * o.runs_per_budget) for sign in (-1, 1))):
            if len(sizes) >= o.runs_per_budget:
                break
            size = (index + offset) * step
            if o.min_size <= size <= o.max_size and size > 0:
                n = self._sizes.params(size)
                if n is not None and self._feasible(compute, n):
                    sizes[size] = n
        return sorted(sizes.items())

    def _feasible(self, compute: float, n: int) -> bool:
        d = self._tokens(compute, n)
        return d >= 1 and d >= self.options.min_tokens_per_param * n

    def _experiment(self, compute: float, size: int, n: int) -> Experiment:
        d = self._tokens(compute, n)
        content = {
            "model": self.family.name,
            "kwargs": {key: plain(value) for key, value in sorted(self.family.model_kwargs.items())},
            "compute": compute,
            "size": [self.family.size_param, size],
            "params": n,
            "tokens": d,
            "k": self.options.flops_per_param_token,
        }
        return Experiment(f"exp_{digest(content)}", compute, size, n, d)


def plan_sweep(
    model_cls: Callable[..., Any],
    model_size_param: str,
    model_kwargs: Mapping[str, Any] | None = None,
    compute_budgets: Sequence[float] = (),
    *,
    dataset_tokens: float | None = None,
    **options: Any,
) -> SweepPlan:
    """Plan an iso-FLOP sweep; `options` are the fields of `PlanOptions`. See `SweepPlanner.plan`."""
    planner = SweepPlanner(model_cls, model_size_param, model_kwargs, PlanOptions(**options))
    return planner.plan(compute_budgets, dataset_tokens=dataset_tokens)


def check_budgets(compute_budgets: Any) -> list[float]:
    """Budgets as ascending, distinct floats."""
    try:
        budgets = [float(c) for c in compute_budgets]
    except (TypeError, ValueError):
        raise ValueError(f"compute_budgets must be a list of FLOPs, not {compute_budgets!r}") from None
    if not budgets:
        raise ValueError("compute_budgets is empty")
    for c in budgets:
        if not (math.isfinite(c) and c > 0):
            raise ValueError(f"a compute budget is a positive number of FLOPs, not {c!r}")
    return sorted(set(budgets))


def check_epochs(plan: SweepPlan, dataset_tokens: float, max_epochs: float | None) -> None:
    """Warn of runs that read their data more than once, or refuse them above `max_epochs`."""
    most = max(plan.experiments, key=lambda e: e.num_tokens)
    epochs = most.num_tokens / dataset_tokens
    repeated = sum(e.num_tokens > dataset_tokens for e in plan.experiments)
    if max_epochs is not None and epochs > max_epochs:
        raise PlanError(
            f"{most.experiment_id} needs {most.num_tokens:,} tokens, {epochs:.3g} epochs of the {dataset_tokens:,.0f} "
            f"tokens given; max_epochs allows {max_epochs:g}. Lower the budgets or add data"
        )
    if repeated:
        warnings.warn(
            f"{repeated} of {plan.num_experiments} runs need more than the {dataset_tokens:,.0f} tokens of the "
            f"dataset, up to {most.num_tokens:,} ({epochs:.3g} epochs); repeated data scales worse than new data",
            DatasetTooSmallWarning,
            stacklevel=3,
        )
