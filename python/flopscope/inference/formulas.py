"""Formulas that papers use, by name, beside the exact counts.

Each answers: FLOPs of a forward pass, or a training step, over `batch` sequences of `seq` tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flopscope.inference import parameters
from flopscope.inference.checks import Amount, Count, amount, count, unknown

if TYPE_CHECKING:
    from flopscope.inference.spec import ModelSpec

__all__ = [
    "FORMULAS",
    "chinchilla_forward_flops",
    "compare_formulas",
    "formula_flops",
    "kaplan_flops_per_token",
    "megatron_flops",
    "palm_flops_per_token",
    "palm_mfu",
]


def kaplan_flops_per_token(params: Any, n_layers: Any, n_ctx: Any, d_attn: Any) -> Amount:
    """Forward FLOPs per token by Kaplan et al. 2020: 2 N + 2 L n_ctx d_attn.

    Parameters
    ----------
    params : int or float
        N, parameters without embeddings.
    n_layers, n_ctx, d_attn : int
        Layers, context, total width of the heads. The context term is the causal average of the
        exact one.

    Examples
    --------
    >>> from flopscope.inference import kaplan_flops_per_token
    >>> kaplan_flops_per_token(85_054_464, 12, 1024, 768)
    188983296
    """
    return 2 * params + 2 * n_layers * n_ctx * d_attn


def palm_flops_per_token(
    params: Any, n_layers: Any, n_heads: Any, head_dim: Any, seq: Any
) -> Amount:
    """Training FLOPs per token by PaLM (Chowdhery et al. 2022, appendix B): 6 N + 12 L h e T.

    Examples
    --------
    >>> from flopscope.inference import palm_flops_per_token
    >>> palm_flops_per_token(540.35e9, 118, 48, 256, 2048)
    3277734806784.0
    """
    return 6 * params + 12 * n_layers * n_heads * head_dim * seq


def megatron_flops(
    batch: Any, seq: Any, n_layers: Any, d_model: Any, vocab: Any, *, recompute: bool = True
) -> Count:
    """FLOPs of a training step by Narayanan et al. 2021, eq. 3.

    96 B s L d² (1 + s/(6 d) + V/(16 L d)) with activations recomputed, and
    72 B s L d² (1 + s/(6 d) + V/(12 L d)) without; in whole numbers.

    Examples
    --------
    >>> from flopscope.inference import megatron_flops
    >>> megatron_flops(1536, 2048, 96, 12288, 51200)
    4510970753323106304
    """
    batch, seq = count(batch, "batch"), count(seq, "seq")
    d = d_model
    times = 4 if recompute else 3
    per_token = times * (24 * n_layers * d * d + 4 * n_layers * d * seq) + 6 * d * vocab
    return batch * seq * per_token


def chinchilla_forward_flops(
    seq: Any, *, vocab: int, d_model: int, n_layers: int, n_heads: int, head_dim: int, d_ff: int
) -> Count:
    """Forward FLOPs of one sequence by Hoffmann et al. 2022, appendix F.

    Counts the embedding as a product and the softmax with three FLOPs per score; the MLP is plain.

    Examples
    --------
    >>> from flopscope.inference import chinchilla_forward_flops
    >>> chinchilla_forward_flops(
    ...     1024, vocab=50257, d_model=768, n_layers=12, n_heads=12, head_dim=64, d_ff=3072
    ... )
    371148718080
    """
    n, width = count(seq, "seq"), n_heads * head_dim
    layer = (
        2 * 3 * n * d_model * width  # queries, keys and values
        + 2 * n * n * width  # scores
        + 3 * n_heads * n * n  # softmax
        + 2 * n * n * width  # weighted sum
        + 2 * n * width * d_model  # output
        + 2 * n * (d_model * d_ff + d_ff * d_model)  # MLP
    )
    return 2 * n * vocab * d_model + n_layers * layer + 2 * n * d_model * vocab


def _exact(spec: ModelSpec, batch: int, seq: int) -> int:
    return int(spec.forward_flops(batch, seq))


def _causal(spec: ModelSpec, batch: int, seq: int) -> int:
    return int(spec.forward_flops(batch, seq, causal=True))


def _two_params(spec: ModelSpec, batch: int, seq: int) -> int:
    return 2 * spec.params_active * batch * seq


def _kaplan(spec: ModelSpec, batch: int, seq: int) -> int:
    body = parameters.non_embedding(spec)
    width = spec.n_heads * spec.head_dim
    return batch * seq * int(kaplan_flops_per_token(body, spec.n_layers, seq, width))


def _palm(spec: ModelSpec, batch: int, seq: int) -> int:
    trained = palm_flops_per_token(
        spec.params_active, spec.n_layers, spec.n_heads, spec.head_dim, seq
    )
    return batch * seq * int(trained) // 3


def _megatron(spec: ModelSpec, batch: int, seq: int) -> int:
    step = megatron_flops(batch, seq, spec.n_layers, spec.d_model, spec.vocab, recompute=False)
    return int(step) // 3


def _chinchilla(spec: ModelSpec, batch: int, seq: int) -> int:
    return batch * int(
        chinchilla_forward_flops(
            seq,
            vocab=spec.vocab,
            d_model=spec.d_model,
            n_layers=spec.n_layers,
            n_heads=spec.n_heads,
            head_dim=spec.head_dim,
            d_ff=spec.d_ff * max(1, spec.top_k),
        )
    )


# Forward FLOPs of batch sequences of seq tokens. The first is what a counter of products sees.
FORMULAS: dict[str, Callable[[ModelSpec, int, int], int]] = {
    "exact": _exact,
    "exact_causal": _causal,
    "two_params": _two_params,
    "kaplan": _kaplan,
    "palm": _palm,
    "megatron": _megatron,
    "chinchilla": _chinchilla,
}


def formula_flops(
    name: str, spec: ModelSpec, batch: int, seq: int, *, training: bool = False
) -> int:
    """FLOPs of a forward pass or a training step by a named formula.

    Parameters
    ----------
    name : str
        A key of `FORMULAS`: exact, exact_causal, two_params (2 P T), kaplan, palm, megatron,
        chinchilla.
    spec : ModelSpec
        The model. A formula uses what it has a letter for: Megatron and Chinchilla assume plain
        MLPs of their width and as many key/value heads as query heads.
    batch, seq : int
        Sequences, and tokens of each.
    training : bool, default False
        Three times the forward pass.

    Raises
    ------
    ValueError
        No such formula; the message has the nearest names.

    Examples
    --------
    >>> from flopscope.inference import formula_flops, get_model
    >>> formula_flops("palm", get_model("gpt2"), 1, 1024)
    293507432448
    """
    if name not in FORMULAS:
        raise ValueError(unknown("formula", name, FORMULAS))
    forward = FORMULAS[name](spec, int(count(batch, "batch")), int(count(seq, "seq")))
    return 3 * forward if training else forward


def compare_formulas(
    spec: ModelSpec, batch: int, seq: int, *, training: bool = False
) -> dict[str, int]:
    """All formulas side by side.

    Examples
    --------
    >>> from flopscope.inference import compare_formulas, get_model
    >>> figures = compare_formulas(get_model("gpt2"), 1, 1024)
    >>> for name, flops in figures.items():
    ...     print(f"{name:12} {flops / figures['exact']:.3f}")
    exact        1.000
    exact_causal 0.934
    two_params   0.874
    kaplan       0.664
    palm         1.006
    megatron     1.000
    chinchilla   1.273
    """
    return {name: formula_flops(name, spec, batch, seq, training=training) for name in FORMULAS}


def palm_mfu(
    tokens_per_s: Any,
    params: Any,
    n_layers: Any,
    n_heads: Any,
    head_dim: Any,
    seq: Any,
    *,
    n_devices: Any,
    peak_tflops: Any,
    attention: bool = True,
) -> Amount:
    """MFU of a training run in percent, as the PaLM paper reports it.

    Parameters
    ----------
    tokens_per_s : float
        Throughput of the whole machine.
    params, n_layers, n_heads, head_dim, seq
        As in `palm_flops_per_token`.
    n_devices : int
        Chips.
    peak_tflops : float
        Dense peak of a chip in TFLOP/s.
    attention : bool, default True
        Count attention; the paper gives the figure without as well.

    Examples
    --------
    >>> from flopscope.inference import palm_mfu
    >>> run = dict(params=540.35e9, n_layers=118, n_heads=48, head_dim=256, seq=2048)
    >>> machine = dict(n_devices=6144, peak_tflops=275)
    >>> round(palm_mfu(238_300, **run, **machine), 2)
    46.23
    >>> round(palm_mfu(238_300, **run, **machine, attention=False), 2)
    45.73
    """
    layers = n_layers if attention else 0
    per_token = palm_flops_per_token(params, layers, n_heads, head_dim, seq)
    rate = amount(tokens_per_s, "tokens_per_s") * per_token
    chips = count(n_devices, "n_devices", least=1)
    return 100.0 * rate / (chips * amount(peak_tflops, "peak_tflops") * 1e12)
