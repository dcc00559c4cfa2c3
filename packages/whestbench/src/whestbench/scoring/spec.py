"""The parameters of a contest."""

from __future__ import annotations

import math
from dataclasses import dataclass

from whestbench.budget import LAMBDA_FLOPS_PER_SECOND

__all__ = ["ContestSpec"]


@dataclass(frozen=True)
class ContestSpec:
    """What networks are drawn, and what an estimator may spend on each.

    Attributes
    ----------
    width, depth, n_mlps : int
        Shape and number of networks.
    flop_budget : int
        FLOPs per network.
    ground_truth_samples : int
        Random inputs per network that the truth is averaged over.
    setup_timeout_s : float
        Seconds for `setup`.
    predict_timeout_s : float
        Seconds beyond which a worker that gives no sign of life is stopped, when no wall limit
        is set.
    memory_limit_mb : int
        Address space of a worker, mebibytes.
    wall_time_limit_s : float or None
        Seconds of wall time per `predict`.
    residual_wall_time_limit_s : float or None
        Seconds of uncounted time per `predict`; no limit when None.
    seed : int or None
        Seed of a live run.
    lambda_flops_per_second : float
        FLOPs charged per residual second; 0 charges nothing.
    """

    width: int
    depth: int
    n_mlps: int
    flop_budget: int
    ground_truth_samples: int
    setup_timeout_s: float = 5.0
    predict_timeout_s: float = 30.0
    memory_limit_mb: int = 65536
    wall_time_limit_s: float | None = 60.0
    residual_wall_time_limit_s: float | None = None
    seed: int | None = None
    lambda_flops_per_second: float = LAMBDA_FLOPS_PER_SECOND

    def validate(self) -> None:
        """Check every number.

        Raises
        ------
        ValueError
            For a number that is not positive (the exchange rate may be 0), or a seed that is not a
            non-negative integer.
        """
        for name in (
            "width",
            "depth",
            "n_mlps",
            "flop_budget",
            "ground_truth_samples",
            "setup_timeout_s",
            "predict_timeout_s",
            "memory_limit_mb",
        ):
            _check_positive(name, getattr(self, name))
        for name in ("wall_time_limit_s", "residual_wall_time_limit_s"):
            if getattr(self, name) is not None:
                _check_positive(name, getattr(self, name))
        rate = self.lambda_flops_per_second
        if not (_is_number(rate) and math.isfinite(rate) and rate >= 0):
            raise ValueError(f"lambda_flops_per_second must be 0 or positive, not {rate!r}")
        seed = self.seed
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or seed < 0):
            raise ValueError(f"seed must be an integer of at least 0, not {seed!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check_positive(name: str, value: object) -> None:
    if not _is_number(value) or not value > 0 or math.isnan(value):  # type: ignore[operator,arg-type]
        raise ValueError(f"{name} must be positive, not {value!r}")
