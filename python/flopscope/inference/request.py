"""One request, or a batch of equal ones, in all its figures: what the command line prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from flopscope.inference import counting, memory
from flopscope.inference.bounds import roofline
from flopscope.inference.checks import count, positive
from flopscope.inference.devices import Device, get_device
from flopscope.inference.models import get_model
from flopscope.inference.spec import ModelSpec
from flopscope.inference.utilization import bandwidth_of, energy_per_token, mbu, mfu, peak_of

__all__ = ["OnDevice", "RequestEstimate", "estimate_request"]


@dataclass(frozen=True)
class OnDevice:
    """What a device makes of a request. Times are floors; percentages are of dense peaks."""

    name: str
    n_devices: int
    peak_flops_per_s: float
    bandwidth_bytes_per_s: float
    prefill_seconds: float
    prefill_bound: str
    prefill_intensity: float
    decode_seconds: float
    decode_bound: str | None  # None without decode steps
    decode_intensity: float
    ridge_intensity: float
    total_seconds: float
    max_mfu_percent: float
    # Only when the time was measured:
    seconds: float | None = None
    mfu_percent: float | None = None
    mbu_percent: float | None = None
    # Only when power is given; from the measured time, else from the floor.
    joules_per_token: float | None = None


@dataclass(frozen=True)
class RequestEstimate:
    """Figures of a request; see `estimate_request`."""

    model: str
    params_total: int
    params_active: int
    prompt: int
    output: int
    batch: int
    dtype: str
    kv_dtype: str
    causal: bool
    prefill_flops: int
    decode_flops: int
    total_flops: int
    total_flops_no_kv_cache: int
    flops_per_token: float
    weight_bytes: int
    kv_cache_bytes: int  # at the end
    prefill_bytes: int
    decode_bytes: int
    device: OnDevice | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers and texts, ready for JSON."""
        return asdict(self)


def _moved(estimate: RequestEstimate, spec: ModelSpec, step: int) -> int:
    """Bytes of a decode step."""
    context, formats = estimate.prompt + step + 1, (estimate.dtype, estimate.kv_dtype)
    return int(
        memory.decode_bytes(spec, context, estimate.batch, dtype=formats[0], kv_dtype=formats[1])
    )


def _linear_pieces(spec: ModelSpec, prompt: int, steps: int) -> list[tuple[int, int]]:
    """Ranges of decode steps (first, last) within which FLOPs and bytes grow evenly."""
    if not steps:
        return []
    # Step t attends to prompt + t + 1 tokens, in windowed layers to no more than the window.
    kink = (spec.sliding_window or 0) - prompt - 1
    if spec.window_layers and 0 <= kink < steps - 1:
        return [(0, kink), (kink + 1, steps - 1)]
    return [(0, steps - 1)]


def _sum_of_larger(f: Callable[[int], float], g: Callable[[int], float], a: int, b: int) -> float:
    """The sum of max(f(t), g(t)) for t = a..b, of two functions that grow evenly."""
    ahead_a, ahead_b = f(a) - g(a), f(b) - g(b)
    if b - a <= 1 or (ahead_a >= 0.0) == (ahead_b >= 0.0):
        total = (b - a + 1) * (max(f(a), g(a)) + max(f(b), g(b))) / 2.0
        return total if b > a else max(f(a), g(a))
    cross = a + int((b - a) * (ahead_a / (ahead_a - ahead_b)))
    cross = min(max(cross, a), b - 1)
    return _sum_of_larger(f, g, a, cross) + _sum_of_larger(f, g, cross + 1, b)


