"""Process-wide settings."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._contraction import caches
from flopscope.errors import FlopscopeWarning

__all__ = ["configure", "report_nonfinite", "setting"]

_settings: dict[str, Any] = {
    "archive_size_limit": 4 * 2**30,
    "callback_warnings": True,
    "check_nan_inf": False,
    "cost_model": None,
    "dimino_budget": 50_000,
    "einsum_path_cache_size": 4096,
    "partition_budget": 100_000,
    "symmetry_warnings": True,
}

_COUNTS = ("archive_size_limit", "dimino_budget", "einsum_path_cache_size", "partition_budget")


def setting(name: str) -> Any:
    """Return the value of a setting."""
    return _settings[name]


def _checked(name: str, value: Any) -> Any:
    if name not in _settings:
        raise ValueError(
            f"Unknown setting {name!r}; the settings are {', '.join(sorted(_settings))}"
        )
    if name in _COUNTS:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} must be an int, got {type(value).__name__}")
        if value < 0:
            raise ValueError(f"{name} must be >= 0, got {value}")
        return value
    if name == "cost_model":
        from flopscope.pricing.cost_model import cost_model, resolve

        return cost_model() if value is None else resolve(value)
    return bool(value)


def configure(**settings: Any) -> None:
    """Change settings of the process.

    Parameters
    ----------
    archive_size_limit : int, default 4 * 2**30
        Bytes that the compressed members of an archive may inflate to when it is loaded.
    callback_warnings : bool, default True
        Warn (`RemoteCallbackWarning`) when an operation calls a Python function back.
    check_nan_inf : bool, default False
        Warn (`FlopscopeWarning`) about NaN and infinity in results.
    cost_model : str or CostModel, default "0.8"
        Price list of budgets that are made from here on; those there are keep theirs.
    dimino_budget : int, default 50_000
        Most elements of a generator-given symmetry group that are listed.
    einsum_path_cache_size : int, default 4096
        Contraction paths that are remembered.
    partition_budget : int, default 100_000
        Most set partitions that pricing a symmetric reduction visits.
    symmetry_warnings : bool, default True
        Warn (`SymmetryLossWarning`) when an operation loses symmetry that the program declared.

    Raises
    ------
    ValueError
        Unknown setting or price list, or a negative count. Nothing is changed.
    TypeError
        A count that is no int. Nothing is changed.

    Notes
    -----
    The remote client ignores these settings; there, `ConfigureNoOpWarning` says so.
    """
    checked = {name: _checked(name, value) for name, value in settings.items()}
    if not checked:
        return
    _settings.update(checked)
    if "cost_model" in checked:
        _core._set_default_cost_model(checked["cost_model"]._core)
    _core.set_element_budget(_settings["dimino_budget"])
    _core.set_partition_budget(_settings["partition_budget"])
    _core._plan_cache_clear()  # plans hold prices, which the budgets of the searches may change
    if "einsum_path_cache_size" in checked:
        caches.resize(_settings["einsum_path_cache_size"])
    _core._set_checks(
        _settings["check_nan_inf"], _settings["callback_warnings"], _settings["symmetry_warnings"]
    )


def report_nonfinite(op_name: str, result: Any) -> None:
    """Warn when a result holds NaN or infinity. Called by the core when it is asked to check."""
    arrays = result if isinstance(result, (tuple, list)) else (result,)
    for array in arrays:
        if not isinstance(array, (np.ndarray, np.generic)) or array.dtype.kind not in "fc":
            continue
        plain = np.asarray(array)
        nans = int(np.isnan(plain).sum())
        infinities = int(np.isinf(plain).sum())
        if nans or infinities:
            warnings.warn(
                f"{op_name}: the result of shape {plain.shape} holds {nans} NaN and "
                f"{infinities} infinite values",
                FlopscopeWarning,
                stacklevel=2,
            )
