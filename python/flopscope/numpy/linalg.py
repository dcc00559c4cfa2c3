"""NumPy's linear algebra, metered.

>>> import flopscope.numpy as fnp
>>> fnp.linalg.det(fnp.array([[2.0, 0.0], [0.0, 3.0]]))
FlopscopeArray(6.)
"""

from __future__ import annotations

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
    if k is None:
        return _numpy_svd(a, full_matrices, compute_uv, hermitian)
    result = _numpy_svd(a, False, compute_uv, hermitian)
    if not compute_uv:
        return result[..., :k]
    return type(result)(result.U[..., :k], result.S[..., :k], result.Vh[..., :k, :])


def _svdvals(x: Any, /, *, k: int | None = None) -> Any:
    return _np.linalg.svdvals(x)[..., : (None if k is None else k)]


_svd.__doc__ = (
    f"{_np.linalg.svd.__doc__}\n    Here, `k` keeps the k largest singular values and vectors.\n"
)
_svdvals.__doc__ = (
    f"{_np.linalg.svdvals.__doc__}\n    Here, `k` keeps the k largest singular values.\n"
)

# NumPy's functions of these names take vectors or fewer arguments; they are billed and logged as
# the core's operations.
_DELEGATED = ("matmul", "outer", "tensordot", "vecdot")

_functions = _namespace.build("linalg", _np.linalg, {"svd": _svd, "svdvals": _svdvals})
for _name in _DELEGATED:
    _functions[_name] = _namespace.make(_name, getattr(_np.linalg, _name))
globals().update(_functions)
_namespace.route(_functions.values(), _np.linalg)

__all__ = sorted(_functions)


def __getattr__(name: str) -> Any:
    raise _namespace.missing_attribute("flopscope.numpy.linalg", name, __all__, "linalg.")


def __dir__() -> list[str]:
    return __all__
