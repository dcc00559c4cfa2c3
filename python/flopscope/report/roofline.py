"""The roofline: rates of operations against what arithmetic and memory of a machine allow.

After Williams, Waterman, Patterson, *Roofline: an insightful visual performance model* (2009).
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np

from flopscope.inference.cpu import cpu_peak
from flopscope.report.entries import Totals

__all__ = ["Peaks", "machine_peaks", "roofline_svg"]

_WIDTH, _HEIGHT = 760, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 16, 44
_LABELLED = 12


@dataclass(frozen=True)
class Peaks:
    """What a machine can do.

    Parameters
    ----------
    flops_per_s : float
        Arithmetic, FP64.
    bytes_per_s : float
        Memory, bytes read plus bytes written.
    source : str
        Where the figures are from.
    """

    flops_per_s: float
    bytes_per_s: float
    source: str = "given"

    def __post_init__(self) -> None:
        for name in ("flops_per_s", "bytes_per_s"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)!r}")

    @property
    def ridge(self) -> float:
        """FLOPs per byte from which on arithmetic is the limit."""
        return self.flops_per_s / self.bytes_per_s


def _measured_bandwidth(seconds: float = 0.3, size: int = 1 << 26) -> float:
    """Bytes per second of a copy between arrays that fit into no cache."""
    source, target = np.ones(size // 8), np.ones(size // 8)  # touches the memory
    best = math.inf
    copies = 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or copies < 5:
        start = time.perf_counter()
        np.copyto(target, source)
        best = min(best, time.perf_counter() - start)
        copies += 1
    return 2.0 * size / best


@functools.cache
def machine_peaks() -> Peaks:
    """Peaks of this machine, measured at the first call and remembered; takes a second."""
    peak = cpu_peak("fp64")
    return Peaks(
        peak.flops_per_s, _measured_bandwidth(), f"measured: {peak.detail}; copy of 64 MiB"
    )


def _scaled(value: float, unit: str) -> str:
    for size, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {prefix}{unit}"
    return f"{value:.3g} {unit}"


class _Axes:
    """Logarithmic axes: FLOPs per byte across, FLOPs per second upwards."""

    def __init__(self, points: Mapping[str, tuple[float, float, int]], peaks: Peaks) -> None:
        across = [x for x, _, _ in points.values()] + [peaks.ridge]
        upwards = [y for _, y, _ in points.values()] + [peaks.flops_per_s]
        self.x0 = math.floor(math.log10(min(across)) - 0.3)
        self.x1 = math.ceil(math.log10(max(across)) + 0.6)
        self.y0 = math.floor(math.log10(min(upwards)) - 0.2)
        self.y1 = math.ceil(math.log10(max(upwards)) + 0.1)

    def x(self, value: float) -> float:
        share = (math.log10(value) - self.x0) / (self.x1 - self.x0)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (math.log10(value) - self.y0) / (self.y1 - self.y0)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    def grid(self) -> list[str]:
        parts = []
        for power in range(self.x0, self.x1 + 1):
            x = self.x(10.0**power)
            parts.append(f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" '
                         f'y2="{_HEIGHT - _BOTTOM}"/><text class="tick" x="{x:.1f}" '
                         f'y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{10.0**power:g}'
                         "</text>")  # fmt: skip
        for power in range(self.y0, self.y1 + 1):
            y = self.y(10.0**power)
            parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" '
                         f'y2="{y:.1f}"/><text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" '
                         f'text-anchor="end">{_scaled(10.0**power, "")}</text>')  # fmt: skip
        return parts


def _points(operations: Mapping[str, Totals]) -> dict[str, tuple[float, float, int]]:
    """FLOPs per byte, FLOPs per second and FLOPs of operations that have all three."""
    return {
        name: (totals.flops / totals.bytes_moved, totals.flops / totals.backend_s, totals.flops)
        for name, totals in operations.items()
        if totals.flops and totals.bytes_moved and totals.backend_s > 0.0
    }


def _roof(axes: _Axes, peaks: Peaks) -> str:
    low, high = 10.0**axes.x0, 10.0**axes.x1
    floor = 10.0**axes.y0
    start = max(low, floor / peaks.bytes_per_s)
    corners = [(start, start * peaks.bytes_per_s)]
    if peaks.ridge > start:
        corners.append((peaks.ridge, peaks.flops_per_s))
    corners.append((high, peaks.flops_per_s))
    line = " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in corners)
    return f'<polyline class="roof" points="{line}"/>'


def _radius(flops: int, most: int) -> float:
    return 3.0 + 9.0 * math.sqrt(flops / most)


def _labels(axes: _Axes, points: Mapping[str, tuple[float, float, int]]) -> list[str]:
    """Names beside the largest points, moved down where they would meet."""
    parts: list[str] = []
    most = max(flops for _, _, flops in points.values())
    taken: list[tuple[float, float]] = []
    ranked = sorted(points.items(), key=lambda item: -item[1][2])[:_LABELLED]
    for name, (intensity, rate, flops) in ranked:
        away = _radius(flops, most) + 4
        x, y = axes.x(intensity) + away, axes.y(rate) + 4
        while any(abs(x - a) < 7 * len(name) and abs(y - b) < 12 for a, b in taken):
            y += 12
        taken.append((x, y))
        anchor = "start"
        if x + 7 * len(name) > _WIDTH - _RIGHT:
            x, anchor = x - 2 * away, "end"
        parts.append(
            f'<text class="name" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
            f"{escape(name)}</text>"
        )
    return parts


def roofline_svg(operations: Mapping[str, Totals], peaks: Peaks) -> str:
    """Draw the rates of operations, by intensity, below the roofs of a machine.

    Parameters
    ----------
    operations : mapping of str to Totals
        Those without FLOPs, bytes or time are left out.
    peaks : Peaks

    Returns
    -------
    str
        An ``<svg>`` element; empty when no operation can be drawn.
    """
    points = _points(operations)
    if not points:
        return ""
    axes = _Axes(points, peaks)
    most = max(flops for _, _, flops in points.values())
    dots = []
    for name, (intensity, rate, flops) in points.items():
        told = (f"{name}: {flops:,} FLOPs, {intensity:.3g} FLOP/B, {_scaled(rate, 'FLOP/s')}, "
                f"{100 * rate / min(peaks.flops_per_s, intensity * peaks.bytes_per_s):.3g} % "
                "of the roof")  # fmt: skip
        dots.append(
            f'<circle class="dot" cx="{axes.x(intensity):.1f}" cy="{axes.y(rate):.1f}" '
            f'r="{_radius(flops, most):.1f}"><title>{escape(told)}</title></circle>'
        )
    roofs = (
        f"{_scaled(peaks.flops_per_s, 'FLOP/s')}, {_scaled(peaks.bytes_per_s, 'B/s')}, "
        f"ridge at {peaks.ridge:.3g} FLOP/B"
    )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    return (
        f'<svg class="roofline" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="Roofline of the operations; {escape(roofs)}">'
        f"{''.join(axes.grid())}{_roof(axes, peaks)}{''.join(dots)}"
        f"{''.join(_labels(axes, points))}"
        f'<text class="tick" x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle">'
        "FLOPs per byte</text>"
        f'<text class="tick" x="14" y="{_HEIGHT / 2}" text-anchor="middle" '
        f'transform="rotate(-90 14 {_HEIGHT / 2})">FLOPs per second</text></svg>'
        f'<p class="note">Roofs: {escape(roofs)} ({escape(peaks.source)}). Points above the slope '
        "work in caches; operations are billed by formula, so a point may also stand above the "
        "level roof.</p>"
    )
