"""Two estimators on the same networks: paired differences of their scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["PairedComparison", "compare_scores"]


@dataclass(frozen=True)
class PairedComparison:
    """Difference ``b - a`` over networks; negative means that b is better.

    Attributes
    ----------
    n : int
        Networks.
    mean_difference, standard_error : float
    confidence : float
        Of the interval from `low` to `high`.
    p_value : float
        Of no difference (two-sided paired t-test); 1 where nothing differs.
    a_better, b_better, ties : int
        Networks.
    verdict : str
        ``"a"``, ``"b"``, or ``"undecided"`` when the interval holds zero.
    """

    n: int
    mean_difference: float
    standard_error: float
    confidence: float
    low: float
    high: float
    p_value: float
    a_better: int
    b_better: int
    ties: int
    verdict: str


def compare_scores(
    a: Sequence[float], b: Sequence[float], confidence: float = 0.95
) -> PairedComparison:
    """Compare scores of two estimators network by network.

    Parameters
    ----------
    a, b : sequence of float
        Scores on the same networks, in the same order; at least two.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    PairedComparison

    Notes
    -----
    The interval is Student's: ``mean +- t * s / sqrt(n)``. Scores of single networks vary
    several-fold, but mostly together, so the differences vary far less than the scores do.

    Examples
    --------
    >>> found = compare_scores([1.0, 2.0, 3.0], [0.9, 1.8, 2.8])
    >>> found.verdict, round(found.mean_difference, 6)
    ('b', -0.166667)
    """
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(
            f"paired scores of two or more networks are needed, not {len(a)}, {len(b)}"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, not {confidence}")
    from scipy import stats  # slow to import

    difference = np.asarray(b, float) - np.asarray(a, float)
    n = len(difference)
    mean = float(np.mean(difference))
    error = float(np.std(difference, ddof=1) / math.sqrt(n))
    reach = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * error
    p_value = float(2 * stats.t.sf(abs(mean) / error, n - 1)) if error else float(mean == 0.0)
    low, high = mean - reach, mean + reach
    verdict = "b" if high < 0 else "a" if low > 0 else "undecided"
    return PairedComparison(
        n=n,
        mean_difference=mean,
        standard_error=error,
        confidence=confidence,
        low=low,
        high=high,
        p_value=p_value,
        a_better=int(np.sum(difference > 0)),
        b_better=int(np.sum(difference < 0)),
        ties=int(np.sum(difference == 0)),
        verdict=verdict,
    )
