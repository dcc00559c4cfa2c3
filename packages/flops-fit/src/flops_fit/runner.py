"""Runs a plan: skips what is done, trains the rest in one process or many, keeps every result at once."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from dataclasses import replace
from multiprocessing import get_context
from typing import Any

from .contracts import ModelFamily, check_dataset, check_loss, name_of
from .errors import DatasetTooSmallWarning, PlanError, missing_extra
from .jobs import Job, execute, failed, join_group, launched_ranks, take_slot
from .plan import SweepPlan
from .planner import check_epochs
from .progress import Progress, ProgressEvent
from .settings import MockSettings, TrainSettings
from .store import ResultStore, RunRecord, run_key


class TrainingRunner:
    """Trains the runs of plans of one model family.

    Parameters
    ----------
    family : ModelFamily
        From `flops_fit.check_model`.
    dataset, loss_fn : object
        As for `find_optimal`; mock runs need neither.
    settings : TrainSettings or MockSettings
        How to train; mock settings make synthetic runs that touch neither model nor data.
    output_dir : path
        Holds `runs/` and `results.json`.
    validation : Dataset or DataLoader, optional
        Held-out data; its loss is then what a run is judged by.
    seeds : sequence of int
        Every experiment is run once with each.
    resume : bool
        Skip runs of the same plan, seed and settings that completed before. Failed ones are tried again.
    workers : int
        Processes that train at the same time on this machine.
    executor : Executor or str, optional
        Where to run instead: any `concurrent.futures.Executor`, or the address of a Dask scheduler.
    progress : bool, callable or None
        True for a bar, a callback for `ProgressEvent`s, False for silence; None is a bar on a terminal.
    max_epochs : float, optional
        Refuse plans that read the data more often.
    """

    def __init__(
        self,
        family: ModelFamily,
        dataset: Any = None,
        loss_fn: Callable[[Any, Any], Any] | None = None,
        settings: TrainSettings | MockSettings | None = None,
        *,
        output_dir: str | os.PathLike[str] = "outputs",
        validation: Any = None,
        seeds: Sequence[int] = (0,),
        resume: bool = True,
        workers: int = 1,
        executor: Executor | str | None = None,
        progress: bool | Callable[[ProgressEvent], Any] | None = None,
        max_epochs: float | None = None,
    ) -> None:
        self.settings = settings or TrainSettings()
        if isinstance(self.settings, TrainSettings):
            check_dataset(dataset)
            check_loss(loss_fn)
            if validation is not None:
                check_dataset(validation)
        if workers < 1:
            raise ValueError(f"workers must be positive, not {workers!r}")
        if not seeds or len(set(seeds)) != len(seeds):
            raise ValueError(f"seeds must be distinct integers, at least one, not {list(seeds)!r}")
        self.family, self.dataset, self.loss_fn, self.validation = family, dataset, loss_fn, validation
        self.store = ResultStore(output_dir)
        self.seeds, self.resume, self.workers, self.executor = tuple(seeds), resume, workers, executor
        self.progress, self.max_epochs = progress, max_epochs

    def run(self, plan: SweepPlan) -> list[RunRecord]:
        """Run what has no result yet, and return the records of all runs, in the order of the plan."""
        jobs = self._jobs(plan)
        self._check_data(plan)
        rank, world = launched_ranks()
        if world > 1 and isinstance(self.settings, TrainSettings):
            join_group(self.settings)
        done = self._earlier(jobs, rank, world)
        todo = [job for job in jobs if job.key not in done]
        progress = Progress(self.progress if rank == 0 else False)
        cost = {job.key: job.k * job.experiment.num_params * job.experiment.num_tokens for job in jobs}

        def event(record: RunRecord | None) -> ProgressEvent:
            spent = sum(cost[key] for key in done)
            return ProgressEvent(len(done), len(jobs), spent, sum(cost.values()), record)

        progress.begin(plan, event(None))
        warned = False
        try:
            for record in self._execute(todo, world):
                done[record.key] = record
                if rank == 0:
                    self.store.write(record)
                    self.store.write_results([done[job.key] for job in jobs if job.key in done])
                progress.update(event(record))
                if not warned and record.epochs is not None and record.epochs > 1.01:
                    warned = True
                    warnings.warn(
                        f"the run of {record.tokens:,} tokens read its dataset {record.epochs:.3g} times; "
                        "repeated data scales worse than new data",
                        DatasetTooSmallWarning,
                        stacklevel=2,
                    )
        finally:
            progress.end()
        records = [done[job.key] for job in jobs]
        if rank == 0:
            self.store.write_results(records)
        return records

    def _jobs(self, plan: SweepPlan) -> list[Job]:
        settings = self.settings.identity()
        if isinstance(self.settings, TrainSettings):
            settings |= {
                "data": _describe_data(self.dataset),
                "validation": _describe_data(self.validation),
                "loss": name_of(self.loss_fn),
            }
        return [
            Job(
                run_key(experiment, seed, settings),
                experiment,
                seed,
                plan.flops_per_param_token,
                self.family,
                self.settings,
                self.dataset,
                self.loss_fn,
                self.validation,
            )
            for experiment in plan.experiments
            for seed in self.seeds
        ]

    def _check_data(self, plan: SweepPlan) -> None:
        if not isinstance(self.settings, TrainSettings):
            return
        from .batches import known_tokens

        tokens = known_tokens(self.dataset, self.settings.tokens_per_sample)
        if tokens is not None:
            check_epochs(plan, tokens, self.max_epochs)
        elif self.max_epochs is not None:
            raise PlanError("max_epochs needs a dataset with a length, and tokens_per_sample")

    def _earlier(self, jobs: list[Job], rank: int, world: int) -> dict[str, RunRecord]:
        """Completed records of these jobs; all ranks of a launcher take those that rank 0 sees."""
        wanted = {job.key for job in jobs}
        done: dict[str, RunRecord] = {}
        if self.resume and rank == 0:
            done = {key: r for key, r in self.store.read().items() if key in wanted and r.completed}
        if world > 1 and isinstance(self.settings, TrainSettings):
            import torch.distributed as dist

            shared = [done]
            dist.broadcast_object_list(shared, src=0)
            done = shared[0]
        return done

    def _execute(self, jobs: list[Job], world: int) -> Iterator[RunRecord]:
        if not jobs:
            return
        if self.executor is not None:
            with _Borrowed(self.executor) as executor:
                yield from _collect(executor, jobs)
        elif self.workers == 1 or world > 1 or isinstance(self.settings, MockSettings):
            yield from map(execute, jobs)
        else:
            yield from self._pool(jobs)

    def _pool(self, jobs: list[Job]) -> Iterator[RunRecord]:
        """A local pool. A worker that dies takes the pool with it: what was under way is then run alone."""
        threads = max(1, (os.cpu_count() or 1) // self.workers)
        jobs = [replace(job, keep_in=str(self.store.output_dir), threads=threads) for job in jobs]
        left = {job.key: job for job in jobs}
        with _processes(self.workers) as pool:
            try:
                for record in _collect(pool, jobs):
                    del left[record.key]
                    yield record
            except BrokenExecutor:
                pass
        for job in left.values():
            with _processes(1) as pool:
                try:
                    yield from _collect(pool, [job])
                except BrokenExecutor as error:
                    why = "a worker process died: killed, out of memory, or unable to import the model, data or loss"
                    yield failed(job, type(error)(why))


class _Borrowed:
    """An executor of the user, left open, or a client of a Dask scheduler, closed afterwards."""

    def __init__(self, executor: Executor | str) -> None:
        self._given = executor
        self._client: Any = None

    def __enter__(self) -> Any:
        if not isinstance(self._given, str):
            return self._given
        try:
            from distributed import Client
        except ImportError:
            raise missing_extra("distributed", "distributed", "a Dask scheduler") from None
        self._client = Client(self._given)
        return self._client.get_executor(pure=False)

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()


def _collect(executor: Any, jobs: list[Job]) -> Iterator[RunRecord]:
    futures = {executor.submit(execute, job): job for job in jobs}
    for future in as_completed(futures):
        error = future.exception()
        if isinstance(error, BrokenExecutor):
            raise error
        # A job itself never raises: it could not be sent, or its result not be read.
        yield future.result() if error is None else failed(futures[future], error)


def _processes(count: int) -> ProcessPoolExecutor:
    context = get_context("spawn")  # a forked child of a process with torch's threads may hang
    return ProcessPoolExecutor(count, context, initializer=take_slot, initargs=(context.Value("i", 0),))


def _describe_data(dataset: Any) -> Any:
    """What of a dataset is part of a run's identity, without reading it."""
    if dataset is None:
        return None
    source = getattr(dataset, "dataset", dataset)
    try:
        length: int | None = len(source)
    except TypeError:
        length = None
    return [type(source).__qualname__, length, getattr(dataset, "batch_size", None) if source is not dataset else None]
