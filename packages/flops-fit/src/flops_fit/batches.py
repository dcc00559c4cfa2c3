"""Batches that draw exactly the samples a run was planned for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, IterableDataset, Sampler, TensorDataset, default_collate


class EmptyDatasetError(ValueError):
    """A dataset or loader gave nothing."""


class _Shuffles(Sampler[list[int]]):
    """Endless batches of indices: one permutation after the other, cut across their borders.

    Process `rank` of `world` takes every `world`-th index of each batch, so all of them together draw what one
    process would.
    """

    def __init__(self, length: int, batch: int, seed: int, rank: int, world: int) -> None:
        self.length, self.batch, self.seed, self.rank, self.world = length, batch, seed, rank, world

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self.seed)
        waiting: list[int] = []
        while True:
            while len(waiting) < self.batch:
                waiting += torch.randperm(self.length, generator=generator).tolist()
            yield waiting[: self.batch][self.rank :: self.world]
            del waiting[: self.batch]


def batches(
    dataset: Any, *, batch_size: int, seed: int, num_workers: int = 0, rank: int = 0, world: int = 1
) -> Iterator[Any]:
    """Endless batches of a dataset or loader, repeated as often as needed.

    A map dataset is shuffled anew in every pass and an iterable one is read in its order; a batch is always full, and
    begins the next pass where one ends. A loader is used as it is. Nothing is drawn ahead without `num_workers`.
    """
    if isinstance(dataset, DataLoader):
        return _repeat_loader(dataset, rank, world)
    if isinstance(dataset, IterableDataset):
        return _cut_stream(dataset, batch_size, rank, world)
    if len(dataset) == 0:
        raise EmptyDatasetError(f"{type(dataset).__name__} has no samples")
    sampler = _Shuffles(len(dataset), batch_size, seed, rank, world)
    if type(dataset) is TensorDataset:  # whole batches at once instead of sample by sample
        return (tuple(tensor[index] for tensor in dataset.tensors) for index in sampler)
    if num_workers == 0:  # what a DataLoader does, with less around it
        return (default_collate(_fetch(dataset, index)) for index in sampler)
    return iter(DataLoader(dataset, batch_sampler=sampler, num_workers=num_workers))


def _fetch(dataset: Any, index: list[int]) -> Any:
    if hasattr(dataset, "__getitems__"):
        return dataset.__getitems__(index)
    return [dataset[i] for i in index]


def _repeat_loader(loader: DataLoader[Any], rank: int, world: int) -> Iterator[Any]:
    while True:
        empty = True
        for batch in loader:
            empty = False
            yield batch if world == 1 else _share(batch, rank, world)
        if empty:
            raise EmptyDatasetError("the DataLoader gave no batch; with drop_last it needs a batch full of samples")


def _cut_stream(dataset: IterableDataset[Any], batch_size: int, rank: int, world: int) -> Iterator[Any]:
    waiting: list[Any] = []
    while True:
        empty = True
        for sample in dataset:
            empty = False
            waiting.append(sample)
            if len(waiting) == batch_size:
                yield default_collate(waiting[rank::world])
                waiting = []
        if empty:
            raise EmptyDatasetError(f"{type(dataset).__name__} gave no sample")


def once(dataset: Any, *, batch_size: int, rank: int = 0, world: int = 1) -> Iterator[Any]:
    """The batches of one pass in order, the last one partial: for validation. Process `rank` takes every `world`-th."""
    loader = dataset if isinstance(dataset, DataLoader) else DataLoader(dataset, batch_size=batch_size)
    return (batch for index, batch in enumerate(loader) if index % world == rank)


def split(batch: Any) -> tuple[Any, Any]:
    """(inputs, targets): the first two of a list or tuple; anything else is both."""
    if isinstance(batch, list | tuple):
        if len(batch) >= 2:
            return batch[0], batch[1]
        batch = batch[0]
    return batch, batch


def first_tensor(value: Any) -> torch.Tensor:
    """The first tensor inside nested lists and dictionaries."""
    found = next(_tensors(value), None)
    if found is None:
        raise TypeError(f"a batch must hold tensors, not {type(value).__name__}")
    return found


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for part in parts:
        yield from _tensors(part)


def tokens_per_sample(inputs: Any) -> int:
    """The length of integer sequences and of (batch, length, features); 1 for vectors and images."""
    tensor = first_tensor(inputs)
    integers = not (tensor.is_floating_point() or tensor.is_complex())
    if (tensor.ndim == 2 and integers) or tensor.ndim == 3:
        return int(tensor.shape[1])
    return 1


def known_tokens(dataset: Any, per_sample: int | None) -> float | None:
    """Tokens of one pass over the data, without reading any of it; None where that cannot be told."""
    source = dataset.dataset if isinstance(dataset, DataLoader) else dataset
    if per_sample is None:
        per_sample = getattr(source, "tokens_per_sample", None)
    if per_sample is None and isinstance(source, TensorDataset):
        per_sample = tokens_per_sample(source.tensors[0])
    try:
        length = len(source)
    except TypeError:
        return None
    return None if per_sample is None else float(length * per_sample)


def to_device(value: Any, device: torch.device) -> Any:
    """Nested tensors on a device."""
    if isinstance(value, torch.Tensor):
        return value.to(device, non_blocking=True)
    if isinstance(value, dict):
        return {key: to_device(v, device) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(to_device(v, device) for v in value)
    return value


def batch_length(inputs: Any) -> int:
    """Samples of a batch."""
    return int(first_tensor(inputs).shape[0])


def steps_for(tokens: int, per_sample: int, batch_size: int) -> int:
    """Full batches until `tokens` are consumed."""
    return max(1, math.ceil(tokens / (per_sample * batch_size)))


def _share(batch: Any, rank: int, world: int) -> Any:
    """Every `world`-th sample of a batch."""
    if isinstance(batch, torch.Tensor):
        if batch.shape[0] % world:
            raise ValueError(f"a batch of {batch.shape[0]} does not divide among {world} processes")
        return batch[rank::world]
    if isinstance(batch, dict):
        return {key: _share(v, rank, world) for key, v in batch.items()}
    if isinstance(batch, list | tuple):
        return type(batch)(_share(v, rank, world) for v in batch)
    return batch
