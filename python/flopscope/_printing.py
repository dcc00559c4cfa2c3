"""Text of counted arrays: NumPy's own, under the array's class name."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["array_repr"]

_classes: dict[str, type[np.ndarray[Any, Any]]] = {}


def array_repr(view: np.ndarray[Any, Any], cls: type) -> str:
    """Return ``repr`` of a plain view as if its class were named like ``cls``.

    NumPy aligns continuation lines with the class name, so the name has to be known to NumPy; a
    subclass that dispatches nothing keeps printing free of charge.
    """
    name = cls.__name__
    if name not in _classes:
        _classes[name] = type(name, (np.ndarray,), {})
    return repr(view.view(_classes[name]))
