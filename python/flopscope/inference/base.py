"""The three base functions: two figures per request and one utilisation, from names alone.

They use one number per model and one per device. Whatever else matters - attention, the output
head, caches, formats - is in the functions that take a `ModelSpec` and a `Device`.
"""

from __future__ import annotations

import math

__all__ = ["NOMINAL_PARAMS_B", "compute_mfu", "estimate_flops", "estimate_flops_no_kv_cache"]

_INF = math.inf

# Parameters in billions as these models are called. Every other known model, and every one with
# experts, counts the parameters that a token goes through.
NOMINAL_PARAMS_B = {
    "qwen3-8b": 8.0,
    "qwen3-0.6b": 0.6,
    "qwen3-4b": 4.0,
    "llama-3.1-70b": 70.0,
    "llama-3.1-8b": 8.0,
    "mistral-7b": 7.0,
    "mistral-7b-v0.1": 7.0,
    "mistral-7b-v0.3": 7.0,
}

# What names have been found to mean, 0.0 for nothing: parameters of a model, FLOP/s of a device
# per percent (in its default format under the name alone).
_params: dict[str, float] = {}
_rates: dict[str | tuple[str, str], float] = {}
_MOST_NAMES = 4096


def _params_of(model: str, strict: bool) -> float:
    """Parameters of a model by any of its names; 0.0 for an unknown one."""
    from flopscope.inference.models import get_model, resolve_model

    name = resolve_model(model)
    if name is None:
        if strict:
            get_model(model)  # raises, with the nearest names
        params = 0.0
    elif name in NOMINAL_PARAMS_B:
        params = NOMINAL_PARAMS_B[name] * 1e9
    else:
        params = float(get_model(name).params_active)
    if len(_params) >= _MOST_NAMES:
        _params.clear()
    _params[model] = params
    return params


def _check_tokens(input_tokens: float, output_tokens: float) -> None:
    for field, value in (("input_tokens", input_tokens), ("output_tokens", output_tokens)):
        if not 0 <= value < _INF:
            raise ValueError(f"{field} must be a number that is not negative, got {value}")


def estimate_flops(
    model: str, input_tokens: int, output_tokens: int, *, strict: bool = False
) -> tuple[float, float]:
    """FLOPs of a request by the rule of thumb 2 P T, with a key/value cache.

    Parameters
    ----------
    model : str
        Name of the model; see `get_model` for the spellings.
    input_tokens : int
        The whole prompt, system text included, nothing deducted for a reused cache.
    output_tokens : int
        Tokens generated.
    strict : bool, default False
        Raise on an unknown model.

    Returns
    -------
    total, per_token : float
        2 P (input + output) and 2 P; both 0.0 without tokens and for an unknown model. P is the
        model's nominal size where it has one in this table, the active parameters of a model
        with experts, and the exact count of any other.

    Raises
    ------
    ValueError
        Negative or NaN tokens.
    KeyError
        With `strict`, an unknown model; the message has the nearest names.

    Examples
    --------
    >>> from flopscope.inference import estimate_flops
    >>> estimate_flops("qwen3:8b", 100, 50)
    (2400000000000.0, 16000000000.0)
    >>> estimate_flops("qwen3:17b", 100, 50)
    (0.0, 0.0)
    """
    if not (0 <= input_tokens < _INF and 0 <= output_tokens < _INF):
        _check_tokens(input_tokens, output_tokens)
    params = _params.get(model)
    if params is None or (strict and not params):
        params = _params_of(model, strict)
    tokens = input_tokens + output_tokens
    if not (tokens and params):
        return 0.0, 0.0
    per_token = 2.0 * params
    return per_token * tokens, per_token


