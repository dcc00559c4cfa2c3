"""Small images of ten classes: CIFAR-10 from a folder, or generated shapes and textures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

CLASSES = (
    "disk", "ring", "square", "frame", "triangle", "cross", "stripes", "checks", "dots", "gradient",
)  # fmt: skip
_RECORD = 1 + 3 * 32 * 32


class CifarDataset(Dataset):
    """32 x 32 colour images with labels 0 to 9: (3, 32, 32) floats of mean about 0, and an integer.

    Parameters
    ----------
    folder : path, optional
        The binary version of CIFAR-10: `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`. Without it,
        images are generated: ten kinds of shapes and textures with random place, size, colours and noise.
    train : bool
        Training or test images. Generated ones have different seeds.
    count : int
        Images to generate.
    seed : int
        Seed of the generated images.
    """

    def __init__(
        self, folder: str | Path | None = None, *, train: bool = True, count: int = 10_000, seed: int = 0
    ) -> None:
        if folder is None:
            pixels, labels = generate(count, seed=2 * seed + (not train))
        else:
            pixels, labels = _read_binary(Path(folder), train)
        self._pixels = torch.from_numpy(pixels)
        self.labels = torch.from_numpy(labels).long()

    @property
    def images(self) -> torch.Tensor:
        """All images at once, (count, 3, 32, 32)."""
        return _normal(self._pixels)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return _normal(self._pixels[index]), self.labels[index]

    def __getitems__(self, index: list[int]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The samples of a batch: a loader asks for them together."""
        return list(zip(_normal(self._pixels[index]), self.labels[index], strict=True))


def _normal(pixels: torch.Tensor) -> torch.Tensor:
    return (pixels.float() / 255 - 0.5) / 0.25


def generate(count: int, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Images (count, 3, 32, 32) of bytes and their labels, the classes in random order."""
    rng = np.random.default_rng(seed)
    parts = [_generate(min(1000, count - start), rng) for start in range(0, count, 1000)]
    return np.concatenate([pixels for pixels, _ in parts]), np.concatenate([labels for _, labels in parts])


def _generate(count: int, rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    labels = rng.integers(0, len(CLASSES), count)
    axis = np.arange(32) - 15.5
    y, x = np.meshgrid(axis, axis, indexing="ij")
    shift = rng.uniform(-5, 5, (count, 2, 1, 1))
    size = rng.uniform(6, 11, (count, 1, 1))
    turn = rng.uniform(-0.4, 0.4, (count, 1, 1))
    u = (x - shift[:, 0]) * np.cos(turn) + (y - shift[:, 1]) * np.sin(turn)
    v = (y - shift[:, 1]) * np.cos(turn) - (x - shift[:, 0]) * np.sin(turn)
    masks = np.empty((count, 32, 32))
    for label in range(len(CLASSES)):
        which = labels == label
        masks[which] = _mask(label, u[which], v[which], size[which])
    front, back = rng.uniform(0, 1, (2, count, 3, 1, 1))
    # Colours tell nothing of the class, but shape and ground must differ.
    front = np.where(np.abs(front - back).max(axis=1, keepdims=True) < 0.3, 1 - back, front)
    images = back + (front - back) * masks[:, None]
    images = images + rng.normal(0, 0.08, images.shape)
    return (images.clip(0, 1) * 255).astype(np.uint8), labels


def _mask(
    label: int, u: np.ndarray[Any, Any], v: np.ndarray[Any, Any], size: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Where the foreground is, from 0 to 1."""
    radius, box = np.hypot(u, v), np.maximum(np.abs(u), np.abs(v))
    period = size / 1.6
    shapes = (
        lambda: radius < size,
        lambda: (radius < size) & (radius > 0.6 * size),
        lambda: box < 0.9 * size,
        lambda: (box < 0.9 * size) & (box > 0.55 * size),
        lambda: (v < 0.7 * size) & (v > -size + 2 * np.abs(u)),
        lambda: (np.minimum(np.abs(u), np.abs(v)) < 0.22 * size) & (box < size),
        lambda: np.sin(2 * np.pi * u / period) > 0,
        lambda: np.sin(2 * np.pi * u / period) * np.sin(2 * np.pi * v / period) > 0,
        lambda: np.sin(2 * np.pi * u / period) + np.sin(2 * np.pi * v / period) > 0.9,
        lambda: 0.5 + u / 40,
    )
    mask: np.ndarray[Any, Any] = np.asarray(shapes[label](), dtype=float)
    return mask


def _read_binary(folder: Path, train: bool) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] if train else ["test_batch.bin"]
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"{folder} lacks {', '.join(missing)} of the binary version of CIFAR-10")
    raw = np.concatenate([np.fromfile(folder / name, dtype=np.uint8) for name in names])
    if len(raw) % _RECORD:
        raise ValueError(f"{folder} holds no binary CIFAR-10: its files are no multiple of {_RECORD} bytes")
    rows = raw.reshape(-1, _RECORD)
    return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0].astype(np.int64)
