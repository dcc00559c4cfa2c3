"""`ModelSpec`: the shape of a transformer, checked, and its counts as methods."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flopscope.inference import checks, counting, memory, parameters
from flopscope.inference.checks import Count

if TYPE_CHECKING:
    from flopscope.inference.counting import Logits, Recompute
    from flopscope.inference.memory import Traffic

__all__ = ["ModelSpec"]

# Fields that follow from others when they are left out; None until then.
_UNSET: Any = None
_AT_LEAST_ONE = "vocab d_model n_layers n_heads n_kv_heads head_dim v_head_dim d_ff".split()
_COUNTS = (
    "n_experts top_k shared_d_ff n_dense_layers dense_d_ff learned_pos norms_per_layer "
    "extra_params q_lora_rank kv_lora_rank qk_rope_dim"
).split()
_SWITCHES = "tied head qk_norm qkv_bias o_bias mlp_bias all_bias attn_sinks shared_gate".split()


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """Shape of a decoder (or encoder) transformer.

    Parameters
    ----------
    vocab, d_model, n_layers, n_heads : int
        Vocabulary, model width, layers, query heads.
    d_ff : int
        Width of the MLP, or of one expert.
    n_kv_heads : int, optional
        Key/value heads: `n_heads` when left out, 1 for multi-query attention.
    head_dim : int, optional
        Width of a query and key head: ``d_model / n_heads`` when left out.
    mlp_mats : {3, 2}
        Matrices of an MLP: 3 gated, 2 plain.
    tied : bool
        The output head is the embedding matrix.
    n_experts, top_k : int
        Experts per layer, and how many of them a token goes through; 0 for a dense model.
    shared_d_ff : int
        Total width of experts that every token goes through.
    shared_gate : bool
        A gate of `d_model` weights in front of the shared experts.
    n_dense_layers, dense_d_ff : int
        How many layers have a plain MLP instead of experts, and its width.
    sliding_window : int, optional
        Keys a query sees, itself included, in layers with a window.
    window_layers : int, optional
        How many layers have the window; all of them when left out.
    qk_norm, qkv_bias, o_bias, mlp_bias, all_bias, attn_sinks : bool
        Norms of queries and keys per head; biases of the projections, of the MLP (router
        included), of both; one learned logit per head.
    norm_params, norms_per_layer : int
        Vectors in a norm (1 RMSNorm, 2 LayerNorm) and norms in a layer. One more norm stands at
        the end of the stack.
    learned_pos, extra_params : int
        Learned positions; parameters that none of the other fields explains and that take part
        in no counted product.
    head : bool
        There is an output head.
    kv_lora_rank, q_lora_rank, qk_rope_dim, v_head_dim : int
        Latent attention (DeepSeek): ranks of the compressed keys/values and queries, the part of
        `head_dim` that is rotated, width of a value head.
    name : str
        A name for reports.

    Raises
    ------
    ValueError
        A field that is no such number, or fields that contradict one another; the message names
        the field.

    Examples
    --------
    >>> from flopscope.inference import ModelSpec
    >>> tiny = ModelSpec(vocab=1000, d_model=128, n_layers=3, n_heads=8, n_kv_heads=2, d_ff=344)
    >>> tiny.params_total
    776064
    >>> tiny.forward_flops(batch=1, seq=64)
    89128960
    >>> tiny.request_flops(prompt=[64, 32], output=[16, 1])
    array([94074880, 35055616])
    """

    vocab: int
    d_model: int
    n_layers: int
    n_heads: int
    n_kv_heads: int = _UNSET  # n_heads once checked
    head_dim: int = _UNSET  # d_model / n_heads once checked
    d_ff: int
    mlp_mats: int = 3
    tied: bool = False
    n_experts: int = 0
    top_k: int = 0
    shared_d_ff: int = 0
    shared_gate: bool = False
    n_dense_layers: int = 0
    dense_d_ff: int = 0
    sliding_window: int | None = None
    window_layers: int = _UNSET  # a number once checked
    qk_norm: bool = False
    qkv_bias: bool = False
    o_bias: bool = False
    mlp_bias: bool = False
    all_bias: bool = False
    attn_sinks: bool = False
    norm_params: int = 1
    norms_per_layer: int = 2
    learned_pos: int = 0
    extra_params: int = 0
    head: bool = True
    kv_lora_rank: int = 0
    q_lora_rank: int = 0
    qk_rope_dim: int = 0
    v_head_dim: int = _UNSET  # head_dim once checked
    name: str = ""

    def __post_init__(self) -> None:
        for field in ("vocab", "d_model", "n_layers", "n_heads"):
            self._put(field, _whole(getattr(self, field), field, 1))
        if self._is_unset("n_kv_heads"):
            self._put("n_kv_heads", self.n_heads)
        if self._is_unset("head_dim"):
            if self.d_model % self.n_heads:
                raise ValueError(
                    f"n_heads={self.n_heads} does not divide d_model={self.d_model}; "
                    "give head_dim= for heads of another width"
                )
            self._put("head_dim", self.d_model // self.n_heads)
        if self._is_unset("v_head_dim"):
            self._put("v_head_dim", self.head_dim)
        for field in _AT_LEAST_ONE:
            self._put(field, _whole(getattr(self, field), field, 1))
        for field in _COUNTS:
            self._put(field, _whole(getattr(self, field), field, 0))
        for field in _SWITCHES:
            value = getattr(self, field)
            if isinstance(value, str) or value not in (0, 1):
                raise ValueError(f"{field} must be True or False, got {value!r}")
            self._put(field, bool(value))
        if self.mlp_mats not in (2, 3):
            raise ValueError(f"mlp_mats must be 2 (plain) or 3 (gated), got {self.mlp_mats!r}")
        if self.norm_params not in (0, 1, 2):
            raise ValueError(f"norm_params must be 0, 1 or 2, got {self.norm_params!r}")
        self._check_attention()
        self._check_experts()

    def _check_attention(self) -> None:
        if self.n_heads % self.n_kv_heads:
            raise ValueError(f"n_kv_heads={self.n_kv_heads} does not divide n_heads={self.n_heads}")
        if self.sliding_window is None:
            if self.window_layers:
                raise ValueError("window_layers is given without sliding_window")
            self._put("window_layers", 0)
        else:
            self._put("sliding_window", _whole(self.sliding_window, "sliding_window", 1))
            if self._is_unset("window_layers"):
                self._put("window_layers", self.n_layers)
            self._put("window_layers", _whole(self.window_layers, "window_layers", 0))
            if self.window_layers > self.n_layers:
                raise ValueError(
                    f"window_layers={self.window_layers} exceeds n_layers={self.n_layers}"
                )
        if self.kv_lora_rank:
            if self.n_kv_heads != self.n_heads:
                raise ValueError("n_kv_heads must equal n_heads in latent attention")
            if self.qk_rope_dim >= self.head_dim:
                raise ValueError(
                    f"qk_rope_dim={self.qk_rope_dim} must be below head_dim={self.head_dim}"
                )
        elif self.q_lora_rank or self.qk_rope_dim:
            raise ValueError("q_lora_rank and qk_rope_dim need kv_lora_rank")

    def _check_experts(self) -> None:
        if self.n_experts:
            if not 1 <= self.top_k <= self.n_experts:
                raise ValueError(
                    f"top_k must be from 1 to n_experts={self.n_experts}, got {self.top_k}"
                )
        elif self.top_k or self.shared_d_ff or self.n_dense_layers:
            raise ValueError("top_k, shared_d_ff and n_dense_layers need n_experts")
        if self.n_dense_layers > self.n_layers:
            raise ValueError(
                f"n_dense_layers={self.n_dense_layers} exceeds n_layers={self.n_layers}"
            )
        if self.n_dense_layers and not self.dense_d_ff:
            raise ValueError("n_dense_layers needs dense_d_ff")

    def _is_unset(self, field: str) -> bool:
        return getattr(self, field) is None

    def _put(self, field: str, value: object) -> None:
        object.__setattr__(self, field, value)

    # --- where a spec comes from ------------------------------------------------------------

    @classmethod
    def from_name(cls, name: str) -> ModelSpec:
        """Return the spec of a known model; see `get_model`."""
        from flopscope.inference.models import get_model

        return get_model(name)

    @classmethod
    def from_config(cls, config: Mapping[str, Any] | str | os.PathLike[str]) -> ModelSpec:
        """Read a Hugging Face ``config.json``; see `spec_from_config`."""
        from flopscope.inference.hf_config import spec_from_config

        return spec_from_config(config)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> ModelSpec:
        """Make a spec from a mapping of its fields.

        Raises
        ------
        ValueError
            A key that is no field (the message has the nearest ones), or a field that is missing.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for key in fields:
            if key not in known:
                raise ValueError(checks.unknown("field", key, known))
        for key in ("vocab", "d_model", "n_layers", "n_heads", "d_ff"):
            if key not in fields:
                raise ValueError(f"field {key!r} is missing")
        return cls(**fields)

    def replace(self, **changes: Any) -> ModelSpec:
        """Return a copy with other fields."""
        return type(self).from_fields({**dataclasses.asdict(self), **changes})

    # --- parameters -------------------------------------------------------------------------

    @cached_property
    def params_total(self) -> int:
        """All parameters; a tied head counts once."""
        return sum(self.param_breakdown().values())

    @cached_property
    def params_active(self) -> int:
        """Parameters that one token goes through: of the experts, only `top_k`."""
        return sum(self.param_breakdown(active=True).values())

    def param_breakdown(self, active: bool = False) -> dict[str, int]:
        """Parameters by component; they sum to `params_total`, or `params_active`."""
        return parameters.breakdown(self, active)

    # --- FLOPs ------------------------------------------------------------------------------

    @cached_property
    def _work(self) -> counting.Work:
        return counting.work_of(self)

    def forward_flops(
        self,
        batch: Any = 1,
        seq: Any = 1,
        *,
        past: Any = 0,
        causal: bool = False,
        logits: Logits = "all",
        include_elementwise: bool = False,
    ) -> Count:
        """FLOPs of one pass over `seq` new tokens per sequence, after `past` cached ones.

        Parameters
        ----------
        batch, seq, past : int or array of int
            Sequences, new tokens and cached tokens of each.
        causal : bool, default False
            Count only the pairs that a causal mask leaves, as a kernel does that skips the rest;
            otherwise every query meets every key, as in an unfused product. Layers with a
            sliding window always count the pairs within it.
        logits : {"all", "last", "none"}
            Which tokens go through the output head.
        include_elementwise : bool, default False
            Add norms, softmax, rotations, activations and residuals.

        Returns
        -------
        int, or array of int
            Exact.
        """
        return counting.forward_flops(
            self, seq, past, batch, causal=causal, logits=logits,
            include_elementwise=include_elementwise,
        )  # fmt: skip

    def prefill_flops(self, prompt: Any, *, batch: Any = 1, causal: bool = False) -> Count:
        """FLOPs of reading a prompt: a pass over it, and one token's logits."""
        return counting.forward_flops(self, prompt, 0, batch, causal=causal, logits="last")

    def decode_flops(self, prompt: Any, step: Any = 0, *, batch: Any = 1) -> Count:
        """FLOPs of decode step `step` (from 0): one token after ``prompt + step`` cached ones."""
        return counting.decode_flops(self, prompt, step, batch)

    def request_flops(
        self,
        prompt: Any,
        output: Any,
        *,
        batch: Any = 1,
        causal: bool = False,
        kv_cache: bool = True,
        logits: Logits = "last",
    ) -> Count:
        """FLOPs of answering a prompt; see `flopscope.inference.request_flops`."""
        return counting.request_flops(
            self, prompt, output, kv_cache, batch=batch, causal=causal, logits=logits
        )

    def train_flops(
        self, batch: Any, seq: Any, *, recompute: Recompute = False, causal: bool = False
    ) -> Count:
        """FLOPs of one training step; see `training_flops`."""
        return counting.training_flops(self, seq, batch, recompute=recompute, causal=causal)

    def breakdown(
        self,
        batch: Any = 1,
        seq: Any = 1,
        *,
        past: Any = 0,
        causal: bool = False,
        logits: Logits = "all",
        include_elementwise: bool = False,
    ) -> dict[str, Count]:
        """`forward_flops` by component; the values sum to it exactly."""
        return counting.breakdown(
            self, seq, past, batch, causal=causal, logits=logits,
            include_elementwise=include_elementwise,
        )  # fmt: skip

    # --- bytes ------------------------------------------------------------------------------

    def kv_cache_bytes(self, context: Any, batch: Any = 1, *, dtype: str | float = "bf16") -> Count:
        """Bytes of the key/value cache of `batch` sequences of `context` tokens."""
        return memory.kv_cache_bytes(self, context, batch, dtype=dtype)

    def weight_bytes(self, batch: Any = None, *, dtype: str | float = "bf16") -> Count:
        """Bytes of the weights that a pass over `batch` tokens reads; of all, without one."""
        return memory.weight_bytes(self, batch, dtype=dtype)

    def decode_bytes(
        self,
        context: Any,
        batch: Any = 1,
        *,
        dtype: str | float = "bf16",
        kv_dtype: str | float = "bf16",
    ) -> Count:
        """Bytes that a decode step moves; see `flopscope.inference.decode_bytes`."""
        return memory.decode_bytes(self, context, batch, dtype=dtype, kv_dtype=kv_dtype)

    def decode_traffic(
        self,
        context: Any,
        batch: Any = 1,
        *,
        dtype: str | float = "bf16",
        kv_dtype: str | float = "bf16",
    ) -> Traffic:
        """`decode_bytes` in its parts: weights, cache read, cache written."""
        return memory.decode_traffic(self, context, batch, dtype=dtype, kv_dtype=kv_dtype)


def _whole(value: object, field: str, least: int) -> int:
    shaped = isinstance(value, (bool, list, tuple)) or bool(getattr(value, "ndim", False))
    if shaped:
        raise ValueError(f"{field} must be a whole number, got {value!r}")
    return int(checks.count(value, field, least))
