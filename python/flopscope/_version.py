"""Version of the library and of the NumPy it runs on."""

from __future__ import annotations

import warnings

import numpy as np

from flopscope._release import RELEASE
from flopscope.errors import FlopscopeWarning

__all__ = [
    "RELEASE",
    "__numpy_pinned__",
    "__numpy_supported__",
    "__numpy_version__",
    "__version__",
    "check_numpy",
]

__numpy_version__ = np.__version__
__numpy_pinned__ = "2.4.4"
__numpy_supported__ = ">=2.0.0,<2.6.0"
__version__ = f"{RELEASE}+np{__numpy_version__}"

_FIRST, _FIRST_UNSUPPORTED = (2, 0), (2, 6)


def check_numpy() -> None:
    """Warn when the installed NumPy is outside the supported range; everything still imports."""
    major, minor = (int(part) for part in __numpy_version__.split(".")[:2])
    if not _FIRST <= (major, minor) < _FIRST_UNSUPPORTED:
        warnings.warn(
            f"flopscope {RELEASE} supports numpy {__numpy_supported__}, "
            f"but {__numpy_version__} is installed",
            FlopscopeWarning,
            stacklevel=3,
        )
