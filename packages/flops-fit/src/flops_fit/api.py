"""`find_optimal`: from a model family and budgets to predictions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from .analysis import ScalingLawAnalyzer
from .contracts import check_dataset, check_loss, check_model
from .plan import PlanOptions, SweepPlan
from .planner import SweepPlanner, check_epochs
from .result import Result
from .runner import TrainingRunner
from .settings import MockSettings, TrainSettings
from .store import write_json

_RUNNER = ("validation", "seeds", "workers", "executor", "progress")
_FIT = ("bootstrap", "huber_delta", "outliers", "seed")
_MOCK = {"mock_law": "law", "mock_noise": "noise"}


def find_optimal(
    model_cls: Callable[..., Any],
    model_size_param: str,
    model_kwargs: Mapping[str, Any] | None = None,
    dataset: Any = None,
    loss_fn: Callable[[Any, Any], Any] | None = None,
    compute_budgets: Sequence[float] | None = None,
    train: bool = True,
    mode: str = "local",
    output_dir: str | os.PathLike[str] = "outputs",
    resume: bool = True,
    **options: Any,
) -> Result | SweepPlan:
    """Train a model family on a grid of sizes and budgets, and fit its scaling laws.

    Parameters
    ----------
    model_cls : callable
        Called as `model_cls(**model_kwargs, **{model_size_param: size})`; the model has `num_params() -> int`.
    model_size_param : str
        The constructor argument that scales the model.
    model_kwargs : mapping, optional
        The other constructor arguments.
    dataset : torch Dataset, IterableDataset or DataLoader, optional
        Training data. A batch of two or more is (inputs, targets); anything else is both.
    loss_fn : callable, optional
        `loss_fn(outputs, targets)` gives a scalar tensor.
    compute_budgets : sequence of float
        FLOPs, in any order.
    train : bool
        False only plans.
    mode : {"local", "mock"}
        Mock runs take their losses from a synthetic surface; nothing is trained and no data is read.
    output_dir : path
        Where results, fits and plots are kept.
    resume : bool
        Skip runs that completed earlier with the same plan, seed and settings.
    **options
        Fields of `PlanOptions` (grid), `TrainSettings` (training); `validation`, `seeds`, `workers`, `executor`,
        `progress` of `TrainingRunner`; `bootstrap` (default 1000), `huber_delta`, `outliers` and `seed` of
        `fit_parametric`; `mock_law`, `mock_noise` of `MockSettings`. `flops_per_param_token="count"` counts k on a
        model in the middle of the grid.

    Returns
    -------
    Result
        After training, or a mock sweep.
    SweepPlan
        With `train=False`, or when a local sweep lacks dataset or loss.

    Raises
    ------
    TypeError, ValueError
        Model, dataset or loss do not keep their contract, in this order; then an option is unknown or out of range.
    NotImplementedError
        Everything is valid, but there are no `compute_budgets`.
    PlanError
        No run is feasible.
    """
    if mode not in ("local", "mock"):
        raise ValueError(f"mode must be 'local' or 'mock', not {mode!r}")
    family = check_model(model_cls, model_size_param, model_kwargs)
    if dataset is not None and mode == "local":
        check_dataset(dataset)
    if loss_fn is not None:
        check_loss(loss_fn)
    chosen = _sort_options(options)
    if compute_budgets is None:
        raise NotImplementedError("find_optimal needs compute_budgets, a list of FLOPs such as [1e17, 3e17, 1e18]")
    if chosen["plan"].get("flops_per_param_token") == "count":
        chosen["plan"]["flops_per_param_token"] = _count_k(family, dataset, loss_fn, compute_budgets, chosen)
    planner = SweepPlanner.of(family, PlanOptions(**chosen["plan"]))
    plan = planner.plan(compute_budgets)
    if not train or (mode == "local" and (dataset is None or loss_fn is None)):
        if dataset is not None and mode == "local":
            from .batches import known_tokens

            tokens = known_tokens(dataset, chosen["train"].get("tokens_per_sample"))
            if tokens is not None:
                check_epochs(plan, tokens, planner.options.max_epochs)
        return plan
    settings = MockSettings(**chosen["mock"]) if mode == "mock" else TrainSettings(**chosen["train"])
    runner = TrainingRunner(
        family,
        None if mode == "mock" else dataset,
        None if mode == "mock" else loss_fn,
        settings,
        output_dir=output_dir,
        resume=resume,
        max_epochs=planner.options.max_epochs,
        **{key: v for key, v in chosen["runner"].items() if mode == "local" or key in ("seeds", "progress")},
    )
    records = runner.run(plan)
    analyzer = ScalingLawAnalyzer(
        records, flops_per_param_token=plan.flops_per_param_token, **{"bootstrap": 1000, **chosen["fit"]}
    )
    result = Result(analyzer.analyze(), plan, records, output_dir)
    write_json(result.output_dir / "analysis" / "scaling_laws.json", result.analysis.to_dict())
    return result


def _sort_options(options: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Options by the part that takes them."""
    names: dict[str, Sequence[str]] = {
        "plan": [f.name for f in fields(PlanOptions)],
        "train": [f.name for f in fields(TrainSettings)],
        "runner": _RUNNER,
        "fit": _FIT,
    }
    chosen: dict[str, dict[str, Any]] = {part: {} for part in (*names, "mock")}
    for option, value in options.items():
        if option in _MOCK:
            chosen["mock"][_MOCK[option]] = value
            continue
        part = next((part for part, known in names.items() if option in known), None)
        if part is None:
            known = sorted([name for group in names.values() for name in group] + list(_MOCK))
            raise TypeError(f"find_optimal has no option {option!r}; it knows {', '.join(known)}")
        chosen[part][option] = value
    return chosen


def _count_k(family: Any, dataset: Any, loss_fn: Any, budgets: Any, chosen: Mapping[str, Mapping[str, Any]]) -> float:
    """k of a model in the middle of the grid that k = 6 would give."""
    from .flops import count_training_k

    if dataset is None or loss_fn is None:
        raise ValueError("flops_per_param_token='count' needs a dataset and a loss_fn to count with")
    first = SweepPlanner.of(family, PlanOptions(**{**chosen["plan"], "flops_per_param_token": 6.0})).plan(budgets)
    middle = sorted(first.experiments, key=lambda e: e.num_params)[first.num_experiments // 2]
    return count_training_k(
        family.build(middle.size_param_value),
        dataset,
        loss_fn,
        tokens_per_sample=chosen["train"].get("tokens_per_sample"),
    )
