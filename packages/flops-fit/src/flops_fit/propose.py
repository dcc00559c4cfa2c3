"""The next runs: which one would narrow the answer most for what it costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import FitError
from .law import Floats, optimal_params
from .parametric import ParametricFit


@dataclass(frozen=True)
class Proposal:
    """A run worth making.

    Attributes
    ----------
    n_params, n_tokens : int
        What to train.
    flops : float
        k N D.
    sd_before, sd_after : float
        Standard deviation of ln N* at the target budget, without and with this run (and those proposed before it).
    """

    n_params: int
    n_tokens: int
    flops: float
    sd_before: float
    sd_after: float

    @property
    def gain_per_flop(self) -> float:
        """Narrowing of ln N* for each FLOP."""
        return (self.sd_before - self.sd_after) / self.flops


def propose_runs(
    fit: ParametricFit,
    target_compute: float,
    max_flops: float,
    *,
    count: int = 1,
    noise: float | None = None,
    tokens_per_param: tuple[float, float] = (0.5, 1000.0),
    per_flop: bool = True,
) -> list[Proposal]:
    """Choose runs that shrink the interval of the optimum at a budget most per FLOP.

    A run's loss is linear in the constants to first order. So with their bootstrap covariance S, the run's gradient g
    of ln L and the target's gradient t of ln N*, seeing it lowers the variance t'St by (t'Sg)^2 / (s^2 + g'Sg), where
    s is the noise of ln L: a locally optimal design in the sense of Chernoff (1953). Proposals are greedy: each takes
    the ones before it as made.

    Parameters
    ----------
    fit : ParametricFit
        With bootstrap samples.
    target_compute : float
        The budget whose optimal size is wanted, in FLOPs.
    max_flops : float
        The most expensive run allowed.
    count : int
        How many runs.
    noise : float, optional
        Standard deviation of ln loss between seeds. By default what the objective of the fit implies.
    tokens_per_param : (float, float)
        Least and most D/N to consider: far from the runs that were fitted, the surface is a guess.
    per_flop : bool
        Rank by narrowing per FLOP; otherwise by narrowing alone.

    Returns
    -------
    list of Proposal
        In the order to make them.

    Raises
    ------
    FitError
        The fit has no bootstrap samples.
    """
    if fit.samples is None or len(fit.samples) < 20:
        raise FitError("proposals need the spread of the constants: fit with bootstrap=200 or more")
    if count < 1 or not max_flops > 0:
        raise ValueError(f"count and max_flops must be positive, not {count!r} and {max_flops!r}")
    logs = np.log(np.maximum(fit.samples, 1e-300))
    spread = np.atleast_2d(np.cov(logs.T))
    noise = _implied_noise(fit) if noise is None else noise
    if not noise > 0:
        raise ValueError(f"noise must be positive, not {noise!r}")
    n, d = _candidates(fit, max_flops, tokens_per_param)
    gradients = _gradients_of_loss(fit, n, d)
    target = _gradient_of_target(fit, target_compute)
    cost = fit.flops_per_param_token * n * d
    out = []
    for _ in range(count):
        variance = float(target @ spread @ target)
        reach = gradients @ spread
        drop = (reach @ target) ** 2 / (noise**2 + np.einsum("ci,ci->c", reach, gradients))
        after = np.sqrt(np.maximum(variance - drop, 0.0))
        narrowing = np.sqrt(variance) - after
        best = int(np.argmax(narrowing / cost if per_flop else narrowing))
        out.append(
            Proposal(
                round(float(n[best])),
                round(float(d[best])),
                float(cost[best]),
                float(np.sqrt(variance)),
                float(after[best]),
            )
        )
        seen = reach[best]
        spread = spread - np.outer(seen, seen) / (noise**2 + float(seen @ gradients[best]))
    return out


def _implied_noise(fit: ParametricFit) -> float:
    """The spread of residuals whose Huber losses add up to the objective, no less than a part in ten thousand."""
    each = fit.objective / max(1, fit.n_runs - 5)
    delta = fit.huber_delta
    if each < delta**2 / 8:
        return max(1e-4, float(np.sqrt(2 * each)))
    # Mostly linear: the mean of |r| is each / delta + delta / 2, and normal errors have sd 1.2533 of it.
    return 1.2533 * (each / delta + delta / 2)


def _candidates(fit: ParametricFit, max_flops: float, ratios: tuple[float, float]) -> tuple[Floats, Floats]:
    """A grid of tokens per parameter and costs, up to the largest cost."""
    low, high = ratios
    if not 0 < low < high:
        raise ValueError(f"tokens_per_param must be (least, most), not {ratios!r}")
    grids = np.meshgrid(np.geomspace(low, high, 61), np.geomspace(max_flops / 1000, max_flops, 25))
    r: Floats = grids[0].ravel()
    c: Floats = grids[1].ravel()
    n: Floats = np.round(np.sqrt(c / (fit.flops_per_param_token * r))).astype(float)
    keep = n >= 1
    n, c = n[keep], c[keep]
    return n, np.maximum(1.0, np.floor(c / (fit.flops_per_param_token * n)))


def _gradients_of_loss(fit: ParametricFit, n: Floats, d: Floats) -> Floats:
    """d ln L / d ln(E, A, B, alpha, beta) of runs, shape (runs, 5)."""
    term_a, term_b = fit.A * n**-fit.alpha, fit.B * d**-fit.beta
    total = fit.E + term_a + term_b
    by_alpha, by_beta = -fit.alpha * np.log(n) * term_a, -fit.beta * np.log(d) * term_b
    columns = (np.full_like(n, fit.E), term_a, term_b, by_alpha, by_beta)
    return np.stack([column / total for column in columns], axis=1)


def _gradient_of_target(fit: ParametricFit, compute: float) -> Floats:
    """d ln N* / d ln(E, A, B, alpha, beta) at a budget, by central differences."""
    fit.optimum(compute)
    c, step = compute / fit.flops_per_param_token, 1e-5
    logs = np.log(np.maximum(fit.constants, 1e-300))
    out = np.zeros(5)
    for i in range(1, 5):  # E does not move the optimum
        up, down = logs.copy(), logs.copy()
        up[i] += step
        down[i] -= step
        ends = [float(np.log(optimal_params(np.exp(v), c))) for v in (up, down)]
        out[i] = (ends[0] - ends[1]) / (2 * step)
    return out
