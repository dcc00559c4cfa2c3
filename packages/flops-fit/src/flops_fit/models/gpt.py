"""A decoder-only language model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from .transformer import Block, Readout, WidthTransfer


@dataclass(frozen=True)
class GPTConfig:
    """Shape of a `GPT`.

    Attributes
    ----------
    vocab_size, seq_len : int
        Tokens known, and the longest sequence.
    d_model, n_layers, n_heads : int
        Width, blocks, attention heads.
    base_width : int
        The width whose learning rates are the given ones.
    count_embeddings : bool
        Whether `num_params` counts the embedding tables. They have no products, so C = 6 N D is nearer without
        them, but they hold most parameters of small models.
    """

    vocab_size: int = 256
    d_model: int = 64
    n_layers: int = 4
    n_heads: int = 4
    seq_len: int = 128
    base_width: int = 64
    count_embeddings: bool = True


class GPT(WidthTransfer):
    """Predicts the next token: (batch, length) integers -> (batch, length, vocab_size) logits.

    Examples
    --------
    >>> model = GPT(GPTConfig(vocab_size=50, d_model=32, n_layers=2, n_heads=2, seq_len=16))
    >>> model(torch.zeros(3, 16, dtype=torch.long)).shape
    torch.Size([3, 16, 50])
    """

    def __init__(self, config: GPTConfig | None = None, **fields: Any) -> None:
        super().__init__()
        if config is not None and fields:
            raise TypeError("give a GPTConfig or its fields, not both")
        self.config = c = config or GPTConfig(**fields)
        self.width, self.base_width = c.d_model, c.base_width
        self.tokens = nn.Embedding(c.vocab_size, c.d_model)
        self.positions = nn.Embedding(c.seq_len, c.d_model)
        self.blocks = nn.ModuleList(
            Block(c.d_model, c.n_heads, c.n_layers, c.base_width, causal=True) for _ in range(c.n_layers)
        )
        self.norm = nn.LayerNorm(c.d_model)
        self.readout = Readout(c.d_model, c.vocab_size, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Logits of the token after each position."""
        if tokens.shape[1] > self.config.seq_len:
            raise ValueError(f"a sequence of {tokens.shape[1]} tokens is longer than seq_len {self.config.seq_len}")
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1], device=tokens.device))
        for block in self.blocks:
            x = block(x)
        return self.readout(self.norm(x))

    def num_params(self) -> int:
        """Number of parameters; without the embedding tables if the configuration says so."""
        total = super().num_params()
        if not self.config.count_embeddings:
            total -= self.tokens.weight.numel() + self.positions.weight.numel()
        return total


def create_model_for_scaling(d_model: int, **fields: Any) -> GPT:
    """A `GPT` of a width; `fields` are the others of `GPTConfig`. A factory for `find_optimal`."""
    return GPT(GPTConfig(d_model=d_model, **fields))


def next_token_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of (batch, length, vocab) logits and (batch, length) next tokens, in nats."""
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
