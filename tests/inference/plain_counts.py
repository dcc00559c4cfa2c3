"""FLOPs of a transformer by walking over its products one by one: what the formulas must equal."""

from __future__ import annotations

from flopscope.inference import ModelSpec


def product(rows: int, inner: int, columns: int) -> int:
    """An (m, k) times (k, n) product: 2 m k n."""
    return 2 * rows * inner * columns


def keys_seen(spec: ModelSpec, layer: int, query: int, past: int, new: int, causal: bool) -> int:
    """How many keys the query-th new token (from 0) is multiplied with in a layer."""
    if layer < spec.window_layers:
        return min(past + query + 1, spec.sliding_window or 0)
    return past + query + 1 if causal else past + new


def forward(spec: ModelSpec, new: int, past: int = 0, *, causal: bool, logits: int) -> int:
    """One sequence; `logits` tokens go through the head."""
    d, h, g = spec.d_model, spec.n_heads, spec.n_kv_heads
    total = 0
    for layer in range(spec.n_layers):
        for query in range(new):
            total += product(1, d, h * spec.head_dim)
            total += product(1, d, g * spec.head_dim) + product(1, d, g * spec.v_head_dim)
            keys = keys_seen(spec, layer, query, past, new, causal)
            for _ in range(h):
                total += product(1, spec.head_dim, keys) + product(1, keys, spec.v_head_dim)
            total += product(1, h * spec.v_head_dim, d)
            if spec.n_experts and layer >= spec.n_dense_layers:
                total += product(1, d, spec.n_experts)
                widths = [spec.d_ff] * spec.top_k + [spec.shared_d_ff]
            else:
                widths = [spec.dense_d_ff if spec.n_experts else spec.d_ff]
            for width in widths:
                total += spec.mlp_mats * product(1, d, width)
    return total + (product(logits, d, spec.vocab) if spec.head else 0)


def request(spec: ModelSpec, prompt: int, output: int, *, causal: bool, kv_cache: bool) -> int:
    """Passes one after the other, a row of logits each."""
    if not kv_cache:
        passes = range(prompt, prompt + output)
        return sum(forward(spec, n, causal=causal, logits=min(n, 1)) for n in passes)
    total = forward(spec, prompt, causal=causal, logits=min(prompt, 1))
    for step in range(output - 1):
        total += forward(spec, 1, prompt + step, causal=causal, logits=1)
    return total
