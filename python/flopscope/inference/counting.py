"""FLOPs of forward passes, decode steps, requests and training steps.

One multiply-add is two FLOPs. Only matrix products are counted unless elementwise work is asked
for. Everything is a polynomial in the lengths, evaluated exactly, for numbers and for arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from flopscope.inference import pairs
from flopscope.inference.checks import Count, count
from flopscope.inference.exact import evaluate

if TYPE_CHECKING:
    from flopscope.inference.spec import ModelSpec

__all__ = [
    "Logits",
    "Recompute",
    "Work",
    "breakdown",
    "decode_flops",
    "decode_step",
    "forward_flops",
    "request_flops",
    "training_flops",
    "work_of",
]

Logits: TypeAlias = Literal["all", "last", "none"]
Recompute: TypeAlias = Literal[False, True, "none", "full", "selective"]


class Work(NamedTuple):
    """What a model does per token, per logit row and per pair, all layers together."""

    linear: int
    head: int
    # Per (query, key) pair: in the layers without a window, and in those with one.
    pair: int
    window_pair: int
    window: int  # 0 without


def _linear(spec: ModelSpec) -> dict[str, int]:
    """FLOPs per token of the products with weights, by component, all layers together."""
    d, h, g, e, v = spec.d_model, spec.n_heads, spec.n_kv_heads, spec.head_dim, spec.v_head_dim
    layers, sparse = spec.n_layers, spec.n_layers - spec.n_dense_layers
    if spec.kv_lora_rank:
        rank, latent, rope = spec.q_lora_rank, spec.kv_lora_rank, spec.qk_rope_dim
        q = 2 * rank * (d + h * e) if rank else 2 * d * h * e
        kv = 2 * d * (latent + rope) + 2 * latent * h * (e - rope + v)
    else:
        q, kv = 2 * d * h * e, 2 * d * g * (e + v)
    parts = {
        "q_proj": layers * q,
        "kv_proj": layers * kv,
        "out_proj": layers * 2 * h * v * d,
    }
    per_width = 2 * spec.mlp_mats * d
    if spec.n_experts:
        parts["mlp"] = spec.n_dense_layers * per_width * spec.dense_d_ff
        parts["router"] = sparse * 2 * d * spec.n_experts
        parts["experts"] = sparse * spec.top_k * per_width * spec.d_ff
        shared = per_width * spec.shared_d_ff + (2 * d if spec.shared_gate else 0)
        parts["shared_experts"] = sparse * shared if spec.shared_d_ff else 0
    else:
        parts["mlp"] = layers * per_width * spec.d_ff
    return {name: flops for name, flops in parts.items() if flops}


def _elementwise(spec: ModelSpec) -> tuple[dict[str, int], int]:
    """FLOPs per token by component, and per pair and layer, of what is no matrix product.

    RMSNorm 4 and LayerNorm 7 per element, rotation 3, residual 1, softmax 3 per score, activation
    4 per element and 1 more for the gate's product.
    """
    d, h, g, e, layers = spec.d_model, spec.n_heads, spec.n_kv_heads, spec.head_dim, spec.n_layers
    per_norm = 7 if spec.norm_params == 2 else 4
    norms = (layers * spec.norms_per_layer + 1) * per_norm * d
    if spec.qk_norm:
        norms += layers * per_norm * (h + g) * e
    turned = h * spec.qk_rope_dim + spec.qk_rope_dim if spec.kv_lora_rank else (h + g) * e
    rotary = 0 if spec.learned_pos else 3 * layers * turned
    sparse = layers - spec.n_dense_layers if spec.n_experts else 0
    widths = (layers - sparse) * (spec.dense_d_ff if spec.n_experts else spec.d_ff)
    widths += sparse * (spec.top_k * spec.d_ff + spec.shared_d_ff)
    parts = {
        "norms": norms,
        "rotary": rotary,
        "activations": widths * (5 if spec.mlp_mats == 3 else 4),
        "residuals": 2 * layers * d,
        "router_softmax": 3 * sparse * spec.n_experts,
    }
    return {name: flops for name, flops in parts.items() if flops}, 3 * h


def work_of(spec: ModelSpec, elementwise: bool = False) -> Work:
    """Add up a model's work per token, logit row and pair."""
    linear = sum(_linear(spec).values())
    # Scores: 2 * head_dim per head and pair; weighted sum: 2 * v_head_dim.
    pair = 2 * spec.n_heads * (spec.head_dim + spec.v_head_dim)
    if elementwise:
        parts, softmax = _elementwise(spec)
        linear += sum(parts.values())
        pair += softmax
    return Work(
        linear=linear,
        head=2 * spec.d_model * spec.vocab if spec.head else 0,
        pair=pair * (spec.n_layers - spec.window_layers),
        window_pair=pair * spec.window_layers,
        window=spec.sliding_window or 0,
    )


