"""Ground truth by brute force: the harness's own hot loop, outside any meter."""

from __future__ import annotations

from whestbench.truth.kernel import LayerStatistics, layer_statistics

__all__ = ["LayerStatistics", "layer_statistics"]
