"""What a budget says under seal."""

from __future__ import annotations

import array
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flopscope import _core
from flopscope._attestation import digests
from flopscope._attestation.memory import changed_functions
from flopscope._files.writing import write_atomically
from flopscope._version import __numpy_version__, __version__

if TYPE_CHECKING:
    from flopscope._budget import BudgetContext

__all__ = ["FORMAT", "VERSION", "attest", "write"]

FORMAT = "flopscope-attestation"
VERSION = 1


def _figures(budget: BudgetContext) -> dict[str, Any]:
    # The compiled properties themselves, whatever a subclass makes of their names.
    core = _core.Budget
    names = (
        "flop_budget flops_used flops_elsewhere wall_time_limit_s wall_time_s is_open strict "
        "flopscope_backend_time_s flopscope_overhead_time_s residual_wall_time_s"
    ).split()
    return {name: getattr(core, name).__get__(budget) for name in names}


def _sub_budgets(budget: BudgetContext) -> list[dict[str, Any]]:
    names = (
        "namespace", "parent", "flop_budget", "flops_used", "wall_time_limit_s", "elapsed_s",
        "soft",
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in _core._part_rows(budget)]


def attest(budget: BudgetContext, key: bytes | None = None) -> dict[str, Any]:
    """Return the attestation of a budget; see `BudgetContext.attest`."""
    if key is not None and (not isinstance(key, (bytes, bytearray)) or not key):
        raise TypeError("key must be bytes, and not empty")
    model = _core._cost_model_of(budget)
    kinds, packed = _core._log_kinds(budget)
    order = array.array("I")
    order.frombytes(packed)
    records = [list(kind) for kind in kinds]
    report: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "versions": {
            "flopscope": __version__,
            "numpy": __numpy_version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
        },
        "budget": {**_figures(budget), "operations": len(order), "cost_model": model.name},
        "sub_budgets": _sub_budgets(budget),
        "escapes": [asdict(escape) for escape in _escapes(budget)],
        "changed_functions": changed_functions(),
        "unhooked": _core._hook_numpy(),
        "digests": digests.installed(model),
        "log": {
            "records": records,
            "order": order.tolist(),
            "chain": digests.chain(records, order),
        },
    }
    report["seal"] = digests.seal(report)
    report["signature"] = None if key is None else digests.signature(report["seal"], bytes(key))
    return report


def _escapes(budget: BudgetContext) -> Any:
    from flopscope._escapes import escapes_of

    return escapes_of(_core._escape_rows(budget))


def write(path: str | os.PathLike[str], report: dict[str, Any]) -> None:
    """Write an attestation to a file, whole or not at all."""
    text = digests.canonical(report) + b"\n"
    write_atomically(os.fspath(Path(path)), lambda stream: stream.write(text))