def _work(spec: ModelSpec, elementwise: bool) -> Work:
    return work_of(spec, elementwise=True) if elementwise else spec._work


def _some(n: Count) -> Count:
    """1 where n > 0, else 0."""
    return min(n, 1) if isinstance(n, int) else (n > 0).astype(n.dtype)


def _rows(s: Count, logits: Logits) -> Count:
    """Tokens per sequence that go through the output head."""
    if logits == "all":
        return s
    return _some(s) if logits == "last" else 0


def _check_logits(logits: str) -> None:
    if logits not in ("all", "last", "none"):
        raise ValueError(f"logits must be 'all', 'last' or 'none', got {logits!r}")


def _attention(work: Work, s: Count, p: Count, causal: bool) -> Count:
    total: Count = 0
    if work.pair:
        total = work.pair * (pairs.grown(s, p) if causal else pairs.full(s, p))
    if work.window_pair:
        total = total + work.window_pair * pairs.windowed(s, p, work.window)
    return total


def forward_flops(
    spec: ModelSpec,
    new: Any,
    past: Any = 0,
    batch: Any = 1,
    *,
    causal: bool = False,
    logits: Logits = "all",
    include_elementwise: bool = False,
) -> Count:
    """FLOPs of one pass over `new` tokens per sequence, after `past` cached ones.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    new, past, batch : int or array of int
        New tokens and cached tokens per sequence, and sequences.
    causal : bool, default False
        Count only the pairs that a causal mask leaves. Layers with a sliding window always count
        the pairs within it.
    logits : {"all", "last", "none"}
        Which tokens go through the output head: all when scoring, the last when generating.
    include_elementwise : bool, default False
        Add norms, softmax, rotations, activations and residuals.

    Returns
    -------
    int, or array of int
        Exact.

    Examples
    --------
    >>> from flopscope.inference import forward_flops, get_model
    >>> llama = get_model("llama-3.1-8b")
    >>> forward_flops(llama, 8192)
    158140695838720
    >>> forward_flops(llama, 1, past=8191)
    19304284160
    """
    _check_logits(logits)
    work = _work(spec, include_elementwise)

    def rule(s: Count, p: Count, b: Count) -> Count:
        tokens = work.linear * s + work.head * _rows(s, logits)
        return b * (tokens + _attention(work, s, p, causal))

    return evaluate(rule, (count(new, "new"), count(past, "past"), count(batch, "batch")))


def decode_step(work: Work, past: Count) -> Count:
    """FLOPs of one token of one sequence after `past` cached ones, logits included."""
    return work.linear + work.head + _attention(work, 1, past, True)


def decode_flops(spec: ModelSpec, prompt: Any, step: Any = 0, batch: Any = 1) -> Count:
    """FLOPs of decode step `step` (from 0): one token after ``prompt + step`` cached ones.

    Examples
    --------
    >>> from flopscope.inference import decode_flops, get_model
    >>> decode_flops(get_model("llama-3.1-8b"), prompt=8191)
    19304284160
    """
    work = spec._work

    def rule(p: Count, t: Count, b: Count) -> Count:
        return b * decode_step(work, p + t)

    return evaluate(rule, (count(prompt, "prompt"), count(step, "step"), count(batch, "batch")))