def estimate_flops_no_kv_cache(
    model: str, input_tokens: int, output_tokens: int, *, strict: bool = False
) -> tuple[float, float]:
    """FLOPs of a request in which every position goes over the whole prefix again.

    Parameters
    ----------
    model, input_tokens, output_tokens, strict
        As in `estimate_flops`.

    Returns
    -------
    total, per_token : float
        P T (T + 1), which is the sum of 2 P t for t = 1..T, and its average over T = input +
        output tokens; both 0.0 without tokens and for an unknown model.

    Examples
    --------
    >>> from flopscope.inference import estimate_flops_no_kv_cache
    >>> estimate_flops_no_kv_cache("qwen3:8b", 100, 50)
    (181200000000000.0, 1208000000000.0)
    """
    if not (0 <= input_tokens < _INF and 0 <= output_tokens < _INF):
        _check_tokens(input_tokens, output_tokens)
    params = _params.get(model)
    if params is None or (strict and not params):
        params = _params_of(model, strict)
    tokens = input_tokens + output_tokens
    if not (tokens and params):
        return 0.0, 0.0
    average = params * (tokens + 1)
    return average * tokens, average


def compute_mfu(
    flops: float,
    duration_s: float,
    gpu_name: str,
    num_gpus: int = 1,
    *,
    dtype: str | None = None,
    strict: bool = False,
) -> float:
    """Model FLOPs utilisation in percent: FLOPs done over FLOPs possible.

    Parameters
    ----------
    flops : float
        FLOPs of the model's work.
    duration_s : float
        Seconds it took.
    gpu_name : str
        Name of the device; see `get_device` for the spellings.
    num_gpus : int, default 1
        Devices that worked.
    dtype : str, optional
        Format whose dense peak is meant. Left out, BF16; on a device without BF16 the FP16 peak,
        or FP32 where that is all there is.
    strict : bool, default False
        Raise instead of returning 0.0.

    Returns
    -------
    float
        0.0 for an unknown device, a device without a peak in `dtype` (with a warning), a duration
        of zero or less, no devices.

    Raises
    ------
    ValueError
        Negative or NaN FLOPs, NaN duration; with `strict`, no time, no devices, no such peak.
    KeyError
        With `strict`, an unknown device; the message has the nearest names.

    Examples
    --------
    >>> from flopscope.inference import compute_mfu
    >>> round(compute_mfu(1e14, 1.0, "NVIDIA H100 80GB HBM3"), 3)
    10.107
    >>> compute_mfu(1e14, 1.0, "QuantumGPU")
    0.0
    """
    if not 0 <= flops < _INF:
        raise ValueError(f"flops must be a number that is not negative, got {flops}")
    rate = _rates.get(gpu_name if dtype is None else (gpu_name, dtype))
    if rate is None or (strict and not rate):
        rate = _rate_of(gpu_name, dtype, strict)
    if duration_s > 0 and num_gpus > 0 and rate:
        return flops / (duration_s * rate * num_gpus)
    return _no_mfu(duration_s, num_gpus, strict)


def _rate_of(gpu_name: str, dtype: str | None, strict: bool) -> float:
    """FLOP/s of a device per percent of utilisation; 0.0 when unknown."""
    from flopscope.inference.devices import find_device, get_device

    device = get_device(gpu_name) if strict else find_device(gpu_name)
    if device is None:
        rate = 0.0
    else:
        peak = device.default_peak() if dtype is None else device.peak(dtype)
        if peak is None:  # not kept: the warning comes every time
            if strict:
                raise ValueError(f"dtype: {device.name} has no peak in {dtype or 'bf16'!r}")
            return 0.0
        rate = peak * 1e10
    if len(_rates) >= _MOST_NAMES:
        _rates.clear()
    _rates[gpu_name if dtype is None else (gpu_name, dtype)] = rate
    return rate


def _no_mfu(duration_s: float, num_gpus: float, strict: bool) -> float:
    for field, value in (("duration_s", duration_s), ("num_gpus", num_gpus)):
        if value != value:
            raise ValueError(f"{field} must be a number, got {value}")
        if strict and value <= 0:
            raise ValueError(f"{field} must be positive, got {value}")
    return 0.0
