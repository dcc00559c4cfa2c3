"""A decoder of explicit matrix products in torch, built from a `ModelSpec`."""

from __future__ import annotations

from typing import Any

import torch

from flopscope.inference import ModelSpec

Cache = list[tuple[torch.Tensor, torch.Tensor]]


class Decoder:
    """Random weights in the spec's shapes; only what takes part in products, and the embedding."""

    def __init__(self, spec: ModelSpec, device: str = "cpu") -> None:
        self.spec, self.device = spec, device
        self.weights: list[torch.Tensor] = []
        d, h, g, e, v = spec.d_model, spec.n_heads, spec.n_kv_heads, spec.head_dim, spec.v_head_dim
        self.embedding = self._weight(spec.vocab, d)
        self.head = self._weight(d, spec.vocab) if spec.head else None
        self.layers = []
        for layer in range(spec.n_layers):
            parts: dict[str, Any] = {"o": self._weight(h * v, d)}
            if spec.kv_lora_rank:
                rank, latent, rope = spec.q_lora_rank, spec.kv_lora_rank, spec.qk_rope_dim
                if rank:
                    parts["q_down"], parts["q"] = self._weight(d, rank), self._weight(rank, h * e)
                else:
                    parts["q"] = self._weight(d, h * e)
                parts["kv_down"] = self._weight(d, latent + rope)
                parts["kv"] = self._weight(latent, h * (e - rope + v))
            else:
                parts["q"] = self._weight(d, h * e)
                parts["k"], parts["v"] = self._weight(d, g * e), self._weight(d, g * v)
            if spec.n_experts and layer >= spec.n_dense_layers:
                parts["router"] = self._weight(d, spec.n_experts)
                parts["experts"] = [self._mlp(spec.d_ff) for _ in range(spec.n_experts)]
                if spec.shared_d_ff:
                    parts["shared"] = self._mlp(spec.shared_d_ff)
            else:
                parts["mlp"] = self._mlp(spec.dense_d_ff if spec.n_experts else spec.d_ff)
            self.layers.append(parts)

    def _weight(self, rows: int, columns: int) -> torch.Tensor:
        made = torch.full((rows, columns), 0.01, device=self.device, requires_grad=True)
        self.weights.append(made)
        return made

    def _mlp(self, width: int) -> list[torch.Tensor]:
        d = self.spec.d_model
        into = [self._weight(d, width) for _ in range(self.spec.mlp_mats - 1)]
        return [*into, self._weight(width, d)]

    def _project(self, x: torch.Tensor, parts: dict[str, Any]) -> tuple[torch.Tensor, ...]:
        spec, (b, s, _) = self.spec, x.shape
        h, g, e, v = spec.n_heads, spec.n_kv_heads, spec.head_dim, spec.v_head_dim
        if spec.kv_lora_rank:
            q = (x @ parts["q_down"] if spec.q_lora_rank else x) @ parts["q"]
            down = x @ parts["kv_down"]
            latent = down[..., : spec.kv_lora_rank]
            turned = down[..., spec.kv_lora_rank :][:, None].expand(b, h, s, spec.qk_rope_dim)
            both = (latent @ parts["kv"]).reshape(b, s, h, -1).transpose(1, 2)
            k = torch.cat([both[..., : e - spec.qk_rope_dim], turned], dim=-1)
            return q.reshape(b, s, h, e).transpose(1, 2), k, both[..., e - spec.qk_rope_dim :]
        q = (x @ parts["q"]).reshape(b, s, h, e).transpose(1, 2)
        k = (x @ parts["k"]).reshape(b, s, g, e).transpose(1, 2)
        return q, k, (x @ parts["v"]).reshape(b, s, g, v).transpose(1, 2)

    def _run_mlp(self, x: torch.Tensor, weights: list[torch.Tensor]) -> torch.Tensor:
        hidden = torch.nn.functional.silu(x @ weights[0])
        if len(weights) == 3:
            hidden = hidden * (x @ weights[1])
        return hidden @ weights[-1]

    def _feed(self, x: torch.Tensor, parts: dict[str, Any]) -> torch.Tensor:
        if "mlp" in parts:
            return self._run_mlp(x, parts["mlp"])
        flat = x.reshape(-1, x.shape[-1])
        scores = flat @ parts["router"]
        out = torch.zeros_like(flat) + 0.0 * scores.sum()
        # Tokens take the experts in turn: a product's size does not depend on who chose it.
        tokens = torch.arange(flat.shape[0] * self.spec.top_k) // self.spec.top_k
        chosen = torch.arange(tokens.shape[0]) % self.spec.n_experts
        for place, expert in enumerate(parts["experts"]):
            mine = tokens[chosen == place].to(x.device)
            if len(mine):
                out = out.index_add(0, mine, self._run_mlp(flat[mine], expert))
        if "shared" in parts:
            out = out + self._run_mlp(flat, parts["shared"])
        return out.reshape(x.shape)

    def __call__(
        self, tokens: torch.Tensor, cache: Cache | None = None, fused: bool = False
    ) -> tuple[torch.Tensor, Cache]:
        """Logits of all tokens, and the cache with them in it."""
        spec, kept = self.spec, []
        x = self.embedding[tokens]
        for layer, parts in enumerate(self.layers):
            q, k, v = self._project(x, parts)
            if cache is not None:
                k = torch.cat([cache[layer][0], k], dim=2)
                v = torch.cat([cache[layer][1], v], dim=2)
            if layer < spec.window_layers:  # the rest of the cache is dropped
                k, v = (
                    k[:, :, -(spec.sliding_window or 0) :],
                    v[:, :, -(spec.sliding_window or 0) :],
                )
            kept.append((k, v))
            group = q.shape[1] // k.shape[1]
            k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
            if fused:
                mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v)
            else:
                mixed = torch.softmax(q @ k.transpose(-1, -2), dim=-1) @ v
            x = x + mixed.transpose(1, 2).reshape(*x.shape[:2], -1) @ parts["o"]
            x = x + self._feed(x, parts)
        return (x if self.head is None else x @ self.head), kept
