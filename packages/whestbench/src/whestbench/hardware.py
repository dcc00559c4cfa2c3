"""What machine a run was made on: the ``host`` block of reports and datasets."""

from __future__ import annotations

import contextlib
import os
import platform
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["host", "skip_fallback_probes"]

_SKIP = "WHEST_SKIP_HARDWARE_FALLBACK_PROBES"


def skip_fallback_probes() -> bool:
    """Whether the environment switches off what is tried where psutil has no answer."""
    return os.environ.get(_SKIP, "").strip().lower() not in ("", "0", "false", "no")


def host() -> dict[str, Any]:
    """Describe this machine.

    Returns
    -------
    dict
        ``hostname, os, os_release, platform, machine, python_version, cpu_brand,
        cpu_count_logical, cpu_count_physical, ram_total_bytes, ram_available_bytes,
        numpy_version, flopscope_version``; unknown values are None.
    """
    import numpy

    import flopscope

    logical, physical, total, available = _cores_and_memory()
    return {
        "hostname": socket.gethostname(),
        "os": platform.system(),
        "os_release": platform.release(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "python_version": platform.python_version(),
        "cpu_brand": _cpu_brand(),
        "cpu_count_logical": logical,
        "cpu_count_physical": physical,
        "ram_total_bytes": total,
        "ram_available_bytes": available,
        "numpy_version": numpy.__version__,
        "flopscope_version": flopscope.__version__,
    }


def _cores_and_memory() -> tuple[int | None, int | None, int | None, int | None]:
    logical: int | None = os.cpu_count()
    physical: int | None = None
    total: int | None = None
    available: int | None = None
    try:
        import psutil
    except ImportError:
        pass
    else:
        logical = psutil.cpu_count() or logical
        physical = psutil.cpu_count(logical=False)
        memory = psutil.virtual_memory()
        total, available = int(memory.total), int(memory.available)
    if not skip_fallback_probes():
        if logical is None or physical is None:
            found_logical, found_physical = _probe_cores()
            logical = logical if logical is not None else found_logical
            physical = physical if physical is not None else found_physical
        if total is None or available is None:
            found_total, found_available = _probe_memory()
            total = total if total is not None else found_total
            available = available if available is not None else found_available
    return logical, physical, total, available


def _command(*arguments: str) -> str | None:
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=2, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _integer(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdigit() else None


def _probe_cores() -> tuple[int | None, int | None]:
    if sys.platform == "darwin":
        return (
            _integer(_command("sysctl", "-n", "hw.logicalcpu")),
            _integer(_command("sysctl", "-n", "hw.physicalcpu")),
        )
    cores = set()
    with contextlib.suppress(OSError):
        for topology in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology"):
            package = (topology / "physical_package_id").read_text(encoding="utf-8").strip()
            cores.add((package, (topology / "core_id").read_text(encoding="utf-8").strip()))
    return _integer(_command("nproc", "--all")), len(cores) or None


def _probe_memory() -> tuple[int | None, int | None]:
    if sys.platform == "darwin":
        return _integer(_command("sysctl", "-n", "hw.memsize")), None
    fields: dict[str, int] = {}
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None, None
    for line in lines:
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdigit():
            fields[name] = int(words[0]) * 1024
    return fields.get("MemTotal"), fields.get("MemAvailable")


def _cpu_brand() -> str | None:
    if sys.platform == "darwin" and not skip_fallback_probes():
        return _command("sysctl", "-n", "machdep.cpu.brand_string")
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("model name", "Model")):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or None
