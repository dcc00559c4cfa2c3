"""Transformer blocks and the learning-rate rule that lets one rate serve all widths.

The parametrisation is that of maximal updates for Adam (Yang et al. 2022, arXiv 2203.03466), in the unit-scaled
spirit of u-muP (Blake et al. 2024, arXiv 2407.17465): base widths appear only in ratios.

* hidden matrices: initial standard deviation fan_in^-1/2, rate times base_width / width;
* readout: zero, rate times base_width / width;
* embeddings, gains and biases: standard deviation or value of order 1, rate as it is;
* attention logits are divided by the length of a head, not by its root.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional


class Hidden(nn.Linear):
    """A hidden matrix: initial standard deviation fan_in^-1/2, no bias."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        super().__init__(fan_in, fan_out, bias=False)

    def reset_parameters(self) -> None:
        """Draw the weights anew."""
        nn.init.normal_(self.weight, std=self.in_features**-0.5)


class Readout(nn.Linear):
    """The output layer: it starts at zero, so the first prediction is uniform at every width."""

    def reset_parameters(self) -> None:
        """Set the weights to zero."""
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class Attention(nn.Module):
    """Multi-head self-attention with logits q.k / head length."""

    def __init__(self, width: int, heads: int, base_width: int, causal: bool) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"width {width} does not divide among {heads} heads")
        self.heads, self.causal = heads, causal
        length = width // heads
        # At the base width this is the usual length^-1/2.
        self.scale = math.sqrt(max(1.0, base_width / heads)) / length
        self.qkv = Hidden(width, 3 * width)
        self.out = Hidden(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, length, width) -> the same."""
        b, t, w = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, w // self.heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal, scale=self.scale)
        return self.out(mixed.transpose(1, 2).reshape(b, t, w))


class Block(nn.Module):
    """Attention and a two-layer perceptron, each on a normalised copy, added to the stream.

    Both branches are scaled by depth^-1/2, so that the stream does not grow with depth.
    """

    def __init__(self, width: int, heads: int, depth: int, base_width: int, causal: bool, ratio: int = 4) -> None:
        super().__init__()
        self.branch = (2 * depth) ** -0.5
        self.norm_attention = nn.LayerNorm(width)
        self.attention = Attention(width, heads, base_width, causal)
        self.norm_mlp = nn.LayerNorm(width)
        self.up = Hidden(width, ratio * width)
        self.down = Hidden(ratio * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, length, width) -> the same."""
        x = x + self.branch * self.attention(self.norm_attention(x))
        return x + self.branch * self.down(functional.gelu(self.up(self.norm_mlp(x))))


class WidthTransfer(nn.Module):
    """A model with rates that transfer over its width. Subclasses set `width` and `base_width`."""

    width: int
    base_width: int

    def optimizer_groups(self, lr: float) -> list[dict[str, Any]]:
        """Parameters by their rate: hidden matrices and readout at lr base_width / width, the rest at lr."""
        matrices = [m.weight for m in self.modules() if isinstance(m, Hidden | Readout)]
        known = {id(p) for p in matrices}
        rest = [p for p in self.parameters() if id(p) not in known]
        return [
            {"params": matrices, "lr": lr * self.base_width / self.width},
            {"params": rest, "lr": lr},
        ]

    def num_params(self) -> int:
        """Number of parameters."""
        return sum(p.numel() for p in self.parameters())
