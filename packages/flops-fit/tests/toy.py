"""Small torch models and datasets; a module of its own so that other processes can import them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils.data import Dataset, IterableDataset

INPUTS, OUTPUTS = 16, 8


class MLP(nn.Module):
    """Student with one hidden layer."""

    def __init__(self, width: int = 64, fail_at: int | None = None) -> None:
        super().__init__()
        if width == fail_at:
            raise RuntimeError(f"width {width} is not wanted")
        self.net = nn.Sequential(nn.Linear(INPUTS, width), nn.ReLU(), nn.Linear(width, OUTPUTS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)

    def num_params(self) -> int:
        return sum(p.numel() for p in self.parameters())


def teacher_data(count: int, seed: int = 0, noise: float = 0.3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    hidden = torch.randn(INPUTS, 64, generator=generator) / INPUTS**0.5
    out = torch.randn(64, OUTPUTS, generator=generator) / 8
    generator.manual_seed(seed)
    x = torch.randn(count, INPUTS, generator=generator)
    y = torch.relu(x @ hidden) @ out
    return x, y + noise * torch.randn(count, OUTPUTS, generator=generator)


class Counting(Dataset):
    """A map dataset that counts what is drawn."""

    def __init__(self, count: int = 500) -> None:
        self.x, self.y = teacher_data(count)
        self.drawn: list[int] = []

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        self.drawn.append(index)
        return self.x[index], self.y[index]


class CountingStream(IterableDataset):
    """An iterable dataset that counts what is drawn."""

    def __init__(self, count: int = 500) -> None:
        self.x, self.y = teacher_data(count)
        self.drawn = 0

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for pair in zip(self.x, self.y, strict=True):
            self.drawn += 1
            yield pair


class Exploding(Dataset):
    """Raises on every access."""

    def __len__(self) -> int:
        raise AssertionError("the length was asked for")

    def __getitem__(self, index: int) -> Any:
        raise AssertionError("a sample was drawn")


class Poisoned(MLP):
    """An MLP of which one width diverges and another dies."""

    def __init__(self, width: int = 64, nan_at: int = 0, die_at: int = 0, exit_at: int = 0) -> None:
        super().__init__(width)
        self.width, self.nan_at, self.die_at, self.exit_at = width, nan_at, die_at, exit_at

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.width == self.die_at:
            raise RuntimeError("out of luck")
        if self.width == self.exit_at:
            import os

            os._exit(9)
        out = super().forward(x)
        return out * float("nan") if self.width == self.nan_at else out


class Slow(MLP):
    """Long enough runs to be killed in."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        time.sleep(0.002)
        return super().forward(x)
