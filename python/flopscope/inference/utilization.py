"""MFU, HFU, MBU, energy: how well a device was used. Percentages, over numbers or arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flopscope.inference.checks import Amount, amount, count, positive
from flopscope.inference.devices import Device, get_device
from flopscope.inference.memory import dtype_bytes, dtype_name

if TYPE_CHECKING:
    from flopscope.inference.counting import Recompute
    from flopscope.inference.spec import ModelSpec

__all__ = [
    "Efficiency",
    "Utilization",
    "bandwidth_of",
    "efficiency",
    "energy_per_token",
    "hfu",
    "ipj",
    "mbu",
    "mfu",
    "mfu_fraction",
    "peak_of",
    "training_utilization",
]


def peak_of(device: str | Device, dtype: str = "bf16", sparse: bool = False) -> float:
    """Peak of a device in FLOP/s.

    Raises
    ------
    KeyError
        An unknown device.
    ValueError
        The device has no such peak.
    """
    device = get_device(device)
    short = dtype_name(dtype)
    if short not in device.peaks:
        has = ", ".join(device.peaks)
        raise ValueError(f"dtype: {device.name} has no {short} peak; it has {has}")
    peak = device.peak(short, sparse)
    if peak is None:
        raise ValueError(f"sparse: {device.name} has no sparse {short} peak")
    return peak * 1e12


def bandwidth_of(device: str | Device) -> float:
    """Memory bandwidth of a device in bytes per second; `ValueError` if it is unknown."""
    device = get_device(device)
    if device.bandwidth is None:
        raise ValueError(f"bandwidth of {device.name} is unknown")
    return device.bandwidth * 1e9


def mfu_fraction(
    flops: Any,
    seconds: Any,
    device: str | Device,
    n_devices: Any = 1,
    *,
    dtype: str = "bf16",
    sparse: bool = False,
) -> Amount:
    """`mfu` as a fraction instead of percent.

    Examples
    --------
    >>> from flopscope.inference import mfu_fraction
    >>> mfu_fraction(156e12, 1.0, "A100")
    0.5
    """
    rate = peak_of(device, dtype, sparse) * count(n_devices, "n_devices", least=1)
    return amount(flops, "flops") / (positive(seconds, "seconds") * rate)


def mfu(
    flops: Any,
    seconds: Any,
    device: str | Device,
    n_devices: Any = 1,
    *,
    dtype: str = "bf16",
    sparse: bool = False,
) -> Amount:
    """Model FLOPs utilisation in percent: the model's FLOPs over what the devices could have done.

    Parameters
    ----------
    flops : float or array
        FLOPs of the model's forward (and backward) passes; recomputed work is left out.
    seconds : float or array
        Time they took.
    device : str or Device
        What they ran on.
    n_devices : int or array, default 1
        How many of it.
    dtype : str, default "bf16"
        Format whose peak is meant.
    sparse : bool, default False
        Against the peak with 2:4 sparsity.

    Returns
    -------
    float, or array of float

    Raises
    ------
    KeyError
        An unknown device; the message has the nearest names.
    ValueError
        Negative or NaN figures, no time, no devices, no such peak; the message names the argument.

    Examples
    --------
    >>> from flopscope.inference import get_model, mfu
    >>> flops = get_model("llama-3.1-8b").prefill_flops([1024, 4096])
    >>> mfu(flops, [0.03, 0.15], "H100").round(1)
    array([50. , 44.5])
    """
    return 100.0 * mfu_fraction(flops, seconds, device, n_devices, dtype=dtype, sparse=sparse)


def hfu(
    flops: Any,
    seconds: Any,
    device: str | Device,
    n_devices: Any = 1,
    *,
    dtype: str = "bf16",
    sparse: bool = False,
) -> Amount:
    """Hardware FLOPs utilisation in percent: like `mfu`, of all FLOPs done, recomputed ones too.

    Examples
    --------
    >>> from flopscope.inference import get_model, hfu, mfu
    >>> gpt2, step_s = get_model("gpt2"), 0.5
    >>> needed = gpt2.train_flops(32, 1024)
    >>> done = gpt2.train_flops(32, 1024, recompute="full")
    >>> round(mfu(needed, step_s, "A100"), 2), round(hfu(done, step_s, "A100"), 2)
    (17.95, 23.93)
    """
    return mfu(flops, seconds, device, n_devices, dtype=dtype, sparse=sparse)


def mbu(bytes_moved: Any, seconds: Any, device: str | Device, n_devices: Any = 1) -> Amount:
    """Memory bandwidth utilisation in percent: bytes moved over what the memory could have moved.

    Examples
    --------
    >>> from flopscope.inference import get_model, mbu
    >>> moved = get_model("llama-3.1-8b").decode_bytes(context=4096)
    >>> round(mbu(moved, 0.008, "H100"), 1)
    61.9
    """
    rate = bandwidth_of(device) * count(n_devices, "n_devices", least=1)
    return 100.0 * amount(bytes_moved, "bytes_moved") / (positive(seconds, "seconds") * rate)


class Utilization(NamedTuple):
    """What `training_utilization` finds, in percent."""

    mfu: Amount
    hfu: Amount


def training_utilization(
    spec: ModelSpec,
    batch: Any,
    seq: Any,
    seconds: Any,
    device: str | Device,
    n_devices: Any = 1,
    *,
    recompute: Recompute = False,
    causal: bool = False,
    dtype: str = "bf16",
) -> Utilization:
    """MFU and HFU of a training step of known duration.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    batch, seq : int or array
        Sequences, over all devices, and tokens of each.
    seconds : float or array
        Time of a step.
    device, n_devices, dtype
        As in `mfu`.
    recompute, causal
        As in `training_flops`; without recomputation both figures are the same.

    Examples
    --------
    >>> from flopscope.inference import get_model, training_utilization
    >>> found = training_utilization(get_model("gpt2"), 32, 1024, 0.5, "A100", recompute="full")
    >>> round(found.mfu, 2), round(found.hfu, 2)
    (17.95, 23.93)
    """
    needed = spec.train_flops(batch, seq, causal=causal)
    done = spec.train_flops(batch, seq, recompute=recompute, causal=causal)
    return Utilization(
        mfu(needed, seconds, device, n_devices, dtype=dtype),
        hfu(done, seconds, device, n_devices, dtype=dtype),
    )


class Efficiency(NamedTuple):
    """What `efficiency` finds, in percent."""

    mfu: Amount
    mbu: Amount


def efficiency(
    tokens_per_s: Any,
    device: str | Device,
    params: Any,
    *,
    params_active: Any = None,
    bytes_per_param: str | float = 2.0,
    n_devices: Any = 1,
    dtype: str = "bf16",
) -> Efficiency:
    """MFU and MBU of generating one sequence, from the number of parameters alone.

    Parameters
    ----------
    tokens_per_s : float or array
        Tokens generated per second.
    device : str or Device
        What it runs on.
    params, params_active : float
        All parameters, read once per token; those a token goes through, 2 FLOPs each (all, when
        left out).
    bytes_per_param : float or str, default 2.0
        Bytes, or a number format.
    n_devices : int, default 1
        Devices that share the work.
    dtype : str, default "bf16"
        Format whose peak is meant.

    Examples
    --------
    >>> from flopscope.inference import efficiency
    >>> found = efficiency(100, "A100", params=7e9)
    >>> round(found.mfu, 4), round(found.mbu, 2)
    (0.4487, 68.66)
    """
    active = params if params_active is None else params_active
    rate = amount(tokens_per_s, "tokens_per_s")
    flops = 2.0 * amount(active, "params_active" if params_active is not None else "params") * rate
    moved = amount(params, "params") * dtype_bytes(bytes_per_param) * rate
    return Efficiency(
        mfu(flops, 1.0, device, n_devices, dtype=dtype), mbu(moved, 1.0, device, n_devices)
    )


def energy_per_token(power_w: Any, tokens_per_s: Any) -> Amount:
    """Joules per token, from the power drawn and the tokens made per second.

    Examples
    --------
    >>> from flopscope.inference import energy_per_token
    >>> energy_per_token(700, 2800)
    0.25
    """
    return amount(power_w, "power_w") / positive(tokens_per_s, "tokens_per_s")


def ipj(accuracy: Any, energy_j: Any) -> Amount:
    """Intelligence per joule: accuracy over energy, and zero where the energy is zero.

    Examples
    --------
    >>> from flopscope.inference import ipj
    >>> ipj(0.8, 4.0), ipj(0.8, 0.0)
    (0.2, 0.0)
    """
    right, joules = amount(accuracy, "accuracy"), amount(energy_j, "energy_j")
    if isinstance(joules, float):
        return right / joules if joules else 0.0 * right
    import numpy as np

    shape = np.broadcast_shapes(np.shape(right), joules.shape)
    with np.errstate(over="ignore"):
        return np.divide(right, joules, out=np.zeros(shape), where=joules > 0.0)
