"""The ground truth's sampling loop: against counted operations, and against the machine's GEMM.

    python benchmarks/ground_truth.py --width 256 --depth 32 --samples 65536 --rounds 5

Both do the same sums over the same inputs. Runs alternate; speeds are those of the least time of
each, and the ratio is the median of the rounds', since a burst of one side alone says nothing. The
peak is that of one large float32 matrix product in NumPy with as many threads.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

import numpy as np

from whestbench import sample_layer_statistics, sample_mlp
from whestbench.truth import layer_statistics
from whestbench.truth.kernel import thread_count


def seconds(function: Callable[[], object]) -> float:
    """Time of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--depth", type=int, default=32)
    parser.add_argument("--samples", type=int, default=65_536)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--torch", action="store_true", help="time the PyTorch sampler too")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()

    mlp = sample_mlp(options.width, options.depth, 0)
    n = options.samples
    matrix = np.random.default_rng(0).standard_normal((2048, 2048), dtype=np.float32)
    runs: dict[str, Callable[[], object]] = {
        "kernel": lambda: layer_statistics(mlp, n, 1),
        "counted": lambda: sample_layer_statistics(mlp, n, 1),
        "gemm": lambda: matrix @ matrix,
    }
    if options.torch:
        from whestbench.truth.torch_kernel import TorchSampler

        sampler, sequence = TorchSampler(), np.random.SeedSequence(1)
        runs["torch"] = lambda: sampler(mlp, n, sequence)
    for run in runs.values():
        run()
    rounds = [{name: seconds(run) for name, run in runs.items()} for _ in range(options.rounds)]
    least = {name: min(times[name] for times in rounds) for name in runs}

    work = 2.0 * n * options.depth * options.width**2
    peak = 2.0 * len(matrix) ** 3 / least["gemm"]
    figures: dict[str, float] = {
        "threads": thread_count(),
        "gemm_peak_gflops": peak / 1e9,
        "counted_over_kernel": statistics.median(t["counted"] / t["kernel"] for t in rounds),
    }
    for name in [name for name in runs if name != "gemm"]:
        figures[f"{name}_s"] = least[name]
        figures[f"{name}_gflops"] = work / least[name] / 1e9
        figures[f"{name}_share_of_peak"] = work / least[name] / peak
    for name, value in figures.items():
        print(f"{name:<26} {value:.4g}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=2)


if __name__ == "__main__":
    main()
