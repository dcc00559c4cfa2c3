"""What shape and dtype a NumPy function returns, found out by calling it on small arrays.

Small calls are made as they are, on stand-in values. For large ones every length is replaced by a
small prime, equal ones by equal primes and longer ones by larger primes, and the lengths of the
result are translated back; a second set of primes tells results whose lengths are computed in
another way. Those are called as they are too, up to a limit.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from flopscope._dry.call import CountedCall, replace_arrays, restage
from flopscope._dry.unknown import is_unknown, raise_value, unknown

__all__ = ["probe", "probe_dtype"]

_SMALL_ELEMENTS = 4096
_MOST_ELEMENTS = 1 << 22
_PRIMES = (
    (7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59),
    (61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127),
)


def fill(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return values that functions accept: matrices can be inverted, polynomials have a degree."""
    if name.startswith("linalg.") and len(shape) >= 2 and dtype.kind in "iufc":
        array = np.ones(shape, dtype)
        array += (np.eye(shape[-2], shape[-1]) * shape[-1]).astype(dtype)
        return array
    if name.startswith(("poly", "roots")) and dtype.kind in "fc":
        spread: np.ndarray[Any, Any] = 2.0 + np.cos(np.arange(math.prod(shape)))
        return spread.astype(dtype).reshape(shape)
    return np.ones(shape, dtype)


def _run(call: CountedCall, args: Any, kwargs: Any) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return call.target(*args, **kwargs)


def _as_it_is(call: CountedCall, kwargs: dict[str, Any]) -> Any:
    def stand_in(array: Any) -> Any:
        if is_unknown(array):
            return fill(call.name, array.shape, array.dtype)
        return np.asarray(array)

    return _run(call, replace_arrays(call.args, stand_in), replace_arrays(kwargs, stand_in))


def _scaled(call: CountedCall, kwargs: dict[str, Any], lengths: Sequence[int], row: int) -> Any:
    small = {0: 0, 1: 1, **dict(zip(lengths, _PRIMES[row], strict=False))}

    def stand_in(array: Any) -> Any:
        return fill(call.name, tuple(small[n] for n in array.shape), array.dtype)

    result = _run(call, replace_arrays(call.args, stand_in), replace_arrays(kwargs, stand_in))
    large = {prime: length for length, prime in small.items()}

    def translate(array: Any) -> Any:
        return unknown(tuple(large[n] for n in array.shape), array.dtype)

    return replace_arrays(
        np.asarray(result) if isinstance(result, np.generic) else result, translate
    )


def _shapes(result: Any) -> list[Any]:
    found: list[Any] = []
    replace_arrays(result, lambda array: found.append((array.shape, array.dtype)))
    return found


def probe(call: CountedCall) -> Any:
    """Return the result of a call with all values unknown. The keyword `out` is left out."""
    kwargs = {name: value for name, value in call.kwargs.items() if name != "out"}
    arrays = call.arrays()
    elements = sum(array.size for array in arrays)
    if elements <= _SMALL_ELEMENTS:
        return restage(_as_it_is(call, kwargs))
    lengths = sorted({n for array in arrays for n in array.shape} - {0, 1})
    if len(lengths) <= len(_PRIMES[0]):
        try:
            first, second = (_scaled(call, kwargs, lengths, row) for row in (0, 1))
            if _shapes(first) == _shapes(second):
                return restage(first)
        except Exception:  # whatever the function has against primes; the real call will tell
            pass
    if elements > _MOST_ELEMENTS:
        raise_value(
            f"a dry run cannot tell the shape of {call.name} of {elements:,} elements "
            "without computing"
        )
    return restage(_as_it_is(call, kwargs))


def probe_dtype(call: CountedCall, args: Sequence[Any], kwargs: dict[str, Any]) -> np.dtype[Any]:
    """Return the dtype of a result, from other arguments of the same dtypes."""
    return np.asarray(_run(call, args, kwargs)).dtype
