"""The distributions behind the extra ``remote``, imported when they are first needed."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["require"]


def require(module: str) -> Any:
    """Import a module of the extra.

    Raises
    ------
    ImportError
        It is not installed; the message says what to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"remote metering needs {module}: pip install 'flopscope[remote]'"
        ) from error
