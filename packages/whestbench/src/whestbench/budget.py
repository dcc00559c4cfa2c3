"""How compute becomes a multiplier of the error. Plain numbers: no array library is imported.

Effective compute is ``C = F + lambda * R``: counted FLOPs plus residual seconds at a rate.
"""

from __future__ import annotations

__all__ = [
    "LAMBDA_FLOPS_PER_SECOND",
    "MULTIPLIER_FLOOR",
    "effective_compute",
    "is_combined_budget_exhausted",
    "score_multiplier",
]

LAMBDA_FLOPS_PER_SECOND = 1e11
"""FLOPs that one residual second is charged as, unless a run says otherwise."""

MULTIPLIER_FLOOR = 0.1
"""Spending less than this share of the budget improves no score."""


def effective_compute(
    flops_used: float,
    residual_wall_time_s: float,
    lambda_flops_per_second: float = LAMBDA_FLOPS_PER_SECOND,
) -> float:
    """Counted FLOPs plus residual time at the exchange rate.

    Parameters
    ----------
    flops_used : float
        FLOPs counted by the meter.
    residual_wall_time_s : float
        Seconds that neither the metered kernels nor the meter explain.
    lambda_flops_per_second : float
        FLOPs charged for one residual second; 0 switches the charge off.

    Returns
    -------
    float

    Examples
    --------
    >>> effective_compute(2e9, 0.01)
    3000000000.0
    """
    return float(flops_used) + float(lambda_flops_per_second) * float(residual_wall_time_s)


def is_combined_budget_exhausted(compute: float, flop_budget: float) -> bool:
    """Tell whether effective compute is strictly above the budget.

    A budget of zero or less means that there is none.

    Examples
    --------
    >>> is_combined_budget_exhausted(6.8e10, 6.8e10), is_combined_budget_exhausted(7e10, 6.8e10)
    (False, True)
    """
    return flop_budget > 0 and compute > flop_budget


def score_multiplier(compute: float, flop_budget: float) -> float:
    """Factor on the final-layer error: the share of the budget, never below 0.1.

    There is no upper cap here; that more than the budget is a failure is decided elsewhere. A
    budget of zero or less gives 1.

    Examples
    --------
    >>> score_multiplier(3.4e10, 6.8e10), score_multiplier(1.0, 6.8e10)
    (0.5, 0.1)
    """
    if flop_budget <= 0:
        return 1.0
    return max(MULTIPLIER_FLOOR, compute / flop_budget)
