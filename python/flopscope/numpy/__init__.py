"""NumPy, metered: the same names, every call billed to the active budget.

>>> import flopscope.numpy as fnp
>>> fnp.add(fnp.array([1.0, 2.0]), 1.0)
FlopscopeArray([2., 3.])

What is free, what is billed and how: ``docs/cost-model.md``. Differences from NumPy: results are
`FlopscopeArray` (0-d results too), operations on objects, strings and dates are refused, and names
that are not metered raise `AttributeError` instead of falling through to NumPy.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from typing import Any

import numpy as _np

from flopscope import _core
from flopscope._contraction import einsum as _einsum
from flopscope._contraction import path_cache as _path_cache
from flopscope._files import public as _files
from flopscope.numpy import _namespace

ndarray = _core.FlopscopeArray


@functools.wraps(_np.bmat)  # an array instead of a matrix
def _bmat(obj: Any, ldict: Any = None, gdict: Any = None) -> Any:
    return _np.asarray(_np.bmat(obj, ldict, gdict))


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """`numpy.astype`, which NumPy 2.0 does not have."""
    return x.astype(dtype, copy=copy)


def _keeps_number(function: Any) -> Any:
    """Rounding a Python number gives a Python number, as the builtin does."""

    @functools.wraps(function)
    def rounded(a: Any, decimals: Any = 0, out: Any = None) -> Any:
        result = function(a, decimals, out)
        return result.item() if type(a) in (int, float) and out is None else result

    return rounded


def _of_array(function: Any) -> Any:
    """Parts of a Python number are arrays too."""

    @functools.wraps(function)
    def part(val: Any) -> Any:
        return function(_np.asarray(val) if isinstance(val, (int, float, complex)) else val)

    return part


_TARGETS = {
    **_einsum.TARGETS,
    "around": _keeps_number(_np.around),
    "bmat": _bmat,
    "imag": _of_array(_np.imag),
    "load": _files.load,
    "real": _of_array(_np.real),
    "round": _keeps_number(_np.round),
    "save": _files.save,
    "savez": _files.savez,
    "savez_compressed": _files.savez_compressed,
}
if not hasattr(_np, "astype"):
    _TARGETS["astype"] = _astype

_functions = _namespace.build("core", _np, _TARGETS)
_functions["einsum_cache_info"] = _path_cache.einsum_cache_info
_functions["clear_einsum_cache"] = _path_cache.clear_einsum_cache
if hasattr(_np, "row_stack"):
    _functions["row_stack"] = _functions["vstack"]  # one operation, logged under one name
globals().update(_functions)

_CONSTANTS = ("e", "inf", "nan", "newaxis", "pi")
_TYPES = (
    "bool_",
    "complex64",
    "complex128",
    "dtype",
    "float16",
    "float32",
    "float64",
    "floating",
    "int8",
    "int16",
    "int32",
    "int64",
    "integer",
    "number",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
)
for _name in (*_CONSTANTS, *_TYPES):
    globals()[_name] = getattr(_np, _name)

_SUBMODULES = ("fft", "linalg", "random", "testing", "typing")

# Operators are billed under the names of these functions.
_core._set_array_ops(
    {
        name: _functions[name]
        for name in (
            "add subtract multiply true_divide floor_divide mod power matmul divmod negative "
            "positive abs invert bitwise_and bitwise_or bitwise_xor left_shift right_shift less "
            "less_equal equal not_equal greater greater_equal"
        ).split()
    },
    {
        **{
            name: _functions[name]
            for name in (
                "all any argmax argmin argpartition argsort cumprod cumsum dot max "
                "mean min nonzero prod ptp repeat round searchsorted std sum take trace var"
            ).split()
        },
        # Methods that NumPy's functions of the same name do not stand for.
        "astype": _namespace.make("astype", _np.ndarray.astype),
        "clip": _namespace.make("clip", _np.ndarray.clip),
        "compress": _namespace.make("compress", _np.ndarray.compress),
        "partition": _namespace.make("partition", _np.ndarray.partition, writes=True),
        "sort": _namespace.make("sort", _np.ndarray.sort, writes=True),
    },
)
# From here on NumPy's own functions bill what they compute with counted arrays, and tell of data
# that they take out of the meter's sight.
_core._hook_numpy()


_SELF_ONLY = inspect.Signature([inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)])


def _conjugating(name: str) -> None:
    """Give arrays the method of this name: billed as the function; of real arrays, themselves."""
    function = _functions[name]

    def method(self: Any, /, *out: Any, **keywords: Any) -> Any:
        result = function(self, *out, **keywords)
        return result if out or keywords or self.dtype.kind == "c" else self

    original: Any = getattr(_np.ndarray, name)
    method.__name__ = name
    method.__qualname__ = f"FlopscopeArray.{name}"
    method.__doc__ = original.__doc__
    # NumPy before 2.4 does not tell; `inspect.signature` would take as long as the rest of us.
    if original.__text_signature__ == "($self, /)":
        method.__signature__ = _SELF_ONLY  # type: ignore[attr-defined]
    setattr(_core.FlopscopeArray, name, method)


for _name in ("conj", "conjugate"):
    _conjugating(_name)
_namespace.route(_functions.values(), _np)


def _array_namespace(self: Any, /, *, api_version: Any = None) -> Any:
    """Return the module whose functions take the array: ``flopscope.numpy``."""
    _np.ndarray.__array_namespace__(self, api_version=api_version)  # refuses unknown versions
    return sys.modules[__name__]


_array_namespace.__name__ = "__array_namespace__"
_core.FlopscopeArray.__array_namespace__ = _array_namespace

# Complete: what arrays do is no matter of assignment any more.
for _type in (_core.FlopscopeArray, _core.SymmetricTensor, _core._Follower):
    _core._seal(_type)

__all__ = sorted({*_functions, *_CONSTANTS, *_TYPES, *_SUBMODULES, "ndarray"})


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"flopscope.numpy.{name}")
    raise _namespace.missing_attribute("flopscope.numpy", name, __all__)


def __dir__() -> list[str]:
    return __all__
