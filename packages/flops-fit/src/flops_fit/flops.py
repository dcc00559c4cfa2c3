"""FLOPs per parameter and token, counted on a real model instead of assumed to be six."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .contracts import import_torch, name_of, read_num_params
from .errors import missing_extra


def estimate_model_flops(n_params: float, n_tokens: float, flops_per_param_token: float = 6.0) -> float:
    """Training FLOPs of a model: k N D.

    Examples
    --------
    >>> estimate_model_flops(70e9, 1.4e12)
    5.88e+23
    """
    return flops_per_param_token * n_params * n_tokens


def count_training_k(
    model: Any,
    batch: Any,
    loss_fn: Callable[[Any, Any], Any],
    *,
    tokens_per_sample: int | None = None,
) -> float:
    """The k of C = k N D of a torch model, by torch's FLOP counter.

    One forward and one backward pass are counted; matrix products and convolutions have FLOPs, elementwise work has
    none. Attention makes k larger than 6, embeddings without products make it smaller.

    Parameters
    ----------
    model : torch.nn.Module
        Has `num_params()`.
    batch : batch, Dataset or DataLoader
        What to count on; of a dataset or loader, its first samples.
    loss_fn : callable
        `loss_fn(outputs, targets)`.
    tokens_per_sample : int, optional
        As in `TrainSettings`.

    Returns
    -------
    float
        FLOPs per parameter and token.
    """
    torch = import_torch("counting FLOPs of a torch model")
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    from . import batches as data

    if isinstance(batch, torch.utils.data.Dataset | torch.utils.data.DataLoader):
        batch = next(data.batches(batch, batch_size=2, seed=0))
    inputs, targets = data.split(batch)
    counter = FlopCounterMode(display=False)
    # The counter does not know every fused kernel of attention; its plain products it does.
    with counter, sdpa_kernel(SDPBackend.MATH):
        loss_fn(model(inputs), targets).backward()
    model.zero_grad(set_to_none=True)
    tokens = data.batch_length(inputs) * (tokens_per_sample or data.tokens_per_sample(inputs))
    return _positive(counter.get_total_flops() / (read_num_params(model, name_of(type(model))) * tokens), model)


def count_forward_k(model: Any, inputs: Any, tokens: int, *, backward: float = 2.0) -> float:
    """The k of a model written with `flopscope.numpy`, by flopscope's meter.

    Parameters
    ----------
    model : callable
        `model(inputs)` does one forward pass; has `num_params()`.
    inputs : object
        What the model is called with; build it outside.
    tokens : int
        How many tokens `inputs` holds.
    backward : float
        The backward pass as a multiple of the forward pass; 0 when the call trains, or when only inference counts.

    Returns
    -------
    float
        FLOPs per parameter and token.
    """
    try:
        import flopscope
    except ImportError:
        raise missing_extra("flopscope", "flopscope", "counting FLOPs of a flopscope.numpy model") from None
    if tokens < 1:
        raise ValueError(f"tokens must be positive, not {tokens!r}")
    with flopscope.BudgetContext(flop_budget=1 << 62, quiet=True) as budget:
        model(inputs)
    n = read_num_params(model, name_of(type(model)))
    return _positive(float(budget.flops_used) * (1.0 + backward) / (n * tokens), model)


def _positive(k: float, model: Any) -> float:
    if not k > 0:
        raise ValueError(f"no FLOPs were counted in {type(model).__name__}: does it compute with torch or flopscope?")
    return float(k)
