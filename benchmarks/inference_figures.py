"""What `flopscope.inference` costs: per call, per array of requests, per import.

    python benchmarks/inference_figures.py [--rounds N] [--json PATH]

Each figure is the shortest of many short rounds. Beside it stands a yardstick of the same kind, so
that the ratio survives a change of machine: the formula typed out for a single call, one
multiplication of arrays of the same length for a million requests.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench_figures import best_ns

from flopscope import inference
from flopscope.inference import compute_mfu, estimate_flops, estimate_flops_no_kv_cache, get_model

REQUESTS = 1_000_000


def typed_out(params: float, input_tokens: int, output_tokens: int) -> tuple[float, float]:
    """What a call cannot be faster than: the function call and the arithmetic."""
    tokens = input_tokens + output_tokens
    return 2.0 * params * tokens, 2.0 * params


def calls() -> dict[str, Callable[[], object]]:
    llama = get_model("llama-3.1-8b")
    return {
        "the formula typed out": lambda: typed_out(8e9, 100, 50),
        "estimate_flops": lambda: estimate_flops("qwen3:8b", 100, 50),
        "estimate_flops_no_kv_cache": lambda: estimate_flops_no_kv_cache("qwen3:8b", 100, 50),
        "compute_mfu": lambda: compute_mfu(1e14, 1.0, "NVIDIA H100 80GB HBM3"),
        "request_flops": lambda: llama.request_flops(4096, 256),
        "forward_flops": lambda: llama.forward_flops(1, 4096),
        "decode_bytes": lambda: llama.decode_bytes(4096, 8),
    }


def arrays(size: int) -> dict[str, Callable[[], object]]:
    rng = np.random.default_rng(0)
    prompt, output = rng.integers(1, 8192, size), rng.integers(1, 1024, size)
    seconds = rng.uniform(0.1, 10.0, size)
    llama, gemma = get_model("llama-3.1-8b"), get_model("gemma-2-9b")
    work = llama.request_flops(prompt, output)
    return {
        "one multiplication": lambda: prompt * output,
        "request_flops": lambda: llama.request_flops(prompt, output),
        "request_flops, causal": lambda: llama.request_flops(prompt, output, causal=True),
        "request_flops, sliding window": lambda: gemma.request_flops(prompt, output),
        "request_flops, no cache": lambda: llama.request_flops(prompt, output, kv_cache=False),
        "decode_bytes": lambda: llama.decode_bytes(prompt),
        "mfu": lambda: inference.mfu(work, seconds, "H100"),
        "roofline": lambda: inference.roofline(work, seconds, "H100"),
    }


IMPORT = """
import time
{before}
start = time.perf_counter()
import {module}
print(1e3 * (time.perf_counter() - start))
"""


def import_ms(before: str, module: str, rounds: int) -> float:
    program = IMPORT.format(before=before, module=module)
    command = [sys.executable, "-c", program]
    return min(
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(rounds)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {"ns per call": {}, "ms per million requests": {}}

    print("ns per call, without the lambda around it")
    empty = best_ns(lambda: None, 2_000, options.rounds)
    for name, call in calls().items():
        found["ns per call"][name] = best_ns(call, 2_000, options.rounds) - empty
        print(f"  {name:30} {found['ns per call'][name]:8.0f}")

    print("us for a thousand requests")
    for name, call in arrays(1_000).items():
        print(f"  {name:30} {best_ns(call, 20, options.rounds) / 1e3:8.1f}")

    print("ms for a million requests, and how many multiplications that is")
    unit = None
    for name, call in arrays(REQUESTS).items():
        took = best_ns(call, 1, max(3, options.rounds // 5)) / 1e6
        unit = unit or took
        found["ms per million requests"][name] = took
        print(f"  {name:30} {took:8.1f} {took / unit:8.1f}")

    print("ms of import")
    found["ms of import"] = {
        "numpy": import_ms("", "numpy", 5),
        "flopscope, after numpy": import_ms("import numpy", "flopscope", 5),
        "flopscope.inference, after flopscope": import_ms(
            "import flopscope", "flopscope.inference", 5
        ),
    }
    for name, took in found["ms of import"].items():
        print(f"  {name:38} {took:8.1f}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
