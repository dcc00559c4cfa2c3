"""Accelerators: dense peaks by number format, memory bandwidth, and finding one by its name.

A name is resolved word by word, and every word must be accounted for. A part that is not in the
table is unknown: it never gets the figures of one whose name it contains.
"""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from flopscope.errors import FlopscopeWarning
from flopscope.inference import checks
from flopscope.inference.device_table import ROWS, Row
from flopscope.inference.memory import dtype_name

__all__ = ["Device", "device_names", "find_device", "get_device"]

# Words that vendors and drivers add and that say nothing about the part.
_IDLE = frozenset(
    "nvidia amd intel google aws amazon apple tesla geforce instinct habana cloud hgx dgx gpu "
    "tensor core accelerator corporation inc".split()
)
_MEMORY = re.compile(r"(\d+)(?:g|gb|gib)")
# Products have no sparse rate in these formats.
_DENSE_ONLY = frozenset(("fp32", "fp64"))


@dataclass(frozen=True)
class Device:
    """An accelerator's peaks and bandwidth.

    Attributes
    ----------
    name : str
        Name in the table.
    peaks : mapping of str to float
        Dense TFLOP/s by format (TOP/s for integers).
    bandwidth : float or None
        Memory bandwidth in GB/s (1e9 bytes per second); None if unknown.
    sparsity : float
        Factor of the sparse rate over the dense one; 1 without sparse units.
    source, date : str
        Where the figures are from; when the part was announced.
    note : str
        What to know about them.
    confirmed : bool
        The figures were read again in a public page; otherwise they are those of a datasheet and
        deserve one more look before much depends on them.
    estimate : bool
        Derived from cores and clock, because the vendor gives no figure.

    Examples
    --------
    >>> from flopscope.inference import get_device
    >>> h100 = get_device("H100")
    >>> h100.peak("bf16"), h100.peak("bf16", sparse=True), h100.bandwidth
    (989.4, 1978.8, 3350)
    """

    name: str
    peaks: Mapping[str, float] = field(hash=False)
    bandwidth: float | None = None
    sparsity: float = 1.0
    source: str = ""
    date: str = ""
    note: str = ""
    confirmed: bool = False
    estimate: bool = False

    def __post_init__(self) -> None:
        peaks = {dtype_name(key): checks.positive(peak, key) for key, peak in self.peaks.items()}
        object.__setattr__(self, "peaks", MappingProxyType(peaks))
        if self.bandwidth is not None:
            checks.positive(self.bandwidth, "bandwidth")

    def __reduce__(self) -> tuple[Any, ...]:
        peaks = dict(self.peaks)  # the read-only view of them cannot be pickled
        rest = (getattr(self, item.name) for item in fields(self)[2:])
        return type(self), (self.name, peaks, *rest)

    def peak(self, dtype: str = "bf16", sparse: bool = False) -> float | None:
        """Peak in TFLOP/s.

        Parameters
        ----------
        dtype : str, default "bf16"
            Number format.
        sparse : bool, default False
            The rate for matrices with 2:4 sparsity, which is what some sheets print first.

        Returns
        -------
        float or None
            None, with a `FlopscopeWarning`, if the device has no such rate.
        """
        short = dtype_name(dtype)
        dense = self.peaks.get(short)
        if dense is None:
            has = ", ".join(self.peaks)
            warnings.warn(f"{self.name} has no {short} peak; it has {has}", FlopscopeWarning, 2)
            return None
        if not sparse:
            return dense
        if self.sparsity == 1.0 or short in _DENSE_ONLY:
            warnings.warn(f"{self.name} has no sparse {short} peak", FlopscopeWarning, 2)
            return None
        return dense * self.sparsity

    def default_peak(self) -> float | None:
        """Peak in BF16, else FP16, else FP32, in TFLOP/s; None if there is none of them."""
        return next(
            (self.peaks[key] for key in ("bf16", "fp16", "fp32") if key in self.peaks), None
        )


def _device(row: Row) -> Device:
    return Device(
        row.name, row.peaks, row.bandwidth, row.sparsity, row.source, row.date, row.note,
        row.confirmed, row.estimate,
    )  # fmt: skip


def _words(name: str) -> list[str]:
    words = (word for word in re.split(r"[^a-z0-9.]+", name.lower()) if word)
    sizes = ((word, _MEMORY.fullmatch(word)) for word in words)
    return [word if size is None else f"{size[1]}gb" for word, size in sizes]


@functools.cache
def _tables() -> tuple[frozenset[str], dict[str, list[tuple[frozenset[str], Device]]]]:
    """All words that may stand beside a name, and the devices of each chip with theirs."""
    beside = frozenset(word for row in ROWS for word in row.words.split())
    chips: dict[str, list[tuple[frozenset[str], Device]]] = {}
    for row in ROWS:
        entry = frozenset(row.words.split()), _device(row)
        spellings = {row.name, *filter(None, row.also.split(","))}
        for spelling in spellings:
            chip = [word for word in _words(spelling) if word not in beside]
            for key in {" ".join(chip), "".join(chip)}:
                chips.setdefault(key, []).append(entry)
    return beside, chips


def find_device(name: object) -> Device | None:
    """Return the device that a name means, None if it is unknown.

    Examples
    --------
    >>> from flopscope.inference import find_device
    >>> find_device("NVIDIA A100-SXM4-40GB").name
    'A100-SXM-40GB'
    >>> find_device("NVIDIA T400 4GB") is None
    True
    """
    if not isinstance(name, str):
        return None
    beside, chips = _tables()
    words = [word for word in _words(name) if word not in _IDLE]
    qualifiers = {word for word in words if word in beside}
    chip = " ".join(word for word in words if word not in qualifiers)
    for allowed, device in chips.get(chip, ()):
        if qualifiers <= allowed:
            return device
    return None


def device_names() -> list[str]:
    """List the devices of the table.

    Examples
    --------
    >>> from flopscope.inference import device_names
    >>> [name for name in device_names() if name.startswith("H100")]
    ['H100-SXM', 'H100-PCIe', 'H100-NVL']
    """
    return [row.name for row in ROWS]


def get_device(name: str | Device) -> Device:
    """Return the device that a name means.

    Parameters
    ----------
    name : str or Device
        As drivers, frameworks and people write it: ``"H100"``, ``"NVIDIA H100 80GB HBM3"``,
        ``"TPU v5 lite"``. A `Device` is returned as it is.

    Raises
    ------
    KeyError
        Not in the table; the message has the nearest names.

    Examples
    --------
    >>> from flopscope.inference import get_device
    >>> get_device("NVIDIA H100 PCIe").peak()
    756.0
    """
    if isinstance(name, Device):
        return name
    device = find_device(name)
    if device is None:
        raise KeyError(checks.unknown("device", name, device_names()))
    return device
