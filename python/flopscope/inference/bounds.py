"""The roofline: what bounds a piece of work, and the least time it can take."""

from __future__ import annotations

from typing import Any, NamedTuple

from flopscope.inference.checks import Amount, amount, count
from flopscope.inference.devices import Device
from flopscope.inference.utilization import bandwidth_of, peak_of

__all__ = ["Roofline", "roofline", "time_floor"]


class Roofline(NamedTuple):
    """What `roofline` finds; arrays where the work was arrays."""

    seconds: Amount
    compute_seconds: Amount
    memory_seconds: Amount
    bound: Any
    intensity: Amount
    ridge: float

    @property
    def max_mfu(self) -> Amount:
        """MFU in percent when it runs in exactly `seconds`."""
        return 100.0 * _ratio(self.compute_seconds, self.seconds)


def _ratio(above: Amount, below: Amount) -> Amount:
    """A quotient that is infinite, or zero for 0 / 0, where it divides by zero."""
    if isinstance(above, float) and isinstance(below, float):
        if below:
            return above / below
        return float("inf") if above else 0.0
    import numpy as np

    above, below = np.broadcast_arrays(above, below)
    start = np.where(above > 0.0, np.inf, 0.0)
    with np.errstate(over="ignore"):  # infinite, like a division by zero
        return np.divide(above, below, out=start, where=below > 0.0)


def roofline(
    flops: Any,
    bytes_moved: Any,
    device: str | Device,
    n_devices: Any = 1,
    *,
    dtype: str = "bf16",
    sparse: bool = False,
) -> Roofline:
    """Least time of a piece of work, and whether compute or memory sets it.

    Parameters
    ----------
    flops, bytes_moved : float or array
        The work.
    device : str or Device
        What it runs on.
    n_devices : int or array, default 1
        How many share it, evenly and without exchanging anything.
    dtype, sparse
        Which peak is meant.

    Returns
    -------
    Roofline
        ``seconds`` = max(FLOPs / peak, bytes / bandwidth) and both terms; ``bound``, "compute" or
        "memory"; ``intensity``, FLOPs per byte, and ``ridge``, the intensity from which on compute
        is the bound.

    Examples
    --------
    >>> from flopscope.inference import get_model, roofline
    >>> llama = get_model("llama-3.1-8b")
    >>> step = roofline(llama.decode_flops(4096), llama.decode_bytes(4097), "H100")
    >>> step.bound, round(1e3 * step.seconds, 2), round(step.intensity, 2), round(step.ridge)
    ('memory', 4.95, 1.03, 295)
    """
    peak, bandwidth = peak_of(device, dtype, sparse), bandwidth_of(device)
    devices = count(n_devices, "n_devices", least=1)
    work, traffic = amount(flops, "flops"), amount(bytes_moved, "bytes_moved")
    compute, memory = work / (peak * devices), traffic / (bandwidth * devices)
    intensity, ridge = _ratio(work, traffic), peak / bandwidth
    if isinstance(compute, float) and isinstance(memory, float):
        bound = "compute" if compute >= memory else "memory"
        return Roofline(max(compute, memory), compute, memory, bound, intensity, ridge)
    import numpy as np

    bounds = np.where(compute >= memory, "compute", "memory")
    return Roofline(np.maximum(compute, memory), compute, memory, bounds, intensity, ridge)


def time_floor(
    flops: Any,
    bytes_moved: Any,
    device: str | Device,
    n_devices: Any = 1,
    *,
    dtype: str = "bf16",
    sparse: bool = False,
) -> Amount:
    """Least seconds of a piece of work: max(FLOPs / peak, bytes / bandwidth).

    Examples
    --------
    >>> from flopscope.inference import time_floor
    >>> time_floor(312e12, 1e9, "A100")
    1.0
    """
    return roofline(flops, bytes_moved, device, n_devices, dtype=dtype, sparse=sparse).seconds
