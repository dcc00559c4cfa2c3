"""Wall time, processor time and memory after each network, and their charts."""

from __future__ import annotations

import time
from typing import Any

__all__ = ["Profiler", "diagnostic_plots"]


class Profiler:
    """Takes a sample whenever `mark` is called."""

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._wall = time.perf_counter()
        self._cpu = time.process_time()
        self.samples: list[dict[str, Any]] = []

    def mark(self, label: str) -> None:
        """Record how much time has passed, and how much memory is in use."""
        self.samples.append(
            {
                "label": label,
                "wall_time_s": time.perf_counter() - self._wall,
                "cpu_time_s": time.process_time() - self._cpu,
                "rss_bytes": int(self._process.memory_info().rss),
            }
        )


def diagnostic_plots(samples: list[dict[str, Any]], width: int = 90) -> str:
    """Line charts of a profile, as text without colour.

    Raises
    ------
    ImportError
        Without ``plotext``.
    """
    try:
        import plotext
    except ImportError as error:
        raise ImportError(
            "diagnostic plots need plotext: pip install 'whestbench[plots]'"
        ) from error
    position = list(range(1, len(samples) + 1))
    charts = []
    for title, series in (
        ("seconds since the start", {"wall": "wall_time_s", "processor": "cpu_time_s"}),
        ("memory, MiB", {"resident": "rss_bytes"}),
    ):
        plotext.clear_figure()
        plotext.theme("clear")
        plotext.plot_size(width, 15)
        plotext.title(title)
        for label, key in series.items():
            scale = 2**20 if key == "rss_bytes" else 1
            plotext.plot(position, [sample[key] / scale for sample in samples], label=label)
        plotext.xlabel("networks scored")
        charts.append(plotext.uncolorize(plotext.build()))
    return "\n\n".join(charts)
