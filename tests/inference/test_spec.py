"""Model specs: fields, what contradicts, names, configuration files."""

from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from flopscope.errors import FlopscopeWarning
from flopscope.inference import (
    ModelSpec,
    get_model,
    kv_cache_bytes,
    model_names,
    resolve_model,
    spec_from_config,
)

from .specs import model_specs

SHAPE: dict[str, Any] = {"vocab": 100, "d_model": 12, "n_layers": 2, "n_heads": 4, "d_ff": 16}


def test_what_is_left_out_follows() -> None:
    spec = ModelSpec(**SHAPE)
    assert (spec.n_kv_heads, spec.head_dim, spec.v_head_dim, spec.window_layers) == (4, 3, 3, 0)
    assert ModelSpec(**SHAPE, sliding_window=8).window_layers == 2
    assert ModelSpec(**{**SHAPE, "d_model": np.int64(12)}) == spec


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_heads": 5}, "n_heads=5 does not divide d_model=12"),
        ({"n_kv_heads": 3}, "n_kv_heads=3 does not divide n_heads=4"),
        ({"n_kv_heads": 0}, "n_kv_heads must be at least 1"),
        ({"vocab": 0}, "vocab must be at least 1"),
        ({"d_model": -12}, "d_model must be at least 1"),
        ({"d_model": float("nan")}, "d_model must be a whole number"),
        ({"n_layers": 2.5}, "n_layers must be a whole number"),
        ({"n_layers": True}, "n_layers must be a whole number"),
        ({"d_ff": "wide"}, "d_ff must be a whole number"),
        ({"d_ff": [16]}, "d_ff must be a whole number"),
        ({"head_dim": 0}, "head_dim must be at least 1"),
        ({"mlp_mats": 4}, "mlp_mats must be 2"),
        ({"norm_params": 3}, "norm_params must be"),
        ({"tied": "yes"}, "tied must be True or False"),
        ({"n_experts": 4}, "top_k must be from 1 to n_experts=4"),
        ({"n_experts": 4, "top_k": 5}, "top_k must be from 1 to n_experts=4"),
        ({"top_k": 2}, "top_k, .* need n_experts"),
        ({"n_experts": 4, "top_k": 1, "n_dense_layers": 3}, "n_dense_layers=3 exceeds"),
        ({"n_experts": 4, "top_k": 1, "n_dense_layers": 1}, "needs dense_d_ff"),
        ({"sliding_window": 0}, "sliding_window must be at least 1"),
        ({"sliding_window": 4, "window_layers": 3}, "window_layers=3 exceeds n_layers=2"),
        ({"window_layers": 1}, "without sliding_window"),
        ({"q_lora_rank": 4}, "need kv_lora_rank"),
        ({"kv_lora_rank": 4, "n_kv_heads": 2}, "n_kv_heads must equal n_heads"),
        ({"kv_lora_rank": 4, "qk_rope_dim": 3}, "qk_rope_dim=3 must be below head_dim=3"),
        ({"extra_params": -1}, "extra_params must be at least 0"),
    ],
)
def test_impossible_shapes(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelSpec(**{**SHAPE, **changes})


def test_fields_by_name() -> None:
    assert ModelSpec.from_fields(SHAPE) == ModelSpec(**SHAPE)
    with pytest.raises(ValueError, match="unknown field 'n_head'; nearest: 'n_heads'"):
        ModelSpec.from_fields({**SHAPE, "n_head": 4})
    with pytest.raises(ValueError, match="field 'vocab' is missing"):
        ModelSpec.from_fields({key: SHAPE[key] for key in SHAPE if key != "vocab"})
    with pytest.raises(ValueError, match="unknown field 'window'"):
        ModelSpec(**SHAPE).replace(window=4)


def test_a_spec_is_a_value() -> None:
    spec = get_model("gemma-2-2b")
    assert pickle.loads(pickle.dumps(spec)) == spec == ModelSpec.from_name("gemma2:2b")
    assert hash(spec) == hash(spec.replace())
    assert spec.replace(sliding_window=None, window_layers=None).forward_flops(
        1, 8192
    ) > spec.forward_flops(1, 8192)
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.vocab = 3  # type: ignore[misc]


@given(model_specs())
def test_parameters(spec: ModelSpec) -> None:
    assert sum(spec.param_breakdown().values()) == spec.params_total >= spec.params_active
    assert sum(spec.param_breakdown(active=True).values()) == spec.params_active
    if spec.top_k == spec.n_experts:
        assert spec.params_total == spec.params_active
    assert spec.weight_bytes() == 2 * spec.params_total
    assert spec.weight_bytes(1) == 2 * spec.params_active
    assert spec.weight_bytes(10**6) == pytest.approx(2 * spec.params_total, rel=1e-6)


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", model_names())
def test_every_model_is_found_under_its_name(name: str) -> None:
    for spelling in (name, name.upper(), f"someone/{name}", name.replace("-", ":"),
                     name.replace("-", "_"), f"{name}-instruct"):  # fmt: skip
        assert resolve_model(spelling) == name, spelling
    assert get_model(name).name == name
    assert get_model(name) is get_model(name.upper())


def test_unknown_models() -> None:
    with pytest.raises(KeyError, match=r"unknown model 'qwen3-9b'; nearest: 'qwen3-.b'"):
        get_model("qwen3-9b")


# --- configuration files --------------------------------------------------------------------------

QWEN3 = {"model_type": "qwen3", "vocab_size": 151936, "head_dim": 128, "sliding_window": None,
         "use_sliding_window": False, "max_window_layers": 28, "attention_bias": False}  # fmt: skip
CONFIGS: dict[str, dict[str, Any]] = {
    "llama-3.1-8b": {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "hidden_size": 4096,
        "intermediate_size": 14336, "mlp_bias": False, "model_type": "llama",
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
        "tie_word_embeddings": False, "vocab_size": 128256, "torch_dtype": "bfloat16",
    },
    "llama-3.2-1b": {
        "model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192, "head_dim": 64,
        "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8,
        "tie_word_embeddings": True, "vocab_size": 128256,
    },
    "mixtral-8x7b": {
        "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336,
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
        "num_experts_per_tok": 2, "num_local_experts": 8, "sliding_window": None,
        "vocab_size": 32000,
    },
    "qwen2.5-7b": {
        "model_type": "qwen2", "hidden_size": 3584, "intermediate_size": 18944,
        "num_attention_heads": 28, "num_hidden_layers": 28, "num_key_value_heads": 4,
        "sliding_window": 131072, "use_sliding_window": False, "max_window_layers": 28,
        "tie_word_embeddings": False, "vocab_size": 152064,
    },
    "qwen3-0.6b": {
        **QWEN3, "hidden_size": 1024, "intermediate_size": 3072, "num_attention_heads": 16,
        "num_hidden_layers": 28, "num_key_value_heads": 8, "tie_word_embeddings": True,
    },
    "qwen3-30b-a3b": {
        **QWEN3, "model_type": "qwen3_moe", "hidden_size": 2048, "intermediate_size": 6144,
        "moe_intermediate_size": 768, "num_attention_heads": 32, "num_hidden_layers": 48,
        "num_key_value_heads": 4, "num_experts": 128, "num_experts_per_tok": 8,
        "decoder_sparse_step": 1, "mlp_only_layers": [], "tie_word_embeddings": False,
    },
    "gemma-2-9b": {
        "model_type": "gemma2", "vocab_size": 256000, "hidden_size": 3584, "head_dim": 256,
        "intermediate_size": 14336, "num_attention_heads": 16, "num_hidden_layers": 42,
        "num_key_value_heads": 8, "sliding_window": 4096, "attention_bias": False,
    },
    "gpt-oss-20b": {
        "model_type": "gpt_oss", "attention_bias": True, "head_dim": 64, "hidden_size": 2880,
        "intermediate_size": 2880, "num_attention_heads": 64, "num_hidden_layers": 24,
        "num_key_value_heads": 8, "num_local_experts": 32, "num_experts_per_tok": 4,
        "layer_types": ["sliding_attention", "full_attention"] * 12, "sliding_window": 128,
        "tie_word_embeddings": False, "vocab_size": 201088,
    },
    "deepseek-v3": {
        "model_type": "deepseek_v3", "vocab_size": 129280, "hidden_size": 7168,
        "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61,
        "num_attention_heads": 128, "num_key_value_heads": 128, "n_shared_experts": 1,
        "n_routed_experts": 256, "num_experts_per_tok": 8, "first_k_dense_replace": 3,
        "moe_layer_freq": 1, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_rope_head_dim": 64,
        "v_head_dim": 128, "qk_nope_head_dim": 128, "tie_word_embeddings": False,
    },
    "gpt2-xl": {
        "model_type": "gpt2", "vocab_size": 50257, "n_ctx": 1024, "n_embd": 1600, "n_head": 25,
        "n_layer": 48, "n_positions": 1024,
    },
    "opt-6.7b": {
        "model_type": "opt", "vocab_size": 50272, "hidden_size": 4096, "ffn_dim": 16384,
        "num_attention_heads": 32, "num_hidden_layers": 32, "max_position_embeddings": 2048,
        "word_embed_proj_dim": 4096,
    },
    "pythia-6.9b": {
        "model_type": "gpt_neox", "vocab_size": 50432, "hidden_size": 4096,
        "intermediate_size": 16384, "num_attention_heads": 32, "num_hidden_layers": 32,
        "max_position_embeddings": 2048, "tie_word_embeddings": False,
    },
    "bert-base-uncased": {
        "model_type": "bert", "vocab_size": 30522, "hidden_size": 768, "intermediate_size": 3072,
        "num_attention_heads": 12, "num_hidden_layers": 12, "max_position_embeddings": 512,
        "type_vocab_size": 2,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CONFIGS)
def test_configurations(name: str, tmp_path: Path) -> None:
    expected = get_model(name).replace(name="")
    assert spec_from_config(CONFIGS[name]) == expected
    (tmp_path / "config.json").write_text(json.dumps(CONFIGS[name]), encoding="utf-8")
    assert ModelSpec.from_config(tmp_path) == expected
    assert ModelSpec.from_config(str(tmp_path / "config.json")) == expected
    assert spec_from_config({"model_type": "several", "text_config": CONFIGS[name]}) == expected


# Models of types that the table has none of, with the totals of their cards.
OTHERS: list[tuple[dict[str, Any], int]] = [
    ({"model_type": "gemma", "vocab_size": 256000, "hidden_size": 2048, "num_hidden_layers": 18,
      "num_attention_heads": 8, "num_key_value_heads": 1, "head_dim": 256,
      "intermediate_size": 16384}, 2_506_172_416),
    ({"model_type": "gemma3_text", "vocab_size": 262144, "hidden_size": 1152,
      "num_hidden_layers": 26, "num_attention_heads": 4, "num_key_value_heads": 1,
      "head_dim": 256, "intermediate_size": 6912, "sliding_window": 512,
      "sliding_window_pattern": 6}, 999_885_952),
    ({"model_type": "phi3", "vocab_size": 32064, "hidden_size": 3072, "num_hidden_layers": 32,
      "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 8192},
     3_821_079_552),
    ({"model_type": "qwen2_moe", "vocab_size": 151936, "hidden_size": 2048,
      "num_hidden_layers": 24, "num_attention_heads": 16, "num_key_value_heads": 16,
      "intermediate_size": 5632, "moe_intermediate_size": 1408, "num_experts": 60,
      "shared_expert_intermediate_size": 5632, "num_experts_per_tok": 4,
      "decoder_sparse_step": 1}, 14_315_784_192),
    ({"model_type": "deepseek_v2", "vocab_size": 102400, "hidden_size": 2048,
      "num_hidden_layers": 27, "num_attention_heads": 16, "num_key_value_heads": 16,
      "q_lora_rank": None, "kv_lora_rank": 512, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
      "v_head_dim": 128, "intermediate_size": 10944, "moe_intermediate_size": 1408,
      "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6,
      "first_k_dense_replace": 1, "moe_layer_freq": 1}, 15_706_484_224),
]  # fmt: skip


@pytest.mark.parametrize(("config", "total"), OTHERS, ids=lambda v: str(v)[:30])
def test_configurations_of_other_types(config: dict[str, Any], total: int) -> None:
    assert spec_from_config(config).params_total == total


def test_experts_in_some_layers() -> None:
    config = {**CONFIGS["qwen3-30b-a3b"], "decoder_sparse_step": 2, "mlp_only_layers": [1, 2]}
    spec = spec_from_config(config)
    # Every second layer has experts, from the second one on; that one is excepted by name.
    assert (spec.n_dense_layers, spec.dense_d_ff) == (25, 6144)


def test_windows_of_some_layers() -> None:
    base = CONFIGS["qwen2.5-7b"]
    spec = spec_from_config({**base, "use_sliding_window": True, "max_window_layers": 21})
    assert (spec.sliding_window, spec.window_layers) == (131072, 7)
    spec = spec_from_config({**CONFIGS["mixtral-8x7b"], "sliding_window": 4096})
    assert (spec.sliding_window, spec.window_layers) == (4096, 32)
    spec = spec_from_config({**CONFIGS["gemma-2-9b"], "sliding_window_pattern": 6})
    assert spec.window_layers == 35


def test_an_unknown_type_is_read_as_a_llama() -> None:
    config = {**CONFIGS["llama-3.1-8b"], "model_type": "lama"}
    with pytest.warns(FlopscopeWarning, match="'lama' is unknown .* nearest known: 'llama'"):
        assert spec_from_config(config) == get_model("llama-3.1-8b").replace(name="")
    del config["model_type"]
    assert spec_from_config(config) == get_model("llama-3.1-8b").replace(name="")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "no 'vocab_size'"),
        ({"vocab_size": 5, "hidden_sizes": 8}, "no 'hidden_size' .*nearest key: 'hidden_sizes'"),
        ({**CONFIGS["llama-3.1-8b"], "num_attention_heads": 33}, "does not divide"),
        ({**CONFIGS["llama-3.1-8b"], "hidden_size": -1}, "d_model must be at least 1"),
        ({**CONFIGS["llama-3.1-8b"], "intermediate_size": None}, "no 'intermediate_size'"),
        ({**CONFIGS["mixtral-8x7b"], "num_experts_per_tok": None}, "no 'num_experts_per_tok'"),
        ({**CONFIGS["opt-6.7b"], "word_embed_proj_dim": 512}, "word_embed_proj_dim"),
    ],
)
def test_bad_configurations(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        spec_from_config(config)


def test_a_file_that_is_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(ValueError, match="JSON object"):
        spec_from_config(tmp_path)
    with pytest.raises(FileNotFoundError):
        spec_from_config(tmp_path / "nothing.json")


# --- caches ---------------------------------------------------------------------------------------


def test_cache_sizes() -> None:
    for name, per_token in (
        ("llama-2-7b", 524_288), ("llama-3.1-8b", 131_072), ("llama-3.1-70b", 327_680),
        # Latent attention keeps 512 + 64 numbers per layer.
        ("deepseek-v3", 61 * 576 * 2),
    ):  # fmt: skip
        assert kv_cache_bytes(get_model(name), 10, 3) == 30 * per_token
        assert kv_cache_bytes(get_model(name), 10, 3, dtype="int8") == 15 * per_token
    gemma = get_model("gemma-2-9b")
    per_layer = 2 * 8 * 256 * 2
    assert gemma.kv_cache_bytes(8192) == per_layer * (21 * 8192 + 21 * 4096)


def test_experts_reached_by_a_batch() -> None:
    mixtral = get_model("mixtral-8x7b")
    per_expert = 32 * 3 * 4096 * 14336
    others = mixtral.params_total - 8 * per_expert
    for batch, experts in ((1, 2.0), (2, 3.5), (3, 4.625)):
        assert mixtral.weight_bytes(batch) == 2 * (others + experts * per_expert)
    assert mixtral.weight_bytes(batch=0) == 2 * others
    assert mixtral.decode_bytes(100, 2, dtype="fp8") == (
        mixtral.weight_bytes(2) // 2 + mixtral.kv_cache_bytes(100, 2)
    )
