"""How long a sweep will take, from a few timed steps."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .contracts import ModelFamily
from .plan import SweepPlan
from .settings import TrainSettings


def measure_speed(
    plan: SweepPlan,
    family: ModelFamily,
    dataset: Any,
    loss_fn: Callable[[Any, Any], Any],
    settings: TrainSettings | None = None,
    *,
    steps: int = 5,
    models: int = 3,
) -> Callable[[int], float]:
    """Time a few training steps of the smallest, a middle and the largest model of a plan.

    Parameters
    ----------
    plan : SweepPlan
        Whose sizes are timed.
    family : ModelFamily
        From `check_model`.
    dataset, loss_fn, settings
        As for training. Each timed model draws `steps` + 1 batches.
    steps, models : int
        Timed steps of a model, and models.

    Returns
    -------
    callable
        Seconds of training on one token, for a number of parameters: what `SweepPlan.estimate_seconds` takes.
        Sizes between those timed are interpolated in logarithms.
    """
    from . import train

    settings = settings or TrainSettings()
    by_size = sorted({(e.num_params, e.size_param_value) for e in plan.experiments})
    picked = [by_size[i] for i in sorted({round(v) for v in np.linspace(0, len(by_size) - 1, models)})]
    seconds = []
    for _, size in picked:
        stopwatch = _Stopwatch(loss_fn)
        outcome = train.train(partial(family.build, size), dataset, stopwatch, 1, settings, min_steps=steps + 1)
        seconds.append(stopwatch.per_step() * (steps + 1) / outcome.tokens)
    log_n, log_s = np.log([n for n, _ in picked]), np.log(seconds)
    return lambda n: float(np.exp(np.interp(np.log(n), log_n, log_s)))


class _Stopwatch:
    """A loss that notes when it was called: from the first to the last call, whole steps passed."""

    def __init__(self, loss_fn: Callable[[Any, Any], Any]) -> None:
        self.loss_fn, self.times = loss_fn, list[float]()

    def __call__(self, outputs: Any, targets: Any) -> Any:
        loss = self.loss_fn(outputs, targets)
        loss.item()  # waits for the device
        self.times.append(time.perf_counter())
        return loss

    def per_step(self) -> float:
        return (self.times[-1] - self.times[0]) / (len(self.times) - 1)
