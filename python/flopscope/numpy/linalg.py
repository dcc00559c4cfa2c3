"""NumPy's linear algebra, metered.

>>> import flopscope.numpy as fnp
>>> fnp.linalg.det(fnp.array([[2.0, 0.0], [0.0, 3.0]]))
FlopscopeArray(6.)
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as _np

from flopscope.numpy import _namespace

_numpy_svd: Any = _np.linalg.svd


def _svd(
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
    k: int | None = None,
) -> Any:
    """Here, `k` keeps the k largest singular values and vectors."""
    if k is None:
        return _numpy_svd(a, full_matrices, compute_uv, hermitian)
    result = _numpy_svd(a, False, compute_uv, hermitian)
    if not compute_uv:
        return result[..., :k]
    return type(result)(result.U[..., :k], result.S[..., :k], result.Vh[..., :k, :])


def _svdvals(x: Any, /, *, k: int | None = None) -> Any:
    """Here, `k` keeps the k largest singular values."""
    return _np.linalg.svdvals(x)[..., : (None if k is None else k)]


@functools.wraps(_np.linalg.outer)
def _outer(x1: Any, x2: Any, /) -> Any:
    return _np.outer(x1, x2)


# Their documentation is NumPy's and the line above; see `_documentation.docstring`.
_svd.extends = _np.linalg.svd  # type: ignore[attr-defined]
_svdvals.extends = _np.linalg.svdvals  # type: ignore[attr-defined]

# Billed and logged as the core's operations. `outer` flattens its operands as `numpy.outer` does,
# where NumPy's linalg refuses all but vectors.
_DELEGATED = ("matmul", "outer", "tensordot", "vecdot")

_functions = _namespace.build("linalg", _np.linalg, {"svd": _svd, "svdvals": _svdvals})
for _name in _DELEGATED:
    _functions[_name] = _namespace.make(
        _name, _outer if _name == "outer" else getattr(_np.linalg, _name)
    )
globals().update(_functions)
_namespace.route(_functions.values(), _np.linalg)

__all__ = sorted(_functions)


def __getattr__(name: str) -> Any:
    raise _namespace.missing_attribute("flopscope.numpy.linalg", name, __all__, "linalg.")


def __dir__() -> list[str]:
    return __all__
