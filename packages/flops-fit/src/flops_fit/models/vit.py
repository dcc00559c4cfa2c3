"""A vision transformer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from .transformer import Block, Hidden, Readout, WidthTransfer


@dataclass(frozen=True)
class ViTConfig:
    """Shape of a `ViT`: square images in square patches."""

    d_model: int = 64
    n_layers: int = 4
    n_heads: int = 4
    image_size: int = 32
    patch: int = 8
    channels: int = 3
    classes: int = 10
    base_width: int = 64


class ViT(WidthTransfer):
    """Classifies images: (batch, channels, size, size) -> (batch, classes) logits.

    Examples
    --------
    >>> ViT(d_model=32, n_layers=1, n_heads=2)(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 10])
    """

    def __init__(self, config: ViTConfig | None = None, **fields: Any) -> None:
        super().__init__()
        if config is not None and fields:
            raise TypeError("give a ViTConfig or its fields, not both")
        self.config = c = config or ViTConfig(**fields)
        if c.image_size % c.patch:
            raise ValueError(f"an image of {c.image_size} pixels does not divide into patches of {c.patch}")
        self.width, self.base_width = c.d_model, c.base_width
        # The fan-in of patches is fixed, so this matrix is an input layer: its rate does not move with the width.
        self.patches = nn.Conv2d(c.channels, c.d_model, c.patch, c.patch)
        self.positions = nn.Parameter(0.5 * torch.randn((c.image_size // c.patch) ** 2, c.d_model))
        self.blocks = nn.ModuleList(
            Block(c.d_model, c.n_heads, c.n_layers, c.base_width, causal=False) for _ in range(c.n_layers)
        )
        self.norm = nn.LayerNorm(c.d_model)
        self.pool = Hidden(c.d_model, c.d_model)
        self.readout = Readout(c.d_model, c.classes)

    @property
    def tokens_per_sample(self) -> int:
        """Patches of an image."""
        return int(self.positions.shape[0])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of the classes."""
        x = self.patches(images).flatten(2).transpose(1, 2) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.readout(nn.functional.gelu(self.pool(self.norm(x).mean(dim=1))))
