"""A run as a job that can be sent to another process: it never raises, it returns a record."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .contracts import ModelFamily, read_num_params
from .plan import Experiment
from .settings import MockSettings, TrainSettings
from .store import COMPLETED, FAILED, ResultStore, RunRecord


@dataclass(frozen=True)
class Job:
    """All that a run needs, picklable as long as its model class, data and loss are."""

    key: str
    experiment: Experiment
    seed: int
    k: float
    family: ModelFamily
    settings: TrainSettings | MockSettings
    dataset: Any = None
    loss_fn: Any = None
    validation: Any = None
    #: Where a worker process keeps the record itself, in case its parent is gone when the run ends.
    keep_in: str | None = None
    threads: int | None = None

    def build(self) -> Any:
        """The model, with as many parameters as were planned."""
        model = self.family.build(self.experiment.size_param_value)
        n = read_num_params(model, self.family.name)
        if n != self.experiment.num_params:
            raise ValueError(f"{self.family.name} has {n:,} parameters, {self.experiment.num_params:,} were planned")
        return model


def execute(job: Job) -> RunRecord:
    """Train, or mock, one run. Whatever goes wrong in it becomes a failed record."""
    started = time.perf_counter()
    try:
        if isinstance(job.settings, MockSettings):
            record = job.settings.run(job.key, job.experiment, job.seed, job.k)
        else:
            record = _train(job, job.settings)
    except Exception as error:
        record = failed(job, error, time.perf_counter() - started)
    if job.keep_in is not None:
        ResultStore(job.keep_in).write(record)
    return record


def failed(job: Job, error: BaseException, seconds: float = 0.0) -> RunRecord:
    """The record of a run that raised."""
    text = str(error).strip() or "no message"
    return RunRecord(
        job.key, job.experiment, job.seed, FAILED, seconds=seconds, error=f"{type(error).__name__}: {text[-2000:]}"
    )


def launched_ranks() -> tuple[int, int]:
    """(rank, world) that a launcher such as torchrun gave this process."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def join_group(settings: TrainSettings) -> None:
    """Join the process group of the launcher, once."""
    import torch.distributed as dist

    if not dist.is_initialized():
        dist.init_process_group(_backend(settings, int(os.environ.get("LOCAL_RANK", 0))))


def take_slot(counter: Any) -> None:
    """Number the processes of a pool, as each of them starts: so they take the GPUs of the node in turn."""
    global _slot
    with counter.get_lock():
        _slot = counter.value
        counter.value += 1


_slot = 0


def _backend(settings: TrainSettings, slot: int) -> str:
    """NCCL for GPUs, gloo for CPUs. NCCL must know the device before it starts."""
    import torch

    from . import train

    device = train.pick_device(settings.device, slot)
    if device.type != "cuda":
        return "gloo"
    torch.cuda.set_device(device)
    return "nccl"


def _train(job: Job, settings: TrainSettings) -> RunRecord:
    import torch

    from . import train

    if job.threads:
        torch.set_num_threads(job.threads)
    rank, world = launched_ranks()
    if world > 1:
        join_group(settings)
        slot = int(os.environ.get("LOCAL_RANK", rank))
        outcome = _train_rank(job, settings, train.Ranks(rank, world, slot))
    elif settings.processes > 1:
        outcome = _spawn(job, settings)
    else:
        outcome = _train_rank(job, settings, train.Ranks(slot=_slot))
    return RunRecord(
        job.key,
        job.experiment,
        job.seed,
        COMPLETED,
        loss=outcome.loss,
        train_loss=outcome.train_loss,
        val_loss=outcome.val_loss,
        tokens=outcome.tokens,
        flops=job.k * job.experiment.num_params * outcome.tokens,
        epochs=outcome.epochs,
        seconds=outcome.seconds,
        peak_memory=outcome.peak_memory,
        device=outcome.device,
        curve=outcome.curve,
    )


def _train_rank(job: Job, settings: TrainSettings, ranks: Any) -> Any:
    from . import train

    return train.train(
        job.build,
        job.dataset,
        job.loss_fn,
        job.experiment.num_tokens,
        settings,
        seed=job.seed,
        validation=job.validation,
        ranks=ranks,
    )


def _spawn(job: Job, settings: TrainSettings) -> Any:
    """Start the data-parallel processes of one run; rank 0 hands over what it measured."""
    import torch
    import torch.multiprocessing as mp

    with tempfile.TemporaryDirectory(prefix="flops-fit-") as folder:
        threads = max(1, (job.threads or torch.get_num_threads()) // settings.processes)
        mp.spawn(_spawned, (job, settings, folder, threads), nprocs=settings.processes)
        return torch.load(Path(folder) / "outcome.pt", weights_only=False)


def _spawned(rank: int, job: Job, settings: TrainSettings, folder: str, threads: int) -> None:
    import torch
    import torch.distributed as dist

    from . import train

    torch.set_num_threads(threads)
    dist.init_process_group(
        _backend(settings, rank),
        init_method=f"file://{folder}/meet",
        rank=rank,
        world_size=settings.processes,
    )
    try:
        outcome = _train_rank(job, settings, train.Ranks(rank, settings.processes, rank))
        if rank == 0:
            torch.save(outcome, Path(folder) / "outcome.pt")
    finally:
        dist.destroy_process_group()
