"""Parameters of a model, by component, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flopscope.inference.spec import ModelSpec

__all__ = ["breakdown", "expert_params", "non_embedding", "param_count"]


def param_count(spec: ModelSpec, active: bool = False) -> int:
    """Parameters of a model.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    active : bool, default False
        Count only what one token goes through: `top_k` of the experts.

    Examples
    --------
    >>> from flopscope.inference import get_model, param_count
    >>> mixtral = get_model("mixtral-8x7b")
    >>> param_count(mixtral), param_count(mixtral, active=True)
    (46702792704, 12879925248)
    """
    return spec.params_active if active else spec.params_total


def _mlp(spec: ModelSpec, width: int) -> int:
    """An MLP: its matrices, and a bias per output of each."""
    weights = spec.mlp_mats * spec.d_model * width
    if spec.mlp_bias or spec.all_bias:
        weights += (spec.mlp_mats - 1) * width + spec.d_model
    return weights


def expert_params(spec: ModelSpec) -> int:
    """Parameters of one expert of one layer."""
    return _mlp(spec, spec.d_ff)


def _attention(spec: ModelSpec) -> int:
    d, h, g, e, v = spec.d_model, spec.n_heads, spec.n_kv_heads, spec.head_dim, spec.v_head_dim
    if spec.kv_lora_rank:
        queries, latent, rope = spec.q_lora_rank, spec.kv_lora_rank, spec.qk_rope_dim
        # Down-projection, norm and up-projection; without a rank, queries are projected directly.
        q = d * queries + queries * spec.norm_params + queries * h * e if queries else d * h * e
        kv = d * (latent + rope) + latent * spec.norm_params + latent * h * (e - rope + v)
        biases = (queries + latent + rope) if spec.qkv_bias or spec.all_bias else 0
    else:
        q, kv = d * h * e, d * g * (e + v)
        biases = h * e + g * (e + v) if spec.qkv_bias or spec.all_bias else 0
    if spec.o_bias or spec.all_bias:
        biases += d
    extras = (2 * e if spec.qk_norm else 0) + (h if spec.attn_sinks else 0)
    return q + kv + h * v * d + biases + extras


def breakdown(spec: ModelSpec, active: bool) -> dict[str, int]:
    """Parameters by component, zeros left out."""
    d, n, layers = spec.d_model, spec.n_experts, spec.n_layers
    parts = {
        "embedding": spec.vocab * d + spec.learned_pos * d,
        "attention": layers * _attention(spec),
        "norms": (layers * spec.norms_per_layer + 1) * spec.norm_params * d,
        "lm_head": 0 if spec.tied or not spec.head else spec.vocab * d,
        "other": spec.extra_params,
    }
    if n:
        sparse = layers - spec.n_dense_layers
        bias = n if spec.mlp_bias or spec.all_bias else 0
        parts["mlp"] = spec.n_dense_layers * _mlp(spec, spec.dense_d_ff)
        parts["router"] = sparse * (d * n + bias)
        parts["experts"] = sparse * (spec.top_k if active else n) * expert_params(spec)
        shared = _mlp(spec, spec.shared_d_ff) + (d if spec.shared_gate else 0)
        parts["shared_experts"] = sparse * shared if spec.shared_d_ff else 0
    else:
        parts["mlp"] = layers * _mlp(spec, spec.d_ff)
    return {name: size for name, size in parts.items() if size}


def non_embedding(spec: ModelSpec, active: bool = True) -> int:
    """Parameters without embedding, positions and output head."""
    parts = breakdown(spec, active)
    return sum(size for name, size in parts.items() if name not in ("embedding", "lm_head"))
