"""NumPy's discrete Fourier transforms, metered.

>>> import flopscope.numpy as fnp
>>> fnp.fft.fft(fnp.ones(4))
FlopscopeArray([4.+0.j, 0.+0.j, 0.+0.j, 0.+0.j])
"""

from __future__ import annotations

from typing import Any

import numpy as _np

from flopscope.numpy import _namespace

_functions = _namespace.build("fft", _np.fft)
globals().update(_functions)
_namespace.route(_functions.values(), _np.fft)

__all__ = sorted(_functions)


def __getattr__(name: str) -> Any:
    raise _namespace.missing_attribute("flopscope.numpy.fft", name, __all__, "fft.")


def __dir__() -> list[str]:
    return __all__
