"""Bytes: the key/value cache, the weights a pass reads, the traffic of a decode step."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from flopscope.inference import parameters
from flopscope.inference.checks import Count, count, positive, unknown
from flopscope.inference.exact import evaluate

if TYPE_CHECKING:
    from flopscope.inference.spec import ModelSpec

__all__ = ["Traffic", "decode_bytes", "decode_traffic", "dtype_bytes", "dtype_name",
           "expected_experts", "kv_cache_bytes", "weight_bytes"]  # fmt: skip

_BITS = {"fp64": 64, "fp32": 32, "tf32": 32, "bf16": 16, "fp16": 16, "fp8": 8, "int8": 8,
         "fp4": 4, "int4": 4}  # fmt: skip
_OTHER_NAMES = {
    "float64": "fp64", "double": "fp64", "float32": "fp32", "float": "fp32", "single": "fp32",
    "bfloat16": "bf16", "float16": "fp16", "half": "fp16", "float8": "fp8", "float8_e4m3fn": "fp8",
    "float8_e5m2": "fp8", "fp8_e4m3": "fp8", "fp8_e5m2": "fp8", "mxfp4": "fp4", "nvfp4": "fp4",
    "f64": "fp64", "f32": "fp32", "f16": "fp16", "f8": "fp8", "i8": "int8", "uint8": "int8",
}  # fmt: skip


def dtype_name(dtype: str) -> str:
    """Return the short name of a number format.

    Raises
    ------
    ValueError
        No such format; the message has the nearest.

    Examples
    --------
    >>> from flopscope.inference.memory import dtype_name
    >>> dtype_name("bfloat16")
    'bf16'
    """
    key = str(dtype).lower().rpartition(".")[2]
    short = _OTHER_NAMES.get(key, key)
    if short not in _BITS:
        raise ValueError(unknown("dtype", dtype, _BITS))
    return short


@functools.cache
def _size(dtype: str) -> tuple[int, int]:
    """Bytes per value of a format, as a fraction."""
    return _BITS[dtype_name(dtype)], 8


def _fraction(dtype: str | float) -> tuple[int, int]:
    if isinstance(dtype, str):
        return _size(dtype)
    return float(positive(dtype, "dtype")).as_integer_ratio()


def dtype_bytes(dtype: str | float) -> float:
    """Bytes per value of a format, or the given number of bytes."""
    above, below = _fraction(dtype)
    return above / below


def _kept(spec: ModelSpec, context: Count) -> Count:
    """Numbers in the cache of one sequence, all layers together."""
    if spec.kv_lora_rank:
        per_token = spec.kv_lora_rank + spec.qk_rope_dim
    else:
        per_token = spec.n_kv_heads * (spec.head_dim + spec.v_head_dim)
    kept = per_token * (spec.n_layers - spec.window_layers) * context
    if spec.window_layers:
        window = spec.sliding_window or 0
        inside = min(context, window) if isinstance(context, int) else context.clip(max=window)
        kept = kept + per_token * spec.window_layers * inside
    return kept


def kv_cache_bytes(
    spec: ModelSpec, context: Any, batch: Any = 1, *, dtype: str | float = "bf16"
) -> Count:
    """Bytes of the key/value cache of `batch` sequences of `context` tokens.

    Layers with a sliding window keep no more than the window; latent attention keeps the
    compressed vector and the rotated key.

    Examples
    --------
    >>> from flopscope.inference import get_model, kv_cache_bytes
    >>> [kv_cache_bytes(get_model(n), 1) for n in ("llama-2-7b", "llama-3.1-8b", "llama-3.1-70b")]
    [524288, 131072, 327680]
    """
    above, below = _fraction(dtype)

    def rule(context: Count, batch: Count) -> Count:  # rounded up to whole bytes
        return -(-_kept(spec, context) * batch * above // below)

    return evaluate(rule, (count(context, "context"), count(batch, "batch")))


def expected_experts(spec: ModelSpec, tokens: Any) -> Any:
    """Distinct experts per layer that `tokens` tokens are expected to go through.

    With n experts, k of them per token, chosen evenly: n (1 - (1 - k/n)**tokens).

    Examples
    --------
    >>> from flopscope.inference import expected_experts, get_model
    >>> [round(expected_experts(get_model("mixtral-8x7b"), b), 3) for b in (1, 2, 8)]
    [2.0, 3.5, 7.199]
    """
    tokens = count(tokens, "tokens")
    n, k = spec.n_experts, spec.top_k
    if not n:
        return 0.0 if isinstance(tokens, int) else 0.0 * tokens
    return n * (1.0 - (1.0 - k / n) ** tokens)


def weight_bytes(spec: ModelSpec, batch: Any = None, *, dtype: str | float = "bf16") -> Count:
    """Bytes of the weights that a pass over `batch` tokens reads; of all weights, without one.

    Everything is read once, experts as far as tokens are expected to reach them.

    Examples
    --------
    >>> from flopscope.inference import get_model, weight_bytes
    >>> [weight_bytes(get_model("mixtral-8x7b"), batch) for batch in (1, 8, None)]
    [25759850496, 84375969792, 93405585408]
    """
    above, below = _fraction(dtype)
    if batch is None or not spec.n_experts:
        whole = -(-spec.params_total * above // below)
        if batch is None or isinstance(tokens := count(batch, "batch"), int):
            return whole
        import numpy as np

        return np.full(tokens.shape, whole)
    tokens = count(batch, "batch")
    sparse = spec.n_layers - spec.n_dense_layers
    per_expert = sparse * parameters.expert_params(spec)  # all layers together
    others = spec.params_total - spec.n_experts * per_expert

    def read(tokens: int) -> int:
        if tokens == 1:
            experts = spec.top_k * per_expert  # exactly params_active in all
        else:
            experts = round(per_expert * float(expected_experts(spec, tokens)))
        return -(-(others + experts) * above // below)

    return _each(read, tokens)


def _each(rule: Callable[[int], int], tokens: Count) -> Count:
    """Apply a rule to a number, or once to each different number of an array."""
    if isinstance(tokens, int):
        return rule(tokens)
    import numpy as np

    top = int(tokens.max()) if tokens.size else 0
    if top <= 1000 + 4 * tokens.size:  # a table is faster than sorting
        seen = np.zeros(top + 1, dtype=bool)
        seen[tokens] = True
        table = np.zeros(top + 1, dtype=np.int64)
        table[seen] = [rule(int(n)) for n in np.flatnonzero(seen)]
        return table[tokens]
    different, place = np.unique(tokens, return_inverse=True)
    return np.array([rule(int(n)) for n in different])[place].reshape(tokens.shape)


class Traffic(NamedTuple):
    """Bytes that a decode step moves, by cause."""

    weights: Count
    kv_read: Count
    kv_written: Count

    @property
    def total(self) -> Count:
        """All of them."""
        return self.weights + self.kv_read + self.kv_written


def decode_traffic(
    spec: ModelSpec,
    context: Any,
    batch: Any = 1,
    *,
    dtype: str | float = "bf16",
    kv_dtype: str | float = "bf16",
) -> Traffic:
    """`decode_bytes` in its parts: weights, cache read, cache written.

    Examples
    --------
    >>> from flopscope.inference import decode_traffic, get_model
    >>> decode_traffic(get_model("llama-2-7b"), 2048)
    Traffic(weights=13476831232, kv_read=1073217536, kv_written=524288)
    """
    context, batch = count(context, "context"), count(batch, "batch")
    cache = kv_cache_bytes(spec, context, batch, dtype=kv_dtype)
    written = kv_cache_bytes(
        spec, min(context, 1) if isinstance(context, int) else context.clip(max=1), batch,
        dtype=kv_dtype,
    )  # fmt: skip
    return Traffic(weight_bytes(spec, batch, dtype=dtype), cache - written, written)


def decode_bytes(
    spec: ModelSpec,
    context: Any,
    batch: Any = 1,
    *,
    dtype: str | float = "bf16",
    kv_dtype: str | float = "bf16",
) -> Count:
    """Bytes that a decode step moves for `batch` sequences.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    context : int or array of int
        Tokens each sequence attends to in this step. The newest of them is the one computed: its
        keys and values are written, those of the others are read.
    batch : int or array of int
        Sequences.
    dtype, kv_dtype : str or float
        Format of the weights and of the cache, or bytes per value.

    Returns
    -------
    int, or array of int
        Weights, read once (experts as far as the batch is expected to reach them), and the cache.

    Examples
    --------
    >>> from flopscope.inference import decode_bytes, get_model
    >>> decode_bytes(get_model("llama-3.1-8b"), 8192, batch=4)
    20355489792
    """
    weights = weight_bytes(spec, batch, dtype=dtype)
    return weights + kv_cache_bytes(spec, context, batch, dtype=kv_dtype)
