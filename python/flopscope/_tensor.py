"""Methods of `SymmetricTensor` that carry its symmetry along.

The class is compiled; these members are what it adds to `FlopscopeArray`, beside pricing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from flopscope import _core
from flopscope._core import FlopscopeArray, SymmetricTensor, SymmetryGroup
from flopscope._symmetric import ATOL, RTOL, check_lengths, check_symmetric, is_symmetric
from flopscope.pricing import transport
from flopscope.symmetry import SymmetryLike

__all__: list[str] = []


def _tagged(view: Any, group: SymmetryGroup | None, source: Any) -> Any:
    return view if group is None else _core._tag(view, group, _core._is_inferred(source))


def _getitem(self: Any, key: Any) -> Any:
    result = FlopscopeArray.__getitem__(self, key)
    if not isinstance(result, np.ndarray):
        return result
    tagged = _tagged(result, transport.index_group(self.symmetry, self.shape, key), self)
    if tagged.ndim >= self.ndim:
        _core._warn_of_loss("indexing", self, tagged)
    return tagged


def _permuting(name: str) -> Callable[..., Any]:
    method = getattr(FlopscopeArray, name)

    def permuted(self: Any, *args: Any) -> Any:
        group = transport.permute(self.symmetry, self.ndim, lambda a: getattr(a, name)(*args))
        return _tagged(method(self, *args), group, self)

    permuted.__name__ = name
    permuted.__doc__ = method.__doc__
    return permuted


def _transposed(self: Any) -> Any:
    """The array with its axes reversed."""
    return self.transpose()


def _matrix_transposed(self: Any) -> Any:
    """The array with its last two axes exchanged."""
    return self.swapaxes(-1, -2)


def _copy(self: Any, order: Any = "C") -> Any:
    """A copy that carries the same group."""
    return _tagged(FlopscopeArray.copy(self, order), self.symmetry, self)


def _is_symmetric(
    self: Any, *, symmetry: SymmetryLike | None = None, atol: float = ATOL, rtol: float = RTOL
) -> bool:
    """Tell whether the data have a symmetry, by default that of the tag."""
    wanted = self.symmetry if symmetry is None else symmetry
    return is_symmetric(self, symmetry=wanted, atol=atol, rtol=rtol)


def _via(name: str) -> Callable[..., Any]:
    """A method that is the function of `flopscope.numpy`, logged like it."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        from flopscope import numpy as fnp

        if name == "reshape" and len(args) > 1:
            args = (args,)
        return getattr(fnp, name)(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = getattr(FlopscopeArray, name).__doc__
    return method


def _reduce(self: Any) -> Any:
    _core._escape("pickle", self.nbytes)
    payload = None if self.symmetry is None else self.symmetry.to_payload()
    return _restore, (np.array(self), payload, _core._is_inferred(self))


def _restore(data: Any, payload: Any, inferred: bool = False) -> Any:
    if payload is None:
        raise ValueError("legacy symmetry payloads, without a group, are not supported")
    group = SymmetryGroup.from_payload(payload)
    check_lengths(group, np.shape(data), 0.0, 0.0)
    check_symmetric(np.asarray(data), group)  # a pickle may say anything
    return _core._tag(np.array(data).view(FlopscopeArray), group, inferred)


def _reduce_view(self: Any) -> Any:
    _core._escape("pickle", self.nbytes)
    return _restore_plain, (np.array(self),)


def _restore_plain(data: Any) -> Any:
    return np.array(data).view(FlopscopeArray)


def _deepcopy(self: Any, memo: Any) -> Any:
    return self.copy()


for _name, _member in {
    "T": property(_transposed),
    "__copy__": _copy,
    "__deepcopy__": _deepcopy,
    "__getitem__": _getitem,
    "__reduce__": _reduce,
    "__reduce_ex__": lambda self, protocol: _reduce(self),
    "copy": _copy,
    "is_symmetric": _is_symmetric,
    "mT": property(_matrix_transposed),
    "ravel": _via("ravel"),
    "reshape": _via("reshape"),
    "squeeze": _via("squeeze"),
    "swapaxes": _permuting("swapaxes"),
    "transpose": _permuting("transpose"),
}.items():
    setattr(SymmetricTensor, _name, _member)

# Views of tagged arrays are FlopscopeArrays to everybody, pickles included.
for _name, _reducer in {
    "__reduce__": _reduce_view,
    "__reduce_ex__": lambda self, protocol: _reduce_view(self),
}.items():
    setattr(_core._Follower, _name, _reducer)
