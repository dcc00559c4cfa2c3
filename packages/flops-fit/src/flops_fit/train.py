"""One training run: exactly the planned tokens, one learning-rate schedule, one record."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from . import batches as data
from .settings import TrainSettings


class DivergedError(RuntimeError):
    """The loss of a run became NaN or infinite."""


@dataclass(frozen=True)
class Outcome:
    """What a run measured."""

    loss: float
    train_loss: float
    val_loss: float | None
    samples: int
    tokens: int
    epochs: float | None
    seconds: float
    peak_memory: int
    device: str
    curve: list[tuple[int, float]]


@dataclass(frozen=True)
class Ranks:
    """This process among those that share a run, and its number on this node."""

    rank: int = 0
    world: int = 1
    slot: int = 0

    def mean(self, value: torch.Tensor) -> torch.Tensor:
        """The mean over all processes."""
        if self.world > 1:
            value = value.detach().clone()
            torch.distributed.all_reduce(value)
            value /= self.world
        return value

    def total(self, value: torch.Tensor) -> torch.Tensor:
        """The sum over all processes."""
        if self.world > 1:
            torch.distributed.all_reduce(value)
        return value


def pick_device(wanted: str | None, slot: int = 0) -> torch.device:
    """What the user wants, else CUDA when there is some, else the CPU; processes of a node take its GPUs in turn."""
    device = torch.device(wanted or ("cuda" if torch.cuda.is_available() else "cpu"))
    if device.type == "cuda" and device.index is None:
        return torch.device("cuda", slot % torch.cuda.device_count())
    return device


def train(
    build: Callable[[], Any],
    dataset: Any,
    loss_fn: Callable[[Any, Any], Any],
    tokens: int,
    settings: TrainSettings,
    *,
    seed: int = 0,
    validation: Any = None,
    ranks: Ranks | None = None,
    min_steps: int = 1,
) -> Outcome:
    """Train a fresh model on `tokens` tokens, to within one batch, and on `min_steps` batches at least.

    Raises
    ------
    DivergedError
        The loss is not finite.
    """
    ranks = ranks or Ranks()
    device = pick_device(settings.device, ranks.slot)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    started = time.perf_counter()
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        model = build().to(device)
        groups = _optimizer_groups(model, settings)
        stepped = _wrap(model, device, ranks)
        run = _Loop(stepped, groups, loss_fn, settings, device, ranks)
        stream = data.batches(
            dataset,
            batch_size=settings.batch_size,
            seed=seed,
            num_workers=settings.num_workers,
            rank=ranks.rank,
            world=ranks.world,
        )
        run.consume(stream, tokens, min_steps)
        val_loss = None
        if validation is not None:
            val_loss = evaluate(model, validation, loss_fn, settings, device=device, ranks=ranks)
            if not math.isfinite(val_loss):
                raise DivergedError(f"the validation loss is {val_loss}")
    train_loss = run.final_loss()
    return Outcome(
        train_loss if val_loss is None else val_loss,
        train_loss,
        val_loss,
        run.samples,
        run.samples * run.per_sample,
        _epochs(dataset, run.samples),
        time.perf_counter() - started,
        _peak_memory(device),
        str(device),
        run.curve(),
    )


class _Loop:
    """Steps of one run and the losses they saw."""

    def __init__(
        self,
        model: nn.Module,
        groups: list[dict[str, Any]],
        loss_fn: Callable[[Any, Any], Any],
        settings: TrainSettings,
        device: torch.device,
        ranks: Ranks,
    ) -> None:
        self.model, self.loss_fn, self.settings, self.device, self.ranks = model, loss_fn, settings, device, ranks
        self.optimizer = torch.optim.AdamW(
            groups,
            lr=settings.lr,
            betas=settings.betas,
            eps=settings.eps,
            weight_decay=settings.weight_decay,
            fused=all(p.is_floating_point() for group in groups for p in group["params"]),
        )
        self.peaks = [group["lr"] for group in self.optimizer.param_groups]
        self.scaler = torch.amp.GradScaler(device.type) if settings.precision == "float16" else None
        self.weights = [p for group in groups for p in group["params"]]
        self.samples, self.per_sample = 0, 1
        self.losses: list[torch.Tensor] = []
        self.seen: list[int] = []

    def consume(self, stream: Iterator[Any], tokens: int, min_steps: int = 1) -> None:
        """Draw batches until the tokens are used up."""
        self.model.train()
        steps, step = 1, 0
        while step < min_steps or self.samples * self.per_sample < tokens:
            inputs, targets = data.split(next(stream))
            batch = data.batch_length(inputs) * self.ranks.world
            if step == 0:
                self.per_sample = self.settings.tokens_per_sample or data.tokens_per_sample(inputs)
                steps = data.steps_for(tokens, self.per_sample, batch)
                check_every = max(1, steps // 50)
            loss = self._step(inputs, targets, min(step, steps - 1), steps)
            self.losses.append(self.ranks.mean(loss.detach()))
            self.samples += batch
            self.seen.append(self.samples * self.per_sample)
            step += 1
            # Reading a loss waits for the device, so not at every step.
            if step % check_every == 0 or step == 1:
                self._check_finite()
        self._check_finite()

    def final_loss(self) -> float:
        """Mean over the last steps."""
        count = max(1, round(self.settings.smoothing * len(self.losses)))
        return float(torch.stack(self.losses[-count:]).double().mean())

    def curve(self) -> list[tuple[int, float]]:
        """Means over equal parts of the run, each at its last token."""
        values = torch.stack(self.losses).double().cpu()
        parts = min(self.settings.curve_points, len(values))
        edges = [round(i * len(values) / parts) for i in range(parts + 1)]
        return [(self.seen[b - 1], float(values[a:b].mean())) for a, b in pairwise(edges)]

    def _step(self, inputs: Any, targets: Any, step: int, steps: int) -> torch.Tensor:
        share = self.settings.rate(step, steps)
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"] = peak * share
        self.optimizer.zero_grad(set_to_none=True)
        with _autocast(self.settings, self.device):
            outputs = self.model(data.to_device(inputs, self.device))
            loss = self.loss_fn(outputs, data.to_device(targets, self.device))
        if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
            raise TypeError(
                f"loss_fn must return a scalar tensor, not {type(loss).__name__} {getattr(loss, 'shape', '')}"
            )
        if self.scaler is None:
            loss.backward()
            self._clip()
            self.optimizer.step()
        else:
            self.scaler.scale(loss).backward()
            self.scaler.unscale_(self.optimizer)
            self._clip()
            self.scaler.step(self.optimizer)
            self.scaler.update()
        return loss.reshape(())

    def _clip(self) -> None:
        if self.settings.grad_clip is not None:
            nn.utils.clip_grad_norm_(self.weights, self.settings.grad_clip)

    def _check_finite(self) -> None:
        last = float(self.losses[-1])
        if not math.isfinite(last):
            raise DivergedError(f"the training loss is {last} after {self.samples * self.per_sample:,} tokens")


@torch.no_grad()
def evaluate(
    model: nn.Module,
    dataset: Any,
    loss_fn: Callable[[Any, Any], Any],
    settings: TrainSettings,
    *,
    device: torch.device,
    ranks: Ranks | None = None,
) -> float:
    """Mean loss over a validation set, weighted by samples."""
    ranks = ranks or Ranks()
    was_training = model.training
    model.eval()
    total = torch.zeros(2, dtype=torch.float64, device=device)
    stream = data.once(dataset, batch_size=settings.batch_size, rank=ranks.rank, world=ranks.world)
    limit = settings.validation_batches
    for index, batch in enumerate(stream):
        if limit is not None and index * ranks.world + ranks.rank >= limit:
            break
        inputs, targets = data.split(batch)
        with _autocast(settings, device):
            loss = loss_fn(model(data.to_device(inputs, device)), data.to_device(targets, device))
        size = data.batch_length(inputs)
        total += torch.stack([loss.detach().double() * size, torch.tensor(float(size), device=device).double()])
    model.train(was_training)
    ranks.total(total)
    if total[1] == 0:
        raise data.EmptyDatasetError("the validation set gave no batch")
    return float(total[0] / total[1])


def _optimizer_groups(model: nn.Module, settings: TrainSettings) -> list[dict[str, Any]]:
    """The model's own groups with their rates, else all parameters at one rate."""
    if hasattr(model, "optimizer_groups"):
        groups = [{**group, "params": list(group["params"])} for group in model.optimizer_groups(settings.lr)]
        grouped = sum(len(group["params"]) for group in groups)
        trainable = sum(p.requires_grad for p in model.parameters())
        if grouped != trainable:
            raise ValueError(
                f"{type(model).__name__}.optimizer_groups() gave {grouped} parameters, the model trains {trainable}"
            )
        return groups
    return [{"params": [p for p in model.parameters() if p.requires_grad]}]


def _wrap(model: nn.Module, device: torch.device, ranks: Ranks) -> nn.Module:
    if ranks.world == 1:
        return model
    return nn.parallel.DistributedDataParallel(model, device_ids=[device.index] if device.type == "cuda" else None)


def _autocast(settings: TrainSettings, device: torch.device) -> Any:
    if settings.precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=getattr(torch, settings.precision))


def _epochs(dataset: Any, samples: int) -> float | None:
    source = dataset.dataset if isinstance(dataset, DataLoader) else dataset
    try:
        return samples / len(source)
    except TypeError:
        return None


def _peak_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # Windows
        return 0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
