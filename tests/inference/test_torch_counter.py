"""Formulas against torch's FlopCounterMode: equal to the unit.

Needs torch, which nothing else here needs: `WITH_TORCH=1 .ci/run` installs it and insists on it.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

if os.environ.get("WITH_TORCH") != "1":
    pytest.importorskip("torch", reason="torch is not installed; WITH_TORCH=1 .ci/run installs it")

import torch
from torch.utils.flop_counter import FlopCounterMode

from flopscope.inference import ModelSpec, get_model

from .torch_decoder import Decoder

COMMON = {"vocab": 61, "d_model": 24, "n_layers": 2, "n_heads": 4, "d_ff": 40}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"mlp_mats": 2},
    "gated": {},
    "grouped queries": {"n_kv_heads": 2},
    "one key head": {"n_kv_heads": 1},
    "wide heads": {"head_dim": 16},
    "experts": {"n_experts": 6, "top_k": 2},
    "shared experts": {"n_experts": 6, "top_k": 2, "shared_d_ff": 10, "n_dense_layers": 1,
                       "dense_d_ff": 50},
    "latent": {"kv_lora_rank": 10, "q_lora_rank": 14, "head_dim": 12, "qk_rope_dim": 4,
               "v_head_dim": 8},
    "latent, direct queries": {"kv_lora_rank": 10, "head_dim": 12, "qk_rope_dim": 4},
    "no head": {"head": False},
}  # fmt: skip


def random_kinds() -> dict[str, dict[str, Any]]:
    draw = random.Random(20)
    found = {}
    for number in range(20):
        kv_heads = draw.randint(1, 3)
        experts = draw.choice([0, 0, draw.randint(1, 5)])
        found[f"random {number}"] = {
            "vocab": draw.randint(2, 90), "d_model": draw.randint(1, 40),
            "n_layers": draw.randint(1, 4), "n_heads": kv_heads * draw.randint(1, 3),
            "n_kv_heads": kv_heads, "head_dim": draw.randint(1, 12), "d_ff": draw.randint(1, 60),
            "mlp_mats": draw.choice([2, 3]), "n_experts": experts,
            "top_k": draw.randint(1, experts) if experts else 0,
        }  # fmt: skip
    return found


KINDS.update(random_kinds())


def counted(call: Any) -> tuple[int, Any]:
    with FlopCounterMode(display=False) as counter:
        result = call()
    return counter.get_total_flops(), result


def tokens(batch: int, seq: int, device: str = "cpu") -> torch.Tensor:
    return torch.zeros((batch, seq), dtype=torch.int64, device=device)


@pytest.mark.parametrize("kind", KINDS)
def test_counts_are_equal(kind: str) -> None:
    spec = ModelSpec(**{**COMMON, **KINDS[kind]})
    model, batch, seq = Decoder(spec), 2 + len(kind) % 2, 7 + len(kind) % 5
    flops, (_, cache) = counted(lambda: model(tokens(batch, seq)))
    assert flops == spec.forward_flops(batch, seq)
    for step in range(3):
        flops, (_, cache) = counted(lambda kept=cache: model(tokens(batch, 1), kept))
        assert flops == spec.decode_flops(seq, step, batch=batch)
    flops, _ = counted(lambda: model(tokens(batch, 5), cache))
    assert flops == spec.forward_flops(batch, 5, past=seq + 3)
    flops, _ = counted(lambda: model(tokens(batch, seq))[0].sum().backward())
    assert flops == spec.train_flops(batch, seq) == 3 * spec.forward_flops(batch, seq)


@pytest.mark.parametrize("kind", ["gated", "experts", "latent"])
def test_requests_are_equal(kind: str) -> None:
    spec = ModelSpec(**{**COMMON, **KINDS[kind]})
    model = Decoder(spec)

    def answer(prompt: int, output: int) -> None:
        _, cache = model(tokens(2, prompt))
        for _ in range(output - 1):
            _, cache = model(tokens(2, 1), cache)

    flops, _ = counted(lambda: answer(6, 5))
    assert flops == spec.request_flops(6, 5, batch=2, logits="all")
    flops, _ = counted(lambda: [model(tokens(2, 6 + made)) for made in range(5)])
    assert flops == spec.request_flops(6, 5, batch=2, kv_cache=False, logits="all")


def test_decoding_within_a_window() -> None:
    spec = ModelSpec(**COMMON, sliding_window=4, window_layers=1)
    model, cache = Decoder(spec), None
    for step in range(8):
        flops, (_, cache) = counted(lambda kept=cache: model(tokens(1, 1), kept))
        assert flops == spec.decode_flops(0, step)


@pytest.mark.parametrize("name", ["llama-3.1-8b", "qwen3-0.6b", "gpt2", "mixtral-8x7b",
                                  "deepseek-v3"])  # fmt: skip
def test_real_shapes_without_weights(name: str) -> None:
    layers = {"n_layers": 4, "n_experts": 16} if name == "deepseek-v3" else {}
    spec = get_model(name).replace(**layers)
    model = Decoder(spec, device="meta")
    flops, (_, cache) = counted(lambda: model(tokens(1, 96, "meta")))
    assert flops == spec.forward_flops(1, 96)
    flops, _ = counted(lambda: model(tokens(1, 1, "meta"), cache))
    assert flops == spec.decode_flops(96)


def test_the_default_attention_kernel_is_invisible() -> None:
    """Why explicit products are counted here; a change in torch would show."""
    spec = ModelSpec(**COMMON)
    model = Decoder(spec)
    parts = spec.breakdown(1, 16)
    attention = parts["attention_scores"] + parts["attention_values"]
    with torch.no_grad():
        flops, _ = counted(lambda: model(tokens(1, 16), fused=True))
        assert flops == spec.forward_flops(1, 16) - attention
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            flops, _ = counted(lambda: model(tokens(1, 16), fused=True))
    assert flops == spec.forward_flops(1, 16)
