"""The dtype of a ufunc's call: that of the loop which NumPy chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..rules import PRICE_LISTS, dtype_rule
from .billing import Dtype, as_float, dtype_of, heavier, weakly, with_out

__all__ = ["COMPLEX_STORE", "call_dtype", "factor_of_loop", "loop"]

#: Factor of writing real results into a complex array.
COMPLEX_STORE = 2.0


def loop(
    ufunc: np.ufunc,
    inputs: tuple[Any, ...],
    *,
    signature: Any = None,
    sig: Any = None,
    dtype: Any = None,
    casting: Any = "same_kind",
    **_: Any,
) -> tuple[Dtype, ...]:
    """The dtypes of the loop for these inputs and keywords, inputs first.

    Raises
    ------
    TypeError
        If there is none.
    """
    types = [type(x) if type(x) in (int, float, complex) else dtype_of(x) for x in inputs]
    asked = sig if signature is None else signature
    if dtype is not None:
        asked = (*(None,) * ufunc.nin, *(np.dtype(dtype),) * ufunc.nout)
    elif isinstance(asked, str):
        asked = tuple(np.dtype(one) for one in asked.replace("->", ""))
    elif asked is not None:
        asked = tuple(None if one is None else np.dtype(one) for one in asked)
    given = (*types, *(None,) * ufunc.nout)
    wanted = {} if asked is None else {"signature": asked}
    found: tuple[Dtype, ...] = ufunc.resolve_dtypes(given, casting=casting, **wanted)
    return found


def _is_fixed(signature: Any = None, sig: Any = None, dtype: Any = None, **_: Any) -> bool:
    return not signature is sig is dtype is None


def _outs(ufunc: np.ufunc, args: tuple[Any, ...], out: Any) -> tuple[Any, ...]:
    if len(args) > ufunc.nin:
        return args[ufunc.nin :]
    return out if isinstance(out, tuple) else (out,)


def call_dtype(ufunc: np.ufunc, *args: Any, out: Any = None, **kwargs: Any) -> Dtype:
    """The heaviest dtype of the loop, promoted with the arrays that are written to.

    Two inputs that promote to a heavier one are billed at that, unless the loop was asked for.
    The exponent of ``ldexp`` does not count.  Of two results an array counts that is not of the
    dtype NumPy would have made (price list 0.12, loop).
    """
    inputs = args[: ufunc.nin]
    types = loop(ufunc, inputs, **kwargs)
    if ufunc is np.ldexp:
        found = heavier(types[0], types[2])
    else:
        found = heavier(*types)
        if ufunc.nin == 2 and not _is_fixed(**kwargs):
            found = heavier(found, weakly(*inputs))
    for array, own in zip(_outs(ufunc, args, out), types[ufunc.nin :], strict=False):
        if ufunc.nout == 1 or (array is not None and array.dtype != own):
            found = with_out(found, array)
    return found


def factor_of_loop(ufunc: np.ufunc, factor: float | None) -> Callable[..., float | None]:
    """The complex factor of a ufunc of two inputs, whose loop may be real all the same."""

    def found(*args: Any, out: Any = None, **kwargs: Any) -> float | None:
        types = loop(ufunc, args[: ufunc.nin], **kwargs)
        if any(dtype.kind == "c" for dtype in types):
            return factor
        stored = (array.dtype.kind == "c" for array in _outs(ufunc, args, out) if array is not None)
        return COMPLEX_STORE if any(stored) else 1.0

    return found


def _register() -> None:
    for name in PRICE_LISTS["0.12"].rules:
        ufunc = getattr(np, name, None)
        if isinstance(ufunc, np.ufunc) and name not in (
            "matmul", "vecdot", "matvec", "vecmat"
        ):  # fmt: skip

            def billing_dtype(*args: Any, _ufunc: np.ufunc = ufunc, **kwargs: Any) -> Dtype:
                return call_dtype(_ufunc, *args, **kwargs)

            dtype_rule(name, "0.12")(billing_dtype)


_register()


@dtype_rule("isneginf isposinf", "0.12")
def sign_of_infinity(x: Any, out: Any = None) -> Dtype:
    """As ``signbit`` (price list 0.12, loop)."""
    return call_dtype(np.signbit, x, out=out)


@dtype_rule("angle", "0.12")
def angle(z: Any, *_: Any, **__: Any) -> Dtype:
    """As ``exp``, but float64 of booleans (price list 0.12, loop)."""
    if dtype_of(z).kind == "b":
        return np.dtype(float)
    return call_dtype(np.exp, z)


# ------------------------------------------------------------------------------ ufunc methods


@dtype_rule("<ufunc>.outer", "0.12")
def outer(ufunc: np.ufunc, *args: Any, **kwargs: Any) -> Dtype:
    """As the call."""
    return call_dtype(ufunc, *args, **kwargs)


@dtype_rule("<ufunc>.at", "0.12")
def at(ufunc: np.ufunc, a: Any, indices: Any, *values: Any) -> Dtype:
    """The array's dtype, promoted through the loop."""
    operands = (a, *values) if ufunc.nin == 2 else (a,)
    return call_dtype(ufunc, *operands)