def estimate_request(
    model: str | ModelSpec,
    prompt: int,
    output: int,
    *,
    batch: int = 1,
    device: str | Device | None = None,
    n_devices: int = 1,
    dtype: str = "bf16",
    kv_dtype: str | None = None,
    causal: bool = False,
    seconds: float | None = None,
    power_w: float | None = None,
) -> RequestEstimate:
    """Work out FLOPs, bytes, time floor and utilisation of a request.

    Parameters
    ----------
    model : str or ModelSpec
        The model.
    prompt, output : int
        Tokens read, and tokens generated, per sequence.
    batch : int, default 1
        Sequences answered together.
    device : str or Device, optional
        What they run on; without one there are no times.
    n_devices : int, default 1
        Devices that share the work evenly.
    dtype, kv_dtype : str
        Format of weights and products, and of the cache (the same when left out; 16 bits when
        weights have fewer than that).
    causal : bool, default False
        Count only the pairs that a causal mask leaves.
    seconds : float, optional
        Time it took, for MFU and MBU.
    power_w : float, optional
        Power drawn, by all devices together, for energy per generated token.

    Raises
    ------
    KeyError
        Unknown model or device.
    ValueError
        An argument that cannot be; the message names it.

    Examples
    --------
    >>> from flopscope.inference import estimate_request
    >>> found = estimate_request("llama-3.1-8b", 4096, 256, device="H100")
    >>> found.total_flops, found.device.decode_bound
    (70363845230592, 'memory')
    >>> round(found.device.total_seconds, 2)
    1.33
    """
    spec = model if isinstance(model, ModelSpec) else get_model(model)
    prompt, output = int(count(prompt, "prompt")), int(count(output, "output"))
    batch = int(count(batch, "batch", least=1))
    dtype = memory.dtype_name(dtype)
    if kv_dtype is None:
        kv_dtype = dtype if memory.dtype_bytes(dtype) >= 2 else "bf16"
    kv_dtype = memory.dtype_name(kv_dtype)
    steps = max(output - 1, 0)
    prefill = int(spec.prefill_flops(prompt, batch=batch, causal=causal))
    total = int(spec.request_flops(prompt, output, batch=batch, causal=causal))

    prefill_bytes = 0
    if prompt:
        prefill_bytes = int(spec.weight_bytes(prompt * batch, dtype=dtype)) + int(
            spec.kv_cache_bytes(prompt, batch, dtype=kv_dtype)
        )
    tokens = batch * (prompt + output)
    estimate = RequestEstimate(
        model=spec.name or "(unnamed)",
        params_total=spec.params_total,
        params_active=spec.params_active,
        prompt=prompt,
        output=output,
        batch=batch,
        dtype=dtype,
        kv_dtype=kv_dtype,
        causal=causal,
        prefill_flops=prefill,
        decode_flops=total - prefill,
        total_flops=total,
        total_flops_no_kv_cache=int(
            spec.request_flops(prompt, output, batch=batch, causal=causal, kv_cache=False)
        ),
        flops_per_token=total / tokens if tokens else 0.0,
        weight_bytes=int(spec.weight_bytes(dtype=dtype)),
        kv_cache_bytes=int(spec.kv_cache_bytes(prompt + steps, batch, dtype=kv_dtype)),
        prefill_bytes=prefill_bytes,
        decode_bytes=0,
    )
    ends = [
        (b - a + 1, _moved(estimate, spec, a) + _moved(estimate, spec, b))
        for a, b in _linear_pieces(spec, prompt, steps)
    ]
    estimate = replace(estimate, decode_bytes=sum(n * both // 2 for n, both in ends))
    if device is None:
        for field, value in (("seconds", seconds), ("power_w", power_w)):
            if value is not None:
                raise ValueError(f"{field} needs a device")
        return estimate
    on_device = _on_device(estimate, spec, get_device(device), n_devices, seconds, power_w)
    return replace(estimate, device=on_device)


def _on_device(
    estimate: RequestEstimate,
    spec: ModelSpec,
    device: Device,
    n_devices: int,
    seconds: float | None,
    power_w: float | None,
) -> OnDevice:
    prompt, output, batch = estimate.prompt, estimate.output, estimate.batch
    dtype, steps = estimate.dtype, max(output - 1, 0)
    work = spec._work
    n = int(count(n_devices, "n_devices", least=1))
    peak, bandwidth = peak_of(device, dtype) * n, bandwidth_of(device) * n

    def compute_s(step: int) -> float:
        return float(batch * counting.decode_step(work, prompt + step)) / peak

    def memory_s(step: int) -> float:
        return _moved(estimate, spec, step) / bandwidth

    pieces = _linear_pieces(spec, prompt, steps)
    total, moved = estimate.total_flops, estimate.prefill_bytes + estimate.decode_bytes
    first = roofline(estimate.prefill_flops, estimate.prefill_bytes, device, n, dtype=dtype)
    decode_s = sum((_sum_of_larger(compute_s, memory_s, a, b) for a, b in pieces), 0.0)
    then = roofline(estimate.decode_flops, estimate.decode_bytes, device, n, dtype=dtype)
    floor = first.seconds + decode_s
    took = None if seconds is None else positive(seconds, "seconds")
    spent = floor if took is None else took
    joules = None
    if power_w is not None and spent and output:
        joules = energy_per_token(power_w, batch * output / spent)
    return OnDevice(
        name=device.name,
        n_devices=n,
        peak_flops_per_s=peak,
        bandwidth_bytes_per_s=bandwidth,
        prefill_seconds=first.seconds,
        prefill_bound=first.bound,
        prefill_intensity=first.intensity,
        decode_seconds=decode_s,
        decode_bound=then.bound if steps else None,
        decode_intensity=then.intensity,
        ridge_intensity=first.ridge,
        total_seconds=floor,
        max_mfu_percent=mfu(total, floor, device, n, dtype=dtype) if floor else 0.0,
        seconds=took,
        mfu_percent=None if took is None else mfu(total, took, device, n, dtype=dtype),
        mbu_percent=None if took is None else mbu(moved, took, device, n),
        joules_per_token=joules,
    )
