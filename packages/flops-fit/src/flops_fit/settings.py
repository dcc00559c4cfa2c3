"""Settings of training runs, and the synthetic runs that stand for them in mock sweeps."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .law import Law
from .plan import Experiment
from .store import COMPLETED, RunRecord


@dataclass(frozen=True)
class TrainSettings:
    """How every run of a sweep trains.

    Attributes
    ----------
    lr : float
        Peak learning rate of AdamW, handed to `model.optimizer_groups(lr)` if the model has that method (u-muP).
    betas, eps, weight_decay
        AdamW's other settings.
    warmup : float
        Share of the steps with a rising rate.
    final_lr : float
        Where the cosine ends, as a share of the peak rate.
    grad_clip : float or None
        Largest norm of the gradients.
    batch_size : int
        Samples of a step over all processes; a `DataLoader` has its own.
    tokens_per_sample : int or None
        What a sample counts for. None reads it from the batch: the length of integer sequences and of (batch,
        length, features); 1 for images and vectors.
    smoothing : float
        The final training loss is the mean over this share of the steps.
    validation_batches : int or None
        Batches of the validation set; None for all of it.
    precision : {"float32", "bfloat16", "float16"}
        Type of the forward pass (autocast; float16 with loss scaling).
    device : str or None
        None takes CUDA if there is one, else the CPU.
    num_workers : int
        Loader processes for a `Dataset`.
    processes : int
        Data-parallel processes of a run on this node.
    curve_points : int
        Points of the recorded training curve.
    """

    lr: float = 3e-3
    betas: tuple[float, float] = (0.9, 0.95)
    eps: float = 1e-8
    weight_decay: float = 0.0
    warmup: float = 0.05
    final_lr: float = 0.05
    grad_clip: float | None = 1.0
    batch_size: int = 32
    tokens_per_sample: int | None = None
    smoothing: float = 0.1
    validation_batches: int | None = None
    precision: str = "float32"
    device: str | None = None
    num_workers: int = 0
    processes: int = 1
    curve_points: int = 100

    def __post_init__(self) -> None:
        for name in ("lr", "eps", "batch_size", "processes", "curve_points"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)!r}")
        for name in ("warmup", "final_lr", "smoothing"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share between 0 and 1, not {getattr(self, name)!r}")
        if self.precision not in ("float32", "bfloat16", "float16"):
            raise ValueError(f"precision must be float32, bfloat16 or float16, not {self.precision!r}")
        if self.tokens_per_sample is not None and self.tokens_per_sample < 1:
            raise ValueError(f"tokens_per_sample must be positive, not {self.tokens_per_sample!r}")
        if self.batch_size % self.processes:
            raise ValueError(f"batch_size {self.batch_size} does not divide among {self.processes} processes")

    def identity(self) -> dict[str, Any]:
        """What a result depends on: everything but where and with how many processes it ran."""
        values = asdict(self)
        for name in ("device", "num_workers", "processes", "curve_points"):
            del values[name]
        return values

    def rate(self, step: int, steps: int) -> float:
        """Share of the peak learning rate at a step: a linear rise, then half a cosine to `final_lr`."""
        rise = max(1, round(self.warmup * steps))
        if step < rise:
            return (step + 1) / rise
        done = (step - rise) / max(1, steps - rise)
        return self.final_lr + (1 - self.final_lr) * 0.5 * (1 + math.cos(math.pi * done))


#: The surface of mock sweeps: constants of arXiv 2404.10102.
MOCK_LAW = Law(1.8172, 482.01, 2085.43, 0.3478, 0.3658)


@dataclass(frozen=True)
class MockSettings:
    """The synthetic surface of `mode="mock"`.

    Attributes
    ----------
    law : Law
        Where the losses come from.
    noise : float
        Standard deviation of ln loss; drawn anew for each run from its key.
    """

    law: Law = field(default_factory=lambda: MOCK_LAW)
    noise: float = 0.0

    def identity(self) -> dict[str, Any]:
        """What a result depends on."""
        return {"mock": list(self.law.constants), "noise": self.noise}

    def run(self, key: str, experiment: Experiment, seed: int, k: float) -> RunRecord:
        """The record of one synthetic run; nothing is built, read or trained."""
        rng = np.random.default_rng([int(key, 16), seed])
        tokens = np.geomspace(experiment.num_tokens / 50, experiment.num_tokens, 40)
        losses = self.law.loss(experiment.num_params, tokens)
        losses = losses * np.exp(self.noise * rng.standard_normal(len(tokens)))
        loss = float(losses[-1])
        return RunRecord(
            key,
            experiment,
            seed,
            COMPLETED,
            loss=loss,
            train_loss=loss,
            tokens=experiment.num_tokens,
            flops=k * experiment.num_params * experiment.num_tokens,
            device="mock",
            curve=[(max(1, round(float(t))), float(v)) for t, v in zip(tokens, losses, strict=True)],
        )