@dtype_rule("<ufunc>.reduce <ufunc>.accumulate", "0.12")
def reduce(
    ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, **_: Any
) -> Dtype:
    """The accumulator of a sum or product, else the loop on two elements."""
    if ufunc in (np.add, np.multiply):
        return accumulator(array, dtype, out)
    return call_dtype(ufunc, dtype_example(array), dtype_example(array), dtype=dtype, out=out)


@dtype_rule("<ufunc>.reduceat", "0.12")
def reduceat(
    ufunc: np.ufunc,
    array: Any,
    indices: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    **_: Any,
) -> Dtype:
    """As ``reduce``."""
    return reduce(ufunc, array, axis, dtype, out)


def dtype_example(array: Any) -> Any:
    """An element to ask NumPy about."""
    return np.zeros((), dtype_of(array))


# ------------------------------------------------------------------------------ accumulators


def _through_out(dtype: Dtype, source: Dtype, out: Any) -> Dtype:
    """The accumulator, or the array that is written to if that is heavier.

    A complex source stays complex under a real array; a complex array prices a real source from
    the accumulator's rate on.
    """
    if isinstance(out, tuple):
        (out,) = out
    if out is None:
        return dtype
    if dtype.kind == "c" and out.dtype.kind != "c":
        return np.promote_types(dtype, out.dtype)
    if out.dtype.kind == "c" != dtype.kind:
        return heavier(out.dtype, dtype)
    return heavier(dtype, out.dtype)


_WIDENED = {"b": np.dtype(np.int64), "i": np.dtype(np.int64), "u": np.dtype(np.uint64)}


def accumulator(array: Any, dtype: Any = None, out: Any = None) -> Dtype:
    """What sums are kept in: ``dtype``, or the widest integer, or the operand's own."""
    if dtype is not None:
        asked: Dtype = np.dtype(dtype)
        return asked
    source = dtype_of(array)
    return _through_out(_WIDENED.get(source.kind, source), source, out)


@dtype_rule(
    """
    sum prod cumsum cumprod nansum nanprod nancumsum nancumprod cumulative_sum cumulative_prod
    """,
    "0.12",
)
def sums(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **_: Any) -> Dtype:
    """The accumulator (price list 0.12, acc)."""
    return accumulator(a, dtype, out)


@dtype_rule("trace", "0.12")
def trace(
    a: Any,
    offset: Any = 0,
    axis1: Any = 0,
    axis2: Any = 1,
    dtype: Any = None,
    out: Any = None,
) -> Dtype:
    """The accumulator (price list 0.12, acc)."""
    return accumulator(a, dtype, out)


@dtype_rule("linalg.trace", "0.12")
def linalg_trace(x: Any, *, offset: Any = 0, dtype: Any = None) -> Dtype:
    """The accumulator (price list 0.12, acc)."""
    return accumulator(x, dtype)


@dtype_rule("mean std var nanmean nanstd nanvar", "0.12")
def means(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **_: Any) -> Dtype:
    """The accumulator, float64 for integers (price list 0.12, mean)."""
    if dtype is not None:
        asked: Dtype = np.dtype(dtype)
        return asked
    source = dtype_of(a)
    return _through_out(as_float(source), source, out)


@dtype_rule("any all max min amax amin nanmax nanmin", "0.12")
def extremes(a: Any, axis: Any = None, out: Any = None, **_: Any) -> Dtype:
    """The operand's own dtype (price list 0.12, accin)."""
    source = dtype_of(a)
    return _through_out(source, source, out)


@dtype_rule("sort_complex", "0.12")
def sort_complex(a: Any) -> Dtype:
    """The dtype of the result (price list 0.12, loop)."""
    found: Dtype = np.sort_complex(np.asarray(a)).dtype
    return found
