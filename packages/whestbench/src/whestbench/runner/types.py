"""What every runner takes and gives."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from whestbench.domain import MLP
    from whestbench.scoring.spec import ContestSpec
    from whestbench.sdk import SetupContext

__all__ = ["EstimatorEntrypoint", "EstimatorRunner", "PredictStats", "ResourceLimits"]


@dataclass(frozen=True)
class EstimatorEntrypoint:
    """Where an estimator is: a file, and a class in it (found by rule when None)."""

    file_path: Path | str
    class_name: str | None = None


@dataclass(frozen=True)
class ResourceLimits:
    """What an estimator may use.

    Attributes
    ----------
    setup_timeout_s, predict_timeout_s : float
        Seconds; the second counts only when there is no wall limit.
    memory_limit_mb : int
        Address space of a worker; a local run cannot enforce it.
    wall_time_limit_s : float or None
        Seconds per `predict`.
    max_threads : int or None
        Threads of BLAS and OpenMP.
    """

    setup_timeout_s: float = 5.0
    predict_timeout_s: float = 30.0
    memory_limit_mb: int = 65536
    wall_time_limit_s: float | None = 60.0
    max_threads: int | None = None

    @classmethod
    def of(cls, spec: ContestSpec, max_threads: int | None = None) -> ResourceLimits:
        """The limits of a contest."""
        return cls(
            setup_timeout_s=spec.setup_timeout_s,
            predict_timeout_s=spec.predict_timeout_s,
            memory_limit_mb=spec.memory_limit_mb,
            wall_time_limit_s=spec.wall_time_limit_s,
            max_threads=max_threads,
        )


@dataclass(frozen=True)
class PredictStats:
    """Figures of the meter for one `predict`.

    ``wall = backend + overhead + residual``, in seconds; `budget_breakdown` is
    `BudgetContext.summary_dict(by_namespace=True)`.
    """

    flops_used: int = 0
    wall_time_s: float = 0.0
    flopscope_backend_time_s: float = 0.0
    flopscope_overhead_time_s: float = 0.0
    residual_wall_time_s: float = 0.0
    budget_breakdown: dict[str, Any] | None = None

    @classmethod
    def of(cls, budget: Any) -> PredictStats:
        """The figures of a budget context that was left."""
        return cls(
            flops_used=int(budget.flops_used),
            wall_time_s=float(budget.wall_time_s or 0.0),
            flopscope_backend_time_s=float(budget.flopscope_backend_time_s or 0.0),
            flopscope_overhead_time_s=float(budget.flopscope_overhead_time_s or 0.0),
            residual_wall_time_s=float(budget.residual_wall_time_s or 0.0),
            budget_breakdown=budget.summary_dict(by_namespace=True),
        )

    @classmethod
    def from_dict(cls, figures: dict[str, Any]) -> PredictStats:
        """The figures of a dict with these names; missing ones are zero."""
        return cls(
            flops_used=int(figures.get("flops_used") or 0),
            wall_time_s=float(figures.get("wall_time_s") or 0.0),
            flopscope_backend_time_s=float(figures.get("flopscope_backend_time_s") or 0.0),
            flopscope_overhead_time_s=float(figures.get("flopscope_overhead_time_s") or 0.0),
            residual_wall_time_s=float(figures.get("residual_wall_time_s") or 0.0),
            budget_breakdown=figures.get("budget_breakdown"),
        )

    def to_dict(self) -> dict[str, Any]:
        """The form that `last_predict_stats` gives."""
        return asdict(self)


class EstimatorRunner(Protocol):
    """A place where an estimator runs; `whestbench.scoring.evaluate_estimator` accepts one."""

    def start(
        self, entrypoint: EstimatorEntrypoint, context: SetupContext, limits: ResourceLimits
    ) -> None:
        """Load the estimator and run its `setup`."""

    def predict(self, mlp: MLP, budget: int) -> Any:
        """Run `predict` on one network."""

    def last_predict_stats(self) -> dict[str, Any] | None:
        """Figures of the last `predict`, where the runner meters itself; else None."""

    def close(self) -> None:
        """Run `teardown` and let go of everything."""
