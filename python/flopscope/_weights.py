"""The price list that new budgets use: 0.8, or what the environment asks for.

``FLOPSCOPE_COST_MODEL`` names a list that ships. Lists are derived from it by two more variables:
``FLOPSCOPE_DISABLE_WEIGHTS`` (1, true, yes or on) sets all weights to 1.
``FLOPSCOPE_WEIGHTS_FILE`` names a JSON file ``{"weights": {name: number}}`` that replaces them; a
file that cannot be used is reported by a `RuntimeWarning`, and the packaged weights stay.
"""

from __future__ import annotations

import math
import os
import warnings
from typing import Any

from flopscope import _core

__all__ = ["load", "read_weights"]


def read_weights(path: str | os.PathLike[str]) -> dict[str, float]:
    """Read a weights file.

    Parameters
    ----------
    path : path-like
        JSON file with a ``"weights"`` mapping of operation names to finite numbers >= 0.

    Raises
    ------
    ValueError
        The file is no such mapping.
    OSError
        It cannot be read.
    """
    import json  # nearly no program needs it

    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    weights = data.get("weights") if isinstance(data, dict) else None
    if not isinstance(weights, dict):
        raise ValueError("expected a JSON object with a 'weights' mapping")
    for name, weight in weights.items():
        is_number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
        if not is_number or not math.isfinite(weight) or weight < 0:
            raise ValueError(f"weight of {name!r} must be a finite number >= 0, got {weight!r}")
    return {name: float(weight) for name, weight in weights.items()}


def _named() -> Any:
    """The list that ``FLOPSCOPE_COST_MODEL`` names, in force from here on."""
    name = os.environ.get("FLOPSCOPE_COST_MODEL")
    if not name:
        return _core._default_cost_model()
    if name not in _core._cost_models():
        known = ", ".join(_core._cost_models())
        raise ValueError(f"FLOPSCOPE_COST_MODEL={name!r}: no such price list; there are {known}")
    model = _core._cost_model(name)
    _core._set_default_cost_model(model)
    return model


def load() -> None:
    """Apply what the environment asks for. Called once, at import; nobody replaces them later."""
    shipped = _named()
    if os.environ.get("FLOPSCOPE_DISABLE_WEIGHTS", "").strip().lower() in {
        "1",
        "true",
        "yes",
        "on",
    }:
        _core._set_default_cost_model(
            shipped.derive(f"{shipped.name} without weights", {}, True, None)
        )
        return
    path = os.environ.get("FLOPSCOPE_WEIGHTS_FILE")
    if not path:
        return
    try:
        weights = read_weights(path)
    except (OSError, ValueError) as error:
        warnings.warn(
            f"FLOPSCOPE_WEIGHTS_FILE={path!r} cannot be used ({error}); "
            "the packaged weights stay in force",
            RuntimeWarning,
            stacklevel=3,
        )
        return
    name = f"{shipped.name} with the weights of {os.path.basename(path)}"
    _core._set_default_cost_model(shipped.derive(name, weights, True, None))
