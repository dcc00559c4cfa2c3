"""Rules of a dry run for what makes arrays, or converts to them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from flopscope._dry.call import CountedCall, length_of
from flopscope._dry.rules import dtype_of, rule, shape_of
from flopscope._dry.unknown import is_unknown, raise_value, unknown

__all__: list[str] = []


@rule("zeros", "ones", "empty")
def _filled(call: CountedCall) -> Any:
    return unknown(length_of(call.argument(0, "shape")), call.argument(1, "dtype") or float)


@rule("full")
def _full(call: CountedCall) -> Any:
    dtype = call.argument(2, "dtype") or np.asarray(call.argument(1, "fill_value")).dtype
    return unknown(length_of(call.argument(0, "shape")), dtype)


@rule("zeros_like", "ones_like", "empty_like", "full_like")
def _filled_like(call: CountedCall) -> Any:
    at = 2 if call.name == "full_like" else 1
    model = call.argument(0, "a", call.kwargs.get("prototype"))
    shape = call.argument(at + 3, "shape")
    dtype = call.argument(at, "dtype") or np.asarray(model).dtype
    return unknown(shape_of(model) if shape is None else length_of(shape), dtype)


@rule("eye", "tri")
def _eye(call: CountedCall) -> Any:
    rows = int(call.argument(0, "N"))
    columns = call.argument(1, "M")
    return unknown((rows, rows if columns is None else int(columns)),
                   call.argument(3, "dtype") or float)  # fmt: skip


@rule("identity")
def _identity(call: CountedCall) -> Any:
    n = int(call.argument(0, "n"))
    return unknown((n, n), call.argument(1, "dtype") or float)


@rule("arange")
def _arange(call: CountedCall) -> Any:
    if len(call.args) == 1:
        start, stop = 0, call.argument(0, "start", call.kwargs.get("stop"))
        start, stop = (0, stop) if "stop" not in call.kwargs else (stop, call.kwargs["stop"])
    else:
        start, stop = call.argument(0, "start", 0), call.argument(1, "stop")
    if stop is None:
        start, stop = 0, start
    step = call.argument(2, "step", 1)
    for value in (start, stop, step):
        if is_unknown(value):
            raise_value("the length of arange is not known")
    dtype = call.argument(3, "dtype") or dtype_of(start, stop, step)
    if (
        dtype is not None
        and np.dtype(dtype) == np.dtype(int)
        and all(type(value) is int for value in (start, stop, step))
    ):
        return unknown((len(range(start, stop, step)),), dtype)
    return unknown((max(0, math.ceil((stop - start) / step)),), dtype)


@rule("linspace")
def _linspace(call: CountedCall) -> Any:
    start, stop = call.argument(0, "start"), call.argument(1, "stop")
    number = int(call.argument(2, "num", 50))
    given = call.argument(5, "dtype")
    dtype = given or np.result_type(dtype_of(start, stop, float(number)), float)
    axis = call.argument(6, "axis", 0)
    shape = list(np.broadcast_shapes(shape_of(start), shape_of(stop)))
    step_shape = tuple(shape)
    shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, number)
    made = unknown(shape, dtype)
    return (made, unknown(step_shape, float)) if call.argument(4, "retstep", False) else made


@rule("array", "asarray", "asarray_chkfinite", "copy", "astype", "require")
def _converted(call: CountedCall) -> Any:
    values = call.args[0] if call.args else next(iter(call.kwargs.values()))
    dtype = call.argument(1, "dtype") if call.name != "copy" else None
    if (
        call.name == "asarray"
        and isinstance(values, np.ndarray)
        and (dtype is None or np.dtype(dtype) == values.dtype)
    ):
        return NotImplemented  # the array itself
    if isinstance(values, np.ndarray):
        shape: tuple[int, ...] = values.shape
        kind = np.dtype(dtype) if dtype is not None else values.dtype
    else:
        made = np.array(_without_unknown(values), dtype)
        shape, kind = made.shape, made.dtype
    missing = max(0, int(call.kwargs.get("ndmin", 0)) - len(shape))
    return unknown((1,) * missing + shape, kind)


def _without_unknown(value: Any) -> Any:
    if is_unknown(value):
        return np.ones(np.shape(value), value.dtype)
    if isinstance(value, (list, tuple)):
        return [_without_unknown(item) for item in value]
    return value
