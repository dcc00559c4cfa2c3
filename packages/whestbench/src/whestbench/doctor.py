"""Is this machine fit to run the harness? Six checks, each with a way to mend what it finds."""

from __future__ import annotations

import importlib.metadata
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

__all__ = ["CHECKS", "Check", "diagnose"]

_GIB = 2**30


@dataclass(frozen=True)
class Check:
    """Outcome of one check; `status` is ``"ok"``, ``"warn"`` or ``"fail"``."""

    name: str
    label: str
    status: str
    detail: str
    fix_hint: str | None = None


_Outcome = tuple[str, str, "str | None"]


def _python_version() -> _Outcome:
    from packaging.specifiers import SpecifierSet

    wanted = importlib.metadata.metadata("whestbench")["Requires-Python"] or ">=3.10"
    have = ".".join(str(part) for part in sys.version_info[:3])
    if SpecifierSet(wanted).contains(have):
        return "ok", f"Python {have} ({wanted})", None
    return "fail", f"Python {have}, but {wanted} is needed", f"make an environment of {wanted}"


def _uv() -> _Outcome:
    path = shutil.which("uv")
    if path:
        return "ok", path, None
    return "warn", "uv is not installed; pip works as well", "pip install uv"


def _install_mode() -> _Outcome:
    text = importlib.metadata.distribution("whestbench").read_text("direct_url.json")
    source = json.loads(text) if text else {}
    if source.get("dir_info", {}).get("editable"):
        return "ok", f"editable, from {source['url']}", None
    prefix = Path(sys.prefix)
    if {"tools", "pipx"} & set(prefix.parts):
        return "ok", f"tool-installed, in {prefix}", None
    if source:
        return "ok", f"from source, {source['url']}", None
    return "ok", f"from an index, in {prefix}", None


def _blas_threads() -> _Outcome:
    try:
        import numpy as np
        import threadpoolctl
    except ImportError as error:
        return "fail", f"{error.name} is missing", f"pip install {error.name}"
    np.ones((2, 2)) @ np.ones((2, 2))
    pools = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]
    if not pools:
        return "warn", "no BLAS thread pool found", "install NumPy from a wheel with OpenBLAS"
    listed = (f"{p['internal_api']} {p['version']}, {p['num_threads']} threads" for p in pools)
    return "ok", "; ".join(listed), None


def _disk_space() -> _Outcome:
    free = shutil.disk_usage(Path.cwd()).free
    text = f"{free / _GIB:.1f} GiB free"
    if free < _GIB:
        return "warn", text, "free some space: datasets and caches need more than 1 GiB"
    return "ok", text, None


def _cwd_writable() -> _Outcome:
    folder = Path.cwd()
    try:
        with tempfile.TemporaryFile(dir=folder):
            return "ok", str(folder), None
    except OSError as error:
        return "fail", f"{folder}: {error.strerror}", "run whest in a folder you may write to"


CHECKS: dict[str, tuple[str, Callable[[], _Outcome]]] = {
    "python_version": ("Python version", _python_version),
    "uv": ("uv", _uv),
    "install_mode": ("Installation", _install_mode),
    "blas_threads": ("BLAS threads", _blas_threads),
    "disk_space": ("Disk space", _disk_space),
    "cwd_writable": ("Working folder", _cwd_writable),
}


def diagnose() -> dict[str, Any]:
    """Run every check.

    Returns
    -------
    dict
        ``schema_version, checks, counts, overall``. A check that crashes counts as failed.
    """
    checks = []
    for name, (label, check) in CHECKS.items():
        try:
            outcome = check()
        except Exception as error:  # a diagnosis must not die of what it looks for
            outcome = ("fail", f"the check crashed: {type(error).__name__}: {error}", None)
        checks.append(Check(name, label, *outcome))
    counts = {s: sum(check.status == s for check in checks) for s in ("ok", "warn", "fail")}
    overall = next(status for status in ("fail", "warn", "ok") if counts[status])
    return {
        "schema_version": "1.0",
        "checks": [asdict(check) for check in checks],
        "counts": counts,
        "overall": overall,
    }
