"""Peak of this machine's processor: measured with a matrix product, or derived from its clock."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from typing import NamedTuple

from flopscope.inference.checks import count, positive, unknown
from flopscope.inference.devices import Device
from flopscope.inference.memory import dtype_name

__all__ = ["FLOPS_PER_CYCLE", "CpuPeak", "cpu_peak", "derived_cpu_peak", "measured_cpu_peak"]

# FP32 operations per cycle and core; FP64 is half of it. The AMX units have formats of their own.
FLOPS_PER_CYCLE = {
    "sse": 8,
    "sse-fma": 16,  # two ports of 128 bits
    "avx2": 32,
    "avx512-one-unit": 32,
    "avx512": 64,
    "neon": 16,  # two pipes of 128 bits
    "neon-four-pipes": 32,
}
_AMX = {"bf16": 1024, "int8": 2048}
_SIZES = (256, 512, 1024, 2048)


class CpuPeak(NamedTuple):
    """Peak of a processor in one format, and where the figure is from."""

    flops_per_s: float
    dtype: str
    source: str  # "measured" or "derived"
    detail: str

    def as_device(self, name: str = "CPU") -> Device:
        """Return a `Device` for `mfu`; its bandwidth is unknown.

        Examples
        --------
        >>> from flopscope.inference import derived_cpu_peak, mfu
        >>> mfu(1e9, 0.1, derived_cpu_peak(2, 2.5e9).as_device(), dtype="fp32")
        6.25
        """
        return Device(
            name,
            {self.dtype: self.flops_per_s / 1e12},
            source=f"{self.source}: {self.detail}",
            estimate=self.source == "derived",
        )


def derived_cpu_peak(
    cores: int, clock_hz: float, units: str = "avx2", dtype: str = "fp32"
) -> CpuPeak:
    """Peak of a processor as cores · clock · FLOPs per cycle and core.

    Parameters
    ----------
    cores : int
        Physical cores.
    clock_hz : float
        Clock they sustain when all of them work; the turbo clock of one core is too much.
    units : str, default "avx2"
        A key of `FLOPS_PER_CYCLE`, or ``"amx"``.
    dtype : str, default "fp32"
        fp32 or fp64; with AMX bf16 or int8.

    Examples
    --------
    >>> from flopscope.inference import derived_cpu_peak
    >>> derived_cpu_peak(cores=8, clock_hz=3e9, units="avx512").flops_per_s
    1536000000000.0
    """
    short = dtype_name(dtype)
    if units == "amx":
        per_cycle: float = _AMX.get(short, 0)
    elif units in FLOPS_PER_CYCLE:
        per_cycle = FLOPS_PER_CYCLE[units] * {"fp32": 1.0, "fp64": 0.5}.get(short, 0.0)
    else:
        raise ValueError(unknown("units", units, [*FLOPS_PER_CYCLE, "amx"]))
    if not per_cycle:
        raise ValueError(f"dtype {short!r} has no rate with units {units!r}")
    rate = count(cores, "cores", least=1) * positive(clock_hz, "clock_hz") * per_cycle
    detail = f"{cores} cores x {clock_hz / 1e9:g} GHz x {per_cycle:g} {short} FLOPs per cycle"
    return CpuPeak(float(rate), short, "derived", detail)


def measured_cpu_peak(
    dtype: str = "fp64", *, seconds: float = 0.5, size: int | None = None
) -> CpuPeak:
    """Measure the fastest matrix product of NumPy on this machine, with the threads it uses.

    Nothing is billed to a budget. The figure is what programs can reach, so it is a little below
    the arithmetic peak, and it is as good as the machine is idle.

    Parameters
    ----------
    dtype : {"fp64", "fp32"}
        Format of the matrices.
    seconds : float, default 0.5
        How long to repeat products; the fastest one counts.
    size : int, optional
        Rows and columns of the matrices. Left out, 256, 512, 1024 and 2048 are tried in turn, as
        far as there is time: small ones dodge the neighbours of a shared machine, large ones fill
        many cores.

    Examples
    --------
    >>> from flopscope.inference import measured_cpu_peak
    >>> measured_cpu_peak("fp32", seconds=0.01, size=128).source
    'measured'
    """
    short = dtype_name(dtype)
    if short not in ("fp64", "fp32"):
        raise ValueError(f"dtype must be 'fp64' or 'fp32' to be measured, got {dtype!r}")
    duration = positive(seconds, "seconds")
    sizes = _SIZES if size is None else (count(size, "size", least=1),)
    rates = dict.fromkeys(sizes, 0.0)
    products: dict[int, Callable[[], object]] = {}
    until = time.perf_counter() + duration
    while True:
        for n in sizes:
            left = until - time.perf_counter()
            if products and 2.0 * n**3 > left * max(rates.values()):
                continue  # it would take too long
            if n not in products:
                products[n] = _product(n, short)
                products[n]()  # touches the memory, starts the threads
            start = time.perf_counter()
            products[n]()
            took = max(time.perf_counter() - start, 1e-9)
            rates[n] = max(rates[n], 2.0 * n**3 / took)
        if time.perf_counter() >= until:
            break
    best = max(rates, key=lambda n: rates[n])
    detail = f"NumPy matmul, {best} x {best}, {short}, {os.cpu_count()} CPUs"
    return CpuPeak(rates[best], short, "measured", detail)


def _product(n: int, short: str) -> Callable[[], object]:
    """A product of plain n x n arrays, which are not counted, as a call without arguments."""
    import numpy as np

    kind = np.float64 if short == "fp64" else np.float32
    # Numbers that are no zeros and cannot overflow.
    left, right = np.full((n, n), 0.5, dtype=kind), np.full((n, n), 0.25, dtype=kind)
    return functools.partial(np.matmul, left, right, out=np.empty((n, n), dtype=kind))


@functools.cache
def _once(short: str) -> CpuPeak:
    return measured_cpu_peak(short)


def cpu_peak(dtype: str = "fp64") -> CpuPeak:
    """Peak of this machine, measured at the first call and remembered.

    Parameters
    ----------
    dtype : {"fp64", "fp32"}
        Format of the matrices.

    See Also
    --------
    measured_cpu_peak : Measures anew.
    derived_cpu_peak : Computes it from cores and clock.

    Examples
    --------
    >>> from flopscope.inference import cpu_peak
    >>> peak = cpu_peak()
    >>> peak.source, peak.flops_per_s > 1e6
    ('measured', True)
    """
    return _once(dtype_name(dtype))
