"""Reading a Hugging Face ``config.json``: from a mapping, a file or a folder on disk.

The keys say the widths; the model type says what the keys leave out: which projections have biases,
how many norms a layer has, whether the head is tied when nobody says so.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

from flopscope.errors import FlopscopeWarning
from flopscope.inference.checks import nearest
from flopscope.inference.spec import ModelSpec

__all__ = ["spec_from_config"]

# What a model type means beyond its keys, as fields of ModelSpec.
_LAYER_NORM = {"norm_params": 2, "all_bias": True, "mlp_mats": 2}
_TYPES: dict[str, dict[str, Any]] = {
    "llama": {},
    "mistral": {},
    "mixtral": {},
    "phi3": {},
    "qwen2": {"qkv_bias": True},
    "qwen2_moe": {"qkv_bias": True, "shared_gate": True},
    "qwen3": {"qk_norm": True},
    "qwen3_moe": {"qk_norm": True},
    "gemma": {"tied": True},
    "gemma2": {"tied": True, "norms_per_layer": 4},
    "gemma3_text": {"tied": True, "norms_per_layer": 4, "qk_norm": True},
    "gpt_oss": {"all_bias": True, "attn_sinks": True},
    "deepseek_v2": {},
    "deepseek_v3": {},
    "gpt2": {**_LAYER_NORM, "tied": True, "learned": True},
    "gpt_neox": {**_LAYER_NORM},
    "opt": {**_LAYER_NORM, "tied": True, "learned": True, "extra_positions": 2},
    "bert": {**_LAYER_NORM, "tied": True, "learned": True, "head": False},
}

# Names of one and the same thing, the usual one first.
_KEYS = {
    "vocab": ("vocab_size",),
    "d_model": ("hidden_size", "n_embd", "d_model"),
    "n_layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "n_heads": ("num_attention_heads", "n_head", "n_heads"),
    "n_kv_heads": ("num_key_value_heads", "n_kv_heads"),
    "head_dim": ("head_dim",),
    "d_ff": ("intermediate_size", "n_inner", "ffn_dim", "d_ff"),
    "n_experts": ("num_local_experts", "num_experts", "n_routed_experts"),
    "top_k": ("num_experts_per_tok", "experts_per_token", "top_k"),
    "learned_pos": ("n_positions", "max_position_embeddings"),
}


def _load(source: str | os.PathLike[str]) -> Mapping[str, Any]:
    import json

    path = os.fspath(source)
    if os.path.isdir(path):
        path = os.path.join(path, "config.json")
    with open(path, encoding="utf-8") as file:
        loaded = json.load(file)
    if not isinstance(loaded, dict):
        raise ValueError(f"{path} does not hold a JSON object")
    return loaded


def _find(config: Mapping[str, Any], field: str) -> Any:
    """The value of a field under any of its names; None when absent or null."""
    return next((config[key] for key in _KEYS[field] if config.get(key) is not None), None)


def _need(config: Mapping[str, Any], field: str) -> Any:
    value = _find(config, field)
    if value is None:
        usual = _KEYS[field][0]
        close = [key for key in nearest(usual, config) if key not in _KEYS[field]]
        hint = f"; nearest key: {close[0]!r}" if close else ""
        raise ValueError(f"the configuration has no {usual!r} ({field}){hint}")
    return value


def spec_from_config(config: Mapping[str, Any] | str | os.PathLike[str]) -> ModelSpec:
    """Make a `ModelSpec` from a Hugging Face configuration.

    Parameters
    ----------
    config : mapping or path
        The content of a ``config.json``, its path, or the path of the folder it is in.

    Returns
    -------
    ModelSpec
        Of the text model, when the configuration is of several (``text_config``).

    Raises
    ------
    ValueError
        A key is missing or impossible; the message names it.

    Warns
    -----
    FlopscopeWarning
        The ``model_type`` is not among those whose conventions are known: the keys are then read
        as those of a Llama.

    Examples
    --------
    >>> from flopscope.inference import spec_from_config
    >>> config = {
    ...     "model_type": "llama", "vocab_size": 128256, "hidden_size": 4096,
    ...     "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    ...     "intermediate_size": 14336,
    ... }
    >>> spec_from_config(config).params_total
    8030261248
    """
    if not isinstance(config, Mapping):
        config = _load(config)
    if isinstance(config.get("text_config"), Mapping):
        config = {**config["text_config"]}
    kind = config.get("model_type") or "llama"
    if kind not in _TYPES:
        close = nearest(str(kind), _TYPES, n=1)
        hint = f"; nearest known: {close[0]!r}" if close else ""
        warnings.warn(
            f"model_type {kind!r} is unknown and read like 'llama'{hint}", FlopscopeWarning, 2
        )
    rest = dict(_TYPES.get(kind, {}))
    learned, extra_positions = rest.pop("learned", False), rest.pop("extra_positions", 0)
    fields: dict[str, Any] = {
        field: _need(config, field) for field in ("vocab", "d_model", "n_layers", "n_heads")
    }
    fields.update(_attention(config, kind))
    fields.update(_mlp(config, kind, fields))
    fields.update(_window(config, kind, int(fields["n_layers"])))
    fields.update(rest)
    if config.get("tie_word_embeddings") is not None:
        fields["tied"] = config["tie_word_embeddings"]
    if learned:
        fields["learned_pos"] = _need(config, "learned_pos") + extra_positions
    if kind == "bert":  # token types and pooler; its norm of the embeddings stands for a final one
        d = fields["d_model"]
        fields["extra_params"] = config.get("type_vocab_size", 2) * d + d * (d + 1)
    if kind == "opt" and config.get("word_embed_proj_dim", fields["d_model"]) != fields["d_model"]:
        raise ValueError("word_embed_proj_dim differs from hidden_size, which no field can say")
    name = config.get("_name_or_path") or config.get("name") or ""
    return ModelSpec(**fields, name=str(name))


def _attention(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if config.get("attention_bias") and kind not in ("gpt_oss", "gpt_neox"):
        fields["qkv_bias"] = fields["o_bias"] = True
    if config.get("kv_lora_rank"):
        rope, nope = config.get("qk_rope_head_dim", 64), config.get("qk_nope_head_dim", 128)
        fields.update(
            kv_lora_rank=config["kv_lora_rank"],
            q_lora_rank=config.get("q_lora_rank") or 0,
            qk_rope_dim=rope,
            head_dim=rope + nope,
            v_head_dim=config.get("v_head_dim", 128),
        )
        return fields
    for field in ("n_kv_heads", "head_dim"):
        value = _find(config, field)
        if value is not None:
            fields[field] = value
    if config.get("multi_query"):
        fields["n_kv_heads"] = 1
    return fields


def _mlp(config: Mapping[str, Any], kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    width, experts = _find(config, "d_ff"), _find(config, "n_experts")
    if width is None and kind in ("gpt2", "gpt_neox"):
        width = 4 * int(fields["d_model"])
    biases = {"mlp_bias": True} if config.get("mlp_bias") else {}
    if not experts:
        return {"d_ff": _need(config, "d_ff") if width is None else width, **biases}
    expert_width = config.get("moe_intermediate_size") or width
    if expert_width is None:
        _need(config, "d_ff")
    found = {
        "d_ff": expert_width,
        "n_experts": experts,
        "top_k": _need(config, "top_k"),
        "shared_d_ff": (config.get("n_shared_experts") or 0) * (expert_width or 0)
        or config.get("shared_expert_intermediate_size")
        or 0,
        **biases,
    }
    dense = _dense_layers(config, int(fields["n_layers"]))
    if dense:
        found.update(n_dense_layers=dense, dense_d_ff=width)
    return found


def _dense_layers(config: Mapping[str, Any], layers: int) -> int:
    """How many layers of a model with experts have none."""
    first = int(config.get("first_k_dense_replace") or 0)
    named = set(config.get("mlp_only_layers") or ())
    every = int(config.get("decoder_sparse_step") or config.get("moe_layer_freq") or 1)
    offset = 1 if config.get("decoder_sparse_step") else 0
    sparse = [
        layer
        for layer in range(first, layers)
        if layer not in named and (layer + offset) % every == 0
    ]
    return layers - len(sparse)


def _window(config: Mapping[str, Any], kind: str, layers: int) -> dict[str, Any]:
    window = config.get("sliding_window")
    if not window or config.get("use_sliding_window") is False:
        return {}
    kinds = config.get("layer_types")
    if kinds is not None:
        within = sum(1 for layer in kinds if layer == "sliding_attention")
    elif config.get("sliding_window_pattern"):
        within = layers - layers // int(config["sliding_window_pattern"])
    elif kind in ("gemma2", "gpt_oss"):
        within = (layers + 1) // 2  # every second layer, beginning with the first
    elif config.get("use_sliding_window"):
        within = layers - int(config.get("max_window_layers") or 0)  # the first ones have none
    else:
        within = layers
    return {"sliding_window": window, "window_layers": within} if within > 0 else {}