def request_flops(
    spec: ModelSpec,
    prompt: Any,
    output: Any,
    kv_cache: bool = True,
    *,
    batch: Any = 1,
    causal: bool = False,
    logits: Logits = "last",
) -> Count:
    """FLOPs of reading a prompt and generating `output` tokens.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    prompt, output, batch : int or array of int
        Tokens read and tokens generated per sequence, and sequences.
    kv_cache : bool, default True
        Keep keys and values. The first token comes out of the prompt's pass, so ``output - 1``
        decode steps follow. Without a cache, each token takes a pass over everything before it.
    causal, logits
        As in `forward_flops`, for the passes over more than one token.

    Returns
    -------
    int, or array of int
        Exact. ``output=0`` costs what ``output=1`` does with a cache, and nothing without one.

    Examples
    --------
    >>> import numpy as np
    >>> from flopscope.inference import get_model, request_flops
    >>> llama = get_model("llama-3.1-8b")
    >>> request_flops(llama, 4096, 256)
    70363845230592
    >>> request_flops(llama, np.array([4096, 16]), np.array([256, 1]))
    array([70363845230592,   224523190272])
    """
    _check_logits(logits)
    work = spec._work
    arguments = count(prompt, "prompt"), count(output, "output"), count(batch, "batch")

    def cached(s: Count, n: Count, b: Count) -> Count:
        steps = n - _some(n)
        tokens = work.linear * (s + steps) + work.head * (_rows(s, logits) + steps)
        attention: Count = 0
        if work.pair:
            if causal:
                attention = work.pair * pairs.triangle(s + steps)
            else:
                attention = work.pair * (s * s + pairs.grown(steps, s))
        if work.window_pair:
            attention = attention + work.window_pair * pairs.windowed(s + steps, 0, work.window)
        return b * (tokens + attention)

    def uncached(s: Count, n: Count, b: Count) -> Count:
        # Passes over s, s + 1, ..., s + n - 1 tokens; over none when there is no prompt yet.
        last = s + n - 1
        read = pairs.triangle(last) - pairs.triangle(s - 1)
        rows = read if logits == "all" else 0 if logits == "none" else n - (1 - _some(s)) * _some(n)
        attention: Count = 0
        if work.pair:
            attention = work.pair * pairs.regrown(s, last, causal)
        if work.window_pair:
            attention = attention + work.window_pair * pairs.windowed_regrown(s, last, work.window)
        return b * (work.linear * read + work.head * rows + attention)

    if kv_cache:
        return evaluate(cached, arguments)
    return evaluate(uncached, arguments, degree=3)


def training_flops(
    spec: ModelSpec,
    seq: Any,
    batch: Any = 1,
    *,
    recompute: Recompute = False,
    causal: bool = False,
) -> Count:
    """FLOPs of a training step: the backward pass costs twice the forward pass.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    seq, batch : int or array of int
        Tokens per sequence, and sequences.
    recompute : bool or {"none", "selective", "full"}
        Activations computed again for the backward pass: all of them (one more forward pass), or
        those of attention's scores. Such work counts for `hfu`, not for `mfu`.
    causal : bool, default False
        As in `forward_flops`.

    Examples
    --------
    >>> from flopscope.inference import get_model, training_flops
    >>> gpt2 = get_model("gpt2")
    >>> training_flops(gpt2, 1024) == 3 * gpt2.forward_flops(1, 1024)
    True
    """
    if recompute not in (False, True, "none", "selective", "full"):
        raise ValueError(
            f"recompute must be a bool, 'none', 'selective' or 'full', got {recompute!r}"
        )
    times = 4 if recompute in (True, "full") else 3
    work = spec._work

    def rule(s: Count, b: Count) -> Count:
        attention = _attention(work, s, 0, causal)
        once = (work.linear + work.head) * s + attention
        return b * (times * once + (attention if recompute == "selective" else 0))

    return evaluate(rule, (count(seq, "seq"), count(batch, "batch")))


def breakdown(
    spec: ModelSpec,
    new: Any,
    past: Any = 0,
    batch: Any = 1,
    *,
    causal: bool = False,
    logits: Logits = "all",
    include_elementwise: bool = False,
) -> dict[str, Count]:
    """`forward_flops` by component; the values sum to it exactly.

    Examples
    --------
    >>> from flopscope.inference import breakdown, get_model
    >>> parts = breakdown(get_model("gpt2"), 1024)
    >>> parts["attention_scores"], parts["mlp"], sum(parts.values())
    (19327352832, 115964116992, 291648307200)
    """
    _check_logits(logits)
    s, p, b = count(new, "new"), count(past, "past"), count(batch, "batch")
    per_token = _linear(spec)
    per_pair = {
        "attention_scores": 2 * spec.n_heads * spec.head_dim,
        "attention_values": 2 * spec.n_heads * spec.v_head_dim,
    }
    if include_elementwise:
        parts, softmax = _elementwise(spec)
        per_token.update(parts)
        per_pair["softmax"] = softmax

    def alone(linear: int = 0, pair: int = 0, head: int = 0) -> Count:
        work = Work(
            linear, head, pair * (spec.n_layers - spec.window_layers),
            pair * spec.window_layers, spec.sliding_window or 0,
        )  # fmt: skip

        def rule(s: Count, p: Count, b: Count) -> Count:
            tokens = work.linear * s + work.head * _rows(s, logits)
            return b * (tokens + _attention(work, s, p, causal))

        return evaluate(rule, (s, p, b))

    found = {name: alone(linear=flops) for name, flops in per_token.items()}
    found.update({name: alone(pair=flops) for name, flops in per_pair.items()})
    if spec.head and logits != "none":
        found["lm_head"] = alone(head=2 * spec.d_model * spec.vocab)
    return found
