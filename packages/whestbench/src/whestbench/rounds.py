"""Named rounds: every setting of a contest under one tag."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_FLOP_BUDGET", "DEFAULT_SAMPLES", "ROUNDS", "Round"]

DEFAULT_FLOP_BUDGET = 272_000_000_000
DEFAULT_SAMPLES = 2_560_000


@dataclass(frozen=True)
class Round:
    """Settings of a round.

    `ground_truth_samples` is what the official truth was sampled with; it is not used for a live
    run unless asked for, since it takes days.
    """

    width: int
    depth: int
    flop_budget: int
    ground_truth_samples: int
    lambda_flops_per_second: float = 1e11
    wall_time_limit_s: float = 60.0
    residual_wall_time_limit_s: float | None = None
    setup_timeout_s: float = 5.0
    memory_limit_mb: int = 65536


ROUNDS: dict[str, Round] = {
    "v1-warmup": Round(256, 8, 68_000_000_000, 10**9),
    "v1-phase1": Round(256, 32, DEFAULT_FLOP_BUDGET, 10**9),
    "v2-phase2": Round(
        1024,
        16,
        2**41,
        10**9,
        lambda_flops_per_second=0.0,
        wall_time_limit_s=120.0,
        residual_wall_time_limit_s=0.4,
        memory_limit_mb=8192,
    ),
}
