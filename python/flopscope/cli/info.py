"""``flopscope info``: versions, processor, BLAS and clock."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["DESCRIPTION", "SUMMARY", "run"]

SUMMARY = "versions, processor, BLAS, clock"
DESCRIPTION = "What a bug report needs."


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _blas() -> str:
    import numpy as np

    try:
        blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    except (KeyError, TypeError):
        return "unknown"
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip() + _blas_kernel()


def _blas_kernel() -> str:
    """The kernels that BLAS chose for this processor, which decide how products round."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return " (threadpoolctl would name its kernels)"
    loaded = [entry for entry in threadpool_info() if entry["user_api"] == "blas"]
    return "".join(
        f", {entry.get('architecture', 'unknown')} kernels, {entry['num_threads']} threads"
        for entry in loaded
    )


def _usable_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _vectors() -> str:
    from importlib import import_module

    from flopscope import _core

    umath = import_module("numpy._core._multiarray_umath")
    dispatched = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__.get(name)]
    features = " ".join([*umath.__cpu_baseline__, *dispatched])
    return f"{_core._instruction_set()} (NumPy: {features or 'none'})"


def _optional() -> str:
    from importlib import metadata

    names = {d.metadata["Name"].lower(): d.version for d in metadata.distributions()}
    found = [f"{name} {names[name]}" for name in ("rich", "typer", "scipy", "torch", "pytest")
             if name in names]  # fmt: skip
    return ", ".join(found) or "none"


def facts() -> dict[str, str]:
    """Return what is printed."""
    import flopscope
    from flopscope import _core

    threads = {key: os.environ[key] for key in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
               if key in os.environ}  # fmt: skip
    settings = {key: value for key, value in os.environ.items() if key.startswith("FLOPSCOPE_")}
    return {
        "flopscope": f"{flopscope.__version__} in {Path(flopscope.__file__).parent}",
        "core": "release" if _core.NDEBUG else "debug build, with assertions",
        "python": f"{platform.python_implementation()} {platform.python_version()} "
        f"({sys.executable})",
        "numpy": f"{flopscope.__numpy_version__} (supported: {flopscope.__numpy_supported__})",
        "system": platform.platform(),
        "processor": f"{_processor()}, {os.cpu_count()} CPUs, {_usable_cpus()} usable",
        "vectors": _vectors(),
        "BLAS": _blas(),
        "threads": ", ".join(f"{k}={v}" for k, v in threads.items()) or "not limited",
        "clock": _core._clock_source(),
        "settings": ", ".join(f"{k}={v}" for k, v in settings.items()) or "none",
        "optional": _optional(),
    }


def run(
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
) -> int:
    """Carry the subcommand out; returns the exit status."""
    from flopscope.cli.output import print_json

    found = facts()
    if as_json:
        print_json(found)
        return 0
    width = max(map(len, found))
    for name, value in found.items():
        print(f"{name:<{width}}  {value}")
    return 0
