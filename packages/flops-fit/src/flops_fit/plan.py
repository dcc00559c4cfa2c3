"""What a sweep consists of: its options, its runs, and what they cost."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .sizes import MAX_SIZE


@dataclass(frozen=True)
class PlanOptions:
    """How the grid of each budget is laid.

    Attributes
    ----------
    runs_per_budget : int
        Model sizes for each budget, at most.
    tokens_per_param : float
        The prior: where D/N of the optimum is expected. Grids are centred there.
    half_width : float
        A grid reaches from 1/half_width to half_width times the expected optimal size.
    min_tokens_per_param : float
        Runs with fewer tokens per parameter are left out.
    granularity : int or None
        Sizes are multiples of this. None takes 64, or the next smaller power of two with which a grid has enough
        distinct sizes.
    min_size, max_size : int
        Bounds of the size argument.
    flops_per_param_token : float
        The k of C = k N D: 2 for a forward pass, 4 for a backward pass.
    max_epochs : float or None
        Refuse plans that read the dataset more often; None only warns above one.
    """

    runs_per_budget: int = 7
    tokens_per_param: float = 20.0
    half_width: float = 8.0
    min_tokens_per_param: float = 0.1
    granularity: int | None = None
    min_size: int = 1
    max_size: int = MAX_SIZE
    flops_per_param_token: float = 6.0
    max_epochs: float | None = None

    def __post_init__(self) -> None:
        if self.runs_per_budget < 3:
            raise ValueError(f"runs_per_budget must be at least 3 for an optimum inside, not {self.runs_per_budget}")
        if not self.half_width > 1:
            raise ValueError(f"half_width is a factor above 1, not {self.half_width!r}")
        for name in ("tokens_per_param", "flops_per_param_token", "min_tokens_per_param", "min_size"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ValueError(f"{name} must be positive, not {getattr(self, name)!r}")
        if self.granularity is not None and self.granularity < 1:
            raise ValueError(f"granularity must be a positive integer, not {self.granularity!r}")
        if self.max_size < self.min_size:
            raise ValueError(f"max_size {self.max_size} is below min_size {self.min_size}")


@dataclass(frozen=True)
class Experiment:
    """One planned run.

    `experiment_id` is derived from everything else and from the model, so another plan never takes its result.
    """

    experiment_id: str
    compute_budget: float
    size_param_value: int
    num_params: int
    num_tokens: int

    @property
    def tokens_per_param(self) -> float:
        """D/N."""
        return self.num_tokens / self.num_params

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "tokens_per_param": self.tokens_per_param}


@dataclass(frozen=True)
class SweepPlan:
    """The runs of a sweep, ascending by budget and size."""

    experiments: tuple[Experiment, ...]
    model_cls_name: str
    size_param: str
    compute_budgets: list[float]
    model_kwargs: Mapping[str, Any] = field(default_factory=dict)
    flops_per_param_token: float = 6.0

    @property
    def num_experiments(self) -> int:
        """Number of runs."""
        return len(self.experiments)

    @property
    def total_flops(self) -> float:
        """FLOPs of all runs: the sum of k N D."""
        return self.flops_per_param_token * sum(e.num_params * e.num_tokens for e in self.experiments)

    def estimate_seconds(self, seconds_per_token: Callable[[int], float]) -> float:
        """Seconds of all runs one after the other, from a measured speed.

        `seconds_per_token` maps a number of parameters to the seconds of training on one token;
        `flops_fit.measure_speed` makes one.
        """
        return sum(e.num_tokens * seconds_per_token(e.num_params) for e in self.experiments)

    def summary(self) -> str:
        """The grid as text: a line for each budget, then the cost of all."""
        lines = [f"{self.model_cls_name}: {self.num_experiments} runs, {self.total_flops:.3g} FLOPs"]
        for c in self.compute_budgets:
            runs = [e for e in self.experiments if e.compute_budget == c]
            if not runs:
                lines.append(f"  {c:.2e} FLOPs: nothing feasible")
                continue
            lines.append(
                f"  {c:.2e} FLOPs: {len(runs)} runs, N {runs[0].num_params:,} to {runs[-1].num_params:,}, "
                f"D/N {runs[0].tokens_per_param:.3g} to {runs[-1].tokens_per_param:.3g}"
            )
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; arguments that JSON does not know as their `repr`."""
        return {
            "experiments": [e.to_dict() for e in self.experiments],
            "model_cls_name": self.model_cls_name,
            "size_param": self.size_param,
            "compute_budgets": list(self.compute_budgets),
            "model_kwargs": {key: plain(value) for key, value in self.model_kwargs.items()},
            "flops_per_param_token": self.flops_per_param_token,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SweepPlan:
        """The plan that `to_dict` was called on."""
        experiments = tuple(
            Experiment(**{key: value for key, value in e.items() if key != "tokens_per_param"})
            for e in values["experiments"]
        )
        rest = {key: value for key, value in values.items() if key != "experiments"}
        return cls(experiments=experiments, **rest)


def digest(content: Any) -> str:
    """Twelve hex digits that stand for a JSON value."""
    text = json.dumps(content, sort_keys=True, default=plain)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def plain(value: Any) -> Any:
    """A JSON value: itself if it is one, else a `repr` without memory addresses."""
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError):
        return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
